"""Beginning a reading, or going on with it."""

from pathlib import Path

from wbmri.case import CasePaths
from wbmri.review.modes import Mode
from wbmri.review.session import Session


def open_review(
    case: CasePaths | str | Path,
    reader: str,
    mode: Mode = Mode.ASSISTED,
    *,
    between: tuple[str, str] | None = None,
    addendum: bool = False,
    seed: int | None = None,
    folder: str | Path | None = None,
) -> Session:
    """Open a case for a reader: begin a reading, go on where it was left, or look at a signed one.

    The case is locked for others. Where someone else has it open, or the reading is signed, the session is read-only;
    `Session.holder` says who.

    Parameters
    ----------
    case
        The case, its folder ``OUT/sub-X/ses-Y`` or its reading.json.
    reader
        Id of the person, ASCII letters and digits; ``auto`` and ``consensus`` are not people.
    mode
        How the case is read. In an adjudication the reading made is that of the reader ``consensus``.
    between
        For an adjudication: the two readers; if ``None``, those of the two signed readings there are.
    addendum
        Begin a new reading after a signed one, from its grades and outlines; the signed one stays as it is.
    seed
        Seed of the blinded order the case came from, to be recorded.
    folder
        Where the reading is kept, instead of the case's folder ``readings``.

    Raises
    ------
    InputError
        If the id is not one, or the reading was begun in another mode.
    CaseError
        If the case or the reading is damaged, there is no signed reading to add to, or there are no two readings to
        adjudicate.
    """
    raise NotImplementedError
