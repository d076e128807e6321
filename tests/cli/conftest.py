"""What the command line is tried on: a toy scan with its label map, and DICOM folders."""

import contextlib
import importlib.util
import io
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from wbmri.cli import main
from wbmri.core.scheme import Scheme
from wbmri.io import encode_nifti


@dataclass(frozen=True)
class Run:
    """What one command did."""

    code: int
    out: str
    err: str

    @property
    def errors(self) -> list[str]:
        """The lines of stderr that do not report progress."""
        return [line for line in self.err.splitlines() if not re.match(r" *\d+% ", line)]


Command = Callable[..., Run]


def run(*arguments: object) -> Run:
    """Run a command in this process and catch what it prints."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main([str(argument) for argument in arguments])
    return Run(code, out.getvalue(), err.getvalue())


@pytest.fixture(scope="session")
def wbmri() -> Command:
    """The command line as a function."""
    return run


@dataclass(frozen=True)
class Toy:
    """A scan of two visits with the outlines of its 42 groups."""

    baseline: Path
    followup: Path
    labels: Path


@pytest.fixture(scope="session")
def toy(tmp_path_factory: pytest.TempPathFactory, scheme: Scheme) -> Toy:
    """An ellipse of fat with 42 blocks of muscle: 48 points at baseline, 19 at follow-up."""
    folder = tmp_path_factory.mktemp("toy")
    affine = np.array([[6.0, 0, 0, -198.0], [0, 10.0, 0, -60.0], [0, 0, 8.0, -600.0], [0, 0, 0, 1.0]])
    x, y = np.meshgrid(np.arange(67) - 33, np.arange(13) - 6, indexing="ij")
    body = np.repeat(((x / 30.0) ** 2 + (y / 5.5) ** 2 < 1)[..., None], 150, axis=2)
    labels = np.zeros(body.shape, np.uint8)
    for group in scheme.groups:
        row = 2 + 7 * ((group.label - 1) // 2)
        middle = 33 - 13 if group.label % 2 else 33 + 13  # the patient's left lies at negative x
        labels[middle - 6 : middle + 7, 3:10, row : row + 6] = group.label
    grades = {
        "baseline": {group.label: 2 if group.label % 7 == 0 else 1 for group in scheme.groups},
        "followup": {group.label: int(group.label % 2 == 1 and group.label < 39) for group in scheme.groups},
    }
    for visit, grade_of in grades.items():
        rng = np.random.default_rng(len(visit))
        image = rng.normal(10.0, 2.0, body.shape) + 12.0 * body
        for label, grade in grade_of.items():
            inside = np.flatnonzero(labels == label)
            image.ravel()[inside] = rng.normal(100.0, 6.0, inside.size)
            # Oedema fills the group from one end, as a patch would.
            patch = inside[np.argsort(np.unravel_index(inside, labels.shape)[2], kind="stable")]
            patch = patch[: int({0: 0.0, 1: 0.3, 2: 0.85}[grade] * inside.size)]
            image.ravel()[patch] = rng.normal({0: 100.0, 1: 180.0, 2: 240.0}[grade], 8.0, patch.size)
        (folder / f"{visit}.nii.gz").write_bytes(encode_nifti(np.abs(image).astype(np.float32), affine))
    (folder / "labels.nii.gz").write_bytes(encode_nifti(labels, affine))
    return Toy(folder / "baseline.nii.gz", folder / "followup.nii.gz", folder / "labels.nii.gz")


@dataclass(frozen=True)
class Scored:
    """OUT with both visits of the toy, and what the commands that made it printed, the second as JSON."""

    out: Path
    baseline: Run
    followup: Run


@pytest.fixture(scope="session")
def scored(tmp_path_factory: pytest.TempPathFactory, toy: Toy) -> Scored:
    """Both visits of the toy as the command line scores them; not to be changed."""
    out = tmp_path_factory.mktemp("scored") / "OUT"
    common = ("--labels", toy.labels, "--out", out, "--sub", "sub-toy", "--ses")
    return Scored(
        out,
        run("score", toy.baseline, *common, "baseline"),
        run("score", toy.followup, *common, "month6", "--json"),
    )


@pytest.fixture
def out(scored: Scored, tmp_path: Path) -> Path:
    """A copy of OUT that a test may change."""
    return Path(shutil.copytree(scored.out, tmp_path / "OUT"))


@pytest.fixture
def few_drawings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a comparison draw no more than its page must have: drawing it all takes longer than all the rest."""
    from wbmri.pipeline import visit_change

    every, needed = visit_change.drawings, ("maps", "dumbbell")
    monkeypatch.setattr(visit_change, "drawings", lambda found: (one for one in every(found) if one.name in needed))


@dataclass(frozen=True)
class Compared:
    """The folder of the toy with its comparison, and what the command printed."""

    folder: Path
    run: Run


@pytest.fixture(scope="session")
def compared(scored: Scored, tmp_path_factory: pytest.TempPathFactory) -> Compared:
    """Both visits of the toy as the command line compares them; not to be changed."""
    out = Path(shutil.copytree(scored.out, tmp_path_factory.mktemp("compared") / "OUT"))
    folder = out / "sub-toy"
    return Compared(folder, run("compare", folder / "ses-baseline", folder / "ses-month6", "--out", out))


@pytest.fixture(scope="session")
def dicom() -> ModuleType:
    """The DICOM factory of the tests of reading."""
    place = Path(__file__).parents[1] / "io" / "conftest.py"
    spec = importlib.util.spec_from_file_location("dicom_factory", place)
    assert spec is not None
    assert spec.loader is not None
    factory = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = factory
    spec.loader.exec_module(factory)
    return factory
