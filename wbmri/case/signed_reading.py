"""What people read in a case: each person's reading beside the automatic one, and which of them counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from wbmri.case.dataset import SCORE_COLUMNS, encode_table, score_rows
from wbmri.case.documents import MANIFEST_SINCE, ReadingDocument, decode, encode, software_versions, version_of
from wbmri.case.manifest import Manifest, digest_of, file_digest
from wbmri.case.paths import CONSENSUS, CasePaths, ReadingPaths
from wbmri.case.recorded_files import prepare_dataset, write_case_files, write_reading_files
from wbmri.case.storage import Case, read_case, with_entry
from wbmri.core import CaseError, InputError, LabelMap, Reading
from wbmri.io import encode_nifti, read_labels


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
    manifest
        The SHA-256 of its files; ``None`` for a reading of a former version.
    """

    paths: ReadingPaths
    reading: Reading
    software: Mapping[str, str]
    manifest: Manifest | None = None

    def labels(self, case: Case) -> LabelMap:
        """Load the outlines it rests on: the person's corrections, or else those of the case.

        Raises
        ------
        CaseError
            If a file is missing, not as it was written, or cannot be read.
        """
        path, labels = self.paths.labels, case.labels()
        if self.manifest is not None and (path.is_file() or self.manifest.holds(path)):
            self.manifest.check(path)
        if not path.is_file():
            return labels
        try:
            data, _ = read_labels(path)
            # LabelMap refuses what does not fit.
            corrected = labels.corrected(cast("NDArray[np.uint8]", data))
        except InputError as error:
            raise CaseError(f"{path}: {error.received}", error.expected, "restore the file from a backup") from error
        own = {entry.label: entry.flags for entry in self.reading.groups if entry.flags}
        return replace(corrected, flags={**corrected.flags, **own})


def read_signed(paths: ReadingPaths) -> SignedReading:
    """Read a signed reading.

    Raises
    ------
    CaseError
        If it is not signed, not as it was written, damaged, of a newer version, or that of another case or reader.
    """
    if not paths.reading.is_file():
        raise CaseError(
            f"no signed reading {paths.reading}",
            "one that its reader has signed",
            "sign it in 'wbmri review' first",
        )
    content = paths.reading.read_bytes()
    document = decode(ReadingDocument, content, paths.reading)
    whose = document.participant, document.session, document.reading.reader
    if whose != (paths.case.participant, paths.case.session, paths.reader):
        raise CaseError(
            f"{paths.reading} with the reading of sub-{whose[0]}, ses-{whose[1]} by {whose[2]!r}",
            f"that of sub-{paths.case.participant}, ses-{paths.case.session} by {paths.reader!r}",
            "put the file back where it belongs",
        )
    manifest = _manifest_of(paths, content)
    if manifest is not None:
        manifest.check(paths.reading, content)
    return SignedReading(paths, document.reading, document.software, manifest)


def _manifest_of(paths: ReadingPaths, content: bytes) -> Manifest | None:
    """Return the manifest that names the files of a signed reading; ``None`` for a reading of a former version."""
    of_case = Manifest.of_case(paths.case).read() if paths.elsewhere is None else None
    if of_case is not None and of_case.holds(paths.reading):
        return of_case
    # One that was signed elsewhere, and perhaps copied into the case since, brings its own.
    own = Manifest.of_reading(paths).read()
    if own is None and (of_case is not None or (version_of(content) or 0) >= MANIFEST_SINCE):
        raise CaseError(
            f"the signed reading {paths.reading}, which no manifest names",
            "a reading as it was signed",
            f"copy {paths.manifest.name} with it from where it was signed, or restore the case from a backup",
        )
    return own


