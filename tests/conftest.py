"""What several test folders share: a small scan, its label map and a reading of it, and the bench bodies."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

if "PYTEST_XDIST_WORKER" in os.environ:
    # Each of several test processes keeps to one processor, rather than all of them waiting for every one. The linear
    # algebra looks at this when it is imported.
    for _variable in ("WBMRI_THREADS", "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(_variable, "1")

import numpy as np
import pydantic.types  # noqa: F401  # before Qt, whose import hook pydantic's own lazy imports do not bear
import pytest
from hypothesis import settings

from wbmri.core import (
    Acquisition,
    Evidence,
    GradeSource,
    GroupReading,
    LabelMap,
    Reading,
    Reason,
    Reference,
    Station,
    Step,
    Volume,
)
from wbmri.core.scheme import Scheme, load_scheme

if "PYTEST_XDIST_WORKER" in os.environ:
    # Each of several test processes keeps to one processor, rather than all of them fighting for every one.
    os.environ.setdefault("WBMRI_THREADS", "1")
    os.environ.setdefault("ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS", "1")

# The same examples in every run, and no failure because a machine was busy.
settings.register_profile("wbmri", deadline=None, derandomize=True)
settings.load_profile("wbmri")

DEAREST = ("test_demo.py", "test_muscle_segmentation.py", "test_bench.py", "test_interruption.py")
"""Files that take minutes: begun first, so that no test process is left alone with one at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the dearest files first."""
    items.sort(key=lambda item: item.path.name not in DEAREST)


BENCH = Path(__file__).parents[2] / "shared" / "bench"


@pytest.fixture(scope="session")
def bench() -> Path:
    """The folder with the two bodies whose truth is known."""
    if not BENCH.is_dir():
        pytest.skip(f"the bench bodies are not at {BENCH}")
    return BENCH


@pytest.fixture(scope="session")
def scheme() -> Scheme:
    return load_scheme()


@pytest.fixture(scope="session")
def small_volume() -> Volume:
    """Noise on an oblique grid, with the facts of an acquisition."""
    affine = np.array([[-3.0, 0.0, 0.4, 50.0], [0.0, 0.3, 5.9, -40.0], [0.1, 3.0, 0.0, -70.0], [0.0, 0.0, 0.0, 1.0]])
    acquisition = Acquisition(
        sequence="STIR",
        field_strength_t=1.5,
        echo_time_ms=60.0,
        inversion_time_ms=150.0,
        repetition_time_ms=4000.0,
        stations=(Station("station-1", 0.0, 100.0), Station("station-2", -60.0, 40.0, 1.1)),
        seams_mm=(20.0,),
    )
    data = np.random.default_rng(1).gamma(4.0, 30.0, (24, 30, 10))
    return Volume(data, affine, acquisition, (Step("load", {"inputs": [{"sha256": "0" * 64}]}),))


@pytest.fixture(scope="session")
def small_labels(scheme: Scheme, small_volume: Volume) -> LabelMap:
    """Blocks of voxels, one per group; the last group lies outside."""
    labels = np.zeros(small_volume.shape, np.uint8)
    flat = labels.reshape(-1)
    for group in scheme.groups[:-1]:
        flat[group.label * 100 : group.label * 100 + 80] = group.label
    return LabelMap(
        labels,
        small_volume.affine,
        scheme,
        "blocks",
        {group.label: 0.5 + group.label / 100 for group in scheme.groups},
        frozenset({scheme.groups[-1].label}),
        {1: "labels"},
        (*small_volume.provenance, Step("segment", {"engine": "blocks"})),
    )


@pytest.fixture(scope="session")
def make_reading(scheme: Scheme, small_volume: Volume, small_labels: LabelMap) -> Callable[..., Reading]:
    """Build an automatic reading from a grade per label; None stands for outside the field of view."""

    def make(grade_of: Callable[[int], int | None] = lambda label: label % 3) -> Reading:
        groups = []
        for group in scheme.groups:
            grade = grade_of(group.label)
            share = {None: 0.0, 0: 0.01, 1: 0.25, 2: 0.75}[grade]
            measured = Evidence(share, 1.6 if grade else None, 1.0 + share, 33.3, 400)
            groups.append(
                GroupReading(
                    group.label,
                    grade,
                    Reason.OUTSIDE if grade is None else None,
                    GradeSource.AUTO,
                    grade,
                    None if grade is None else measured,
                    0.9,
                    f"{share:.0%} of the group is oedematous",
                ),
            )
        return Reading(
            scheme,
            tuple(groups),
            small_volume.acquisition,
            "blocks",
            Reference(101.5, 7.25, "the lower mode of all groups", True),
            warnings=("one group lies outside the field of view",),
            provenance=(*small_labels.provenance, Step("grade", {"oedema_ratio": 1.3})),
        )

    return make


@pytest.fixture(scope="session")
def digests() -> Callable[[Path], dict[str, str]]:
    """A function that gives the SHA-256 of every file below a folder, by its place there."""

    def of(folder: Path) -> dict[str, str]:
        return {
            path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }

    return of
