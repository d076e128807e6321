"""Times of grading, for the benchmark of grading."""

import time
from collections.abc import Callable, Iterator

import numpy as np
from grading_bodies import Trial, involvement, random_scan, resampled, scanned
from numpy.typing import NDArray

from wbmri.grading import Regrader, grade

Block = tuple[slice, ...]
SEED = 4
FINER = 0.5
"""Voxels of 1.3 mm in plane, as in the clinic, from those of the benchmark's bodies."""

EDITED = (1, 13, 25, 33, 41)
"""Labels of small and of large groups whose outlines are changed."""


def measure() -> dict[str, float]:
    """Time the grading of a whole body, and of one group after an edit, at the resolution of the clinic."""
    trial = Trial("child", "1.5 T, TE 60 ms", involvement(40, SEED), random_scan(np.random.default_rng(SEED), SEED))
    case = scanned(trial)
    volume, labels = resampled(case.volume, case.labels, FINER)
    reading = grade(volume, labels)
    regrader = Regrader(volume, labels, reading)
    drawn = labels.data.copy()
    edits = []
    for label in EDITED:
        own = np.argwhere(drawn == label)
        drawn[tuple(own[: len(own) // 20].T)] = 0
        box = tuple(slice(int(a), int(b) + 1) for a, b in zip(own.min(axis=0), own.max(axis=0), strict=True))
        left = iter(own[len(own) // 20 :])

        def edit(label: int = label, box: Block = box, left: Iterator[NDArray[np.intp]] = left) -> None:
            # Another voxel less each time: what was measured before does not serve again.
            drawn[tuple(next(left))] = 0
            regrader.regrade(drawn, label, box)

        edits.append(timed(edit))
    return {
        "whole body": timed(lambda: grade(volume, labels)),
        "one group after an edit": max(edits),
    }


def timed(work: Callable[[], object]) -> float:
    """Return the shortest of three runs in seconds."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)
