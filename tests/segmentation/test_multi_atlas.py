"""Reviewed cases as further atlases: kept in a folder, chosen by likeness, and voting on a new scan."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from wbmri.core import InputError, LabelMap, Progress, Volume, silent
from wbmri.core.scheme import Scheme, load_scheme
from wbmri.segmentation.multi_atlas import SiteAtlasEngine, add_atlas, atlas_folder, remove_atlas, stored_atlases
from wbmri.segmentation.multi_atlas.atlas_store import Signature

SCHEME = load_scheme()
SEEN = {31, 32, 35, 36}
OUTSIDE = frozenset(group.label for group in SCHEME.groups) - SEEN


def thighs(radius_mm: float, shift_mm: float, seed: int) -> tuple[Volume, LabelMap]:
    """Two thighs of 16 cm with a bone and a sheet of fat between front and back, on voxels of 4 mm."""
    affine = np.diag([4.0, 4.0, 4.0, 1.0])
    affine[:3, 3] = -100 + shift_mm, -50, 300
    shape = (50, 25, 40)
    x, y, z = (affine[a, 3] + 4.0 * index for a, index in enumerate(np.indices(shape)))
    taper = radius_mm * (1 + 0.001 * (z - 380))
    side = np.abs(x - shift_mm) - 1.3 * radius_mm
    muscle = np.hypot(side, y) < taper
    muscle &= np.hypot(side, y) > 8
    sheet = np.abs(y - 0.1 * radius_mm) < 2.5
    labels = np.where(y > 0.1 * radius_mm, 31, 35) + (x > shift_mm)
    labels = np.where(muscle & ~sheet, labels, 0).astype(np.uint8)
    image = np.where(labels > 0, 100.0, 8.0) + np.random.default_rng(seed).normal(0, 3, shape)
    return Volume(np.abs(image), affine), LabelMap(labels, affine, SCHEME, "labels", {}, OUTSIDE)


class Biased:
    """An engine that always sees the border between front and back too far in front."""

    name = "biased"
    description = needs = ""

    def __init__(self, truth: LabelMap) -> None:
        data = truth.data.copy()
        for front, back in ((31, 35), (32, 36)):
            lowest = np.where((data == front).any(axis=1), (data == front).argmax(axis=1), 99)[:, None, :]
            depth = np.arange(data.shape[1])[None, :, None]
            data[(data == front) & (depth < lowest + 3)] = back
        self.labels = replace(truth, data=data, engine=self.name, confidence=dict.fromkeys(SEEN, 0.9))

    def segment(self, volume: Volume, scheme: Scheme, progress: Progress) -> LabelMap:
        return self.labels


def dice(found: LabelMap, truth: LabelMap) -> float:
    return float(
        np.mean(
            [
                2 * ((found.data == k) & (truth.data == k)).sum() / ((found.data == k).sum() + (truth.data == k).sum())
                for k in SEEN
            ],
        ),
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with three reviewed cases."""
    place = tmp_path_factory.mktemp("site")
    for number, (radius, shift) in enumerate(((34.0, 0.0), (38.0, 6.0), (36.0, -8.0))):
        add_atlas(place, f"sub-{number}_ses-1", *thighs(radius, shift, number))
    return place


def test_reviewed_cases_correct_a_border_the_engine_gets_wrong(folder: Path) -> None:
    volume, truth = thighs(36.5, 3.0, 9)
    engine = Biased(truth)
    found = SiteAtlasEngine(folder, lambda: engine).segment(volume, SCHEME, silent)
    before, after = dice(engine.labels, truth), dice(found, truth)
    assert before < 0.9
    assert after > before + 0.05
    assert found.engine == "site-atlas"
    assert found.outside == OUTSIDE
    assert all(0.5 < found.confidence[label] <= 1 for label in SEEN)
    step = found.provenance[-1].parameters
    assert step["base"] == "biased"
    assert step["atlases"] == [
        atlas.digest
        for atlas in sorted(stored_atlases(folder), key=lambda one: Signature.of(engine.labels).distance(one.signature))
    ]
    again = SiteAtlasEngine(folder, lambda: engine).segment(volume, SCHEME, silent)
    np.testing.assert_array_equal(again.data, found.data)


