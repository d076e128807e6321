"""Open a case for a reader: a new reading, one that is gone on with, an addendum or an adjudication."""

from dataclasses import replace
from pathlib import Path

from wbmri.case import (
    CONSENSUS,
    Case,
    CasePaths,
    ReadingPaths,
    SignedReading,
    read_case,
    read_signed,
    signed_readings,
)
from wbmri.core import CaseError, GroupReading, InputError, Reading
from wbmri.review.actions import Actions
from wbmri.review.blinding import HIDING, Mode, code, default_seed, unsigned_visits
from wbmri.review.decided_reading import decisions_in, remarks_in
from wbmri.review.draft import Start
from wbmri.review.history import Terms, read_entries
from wbmri.review.session import Session


def open_review(
    case: Case | CasePaths | str | Path,
    reader: str,
    mode: Mode | None = None,
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
        The case, its folder ``OUT/sub-X/ses-Y`` or its reading.json; or a case that was read already.
    reader
        Id of the person, ASCII letters and digits; ``auto`` and ``consensus`` are not people.
    mode
        How the case is read; if ``None``, as the reading was begun, or assisted. In an adjudication the reading made is
        that of the reader ``consensus``.
    between
        For an adjudication: the two readers; if ``None``, those of the two signed readings there are.
    addendum
        Begin a new reading after a signed one, from its grades and outlines; the signed one stays as it is.
    seed
        Seed of the blinded order the case came from, to be recorded; by default the one of the reader's list.
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
    check_reader(reader)
    found = case if isinstance(case, Case) else read_case(case.folder if isinstance(case, CasePaths) else case)
    whose = CONSENSUS if mode is Mode.ADJUDICATION else reader
    paths = _run(found.paths, whose, None if folder is None else Path(folder), addendum=addendum)
    begun = _begun_terms(paths)
    hidden = _hidden(paths)
    bound = begun or hidden
    if bound is not None and mode not in (None, bound.mode) and not paths.reading.is_file():
        name = code(found.paths, seed) if mode is Mode.BLINDED and seed is not None else found.paths.name
        raise InputError(
            f"a reading of {name} by {whose} that was begun {bound.mode}, to go on {mode}",
            "one mode from beginning to end, and until every visit of the person is signed",
            f"go on {bound.mode}, or read it under another id",
        )
    terms = bound or _terms(found, mode or Mode.ASSISTED, reader, between, seed)
    if terms.mode is Mode.BLINDED and (hidden is not None or (paths.run == 1 and not paths.reading.is_file())):
        title = code(found.paths, terms.seed if terms.seed is not None else default_seed(reader))
    else:
        title = found.paths.name
    lock = found.paths.lock if folder is None else Path(folder) / found.paths.lock.name
    return Session(Actions(found, reader, paths, terms, _start(found, paths, terms), title, lock))


def check_reader(reader: str) -> None:
    """Refuse an id that is none, or that is no person's.

    Raises
    ------
    InputError
        If it has anything but ASCII letters and digits, or is ``auto`` or ``consensus``.
    """
    if not (reader.isascii() and reader.isalnum()) or reader.lower() in ("auto", CONSENSUS):
        raise InputError(
            f"the reader {reader!r}",
            "the id of a person, ASCII letters and digits only",
            "name another with --reader",
        )


def _run(case: CasePaths, reader: str, folder: Path | None, *, addendum: bool) -> ReadingPaths:
    """Return the files of the reading to open: the latest there is, or the next addendum."""
    runs = [paths for paths in ReadingPaths.begun(case, folder) if paths.reader == reader]
    latest = max(runs, key=lambda paths: paths.run, default=ReadingPaths(case, reader, 1, folder))
    if not addendum:
        return latest
    if latest.reading.is_file():
        return ReadingPaths(case, reader, latest.run + 1, folder)
    if latest.run == 1:
        raise CaseError(f"{case.name} without a signed reading by {reader}", "one to add to", "sign the reading first")
    return latest


def _hidden(paths: ReadingPaths) -> Terms | None:
    """Return the terms of a signed reading that still hides something, from the reading itself or an addendum to it."""
    first = replace(paths, run=1)
    if not first.reading.is_file():
        return None
    terms = _begun_terms(first)
    if terms is None or terms.mode not in HIDING:
        return None
    return terms if unsigned_visits(paths.case, paths.reader, folder=paths.elsewhere) else None


def _begun_terms(paths: ReadingPaths) -> Terms | None:
    entries = read_entries(paths.history).entries
    return entries[0].terms if entries else None


def _terms(case: Case, mode: Mode, reader: str, between: tuple[str, str] | None, seed: int | None) -> Terms:
    if mode is Mode.ADJUDICATION:
        return Terms(mode, between or _two_readers(case))
    if mode is Mode.BLINDED:
        return Terms(mode, seed=default_seed(reader) if seed is None else seed)
    return Terms(mode)


def _latest(case: Case) -> dict[str, SignedReading]:
    """Return each person's signed reading, the latest addendum if there are any."""
    return {signed.paths.reader: signed for signed in signed_readings(case.paths)}


def _two_readers(case: Case) -> tuple[str, str]:
    readers = [reader for reader in _latest(case) if reader != CONSENSUS]
    if len(readers) != 2:
        raise CaseError(
            f"{case.paths.name} with signed readings by {', '.join(readers) or 'nobody'}",
            "two to adjudicate",
            "let two readers sign, or name the two",
        )
    return readers[0], readers[1]


def _start(case: Case, paths: ReadingPaths, terms: Terms) -> Start:
    others = {reader: signed.reading for reader, signed in _latest(case).items() if reader != paths.reader}
    if paths.run > 1:
        earlier = ReadingPaths(case.paths, paths.reader, paths.run - 1, paths.elsewhere)
        signed = read_signed(earlier)
        return Start(
            signed.reading,
            lambda: signed.labels(case),
            decisions_in(signed.reading),
            signed.reading.soft_tissue,
            others,
            remarks=remarks_in(signed.reading),
            key_slices=() if signed.reading.review is None else signed.reading.review.key_slices,
        )
    if terms.between is None:
        return Start(case.reading, case.labels, others=others)
    missing = [reader for reader in terms.between if reader not in others]
    if missing:
        raise CaseError(
            f"{case.paths.name} without a signed reading by {missing[0]}",
            f"those of {' and '.join(terms.between)}",
            "let both readers sign first",
        )
    first, second = (others[reader] for reader in terms.between)
    return Start(
        case.reading,
        case.labels,
        others={reader: others[reader] for reader in terms.between},
        agreed=_agreed(first, second),
    )


def _agreed(first: Reading, second: Reading) -> dict[int, GroupReading]:
    """Return the entries on which two readers agree: the same grade, or both none."""
    return {
        one.label: one
        for one, other in zip(first.groups, second.groups, strict=True)
        if (one.grade, one.reason) == (other.grade, other.reason)
    }
