"""Bad input: one line that says what to do, exit code 2, and earlier results untouched to the byte."""

import gzip
import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import NamedTuple

import numpy as np
import pytest

from wbmri.io import encode_nifti

Command = Callable[..., SimpleNamespace]
Digests = Callable[[Path], dict[str, str]]

ROWS = np.random.default_rng(5).integers(10, 200, (40, 12, 60)).astype(np.float32)


class Place(NamedTuple):
    """What a maker of bad input has at hand."""

    folder: Path
    toy: SimpleNamespace
    dicom: ModuleType


def nifti(place: Place, data: np.ndarray, affine: np.ndarray | None = None) -> list[Path]:
    path = place.folder / "image.nii.gz"
    path.write_bytes(encode_nifti(data, np.diag([5.0, 10.0, 8.0, 1.0]) if affine is None else affine))
    return [path]


def patched(place: Place, offset: int, layout: str, *values: float) -> list[Path]:
    """The toy's baseline with a few bytes of its NIfTI header replaced."""
    content = bytearray(gzip.decompress(place.toy.baseline.read_bytes()))
    struct.pack_into(layout, content, offset, *values)
    path = place.folder / "patched.nii"
    path.write_bytes(content)
    return [path]


def with_voxel(place: Place, value: float) -> list[Path]:
    data = ROWS.copy()
    data[3, 4, 5] = value
    return nifti(place, data)


def body(place: Place, **options: object) -> list[Path]:
    place.dicom.write_body(place.folder / "dicom", **options)
    return [place.folder / "dicom"]


def t1_alone(place: Place) -> list[Path]:
    return body(place, facts=place.dicom.T1)


def two_people(place: Place) -> list[Path]:
    body(place)
    return body(place, facts={"PatientID": "SECRET-2", "SeriesInstanceUID": None}, number=11, top=2000.0)


def apart(place: Place) -> list[Path]:
    for number, top in ((1, 900.0), (2, 100.0)):
        stack = place.dicom.Stack(place.dicom.smooth(seed=number), origin=(-100.0, -20.0, top))
        place.dicom.write_classic(place.folder / "dicom", stack, number=number)
    return [place.folder / "dicom"]


def missing_slice(place: Place) -> list[Path]:
    folder = body(place)
    stack = sorted((folder[0] / "2").iterdir())
    middle = next(path for path in stack if slice_of(path) == 3)
    middle.unlink()
    return folder


def slice_of(path: Path) -> int:
    from pydicom import dcmread

    return round((float(dcmread(path, stop_before_pixels=True).ImagePositionPatient[1]) + 20.0) / 6.0)


def taken_twice(place: Place) -> list[Path]:
    folder = body(place)
    stack = place.dicom.Stack(place.dicom.smooth(seed=99), origin=(-100.0, -20.0, 740.0))
    place.dicom.write_classic(folder[0], stack, number=2, slices=[3], mark="again")
    return folder


def tilted(place: Place) -> list[Path]:
    return body(place, shift=(0.0, 1.5))


def cut_short(place: Place) -> list[Path]:
    folder = body(place)
    for path in sorted((folder[0] / "2").iterdir()):
        path.write_bytes(path.read_bytes()[:-500])
    return folder


def no_images(place: Place) -> list[Path]:
    (place.folder / "notes").mkdir()
    (place.folder / "notes" / "readme.txt").write_text("nothing to see")
    return [place.folder / "notes"]


def cut_nifti(place: Place) -> list[Path]:
    path = place.folder / "cut.nii.gz"
    content = place.toy.baseline.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    return [path]


def half_scored(place: Place) -> list[Path]:
    path = place.folder / "image.jpg"
    path.write_bytes(b"\xff\xd8\xff")
    return [path]


