"""Where normal muscle lies at a site, measured on its healthy controls.

Brain and fluid predict the level of normal muscle by the signal equation, with the relaxation times of textbooks and
what a scanner makes of its protocol left open. Healthy people scanned by the same protocol say how far that prediction
is off, and how much people differ.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from wbmri.analysis.comparison import FIELD_TOLERANCE_T, TIME_TOLERANCE
from wbmri.case import SCHEMA_VERSION, STRICT, decode
from wbmri.core import NOTICE, Acquisition, InputError, OutsideLevel, Reading
from wbmri.grading import PARAMETERS

FEWEST = 3
"""People without whom a protocol has no level of its own."""

EXPECTED_WORTH = 2.0
"""People that the spread expected without controls is worth beside that of the controls themselves."""


@dataclass(frozen=True, slots=True)
class ControlLevel:
    """The level of normal muscle by one protocol.

    Parameters
    ----------
    field_strength_t, echo_time_ms, inversion_time_ms, manufacturer
        The protocol, that of the first control.
    ratio
        Normal muscle as a multiple of the level that brain and fluid predict.
    spread
        Standard deviation of the logarithm of that ratio in the next person.
    controls
        Number of people behind it.
    """

    field_strength_t: float | None
    echo_time_ms: float | None
    inversion_time_ms: float | None
    manufacturer: str | None
    ratio: float
    spread: float
    controls: int

    def fits(self, acquisition: Acquisition) -> bool:
        """Whether a scan was made by this protocol, as far as `wbmri.analysis.comparison` would compare it."""
        return (
            _near(self.field_strength_t, acquisition.field_strength_t, FIELD_TOLERANCE_T)
            and _alike(self.echo_time_ms, acquisition.echo_time_ms)
            and _alike(self.inversion_time_ms, acquisition.inversion_time_ms)
            and self.manufacturer == acquisition.manufacturer
        )


@dataclass(frozen=True, slots=True)
class ControlCalibration:
    """What ``wbmri calibrate controls`` writes: a level for each protocol."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT

    levels: tuple[ControlLevel, ...]
    notice: str = NOTICE
    schema_version: int = SCHEMA_VERSION

    def outside(self, acquisition: Acquisition) -> tuple[OutsideLevel, ...]:
        """Return what the controls say about a scan; nothing where none was scanned by its protocol."""
        return tuple(
            OutsideLevel(level.ratio, level.spread, f"{level.controls} control scans")
            for level in self.levels
            if level.fits(acquisition)
        )


def calibrate_controls(readings: Iterable[tuple[str, Reading]]) -> ControlCalibration:
    """Measure the level of normal muscle on healthy controls, for each protocol.

    Parameters
    ----------
    readings
        Participant and reading of each control scan; several of one person count as one.

    Raises
    ------
    InputError
        If no protocol has enough people with a brain in the picture.
    """
    protocols: list[tuple[Acquisition, dict[str, list[float]]]] = []
    for participant, reading in readings:
        reference, acquisition = reading.reference, reading.acquisition
        if reference is None or reference.mode is None or reference.predicted is None:
            continue
        seen = next((found for first, found in protocols if _level_of(first, found).fits(acquisition)), None)
        if seen is None:
            seen = {}
            protocols.append((acquisition, seen))
        seen.setdefault(participant, []).append(float(np.log(reference.mode / reference.predicted)))
    levels = tuple(_level_of(first, found) for first, found in protocols if len(found) >= FEWEST)
    if not levels:
        most = max((len(found) for _, found in protocols), default=0)
        raise InputError(
            f"control scans of at most {most} people by one protocol with head and muscle in the picture",
            f"at least {FEWEST} healthy people scanned by the protocol that patients are scanned by",
            "score more control scans and name their cases",
        )
    return ControlCalibration(levels)


def read_controls(path: str | Path) -> ControlCalibration:
    """Read the file that ``wbmri calibrate controls`` wrote.

    Raises
    ------
    InputError
        If there is no such file.
    CaseError
        If it holds something else.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"the controls {path}", "a file that exists", "make one with 'wbmri calibrate controls'")
    return decode(ControlCalibration, path.read_bytes(), path)


def _level_of(acquisition: Acquisition, people: Mapping[str, list[float]]) -> ControlLevel:
    """Return mean and spread, which is drawn towards what is expected without controls, the more so the fewer."""
    logs = np.array([np.mean(own) for own in people.values()]) if people else np.zeros(1)
    squares = float(((logs - logs.mean()) ** 2).sum()) + EXPECTED_WORTH * PARAMETERS.reference.tissue_spread**2
    variance = squares / (len(logs) - 1 + EXPECTED_WORTH)
    return ControlLevel(
        acquisition.field_strength_t,
        acquisition.echo_time_ms,
        acquisition.inversion_time_ms,
        acquisition.manufacturer,
        ratio=round(float(np.exp(logs.mean())), 4),
        spread=round(float(np.sqrt(variance * (1 + 1 / len(logs)))), 4),
        controls=len(people),
    )


def _near(one: float | None, other: float | None, tolerance: float) -> bool:
    return one is other if one is None or other is None else abs(one - other) <= tolerance


def _alike(one: float | None, other: float | None) -> bool:
    return _near(one, other, TIME_TOLERANCE * max(one or 0.0, other or 0.0))
