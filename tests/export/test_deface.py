"""Faces are taken out of drawn heads, with nothing left of their shape, and no muscle is touched."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import dcmread

from wbmri.case import Case, write_case
from wbmri.cli import main
from wbmri.core import Grid, InputError, LabelMap, Reading, Volume
from wbmri.core.scheme import Scheme
from wbmri.export import FACE_REMOVED, NO_HEAD, deface
from wbmri.pipeline import export_case
from wbmri.simulation.body import Parts, Shape, Tissue, measured_body, render

VALUES = {Tissue.BRAIN: 100.0, Tissue.MUSCLE: 60.0, Tissue.FAT: 15.0, Tissue.EYE: 150.0, Tissue.CSF: 200.0}
FACE = (
    "nasal bone", "orbicularis oris", "palpebral part of orbicularis oculi", "maxilla", "zygomatic bone", "eyeball",
)  # fmt: skip
SPACING = (5.0, 6.0, 5.0)


class Head:
    """A head and neck on a grid: the scan, its outlines, and the parts they were drawn from."""

    def __init__(self, scheme: Scheme, height_mm: float = 1500.0, tilt: float = 0.0, cut: float | None = None) -> None:
        self.parts: Parts = measured_body().mapped(Shape(height_mm=height_mm).mapping())
        centres = self.parts.centre
        low = centres[np.isin(self.parts.label, (1, 2))][:, 2].min() - 30.0
        head = centres[centres[:, 2] > low]
        start = np.array([-160.0, head[:, 1].min() - 40.0, low])
        end = np.array(
            [160.0, head[:, 1].max() + 40.0, head[:, 2].max() + 60.0 if cut is None else self.at("mouth") + cut]
        )
        a = np.radians(tilt)
        turn = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
        shape = np.ceil((end - start) / SPACING).astype(int)
        grid = Grid.from_directions(
            shape.tolist(), turn, SPACING, (start + end) / 2 - turn @ ((shape - 1) / 2 * SPACING)
        )
        drawn = render(self.parts, grid)
        values = np.full(256, 40.0)
        values[[0, *(tissue.code for tissue in VALUES)]] = [0.0, *VALUES.values()]
        noise = np.random.default_rng(1).normal(0.0, 4.0, drawn.tissue.shape)
        self.volume = Volume(np.abs(values[drawn.tissue] + noise).astype(np.float32), grid.affine)
        self.labels = LabelMap(drawn.labels, grid.affine, scheme, "drawn", {}, frozenset())
        self.body = (drawn.tissue > 0) & (drawn.labels == 0)

    def at(self, what: str) -> float:
        return float(self.centres({"mouth": "orbicularis oris", "eyes": "eyeball"}[what])[:, 2].mean())

    def centres(self, name: str) -> NDArray[np.float64]:
        return self.parts.centre[[k for k, structure in enumerate(self.parts.structure) if structure == name]]

    def near(self, names: tuple[str, ...], reach_mm: float = 10.0) -> NDArray[np.bool_]:
        """Return the voxels of the body near parts."""
        points = self.volume.grid.points(np.argwhere(self.body))
        apart = [np.linalg.norm(points - centre, axis=1) for name in names for centre in self.centres(name)]
        found = np.zeros_like(self.body)
        found[self.body] = np.min(apart, axis=0) < reach_mm
        return found


@pytest.fixture(scope="module")
def head(scheme: Scheme) -> Head:
    return Head(scheme)


@pytest.mark.parametrize(("height_mm", "tilt"), [(950.0, 0.0), (1850.0, 0.0), (1500.0, 12.0), (1500.0, -12.0)])
def test_the_face_is_gone_and_every_muscle_is_as_it_was(scheme: Scheme, height_mm: float, tilt: float) -> None:
    head = Head(scheme, height_mm, tilt)
    made = deface(head.volume, head.labels)
    assert made is not None
    face = head.near(FACE)
    assert np.count_nonzero(face) > 100
    assert not made.data[face].any()
    muscle = head.labels.data > 0
    assert np.array_equal(made.data[muscle], head.volume.data[muscle])
    gone = made.data != head.volume.data
    assert not made.data[gone].any()
    brain = head.near(("cerebellum", "occipital lobe", "white matter of cerebral hemisphere"))
    assert np.count_nonzero(gone & brain) < 0.1 * np.count_nonzero(brain)
    assert made.provenance[-1].name == "deface"


def test_nothing_of_the_shape_of_a_face_is_left(head: Head) -> None:
    changed = head.volume.data.copy()
    points = head.volume.grid.points(np.moveaxis(np.indices(changed.shape), 0, -1))
    nose = head.centres("nasal bone").mean(0) + np.array([0.0, 15.0, -15.0])
    changed[np.linalg.norm(points - nose, axis=-1) < 20.0] = 55.0  # a longer nose
    before = head.body.any(1, keepdims=True) & (np.cumsum(head.body[:, ::-1], 1)[:, ::-1] == 0)
    changed[before & (points[..., 2] > head.at("mouth") - 20.0)] += 3.0  # other noise in the air before the face
    one, other = deface(head.volume, head.labels), deface(replace(head.volume, data=changed), head.labels)
    assert one is not None
    assert other is not None
    front = points[..., 1] > head.centres("eyeball")[:, 1].min()
    lower = (points[..., 2] < head.at("eyes")) & (np.abs(points[..., 0]) < 60.0)
    assert np.array_equal(one.data[front & lower], other.data[front & lower])


@pytest.mark.parametrize("cut", [40.0, 0.0])
def test_of_a_face_that_the_scan_cuts_the_rest_is_gone(scheme: Scheme, cut: float) -> None:
    head = Head(scheme, cut=cut)
    made = deface(head.volume, head.labels)
    assert made is not None
    mouth = head.near(("orbicularis oris",), 14.0)
    assert mouth.any()
    assert not made.data[mouth].any()


def test_without_a_head_nothing_changes_and_a_head_without_a_neck_is_refused(head: Head) -> None:
    legs = np.where(np.isin(head.labels.data, (1, 2, 3, 4)), 40, 0).astype(np.uint8)
    assert deface(head.volume, replace(head.labels, data=legs)) is None
    shoulders = np.where(np.isin(head.labels.data, (7, 8)), head.labels.data, 0).astype(np.uint8)
    shoulders[..., shoulders.shape[2] // 3 :] = 0
    with pytest.raises(InputError, match="no outlines of the neck"):
        deface(head.volume, replace(head.labels, data=shoulders))


@pytest.fixture(scope="module")
def cases(
    head: Head, make_reading: Callable[..., Reading], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Case]:
    """A case with a head, and one that is called legs."""
    out = tmp_path_factory.mktemp("deface") / "OUT"
    legs = replace(head.labels, data=np.where(head.labels.data > 0, 40, 0).astype(np.uint8))
    return {
        name: write_case(out, name, "01", head.volume, labels, make_reading(), "<html>", {"load": 1.0})
        for name, labels in (("head", head.labels), ("legs", legs))
    }


def test_the_objects_say_that_the_face_is_gone(
    cases: dict[str, Case], head: Head, tmp_path: Path, check_dicom: Callable[[Path], list[str]]
) -> None:
    made = export_case(cases["head"].paths.folder, tmp_path, to=["mr", "key"], deface=True)
    assert made.defaced
    images = [path for path in made.files if path.parent.name.endswith("_mr")]
    held = np.stack([dcmread(path).pixel_array for path in images])
    plain = export_case(cases["head"].paths.folder, tmp_path / "plain", to=["mr"]).files
    shown = np.stack([dcmread(path).pixel_array for path in plain])
    assert np.count_nonzero((held == 0) & (shown > 0)) > np.count_nonzero(head.near(FACE))
    for path in (images[0], made.files[-1]):
        found = dcmread(path)
        assert found.RecognizableVisualFeatures == "NO"
        assert found.DeidentificationMethodCodeSequence[0].CodeValue == "113102"
        assert found.DeidentificationMethod == "Clean Recognizable Visual Features Option"
        assert "PatientIdentityRemoved" not in found
        assert check_dicom(path) == []
    assert "face set to 0 by wbmri" in dcmread(images[0]).DerivationDescription
    assert made.reading.provenance[-1].name == "deface"
    assert "RecognizableVisualFeatures" not in dcmread(plain[0])


def test_the_command_says_what_became_of_the_face(
    cases: dict[str, Case], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, words in (("head", FACE_REMOVED), ("legs", NO_HEAD)):
        folder, out = cases[name].paths.folder, tmp_path / name
        assert main(["export", str(folder), "--to", "mr", "--deface", "--out", str(out)]) == 0
        assert words in capsys.readouterr().out
    plain = export_case(cases["legs"].paths.folder, tmp_path / "plain", to=["mr"]).files
    again = sorted((tmp_path / "legs").rglob("*.dcm"))
    assert [path.read_bytes() for path in plain] == [path.read_bytes() for path in again]
