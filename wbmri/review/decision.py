"""What a reader decides about one group."""

from dataclasses import dataclass
from typing import Any, ClassVar

from wbmri.errors import InputError
from wbmri.reading import Reason

_STRICT: dict[str, Any] = {"extra": "forbid", "strict": True}


@dataclass(frozen=True, slots=True)
class Decision:
    """A grade, or the reason why there is none.

    Parameters
    ----------
    grade
        0, 1 or 2; ``None`` if and only if there is a reason.
    reason
        Why the group is not assessable.
    note
        What the reader adds in words; needed where the reason is `Reason.OTHER`.
    accepted
        Whether the reader took over the program's suggestion instead of giving the grade.
    suggestion_seen
        Whether the program's suggestion was on the screen before the decision.

    Raises
    ------
    InputError
        If it is neither or both, or another reason is not named.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    grade: int | None
    reason: Reason | None = None
    note: str = ""
    accepted: bool = False
    suggestion_seen: bool = False

    def __post_init__(self) -> None:
        if (self.grade is None) == (self.reason is None) or self.grade not in (None, 0, 1, 2):
            raise InputError(
                f"the grade {self.grade!r} with the reason {self.reason!r}",
                "a grade 0, 1 or 2, or a reason why the group is not assessable",
                "give one of the two",
            )
        if self.reason is Reason.OTHER and not self.note.strip():
            raise InputError("the reason 'other' without a note", "the reason in words", "write it into the note")

    @property
    def words(self) -> str:
        """``grade 1``, or ``not assessable: motion``."""
        return f"grade {self.grade}" if self.reason is None else f"not assessable: {self.reason}"
