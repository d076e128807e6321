"""The cases of OUT with how far they have been read."""

from dataclasses import dataclass
from pathlib import Path

from wbmri.case import CasePaths
from wbmri.reading import Status
from wbmri.review.lock import Holder


@dataclass(frozen=True, slots=True)
class ReaderStatus:
    """One person's reading of a case: the reader, how far it is, and groups read."""

    reader: str
    status: Status
    read: int


@dataclass(frozen=True, slots=True)
class WorklistRow:
    """One case.

    Parameters
    ----------
    paths
        Its files.
    title
        What to show: ``sub-X_ses-Y``, or in a blinded list a code that stays the same for the same seed.
    participant, session
        BIDS labels; ``None`` in a blinded list.
    status
        How far the case is: that of the reading of record, or in review where someone has begun one.
    reader
        Whose reading the total is from; ``None`` where hidden.
    total, prorated, involved
        Of the reading of record; ``None`` where too little is assessable, or hidden.
    read, groups
        Groups that this list's reader has read, and all groups.
    own
        Status of this list's reader's own reading; ``None`` where there is none.
    readings
        Every person's reading; empty where other readers are hidden, but for the own one.
    warnings
        What to know about the case; empty where hidden.
    holder
        Who has the case open.
    problem
        Why the case cannot be read, in one line.
    """

    paths: CasePaths
    title: str
    participant: str | None
    session: str | None
    status: Status
    reader: str | None
    total: int | None
    prorated: float | None
    involved: int | None
    read: int
    groups: int
    own: Status | None
    readings: tuple[ReaderStatus, ...] = ()
    warnings: tuple[str, ...] = ()
    holder: Holder | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Worklist:
    """All cases of OUT for one reader.

    Parameters
    ----------
    out
        The dataset.
    reader
        The person.
    rows
        The cases: by participant and session, or in a blinded list in random order.
    seed
        Seed of that order; ``None`` where the list is not blinded.
    """

    out: Path
    reader: str
    rows: tuple[WorklistRow, ...]
    seed: int | None = None

    def filtered(
        self, text: str = "", *, status: Status | None = None, unread: bool = False, warned: bool = False
    ) -> tuple[WorklistRow, ...]:
        """Return the rows that match all of what is given.

        Parameters
        ----------
        text
            Words that all occur in title, status, reader or warnings, in any case.
        status
            The status of the case.
        unread
            Only cases this reader has not signed.
        warned
            Only cases with warnings or a problem.
        """
        raise NotImplementedError

    def next_unread(self, after: CasePaths | None = None) -> WorklistRow | None:
        """Return the next case this reader has not signed and nobody has open, round the end of the list."""
        raise NotImplementedError


def load_worklist(out: str | Path, reader: str, *, blinded: bool = False, seed: int | None = None) -> Worklist:
    """Read the cases of OUT and how far they are; a damaged case is a row with a problem.

    Parameters
    ----------
    out
        The dataset.
    reader
        Id of the person.
    blinded
        Hide persons, visits, suggestions and other readers, and give the cases in random order.
    seed
        Seed of that order; by default one that follows from the reader's id. The same seed gives the same order, and a
        new case does not change the order of the others.

    Raises
    ------
    InputError
        If the id is not one, or there are no cases in `out`.
    """
    raise NotImplementedError
