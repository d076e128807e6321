"""What people read in a case: each person's reading beside the automatic one, and which of them counts."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import cast

import numpy as np
from numpy.typing import NDArray

from wbmri.case.dataset import ignore_file
from wbmri.case.documents import HistoryEntry, ReadingDocument, decode, encode, software_versions
from wbmri.case.paths import CONSENSUS, CasePaths, ReadingPaths
from wbmri.case.storage import Case
from wbmri.case.tables import SCORE_COLUMNS, encode_table, score_rows
from wbmri.core import CaseError, InputError, LabelMap, Reading
from wbmri.io import encode_nifti, read_labels, write_together


@dataclass(frozen=True, slots=True)
class SignedReading:
    """A reading that a person has signed.

    Parameters
    ----------
    paths
        Its files.
    reading
        The grades.
    software
        Versions of what made it.
    """

    paths: ReadingPaths
    reading: Reading
    software: Mapping[str, str]

    def labels(self, case: Case) -> LabelMap:
        """Load the outlines it rests on: the person's corrections, or else those of the case.

        Raises
        ------
        CaseError
            If a file is missing or cannot be read.
        """
        return corrected_labels(case, self.paths)


def read_signed(paths: ReadingPaths) -> SignedReading:
    """Read a signed reading.

    Raises
    ------
    CaseError
        If it is not signed, damaged, of a newer version, or that of another case or reader.
    """
    if not paths.reading.is_file():
        raise CaseError(
            f"no signed reading {paths.reading}",
            "one that its reader has signed",
            "sign it in 'wbmri review' first",
        )
    document = decode(ReadingDocument, paths.reading.read_bytes(), paths.reading)
    whose = document.participant, document.session, document.reading.reader
    if whose != (paths.case.participant, paths.case.session, paths.reader):
        raise CaseError(
            f"{paths.reading} with the reading of sub-{whose[0]}, ses-{whose[1]} by {whose[2]!r}",
            f"that of sub-{paths.case.participant}, ses-{paths.case.session} by {paths.reader!r}",
            "put the file back where it belongs",
        )
    return SignedReading(paths, document.reading, document.software)


def signed_readings(case: CasePaths) -> tuple[SignedReading, ...]:
    """Return every signed reading of a case, addenda included, by reader and run."""
    return tuple(read_signed(paths) for paths in ReadingPaths.begun(case) if paths.reading.is_file())


def signed_of_record(case: Case) -> SignedReading | None:
    """Return the person's reading that counts as the score of the visit, if there is one.

    A consensus goes before single readings, the reader who signed first before later ones, and the latest addendum
    before what it adds to.
    """
    signed = signed_readings(case.paths)
    if not signed:
        return None
    order = [entry.who for entry in case.history() if entry.action == "signed"]

    def rank(found: SignedReading) -> tuple[bool, int, str, int]:
        reader = found.paths.reader
        place = order.index(reader) if reader in order else len(order)
        return reader != CONSENSUS, place, reader, -found.paths.run

    return min(signed, key=rank)


def reading_of_record(case: Case) -> Reading:
    """Return the reading that counts as the score of the visit: a person's if one is signed, else the program's."""
    signed = signed_of_record(case)
    return case.reading if signed is None else signed.reading


def labels_of_record(case: Case) -> LabelMap:
    """Return the outlines on which the reading of record rests: as its reader left them, or else the engine's."""
    signed = signed_of_record(case)
    return case.labels() if signed is None else signed.labels(case)


def corrected_labels(case: Case, paths: ReadingPaths) -> LabelMap:
    """Load the outlines with one person's corrections, or those of the case if there are none.

    Raises
    ------
    CaseError
        If a file is missing or cannot be read.
    """
    labels = case.labels()
    if not paths.labels.is_file():
        return labels
    try:
        data, _ = read_labels(paths.labels)
        return replace(labels, data=cast("NDArray[np.uint8]", data))  # LabelMap refuses what does not fit
    except InputError as error:
        raise CaseError(
            f"{paths.labels}: {error.received}",
            error.expected,
            "restore the file from a backup",
        ) from error


def write_signed(paths: ReadingPaths, reading: Reading, auto: Reading, labels: LabelMap) -> SignedReading:
    """Write the files of a reading that its reader signs, all or none; nothing of it is written again.

    Parameters
    ----------
    paths
        Where to.
    reading, auto
        The person's grades, and the program's.
    labels
        The outlines it rests on, corrected or not: a folder of readings is complete in itself.

    Raises
    ------
    CaseError
        If the reading is signed already.
    """
    if paths.reading.exists():
        raise CaseError(f"the signed reading {paths.reading}", "one that is not signed yet", "write an addendum to it")
    case = paths.case
    document = ReadingDocument(case.participant, case.session, reading, software_versions())
    write_together(
        paths.folder,
        [
            (paths.labels, encode_nifti(labels.data, labels.affine)),
            (paths.scores, encode_table(SCORE_COLUMNS, score_rows(case.participant, case.session, reading, auto))),
            (paths.reading, encode(document)),
        ],
    )
    return SignedReading(paths, reading, document.software)


def note_signed(signed: SignedReading, seconds: float) -> None:
    """Add to the history of the case that a reading of it was signed, after how many seconds of reading."""
    case = signed.paths.case
    entry = HistoryEntry(
        signed.paths.reader,
        datetime.now(UTC).replace(microsecond=0),
        "signed",
        seconds={"reading": round(seconds, 1)},
    )
    history = case.history.read_bytes() if case.history.exists() else b""
    write_together(case.out, [ignore_file(case.out), (case.history, history + encode(entry, indent=None))])


def keep_valid(case: CasePaths) -> None:
    """Let validators of BIDS skip the folder of readings, in a dataset that was made before there were any."""
    path, content = ignore_file(case.out)
    if not path.exists() or path.read_bytes() != content:
        write_together(case.out, [(path, content)])
