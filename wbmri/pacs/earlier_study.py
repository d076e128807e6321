"""The patient's earlier study: an archive is asked for it (C-FIND), and told to send it here (C-MOVE)."""

from typing import TYPE_CHECKING, Any

from wbmri.core import InputError
from wbmri.pacs.inbox import StudyBox
from wbmri.pacs.target import DimseTarget
from wbmri.pacs.transfer import connected

if TYPE_CHECKING:
    from pydicom import Dataset

_FIND, _MOVE = "1.2.840.10008.5.1.4.1.2.2.1", "1.2.840.10008.5.1.4.1.2.2.2"
"""Study Root Query/Retrieve."""
_PENDING = (0xFF00, 0xFF01)
_MOST_STUDIES = 1000


def fetch_earlier(box: StudyBox, archive: DimseTarget, here: str) -> str:
    """Have an archive send the patient's last MR study before one, by its date.

    Parameters
    ----------
    box
        The study.
    archive
        Who is asked.
    here
        Title by which the archive knows where to send it.

    Returns
    -------
    str
        What became of it, in words that identify nobody.

    Raises
    ------
    InputError
        If the archive cannot be reached, or answers that it cannot find or send it.
    """
    from pydicom import dcmread

    known = dcmread(box.files()[0], stop_before_pixels=True)
    date = str(known.get("StudyDate") or "")
    if not date:
        return "the study has no date, so that none is earlier"
    with connected(archive, [(_FIND, None), (_MOVE, None)]) as association:
        earlier = [
            found
            for found in _found(association, known, archive)
            if str(found.get("StudyDate") or "9") < date
            and str(found.get("PatientID") or "").strip() == str(known.PatientID).strip()
            and "MR" in (found.get("ModalitiesInStudy") or ["MR"])
        ]
        if not earlier:
            return "no earlier study in the archive"
        last = max(earlier, key=lambda found: str(found.StudyDate))
        return f"an earlier study of {_moved(association, last, archive, here)} objects was fetched"


def _question(**keys: str) -> "Dataset":
    from pydicom import Dataset

    made = Dataset()
    made.QueryRetrieveLevel = "STUDY"
    for keyword, value in keys.items():
        setattr(made, keyword, value)
    return made


def _found(association: Any, known: "Dataset", archive: DimseTarget) -> "list[Dataset]":
    """Return the studies of the patient of a header, as the archive describes them."""
    question = _question(
        PatientID=str(known.PatientID),
        IssuerOfPatientID=str(known.get("IssuerOfPatientID") or ""),
        StudyDate="",
        StudyInstanceUID="",
        ModalitiesInStudy="",
    )
    found: list[Dataset] = []
    for status, answer in association.send_c_find(question, _FIND):
        code = status.get("Status")
        if code in _PENDING and answer is not None and len(found) < _MOST_STUDIES:
            found.append(answer)
        elif code not in (*_PENDING, 0x0000):
            raise _unwilling(archive, "find", code)
    return found


def _moved(association: Any, study: "Dataset", archive: DimseTarget, here: str) -> int:
    """Have a study sent and return how many objects came."""
    question = _question(StudyInstanceUID=str(study.StudyInstanceUID))
    sent = 0
    for status, _ in association.send_c_move(question, here, _MOVE):
        code = status.get("Status")
        sent = int(status.get("NumberOfCompletedSuboperations") or sent)
        if code not in (*_PENDING, 0x0000, 0xB000):
            raise _unwilling(archive, "send", code)
    return sent


def _unwilling(archive: DimseTarget, what: str, code: int | None) -> InputError:
    answered = "nothing" if code is None else f"0x{code:04X}"
    return InputError(
        f"{archive.title}, which could not {what} the earlier study (it answered {answered})",
        "an archive that finds studies and knows where to send them",
        "have its administrator enter this program's title, host and port, and allow it to query and retrieve",
    )
