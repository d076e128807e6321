"""The modality worklist: by which other numbers a study's patient is known, and which studies its request names.

A number changes between two visits when records are merged, or when somebody came without papers; the images keep the
one they were made with. The department's system knows the others (Modality Worklist Information Model, DICOM PS3.4 K).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wbmri.pacs.query import ask, query, text
from wbmri.pacs.target import DimseTarget
from wbmri.pacs.transfer import connected

if TYPE_CHECKING:
    from pydicom import Dataset

_WORKLIST = "1.2.840.10008.5.1.4.31"
_BY = ("AccessionNumber", "PatientID", "StudyInstanceUID")
"""What is asked by, one after the other until the study is named; not every worklist matches the last."""


@dataclass(frozen=True, slots=True)
class PatientNumber:
    """A number by which somebody knows a patient.

    Parameters
    ----------
    number
        The number.
    issuer
        Who gave it; empty if that is not told.
    """

    number: str = field(repr=False)
    issuer: str = field(default="", repr=False)

    def same_as(self, other: "PatientNumber") -> bool:
        """Tell whether it is the same number, as far as both tell who gave it."""
        return self.number == other.number and (not self.issuer or not other.issuer or self.issuer == other.issuer)


@dataclass(frozen=True, slots=True)
class Scheduled:
    """What a worklist says about a study.

    Parameters
    ----------
    numbers
        Other numbers of its patient than the images have.
    studies
        Identifiers of other studies that its request refers to.
    named
        Whether the worklist names the study at all.
    """

    numbers: tuple[PatientNumber, ...] = ()
    studies: tuple[str, ...] = field(default=(), repr=False)
    named: bool = False

    @property
    def words(self) -> str:
        """The same in words that identify nobody."""
        if not self.named:
            return "the worklist does not name the study"
        return (
            f"the worklist names the study; other numbers of its patient: {len(self.numbers)}, "
            f"other studies: {len(self.studies)}"
        )


def ask_worklist(known: "Dataset", worklist: DimseTarget) -> Scheduled:
    """Ask a worklist whose a study is: by accession number, then by the patient's number, then by the study.

    An answer counts if it names the study itself, or its accession number or the number of its patient together with
    the date of birth: numbers are given again, and typed wrong.

    Parameters
    ----------
    known
        Header of an image of the study.
    worklist
        Who is asked.

    Raises
    ------
    InputError
        If the worklist cannot be reached, or answers that it cannot find anything.
    """
    with connected(worklist, [(_WORKLIST, None)]) as association:
        for key in _BY:
            if not (value := text(known, key)):
                continue
            answers = ask(association, _question(key, value), _WORKLIST, worklist, "the study in its worklist")
            about = [answer for answer in answers if _names(answer, known)]
            if about:
                return _scheduled(about, known)
    return Scheduled()


def _question(key: str, value: str) -> "Dataset":
    made = query(
        AccessionNumber="",
        PatientID="",
        IssuerOfPatientID="",
        PatientBirthDate="",
        OtherPatientIDs="",  # retired, and the only one that some worklists know
        StudyInstanceUID="",
    )
    made.OtherPatientIDsSequence = [query(PatientID="", IssuerOfPatientID="")]
    made.ReferencedStudySequence = [query(ReferencedSOPClassUID="", ReferencedSOPInstanceUID="")]
    made.ScheduledProcedureStepSequence = [query(Modality="", ScheduledProcedureStepStartDate="")]
    setattr(made, key, value)
    return made


def _names(answer: "Dataset", known: "Dataset") -> bool:
    """Tell whether an entry is about a study."""
    if text(answer, "StudyInstanceUID") == text(known, "StudyInstanceUID"):
        return True
    if not same_birth_date(answer, known):
        return False
    accession, number = text(known, "AccessionNumber"), text(known, "PatientID")
    return text(answer, "AccessionNumber") == accession != "" or number in {one.number for one in _numbers(answer)}


def same_birth_date(one: "Dataset", other: "Dataset") -> bool:
    """Tell whether both have a date of birth, and the same."""
    return text(one, "PatientBirthDate") == text(other, "PatientBirthDate") != ""


def _numbers(answer: "Dataset") -> Iterator[PatientNumber]:
    for one in (answer, *(answer.get("OtherPatientIDsSequence") or ())):
        yield PatientNumber(text(one, "PatientID"), text(one, "IssuerOfPatientID"))
    retired = answer.get("OtherPatientIDs") or ()
    for number in [retired] if isinstance(retired, str) else retired:
        yield PatientNumber(str(number).strip())


def _scheduled(answers: "list[Dataset]", known: "Dataset") -> Scheduled:
    own = PatientNumber(text(known, "PatientID"), text(known, "IssuerOfPatientID"))
    numbers = dict.fromkeys(number for answer in answers for number in _numbers(answer))
    studies = dict.fromkeys(
        text(one, "ReferencedSOPInstanceUID")
        for answer in answers
        for one in answer.get("ReferencedStudySequence") or ()
    )
    return Scheduled(
        tuple(one for one in numbers if one.number and not one.same_as(own)),
        tuple(uid for uid in studies if uid and uid != text(known, "StudyInstanceUID")),
        named=True,
    )
