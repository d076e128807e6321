"""The cases of OUT with how far they have been read."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from wbmri.case import (
    CasePaths,
    Holder,
    ReadingPaths,
    check_dataset,
    find_cases,
    holder_of,
    natural_sort_key,
    read_case,
    read_signed,
    signed_of_record,
    signed_readings,
)
from wbmri.core import CaseError, InputError, Status
from wbmri.review.blinding import Mode, code, default_seed, rank, unsigned_visits
from wbmri.review.decided_reading import decisions_in
from wbmri.review.history import ReadingState, read_entries
from wbmri.review.session_factory import check_reader


@dataclass(frozen=True, slots=True)
class ReaderStatus:
    """One person's reading of a case: the reader, how far it is, and how many groups are decided."""

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
        How far the case is: that of the reading of record, or in review where someone has begun one. Where other
        readers are hidden, that of the own reading alone.
    reader
        Whose reading the total is from; ``None`` where hidden.
    total, prorated, involved
        Of the reading of record; ``None`` where too little is assessable, or hidden. Where other readers are hidden,
        of the own signed reading, or else of the program's.
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
    open_totals
        The totals that the reading of record leaves open, such as ``28 or 0``; empty where it gives one.
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
    open_totals: str = ""

    @property
    def finished(self) -> bool:
        """Whether this list's reader has signed it."""
        return self.own in (Status.SIGNED, Status.ADDENDUM)

    @property
    def total_said(self) -> str:
        """The total, or those that are left open; empty where there is none, or it is hidden."""
        return self.open_totals if self.total is None else str(self.total)


@dataclass(frozen=True, slots=True)
class Worklist:
    """All cases of OUT for one reader.

    Parameters
    ----------
    out
        The dataset.
    reader
        The person; ``None`` for a list that is nobody's.
    rows
        The cases: by participant and session, or in a blinded list in random order.
    seed
        Seed of that order; ``None`` where the list is not blinded.
    """

    out: Path
    reader: str | None
    rows: tuple[WorklistRow, ...]
    seed: int | None = None

    def filtered(
        self,
        text: str = "",
        *,
        status: Status | None = None,
        unread: bool = False,
        warned: bool = False,
    ) -> tuple[WorklistRow, ...]:
        """Return the rows that match all of what is given.

        Parameters
        ----------
        text
            Words that all occur in title, status, reader, warnings or problem, in upper or lower case.
        status
            The status of the case.
        unread
            Only cases this reader has not signed.
        warned
            Only cases with warnings or a problem.
        """
        words = text.lower().split()
        return tuple(
            row
            for row in self.rows
            if (status is None or row.status is status)
            and not (unread and row.finished)
            and not (warned and not row.warnings and row.problem is None)
            and all(word in _searched(row) for word in words)
        )

    def next_unread(self, after: CasePaths | None = None) -> WorklistRow | None:
        """Return the next case this reader has not signed and nobody has open, round the end of the list."""
        start = next((number for number, row in enumerate(self.rows, 1) if row.paths == after), 0)
        waiting = (
            row
            for row in (*self.rows[start:], *self.rows[:start])
            if not row.finished and row.holder is None and row.problem is None and row.paths != after
        )
        return next(waiting, None)


def load_worklist(
    out: str | Path,
    reader: str | None = None,
    *,
    mode: Mode = Mode.ASSISTED,
    seed: int | None = None,
) -> Worklist:
    """Read the cases of OUT and how far they are; a damaged case is a row with a problem.

    Parameters
    ----------
    out
        The dataset.
    reader
        Id of the person whose own readings the list shows.
    mode
        How the cases are read. A blinded list hides persons, visits, suggestions and other readers, and gives the cases
        in random order; that of a second reader hides other readers, until every visit of the person is signed.
    seed
        Seed of the random order; by default one that follows from the reader's id. The same seed gives the same order,
        and a new case does not change the order of the others.

    Raises
    ------
    InputError
        If the id is not one, or there are no cases in `out`.
    CaseError
        If `out` is something else than a dataset of wbmri.
    """
    if reader is not None:
        check_reader(reader)
    check_dataset(out)
    cases = find_cases(out)
    if not cases:
        raise InputError(f"{out} without a case", "a folder that 'wbmri score' wrote to", "score a visit first")
    if mode is not Mode.BLINDED:
        in_order = sorted(
            cases, key=lambda paths: (natural_sort_key(paths.participant), natural_sort_key(paths.session))
        )
        alone = mode is Mode.SECOND
        return Worklist(Path(out), reader, tuple(_row(paths, reader, in_order if alone else ()) for paths in in_order))
    chosen = default_seed(reader or "") if seed is None else seed
    shuffled = sorted(cases, key=lambda paths: rank(paths, chosen))
    return Worklist(Path(out), reader, tuple(_row(paths, reader, (), chosen) for paths in shuffled), chosen)


