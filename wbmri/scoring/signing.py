"""A reading is signed: its report is written, and the tables of OUT follow."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from wbmri.case import Case, ReadingPaths, rebuild_tables, signed_of_record, write_together
from wbmri.errors import CaseError
from wbmri.labelmap import LabelMap
from wbmri.reading import Reading
from wbmri.report.case_report import case_report
from wbmri.report.mosaic import mosaic_png
from wbmri.review import Concern, Session
from wbmri.volume import Volume


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


def sign(session: Session, accepting: Collection[Concern] = ()) -> SignedCase:
    """Sign a reading, write its report and bring the tables of OUT up to date.

    The report of the visit becomes that of the reading of record, see `wbmri.case.signed_of_record`.

    Parameters
    ----------
    session
        The reading.
    accepting
        What `Session.concerns` found and the reader confirms.

    Raises
    ------
    CaseError
        If it cannot be signed; nothing has changed then.
    OSError
        If it was signed and saved, but a report or a table could not be written.
    """
    reading = session.sign(accepting)
    html = _report(session.case, session.volume, session.label_map, reading)
    reports = [session.paths.report]
    if session.paths.elsewhere is not None:
        write_together(session.paths.folder, [(session.paths.report, html)])
        return SignedCase(session.case, reading, session.paths, tuple(reports), ())
    record = signed_of_record(session.case)
    if record is not None and record.paths == session.paths:
        reports.append(session.case.paths.report)
    write_together(session.case.paths.out, [(path, html) for path in reports])
    return SignedCase(session.case, reading, session.paths, tuple(reports), rebuild_tables(session.case.paths.out))


def _report(case: Case, volume: Volume, labels: LabelMap, reading: Reading) -> bytes:
    mosaic = mosaic_png(volume, labels)
    return case_report(
        volume, labels, reading, participant=case.participant, session=case.session, mosaic=mosaic
    ).encode()