def read_reading(path: str | Path) -> ReadingDocument:
    """Read the file of a reading, the program's or a person's; one that lies in a case is checked as such.

    Raises
    ------
    CaseError
        If it is damaged, or lies in a case and is not as it was written there.
    """
    path = Path(path)
    content = path.read_bytes()
    document = decode(ReadingDocument, content, path)
    try:
        case = CasePaths.find(path.parents[1])
    except (CaseError, IndexError):
        return document
    if path.resolve() == case.reading:
        read_case(path)
    for paths in ReadingPaths.begun(case):
        if paths.reading == path.resolve():
            read_signed(paths)
    return document


def signed_readings(case: CasePaths) -> tuple[SignedReading, ...]:
    """Return every signed reading of a case, addenda included, by reader and run."""
    return tuple(read_signed(paths) for paths in ReadingPaths.begun(case) if paths.reading.is_file())


def signed_of_record(case: Case) -> SignedReading | None:
    """Return the person's reading that counts as the score of the visit, if there is one.

    A consensus goes before single readings, the reader who signed first before later ones, and the latest addendum
    before what it adds to.
    """
    signed = signed_readings(case.paths)
    order = _signers(case)
    return min(signed, key=lambda found: _rank(found.paths, order)) if signed else None


def becomes_record(case: Case, paths: ReadingPaths) -> bool:
    """Tell whether a reading of a case will be the one that counts, once it is signed."""
    if paths.elsewhere is not None:
        return False
    order = [*_signers(case), paths.reader]
    signed = [found.paths for found in signed_readings(case.paths)]
    return min([*signed, paths], key=lambda found: _rank(found, order)) == paths


def _signers(case: Case) -> list[str]:
    return [entry.who for entry in case.history() if entry.action == "signed"]


def _rank(paths: ReadingPaths, order: Sequence[str]) -> tuple[bool, int, str, int]:
    place = order.index(paths.reader) if paths.reader in order else len(order)
    return paths.reader != CONSENSUS, place, paths.reader, -paths.run


def reading_of_record(case: Case) -> Reading:
    """Return the reading that counts as the score of the visit: a person's if one is signed, else the program's."""
    signed = signed_of_record(case)
    return case.reading if signed is None else signed.reading


def labels_of_record(case: Case) -> LabelMap:
    """Return the outlines on which the reading of record rests: as its reader left them, or else the engine's."""
    signed = signed_of_record(case)
    return case.labels() if signed is None else signed.labels(case)


def write_signed(
    paths: ReadingPaths,
    reading: Reading,
    auto: Reading,
    labels: LabelMap,
    seconds: float,
    reports: Sequence[tuple[Path, bytes]] = (),
) -> SignedReading:
    """Write the files of a reading that its reader signs, all or none; nothing of it is written again.

    The history of the case notes that it was signed, unless it lies elsewhere.

    Parameters
    ----------
    paths
        Where to.
    reading, auto
        The person's grades, and the program's.
    labels
        The outlines it rests on, corrected or not: a folder of readings is complete in itself.
    seconds
        How long the case was read.
    reports
        Reports of it, with their places, written with it.

    Raises
    ------
    CaseError
        If the reading is signed already.
    OSError
        If a file cannot be written; all is as before then.
    """
    if paths.reading.exists():
        raise CaseError(f"the signed reading {paths.reading}", "one that is not signed yet", "write an addendum to it")
    case = paths.case
    document = ReadingDocument(case.participant, case.session, reading, software_versions())
    files = [
        (paths.labels, encode_nifti(labels.data, labels.affine)),
        (paths.scores, encode_table(SCORE_COLUMNS, score_rows(case.participant, case.session, reading, auto))),
        (paths.reading, encode(document)),
    ]
    closing = paths.files
    if paths.elsewhere is not None:
        write_reading_files(paths, [*files, *reports], closing=closing)
    else:
        prepare_dataset(case.out)
        digests = {path.name: digest_of(content) for path, content in files}
        digests |= {path.name: file_digest(path) for path in closing if path == paths.history}
        history = with_entry(case, "signed", paths.reader, {"reading": round(seconds, 1)}, digests)
        write_case_files(case, [*files, *reports, history], closing=closing)
    return read_signed(paths)
