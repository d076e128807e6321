"""What stands for a group on the screen: whose grade it is, which, and in which colour. No Qt."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Self

from wbmri.core import GradeSource, GroupReading
from wbmri.report.figures import contour_of, mark_of
from wbmri.review import GroupView


class Standing(Enum):
    """Whose grade is shown."""

    GIVEN = auto()
    SUGGESTED = auto()
    OPEN = auto()


@dataclass(frozen=True, slots=True)
class Mark:
    """What stands for a group in the table, on the body and over the scan.

    Parameters
    ----------
    standing
        Whose grade it is; without one the group is open.
    grade
        0, 1 or 2; ``None`` for not assessable, or open.
    """

    standing: Standing
    grade: int | None = None

    @classmethod
    def of(cls, view: GroupView) -> Self:
        """Return the mark of a group as its mode lets it be seen."""
        if view.decision is not None:
            return cls(Standing.GIVEN, view.decision.grade)
        if not view.to_read and view.others:
            return cls(Standing.GIVEN, next(iter(view.others.values())).grade)
        if view.measured is not None:
            return cls(Standing.SUGGESTED, view.measured.auto_grade)
        return cls(Standing.OPEN)

    @classmethod
    def of_entry(cls, entry: GroupReading) -> Self:
        """Return the mark of a group in a reading that is finished: what only the program graded is a suggestion."""
        return cls(Standing.GIVEN if entry.source is GradeSource.READER else Standing.SUGGESTED, entry.grade)

    @property
    def text(self) -> str:
        """The figure that is written."""
        return "–" if self.standing is Standing.OPEN else mark_of(self.grade)

    @property
    def words(self) -> str:
        """The same for a tooltip and for screen readers."""
        if self.standing is Standing.OPEN:
            return "not read yet"
        said = "not assessable" if self.grade is None else f"grade {self.grade}"
        return said if self.standing is Standing.GIVEN else f"{said} suggested, not read yet"


def rgb_of(grade: int | None) -> tuple[float, float, float]:
    """Return the colour of a contour with this grade: red, green and blue, 0..1."""
    red, green, blue = bytes.fromhex(contour_of(grade).removeprefix("#"))
    return red / 255, green / 255, blue / 255
