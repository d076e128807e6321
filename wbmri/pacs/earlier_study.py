"""The patient's earlier study: an archive is asked for it (C-FIND), and told to send it here (C-MOVE)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from wbmri.pacs.inbox import Inbox, StudyBox
from wbmri.pacs.modality_worklist import PatientNumber, Scheduled, same_birth_date
from wbmri.pacs.query import PENDING, ask, query, text, unwilling
from wbmri.pacs.target import DimseTarget
from wbmri.pacs.transfer import connected

if TYPE_CHECKING:
    from pydicom import Dataset

_FIND, _MOVE = "1.2.840.10008.5.1.4.1.2.2.1", "1.2.840.10008.5.1.4.1.2.2.2"
"""Study Root Query/Retrieve."""


def fetch_earlier(
    inbox: Inbox, box: StudyBox, archive: DimseTarget, here: str, scheduled: Scheduled | None = None
) -> str:
    """Have an archive send the patient's last MR study before one, by its date.

    It is looked for by the number in the images, and by what a worklist says besides. A study under another number
    counts if the archive has it with the same date of birth; the inbox takes it for one of the same person. It takes
    the session label of the study, which goes one further.

    Parameters
    ----------
    inbox
        To which it comes.
    box
        The study.
    archive
        Who is asked.
    here
        Title by which the archive knows where to send it.
    scheduled
        What the worklist says about the study, if one was asked.

    Returns
    -------
    str
        What became of it, in words that identify nobody.

    Raises
    ------
    InputError
        If the archive cannot be reached, or answers that it cannot find or send it.
    """
    known = box.header()
    date = text(known, "StudyDate")
    if not date:
        return "the study has no date, so that none is earlier"
    with connected(archive, [(_FIND, None), (_MOVE, None)]) as association:
        earlier = [
            found
            for question in _questions(known, scheduled or Scheduled())
            for found in ask(association, question, _FIND, archive, "the earlier study")
            if (text(found, "StudyDate") or "9") < date
            and (text(found, "PatientID") == text(known, "PatientID") or same_birth_date(found, known))
            and "MR" in (found.get("ModalitiesInStudy") or ["MR"])
        ]
        if not earlier:
            return "no earlier study in the archive"
        last = max(earlier, key=lambda found: str(found.StudyDate))
        inbox.join(box, [text(last, "PatientID")])
        with inbox.room_before(box):
            moved = _moved(association, last, archive, here)
        return f"an earlier study of {moved} objects was fetched"


def _questions(known: "Dataset", scheduled: Scheduled) -> "Iterator[Dataset]":
    """Yield what the archive is asked: for the studies under each number, and for each study that is named."""
    for one in (PatientNumber(text(known, "PatientID"), text(known, "IssuerOfPatientID")), *scheduled.numbers):
        yield _question(PatientID=one.number, IssuerOfPatientID=one.issuer)
    for uid in scheduled.studies:
        yield _question(StudyInstanceUID=uid)


def _question(**keys: str) -> "Dataset":
    told = dict.fromkeys(("StudyDate", "StudyInstanceUID", "ModalitiesInStudy", "PatientID", "PatientBirthDate"), "")
    return query(QueryRetrieveLevel="STUDY", **(told | keys))


def _moved(association: Any, study: "Dataset", archive: DimseTarget, here: str) -> int:
    """Have a study sent and return how many objects came."""
    question = query(QueryRetrieveLevel="STUDY", StudyInstanceUID=str(study.StudyInstanceUID))
    sent = 0
    for status, _ in association.send_c_move(question, here, _MOVE):
        code = status.get("Status")
        sent = int(status.get("NumberOfCompletedSuboperations") or sent)
        if code not in (*PENDING, 0x0000, 0xB000):
            raise unwilling(archive, "send the earlier study", code)
    return sent
