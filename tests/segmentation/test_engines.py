"""Choosing an engine, and the engine `labels` that takes outlines from a file."""

import importlib
import json
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pytest

import wbmri
import wbmri.segmentation.engine
from wbmri.cli import main
from wbmri.core import InputError, LabelMap, Progress, Volume, silent
from wbmri.core.scheme import Scheme, load_scheme
from wbmri.io import encode_nifti
from wbmri.segmentation import Engine, MuscleMapEngine, engine_fingerprint, engines, make_engine, segment
from wbmri.segmentation.multi_atlas import SiteAtlasEngine
from wbmri.segmentation.network import NetworkEngine, package_weights

AFFINE = np.diag([2.0, 4.0, 2.0, 1.0])


class Everything:
    """An engine of another package: all of the image is the left deltoid."""

    name = "everything"
    description = "one muscle"
    needs = ""

    def segment(self, volume: Volume, scheme: Scheme, progress: Progress) -> LabelMap:
        return LabelMap(np.full(volume.shape, 9), volume.affine, scheme, self.name, {9: 1.0})


@pytest.fixture
def volume() -> Volume:
    return Volume(np.random.default_rng(0).uniform(size=(20, 12, 16)), AFFINE)


@pytest.fixture
def block() -> np.ndarray:
    labels = np.zeros((20, 12, 16), np.uint8)
    labels[4:9, 3:9, 4:12] = 9
    labels[11:16, 3:9, 4:12] = 10
    return labels


def write(path: Path, labels: np.ndarray, affine: np.ndarray) -> Path:
    path.write_bytes(encode_nifti(labels, affine))
    return path


def test_another_package_adds_an_engine(monkeypatch: pytest.MonkeyPatch, volume: Volume) -> None:
    point = EntryPoint("everything", f"{__name__}:Everything", "wbmri.engines")
    monkeypatch.setattr(EntryPoint, "load", lambda self: Everything)
    monkeypatch.setattr(wbmri.segmentation.engine, "entry_points", lambda group: [point])
    assert [info.name for info in engines()] == ["everything", "labels"]
    assert (make_engine("everything").segment(volume, load_scheme(), silent).data == 9).all()


def broken() -> Engine:
    raise RuntimeError("its licence [/server] has expired")


class Waiting(Everything):
    """An engine of another package that lacks something."""

    needs = "a graphics card"


class Nameless:
    """What another package took for an engine."""

    name = None


@pytest.fixture
def third_party(monkeypatch: pytest.MonkeyPatch) -> None:
    """Installs engines of other packages, most of which cannot be used."""
    made = {"broken": broken, "waiting": Waiting, "nameless": Nameless, "everything": Everything}
    points = [EntryPoint(name, f"{name}_package:Engine", "wbmri.engines") for name in made]
    points.append(EntryPoint("gone", "package_that_is_not_here:Engine", "wbmri.engines"))

    def load(point: EntryPoint) -> object:
        return made[point.name] if point.name in made else importlib.import_module(point.module)

    monkeypatch.setattr(EntryPoint, "load", load)
    monkeypatch.setattr(wbmri.segmentation.engine, "entry_points", lambda group: points)


