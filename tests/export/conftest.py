"""Cases of every geometry, written to disk, whose images no two places share: what is moved or mirrored shows."""

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from wbmri.case import Case, ReadingPaths, write_case, write_signed
from wbmri.core import GradeSource, Grid, LabelMap, Reading, ReviewRecord, Status, Volume
from wbmri.core.scheme import Scheme
from wbmri.pipeline import export_case

SHAPES = {"coronal": (24, 10, 30), "axial": (24, 30, 10), "sagittal": (10, 24, 30)}
SPACINGS = {"coronal": (3.0, 6.0, 3.0), "axial": (3.0, 3.0, 6.0), "sagittal": (6.0, 3.0, 3.0)}


def turned(degrees: float) -> NDArray[np.float64]:
    """Return a rotation about the long axis of the body and, by as much, about the one from left to right."""
    a = np.radians(degrees)
    about_z = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    made: NDArray[np.float64] = about_z @ about_x
    return made


GEOMETRIES = {
    "coronal": ("coronal", 0.0),
    "axial": ("axial", 0.0),
    "sagittal": ("sagittal", 0.0),
    "coronal, 3 degrees oblique": ("coronal", 3.0),
    "axial, 3 degrees oblique": ("axial", 3.0),
}


@pytest.fixture(scope="session")
def coronal() -> Grid:
    return Grid.from_directions(SHAPES["coronal"], np.eye(3), SPACINGS["coronal"], (-60.5, 31.25, -812.123456))


@pytest.fixture(scope="session")
def make_case(
    scheme: Scheme,
    small_volume: Volume,
    make_reading: Callable[..., Reading],
) -> Callable[..., Case]:
    """Write a case of a grid; its labels are blocks, the last group lies outside, every voxel has its own value."""

    def make(
        out: Path,
        grid: Grid,
        reading: Reading | None = None,
        volume: Volume | None = None,
        participant: str = "07",
        session: str = "before",
    ) -> Case:
        values = 100.0 + np.random.default_rng(5).permutation(int(np.prod(grid.shape))).reshape(grid.shape)
        volume = volume or Volume(values, grid.affine, small_volume.acquisition)
        labels = np.zeros(grid.shape, np.uint8)
        for group in scheme.groups[:-1]:
            labels.reshape(-1)[group.label * 150 : group.label * 150 + 120] = group.label
        made = LabelMap(labels, volume.affine, scheme, "blocks", {}, frozenset({scheme.groups[-1].label}))
        reading = reading or make_reading(lambda label: None if label == scheme.groups[-1].label else label % 3)
        return write_case(out, participant, session, volume, made, reading, "<html>", {"load": 1.0})

    return make


@pytest.fixture(scope="session", params=GEOMETRIES)
def exported(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, make_case: Callable[..., Case]
) -> tuple[Case, dict[str, Path]]:
    """A case of one geometry and where its objects lie: ``mr`` a folder, ``seg.dcm`` and ``sr.dcm``."""
    plane, degrees = GEOMETRIES[request.param]
    grid = Grid.from_directions(SHAPES[plane], turned(degrees), SPACINGS[plane], (-60.5, 31.25, -812.123456))
    folder = tmp_path_factory.mktemp("exported")
    case = make_case(folder / "OUT", grid)
    export_case(case.paths.folder, folder / "dicom", to=["mr", "seg", "sr"])
    begin = folder / "dicom" / case.paths.name
    return case, {kind: begin.with_name(f"{begin.name}_{kind}") for kind in ("mr", "seg.dcm", "sr.dcm")}


@pytest.fixture(scope="session")
def sign_case() -> Callable[[Case], Reading]:
    """Sign a case as Anna, who changed one grade and one outline."""

    def sign(case: Case) -> Reading:
        auto = case.reading
        changed = replace(auto.groups[8], grade=2, source=GradeSource.READER, explanation="seen as marked")
        review = ReviewRecord(
            "assisted",
            "anna",
            1,
            ("deltoid_left",),
            ("trapezius_left",),
            ("deltoid_left",),
            {"deltoid_left": "sure"},
            remarks={"deltoid_left": "like a feather", "case": "a restless child"},
        )
        signed = replace(auto.with_group(changed), reader="anna", status=Status.SIGNED, review=review)
        labels = case.labels()
        data = labels.data.copy()
        data[data == 9] = 0
        data[0, 0, :3] = 9
        write_signed(ReadingPaths(case.paths, "anna"), signed, auto, labels.corrected(data), 60.0)
        return signed

    return sign


@pytest.fixture(scope="session")
def check_dicom() -> Callable[[Path], list[str]]:
    """A function that returns the errors the judge dciodvfy (Debian's dicom3tools) finds in an object."""
    program = shutil.which("dciodvfy")
    if program is None:
        pytest.skip("dciodvfy is not installed (Debian package dicom3tools)")

    def errors(path: Path) -> list[str]:
        said = subprocess.run([program, str(path)], capture_output=True, text=True, check=False)  # noqa: S603
        lines = (said.stdout + said.stderr).splitlines()
        return [line for line in lines if line.startswith(("Error", "Abort"))]

    return errors


@pytest.fixture(scope="session")
def dcmqi() -> Callable[..., None]:
    """A function that runs a program of dcmqi."""

    def run(program: str, *arguments: object) -> None:
        found = shutil.which(program)
        if found is None:
            pytest.skip(f"{program} is not installed (package dcmqi)")
        subprocess.run([found, *map(str, arguments)], capture_output=True, check=True)  # noqa: S603

    return run