def _row(paths: CasePaths, reader: str | None, series: Sequence[CasePaths], seed: int | None = None) -> WorklistRow:
    """Read one case, and leave out what is hidden.

    Parameters
    ----------
    paths
        The case.
    reader
        Whose list it is.
    series
        All cases, where other readers are hidden until this one has signed every visit of the person.
    seed
        That of a blinded list.
    """
    blinded = seed is not None
    title = paths.name if seed is None else code(paths, seed)
    participant, session = (None, None) if blinded else (paths.participant, paths.session)
    holder = holder_of(paths.lock)
    try:
        case = read_case(paths.reading)
        readings = _reader_statuses(paths)
        signed = signed_of_record(case)
    except CaseError as error:
        return WorklistRow(
            paths,
            title,
            participant,
            session,
            status=Status.SCORED,
            reader=None,
            total=None,
            prorated=None,
            involved=None,
            read=0,
            groups=0,
            own=None,
            holder=holder,
            problem="The files of this case are damaged." if blinded else str(error),
        )
    own = next((one for one in readings if one.reader == reader), None)
    if series and reader is not None and (not _finished(own) or unsigned_visits(paths, reader, cases=series)):
        readings = () if own is None else (own,)
        signed = next((one for one in reversed(signed_readings(paths)) if one.paths.reader == reader), None)
    record = case.reading if signed is None else signed.reading
    groups = len(record.groups)
    read = 0 if own is None else own.read
    if blinded:
        return WorklistRow(
            paths,
            title,
            participant,
            session,
            status=Status.SCORED if own is None else own.status,
            reader=None,
            total=None,
            prorated=None,
            involved=None,
            read=read,
            groups=groups,
            own=None if own is None else own.status,
            readings=() if own is None else (own,),
            holder=holder,
        )
    return WorklistRow(
        paths,
        title,
        participant,
        session,
        status=Status.IN_REVIEW if signed is None and readings else record.status,
        reader=record.reader,
        total=record.score.total,
        open_totals=record.score.open_totals,
        prorated=record.score.prorated,
        involved=record.score.involved,
        read=read,
        groups=groups,
        own=None if own is None else own.status,
        readings=readings,
        warnings=record.warnings,
        holder=holder,
    )


def _reader_statuses(paths: CasePaths) -> tuple[ReaderStatus, ...]:
    """Return how far each person's latest reading is."""
    latest = {found.reader: found for found in ReadingPaths.begun(paths)}
    return tuple(_reader_status(found) for found in latest.values())


def _reader_status(paths: ReadingPaths) -> ReaderStatus:
    if paths.reading.is_file():
        reading = read_signed(paths).reading
        return ReaderStatus(paths.reader, reading.status, len(reading.groups))
    entries = read_entries(paths.history).entries
    before = decisions_in(read_signed(replace(paths, run=paths.run - 1)).reading) if paths.run > 1 else {}
    return ReaderStatus(paths.reader, Status.IN_REVIEW, len(ReadingState(before).after_all(entries).decisions))


def _finished(own: ReaderStatus | None) -> bool:
    return own is not None and own.status in (Status.SIGNED, Status.ADDENDUM)


def _searched(row: WorklistRow) -> str:
    parts = (row.title, row.status, row.reader or "", *row.warnings, row.problem or "")
    return " ".join((*parts, *(one.reader for one in row.readings))).lower()