BAD: dict[str, Callable[[Place], Sequence[Path]]] = {
    "nothing there": lambda place: [place.folder / "nowhere"],
    "a folder without images": no_images,
    "a picture": half_scored,
    "T1 alone": t1_alone,
    "two people": two_people,
    "stations far apart": apart,
    "a missing slice": missing_slice,
    "a slice taken twice": taken_twice,
    "gantry tilt": tilted,
    "DICOM cut short": cut_short,
    "NIfTI cut short": cut_nifti,
    "one voxel NaN": lambda place: with_voxel(place, np.nan),
    "one voxel infinite": lambda place: with_voxel(place, np.inf),
    "all voxels equal": lambda place: nifti(place, np.full((20, 10, 30), 7, np.float32)),
    "four dimensions": lambda place: patched(place, 40, "<8h", 4, 67, 13, 75, 2, 1, 1, 1),
    "a header that promises terabytes": lambda place: patched(place, 40, "<8h", 3, 32767, 32767, 32767, 1, 1, 1, 1),
    "colour": lambda place: patched(place, 70, "<2h", 128, 24),
    "no orientation": lambda place: patched(place, 252, "<2h", 0, 0),
    "a singular orientation": lambda place: patched(place, 280, "<12f", *([0.0] * 12)),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_input_is_refused_and_nothing_is_lost(
    kind: str,
    toy: SimpleNamespace,
    dicom: ModuleType,
    out: Path,
    wbmri: Command,
    digests: Digests,
    tmp_path: Path,
) -> None:
    (tmp_path / "input").mkdir()
    inputs = BAD[kind](Place(tmp_path / "input", toy, dicom))
    before = digests(out)
    for session in ("baseline", "new"):
        done = wbmri("score", *inputs, "--out", out, "--sub", "toy", "--ses", session)
        assert (done.code, done.out) == (2, ""), done.err
        assert len(done.errors) == 1
        assert done.errors[0].startswith("wbmri: ")
        assert "; expected " in done.errors[0]
        assert "SECRET" not in done.err
    assert digests(out) == before


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("unknown labels", lambda labels: np.where(labels == 42, 77, labels)),
        ("not whole numbers", lambda labels: labels + 0.25),
        ("empty", lambda labels: labels * 0),
    ],
)
def test_a_label_map_that_does_not_fit_is_refused(
    kind: str,
    change: Callable[[np.ndarray], np.ndarray],
    toy: SimpleNamespace,
    out: Path,
    wbmri: Command,
    digests: Digests,
    tmp_path: Path,
) -> None:
    from wbmri.io import read_labels

    labels, grid = read_labels(toy.labels)
    path = tmp_path / "labels.nii.gz"
    path.write_bytes(encode_nifti(change(labels).astype(np.float32), grid.affine))
    before = digests(out)
    done = wbmri("score", toy.baseline, "--labels", path, "--out", out, "--sub", "toy", "--ses", "baseline")
    assert (done.code, done.out) == (2, ""), kind
    assert len(done.errors) == 1
    assert done.errors[0].startswith("wbmri: ")
    assert digests(out) == before


def test_a_label_map_of_another_body_is_refused(
    toy: SimpleNamespace,
    out: Path,
    wbmri: Command,
    digests: Digests,
    tmp_path: Path,
) -> None:
    from wbmri.io import read_labels

    labels, grid = read_labels(toy.labels)
    affine = grid.affine.copy()
    affine[2, 3] += 5000.0
    path = tmp_path / "labels.nii.gz"
    path.write_bytes(encode_nifti(labels.astype(np.uint8), affine))
    before = digests(out)
    done = wbmri("score", toy.baseline, "--labels", path, "--out", out)
    assert (done.code, done.out) == (2, "")
    assert digests(out) == before


@pytest.mark.parametrize(
    "options",
    [
        ("--sub", "a_b"),
        ("--ses", "../up"),
        ("--engine", "magic"),
        ("--scheme", "missing.toml"),
        ("--labels", "missing.nii.gz"),
        ("--series", "S99"),
        ("--engine", "labels"),
    ],
)
def test_an_option_that_cannot_be_used_is_refused(
    options: tuple[str, ...],
    toy: SimpleNamespace,
    out: Path,
    wbmri: Command,
    digests: Digests,
) -> None:
    before = digests(out)
    done = wbmri("score", toy.baseline, "--out", out, *options)
    assert (done.code, done.out) == (2, "")
    assert len(done.errors) == 1
    assert "; expected " in done.errors[0]
    assert digests(out) == before


def test_bad_input_makes_no_new_folder(wbmri: Command, tmp_path: Path) -> None:
    assert wbmri("score", tmp_path / "nowhere", "--out", tmp_path / "new").code == 2
    assert not (tmp_path / "new").exists()


def test_inspect_says_what_is_wrong_and_still_shows_what_is_there(
    wbmri: Command,
    tmp_path: Path,
    toy: SimpleNamespace,
    dicom: ModuleType,
) -> None:
    done = wbmri("inspect", *t1_alone(Place(tmp_path, toy, dicom)))
    assert done.code == 2
    assert "T1" in done.out
    assert done.errors[0].startswith("wbmri: no STIR series")


@pytest.mark.parametrize("out", ["o\0ut", "circle"])
def test_an_out_that_no_folder_can_be_is_refused_in_one_line(
    toy: SimpleNamespace, wbmri: Command, tmp_path: Path, out: str
) -> None:
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    done = wbmri("score", toy.baseline, "--labels", toy.labels, "--out", f"{tmp_path}/{out}")
    assert (done.code, len(done.errors)) == (2, 1)
