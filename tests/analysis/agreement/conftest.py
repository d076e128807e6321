"""Readers with known errors reading the same patients."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from wbmri.analysis.agreement import Rating, Ratings
from wbmri.core.scheme import Scheme

Study = Callable[..., Ratings]


@pytest.fixture(scope="session")
def study(scheme: Scheme) -> Study:
    """Build a study: severe at baseline, milder at month6, and readers whose error is drawn with `noise`."""

    def made(
        patients: int,
        readers: Sequence[str] = ("ab", "cd"),
        *,
        sessions: Sequence[str] = ("baseline", "month6"),
        noise: float = 0.3,
        missing: float = 0.0,
        seed: int = 0,
    ) -> Ratings:
        rng = np.random.default_rng(seed)
        groups, found = len(scheme.groups), []
        for number in range(patients):
            severity = rng.uniform(0.2, 2.4)
            for place, session in enumerate(sessions):
                truth = rng.normal(severity - 0.7 * place, 0.5, groups)
                for reader in readers:
                    read = np.clip(np.rint(truth + rng.normal(0.0, noise, groups)), 0, 2).astype(int)
                    gone = rng.random(groups) < missing
                    grades = tuple(None if out else int(grade) for grade, out in zip(read, gone, strict=True))
                    found.append(Rating(f"{number:03d}", session, reader, grades))
        return Ratings.of(found, scheme)

    return made