def test_a_case_is_stored_whole_and_takes_its_own_place(tmp_path: Path) -> None:
    volume, labels = thighs(30.0, 0.0, 1)
    first = add_atlas(tmp_path / "new", "sub-a_ses-1", volume, labels)
    corrected = replace(labels, data=np.where(labels.data == 31, 35, labels.data))
    second = add_atlas(tmp_path / "new", "sub-a_ses-1", volume, corrected)
    assert (first.id, first.digest != second.digest) == (second.id, True)
    (stored,) = stored_atlases(tmp_path / "new")
    assert stored == second
    np.testing.assert_array_equal(stored.labels(SCHEME).data, corrected.data)
    np.testing.assert_array_equal(stored.volume().data, volume.data)
    np.testing.assert_allclose(stored.volume().affine, volume.affine)
    assert stored.labels(SCHEME).outside == OUTSIDE
    assert remove_atlas(tmp_path / "new", "sub-a_ses-1") == stored
    assert stored_atlases(tmp_path / "new") == ()


def test_an_atlas_of_a_time_that_did_not_keep_the_pairs_is_one_of_jdm42(tmp_path: Path) -> None:
    add_atlas(tmp_path, "sub-a_ses-1", *thighs(30.0, 0.0, 1))
    (description,) = tmp_path.glob("*/atlas.json")
    document = json.loads(description.read_bytes()) | {"schema_version": 1}
    del document["pairs"]
    description.write_text(json.dumps(document))
    (stored,) = stored_atlases(tmp_path)
    assert stored.pairs == SCHEME.pair_ids


def test_likeness_is_of_size_and_place_but_not_of_where_the_body_lies() -> None:
    one = Signature.of(thighs(34.0, 0.0, 1)[1])
    assert one.distance(Signature.of(thighs(34.0, 24.0, 2)[1])) < 0.02
    near, far = (one.distance(Signature.of(thighs(radius, 0.0, 1)[1])) for radius in (36.0, 40.0))
    assert 0 < near < far
    assert one.distance(Signature({}, {})) == np.inf


def test_what_the_engine_needs(tmp_path: Path, folder: Path) -> None:
    assert "wbmri atlas add" in SiteAtlasEngine(tmp_path).needs
    assert not SiteAtlasEngine(folder).needs
    volume, truth = thighs(36.5, 3.0, 9)
    with pytest.raises(InputError, match="wbmri atlas add"):
        SiteAtlasEngine(tmp_path).segment(volume, SCHEME, silent)
    with pytest.raises(InputError, match="no atlas with the 21 pairs of the scheme jdm42"):
        SiteAtlasEngine(folder).segment(volume, replace(SCHEME, pairs=SCHEME.pairs[::-1]), silent)
    other = replace(Biased(truth).labels, data=truth.data * 0, outside=OUTSIDE | SEEN)
    engine = Biased(truth)
    engine.labels = other
    with pytest.raises(InputError, match="none of which shows the part"):
        SiteAtlasEngine(folder, lambda: engine).segment(volume, SCHEME, silent)


def test_where_the_folder_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.delenv("WBMRI_ATLASES", raising=False)
    assert atlas_folder() == tmp_path / ".wbmri" / "atlases"
    monkeypatch.setenv("WBMRI_ATLASES", str(tmp_path / "ours"))
    assert atlas_folder() == tmp_path / "ours"
    assert atlas_folder("here") == Path("here")


def test_a_damaged_description_is_named(tmp_path: Path) -> None:
    stored = add_atlas(tmp_path, "sub-a_ses-1", *thighs(30.0, 0.0, 1))
    (stored.folder / "atlas.json").write_text("{}")
    with pytest.raises(InputError, match="add the case again"):
        stored_atlases(tmp_path)
