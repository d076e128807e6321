"""How a person made a reading, and what they chose for its report."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from wbmri.core.errors import InputError
from wbmri.core.grid import PLANES


@dataclass(frozen=True, slots=True)
class KeySlice:
    """A slice that a reader chose for the report.

    Parameters
    ----------
    plane
        ``coronal``, ``axial`` or ``sagittal``.
    point_mm
        A point on it, in RAS mm.
    group
        Id of the group that was read then.
    """

    plane: str
    point_mm: tuple[float, float, float]
    group: str

    def __post_init__(self) -> None:
        if self.plane not in PLANES:
            raise InputError(f"a slice in the plane {self.plane!r}", f"one of {', '.join(PLANES)}", "correct the plane")


@dataclass(frozen=True, slots=True)
class ReviewRecord:
    """How a person made a reading: what decides its independence of the program and of other readers.

    Parameters
    ----------
    mode
        How the case was read, such as ``blinded``.
    who
        Id of the person; in an adjudication, of the adjudicator.
    run
        1, or the number of the addendum.
    suggestion_seen, accepted, outlines_corrected
        Ids of the groups whose suggestion was in view before the grade was given, whose suggestion was accepted, and
        whose outlines were corrected.
    notes
        Group id to the reader's own words.
    between
        The two readers of an adjudication.
    agreed
        Ids of the groups an adjudication took over, because both readers agree.
    seed
        What decides the order of cases of a blinded reading.
    remarks
        Group id to what the reader remarks on it in free text, and under ``case`` on the scan as a whole.
    key_slices
        What the reader chose for the report.
    """

    mode: str
    who: str
    run: int = 1
    suggestion_seen: tuple[str, ...] = ()
    accepted: tuple[str, ...] = ()
    outlines_corrected: tuple[str, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)
    between: tuple[str, str] | None = None
    agreed: tuple[str, ...] = ()
    seed: int | None = None
    remarks: Mapping[str, str] = field(default_factory=dict)
    key_slices: tuple[KeySlice, ...] = ()