def test_an_engine_that_cannot_be_loaded_is_listed_with_the_reason(
    third_party: None, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = {info.name: info for info in engines()}
    assert [name for name, info in listed.items() if info.available] == ["everything", "labels"]
    assert "its licence [/server] has expired" in listed["broken"].description
    assert "ModuleNotFoundError" in listed["gone"].description
    assert listed["waiting"].needs == "a graphics card"
    assert main(["engines"]) == 0
    assert "broken" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("broken", r"broken_package:Engine.*expired"),
        ("gone", "package_that_is_not_here"),
        ("nameless", "name, description and needs"),
        ("waiting", "a graphics card"),
    ],
)
def test_an_engine_that_cannot_be_used_is_refused_with_what_is_missing(third_party: None, name: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        make_engine(name)


def test_the_licence_of_the_weights_is_listed() -> None:
    listed = {info.name: info for info in engines()}
    for name in ("network", "musclemap", "site-atlas"):
        assert "CC BY-SA 4.0" in listed[name].licence


def test_the_networks_decide_what_every_engine_that_uses_them_finds(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fingerprints() -> list[object]:
        using = NetworkEngine(), MuscleMapEngine(), SiteAtlasEngine(tmp_path)
        return [engine_fingerprint(engine) for engine in using]

    before = fingerprints()
    assert fingerprints() == before
    card = json.loads((package_weights() / "card.json").read_bytes()) | {"version": "another"}
    (tmp_path / "card.json").write_text(json.dumps(card))
    monkeypatch.setenv("WBMRI_NETWORK", str(tmp_path))
    assert all(one != other for one, other in zip(before, fingerprints(), strict=True))


def test_the_networks_run_on_the_device_that_is_named_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = engine_fingerprint(make_engine("network"))
    assert engine_fingerprint(make_engine("auto", "cpu")) == usual
    assert "device" not in usual
    for device, said in (("openvino", "cannot use.*one of auto, cpu.*OpenVINOExecutionProvider"), ("abacus", "abacus")):
        with pytest.raises(InputError, match=said):
            make_engine("network", device)
    with pytest.raises(InputError, match=r"device cpu for the engine 'atlas'.*leave --device out"):
        make_engine("atlas", "cpu")
    both = ["OpenVINOExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: both)
    assert engine_fingerprint(make_engine("network", "openvino"))["device"] == "openvino"
    assert engine_fingerprint(make_engine("network"))["device"] == "cuda"
    assert engine_fingerprint(make_engine("network", "cpu")) == usual


@pytest.mark.filterwarnings("ignore:Specified provider")
def test_a_device_that_does_not_start_is_an_error_and_not_another_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: ["CUDAExecutionProvider"])
    noise = Volume(np.random.default_rng(1).gamma(4.0, 30.0, (30, 30, 30)), np.diag([8.0, 8.0, 8.0, 1.0]))
    engine = make_engine("network", "cuda")
    with pytest.raises(InputError, match=r"device cuda, on which the networks do not start.*--device cpu"):
        engine.segment(noise, load_scheme(), silent)


def test_without_networks_the_engine_says_what_it_needs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("WBMRI_NETWORK", str(tmp_path))
    assert not {info.name: info for info in engines()}["network"].available
    with pytest.raises(InputError, match="wbmri train"):
        make_engine("auto")


def test_auto_stands_for_an_engine_that_needs_nothing_more() -> None:
    listed = {info.name: info for info in engines()}
    assert {"atlas", "network", "labels"} <= set(listed)
    assert listed[make_engine("auto").name].available


def test_an_unknown_engine_is_refused_with_the_known_ones(volume: Volume) -> None:
    with pytest.raises(InputError, match="atlas"):
        segment(volume, engine="magic")


def test_a_label_map_on_the_same_grid_is_taken_as_it_is(tmp_path: Path, volume: Volume, block: np.ndarray) -> None:
    labels = segment(volume, engine="labels", labels=write(tmp_path / "l.nii.gz", block, AFFINE))
    np.testing.assert_array_equal(labels.data, block)
    # A deltoid of this size is not plausible, and so is little relied on.
    assert "ml" in labels.flags[9][0]
    assert 0 < labels.confidence[9] < 0.5
    assert 9 not in labels.outside
    assert 1 in labels.outside


def test_a_label_map_on_a_finer_shifted_grid_is_resampled(tmp_path: Path, volume: Volume, block: np.ndarray) -> None:
    fine = block.repeat(2, 0).repeat(2, 1).repeat(2, 2)
    affine = AFFINE @ np.diag([0.5, 0.5, 0.5, 1.0])
    affine[:3, 3] = -0.25 * np.diag(AFFINE)[:3]
    labels = segment(volume, engine="labels", labels=write(tmp_path / "l.nii.gz", fine, affine))
    np.testing.assert_array_equal(labels.data, block)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda block: block * 7, "unknown label"),
        (lambda block: block * 0, "labels nothing"),
    ],
)
def test_a_label_map_with_wrong_labels_is_refused(
    tmp_path: Path,
    volume: Volume,
    block: np.ndarray,
    change: object,
    said: str,
) -> None:
    assert callable(change)
    with pytest.raises(InputError, match=said):
        segment(volume, engine="labels", labels=write(tmp_path / "l.nii.gz", change(block), AFFINE))


def test_a_label_map_of_another_place_is_refused(tmp_path: Path, volume: Volume, block: np.ndarray) -> None:
    elsewhere = AFFINE.copy()
    elsewhere[2, 3] = 300.0
    with pytest.raises(InputError, match="0% lies inside"):
        segment(volume, engine="labels", labels=write(tmp_path / "l.nii.gz", block, elsewhere))


def test_a_label_map_needs_no_engine(tmp_path: Path, volume: Volume, block: np.ndarray) -> None:
    file = write(tmp_path / "l.nii.gz", block, AFFINE)
    np.testing.assert_array_equal(wbmri.segment(volume, labels=file).data, block)
    both = wbmri.segment(volume, labels=[file, file], fusion="staple")
    np.testing.assert_array_equal(both.data, block)
    table = tmp_path / "ours.toml"
    table.write_text(
        'name = "ours"\ntitle = "Ours"\nsource = "here"\nscheme = "jdm42"\n'
        'labels = [{ number = 9, name = "l", pair = "deltoid", side = "left" }]\n[lacks]\ndeltoid = []\n'
    )
    with pytest.raises(InputError, match="Ours does not have"):
        wbmri.segment(volume, labels=file, mapping=table)


def test_a_label_map_and_the_engine_for_it_go_together(tmp_path: Path, volume: Volume, block: np.ndarray) -> None:
    file = write(tmp_path / "l.nii.gz", block, AFFINE)
    with pytest.raises(InputError, match="with a label map"):
        segment(volume, engine="atlas", labels=file)
    with pytest.raises(InputError, match="without a label map"):
        segment(volume, engine="labels")
