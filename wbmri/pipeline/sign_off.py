"""A reading is signed, and a reviewed case may become an atlas of the site."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from wbmri.case import (
    Case,
    ReadingPaths,
    becomes_record,
    labels_of_record,
    read_case,
    reading_of_record,
    rebuild_tables,
)
from wbmri.core import AUTO, CaseError, LabelMap, Reading, Status, Volume
from wbmri.report.case import case_report, mosaic_png
from wbmri.review import Session, SignoffIssue
from wbmri.segmentation.multi_atlas import StoredAtlas, add_atlas


@dataclass(frozen=True, slots=True)
class SignedCase:
    """A reading that was just signed.

    Parameters
    ----------
    case
        The case, with the program's reading.
    reading
        What was signed.
    paths
        Its files.
    reports
        The reports that were written: that of this reading and, if it is the reading of record, that of the visit.
    left_out
        Other cases of OUT that could not be read and are missing from its tables.
    """

    case: Case
    reading: Reading
    paths: ReadingPaths
    reports: tuple[Path, ...]
    left_out: tuple[CaseError, ...]


def sign(session: Session, accepting: Collection[SignoffIssue] = ()) -> SignedCase:
    """Sign a reading together with its report, and bring the tables of OUT up to date.

    The report of the visit becomes that of the reading of record, see `wbmri.case.signed_of_record`.

    Parameters
    ----------
    session
        The reading.
    accepting
        What `Session.signoff_issues` found and the reader confirms.

    Raises
    ------
    CaseError
        If it cannot be signed; nothing has changed then.
    OSError
        If it was signed and saved, but a table could not be written.
    """
    case, paths = session.case, session.paths
    reports = (paths.report, case.paths.report) if becomes_record(case, paths) else (paths.report,)

    def files(reading: Reading) -> list[tuple[Path, bytes]]:
        html = _report(case, session.volume, session.label_map, reading)
        return [(path, html) for path in reports]

    reading = session.sign(accepting, files)
    left_out = () if paths.elsewhere is not None else rebuild_tables(case.paths.out)
    return SignedCase(case, reading, paths, reports, left_out)


def _report(case: Case, volume: Volume, labels: LabelMap, reading: Reading) -> bytes:
    mosaic = mosaic_png(volume, labels)
    return case_report(
        volume,
        labels,
        reading,
        participant=case.participant,
        session=case.session,
        mosaic=mosaic,
    ).encode()


def add_case(case: str | Path, folder: str | Path) -> StoredAtlas:
    """Store the scan and the outlines of a case, as its reader left them, as an atlas for the engine ``site-atlas``.

    Parameters
    ----------
    case
        Folder ``OUT/sub-X/ses-Y`` or the reading.json in it.
    folder
        The folder of atlases; made if it is missing.

    Raises
    ------
    CaseError
        If there is no complete case, or no person has seen its outlines: an engine must not learn from itself.
    InputError
        If it has no outlines.
    """
    found = read_case(case)
    labels = labels_of_record(found)
    if not _seen_by_a_person(found, labels):
        raise CaseError(
            f"{found.paths.name}, whose outlines no person has seen",
            "a case that a reader has reviewed, or that was scored with outlines of a person's own",
            "review it first, or correct its label map and score it again with --labels",
        )
    return add_atlas(folder, found.paths.name, found.volume(), labels)


def _seen_by_a_person(case: Case, labels: LabelMap) -> bool:
    reading = reading_of_record(case)
    reviewed = reading.reader != AUTO or reading.status is not Status.SCORED
    # What was mapped from another program, or filled in, has an origin; what a person brought as it is has none.
    return reviewed or (labels.engine == "labels" and not labels.origin)
