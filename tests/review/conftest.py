"""A small case to read, and what opens it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from wbmri.case import Case, write_case
from wbmri.core import LabelMap, Reading, Volume


@pytest.fixture(autouse=True)
def _not_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out what only a loss of power would show, for the disk is slow."""
    monkeypatch.setattr("os.fsync", lambda _: None)


@pytest.fixture
def write(
    tmp_path: Path,
    small_volume: Volume,
    small_labels: LabelMap,
    make_reading: Callable[..., Reading],
) -> Callable[..., Case]:
    """Write a scored case below OUT, by default sub-X, ses-Y."""

    def write(participant: str = "X", session: str = "Y", reading: Reading | None = None) -> Case:
        reading = reading or make_reading()
        html = "<!doctype html><title>report</title>"
        return write_case(tmp_path / "OUT", participant, session, small_volume, small_labels, reading, html, {})

    return write


@pytest.fixture
def case(write: Callable[..., Case]) -> Case:
    """One scored case."""
    return write()
