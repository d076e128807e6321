"""Whose objects they are, where they lie, and how they are called: what all DICOM objects of one export share.

Identifiers are made from content: the same case gives the same objects, so that an archive never holds one twice. Some
objects are written by highdicom, and refused where it is missing.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from io import BytesIO
from typing import TYPE_CHECKING

from wbmri import __version__
from wbmri.core import InputError, Volume
from wbmri.core.scheme import PRIVATE_CODES, Group, Scheme
from wbmri.io import SourceImage, SourceStudy

if TYPE_CHECKING:
    from pydicom import Dataset

MAKER, PROGRAM = "wbmri developers", "wbmri"
UTF_8 = "ISO_IR 192"

_PERSON_AND_STUDY = (
    "PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate", "PatientSex", "PatientAge", "PatientSize",
    "PatientWeight", "StudyInstanceUID", "StudyDate", "StudyTime", "StudyID", "StudyDescription", "AccessionNumber",
    "ReferringPhysicianName", "PatientIdentityRemoved", "DeidentificationMethod",
    "DeidentificationMethodCodeSequence", "LongitudinalTemporalInformationModified",
)  # fmt: skip
_ALWAYS_THERE = (
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "StudyID",
    "AccessionNumber", "ReferringPhysicianName",
)  # fmt: skip
"""Attributes of type 2: an object has them, if only empty."""
_FACE_REMOVED = ("113102", "DCM", "Clean Recognizable Visual Features Option")


def content_uuid(*parts: object) -> uuid.UUID:
    """Return the identifier that equal parts, and no others, lead to."""
    digest = sha256(repr((__version__, *map(str, parts))).encode()).digest()
    return uuid.UUID(bytes=digest[:16], version=5)


def content_uid(*parts: object) -> str:
    """Return the same as DICOM writes it: 2.25 and the UUID as a number (DICOM PS3.5 B.2)."""
    return f"2.25.{content_uuid(*parts).int}"


@dataclass(frozen=True, eq=False, slots=True)
class ExportStudy:
    """The study that objects are written into.

    Parameters
    ----------
    name
        ``sub-X_ses-Y``.
    header
        Attributes of the person and the study, for every object.
    frame_of_reference
        In what space the objects lie.
    when
        When the reading that is exported was made: the date of every object.
    acquisition
        All of a source image but its pixels; empty without a source.
    images
        The images the scan was made of; empty without a source.
    faceless
        Whether the face was taken out of the scan.
    """

    name: str
    header: "Dataset" = field(repr=False)
    frame_of_reference: str
    when: datetime
    acquisition: "Dataset" = field(repr=False)
    images: Sequence[SourceImage] = field(default=(), repr=False)
    faceless: bool = False

    @classmethod
    def of(
        cls,
        participant: str,
        session: str,
        volume: Volume,
        when: datetime,
        source: SourceStudy | None = None,
        *,
        faceless: bool = False,
    ) -> "ExportStudy":
        """Return the study of the source, with all that identifies the person there; or else a new one.

        Parameters
        ----------
        participant, session
            BIDS labels. Without a source the objects carry them, and nothing else about the person.
        volume
            The composed scan; a new study and frame of reference are called by its content.
        when
            When the reading was made.
        source
            The study the scan came from.
        faceless
            Whether the face was taken out of the scan, which the objects then say (DICOM PS3.15 E.3.2).
        """
        from pydicom import Dataset

        header = Dataset()
        name = f"sub-{participant}_ses-{session}"
        scan = volume_digest(volume)
        if source is None:
            header.PatientName, header.PatientID = person_name(f"sub-{participant}"), f"sub-{participant}"
            header.StudyInstanceUID = content_uid("study", name, scan)
            header.StudyID = session[:16]
            header.StudyDescription = f"Whole-body STIR, ses-{session}"[:64]
        else:
            for keyword in _PERSON_AND_STUDY:
                value = source.header.get(keyword)
                if value not in (None, ""):
                    # As text, because the object that is written has a character set of its own.
                    setattr(header, keyword, str(value) if header_text(source.header, keyword) else value)
        if faceless:
            methods = header.get("DeidentificationMethod") or []
            header.DeidentificationMethod = [*([methods] if isinstance(methods, str) else methods), _FACE_REMOVED[2]]
            codes = header.get("DeidentificationMethodCodeSequence") or []
            header.DeidentificationMethodCodeSequence = [*codes, code_item(*_FACE_REMOVED)]
        for keyword in _ALWAYS_THERE:
            if keyword not in header:
                setattr(header, keyword, "")
        header.SpecificCharacterSet = UTF_8
        space = source.frame_of_reference if source is not None else ""
        return cls(
            name,
            header,
            space or content_uid("frame of reference", header.StudyInstanceUID, scan),
            when,
            Dataset() if source is None else source.header,
            () if source is None else source.images,
            faceless,
        )

    @property
    def uid(self) -> str:
        """Identifier of the study."""
        return str(self.header.StudyInstanceUID)

    def tracking_uid(self, scheme: Scheme, group: Group) -> str:
        """Return the identifier of one muscle group of this person, the same at every visit."""
        return content_uid("tracking", self.header.PatientID, scheme.name, group.id)

    def new_object(
        self, sop_class: str, instance: str, series: str, number: int, modality: str, title: str
    ) -> "Dataset":
        """Return an object with what all of them have.

        Parameters
        ----------
        sop_class, instance, series
            Identifiers of its kind, of itself and of its series.
        number
            Number of its series.
        modality
            As DICOM codes it.
        title
            Description of its series.
        """
        from pydicom import Dataset
        from pydicom.dataset import FileMetaDataset
        from pydicom.uid import UID, ExplicitVRLittleEndian

        made = Dataset()
        made.file_meta = FileMetaDataset()
        made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        made.file_meta.MediaStorageSOPClassUID = UID(sop_class)
        made.file_meta.MediaStorageSOPInstanceUID = UID(instance)
        made.SOPClassUID, made.SOPInstanceUID = sop_class, instance
        made.SeriesInstanceUID = series
        made.SeriesNumber = number
        made.Modality = modality
        made.SeriesDescription = title
        self.stamp(made)
        return made

    def stamp(self, made: "Dataset") -> None:
        """Write into an object whose it is and when it was made: when the reading was, so that bytes stay the same."""
        made.update(self.header)
        day, clock = self.when.strftime("%Y%m%d"), self.when.strftime("%H%M%S")
        for what in ("InstanceCreation", "Series", "Content"):
            setattr(made, f"{what}Date", day)
            setattr(made, f"{what}Time", clock)
        for item in made.get("ContributingEquipmentSequence", []):
            item.ContributionDateTime = day + clock


def header_text(header: "Dataset", keyword: str) -> bool:
    """Tell whether an attribute is a text whose bytes depend on the character set."""
    return header[keyword].VR in ("PN", "LO", "SH", "LT", "ST", "UT") and header[keyword].VM <= 1


def volume_digest(volume: Volume) -> str:
    """Return the SHA-256 of a volume's voxels and of where they lie, to 0.0001 mm."""
    made = sha256(repr(volume.shape).encode())
    made.update((volume.affine.round(4) + 0.0).tobytes())
    made.update(volume.data.tobytes())
    return made.hexdigest()


def person_name(name: str) -> str:
    """Return a name without parts as DICOM writes it: as a family name, marked as such."""
    return name if "^" in name else f"{name}^"


def equipment() -> "Dataset":
    """Return the item that names wbmri as what made an object from others (DCM 109102, Processing Equipment)."""
    from pydicom import Dataset

    made = Dataset()
    made.PurposeOfReferenceCodeSequence = [code_item("109102", "DCM", "Processing Equipment")]
    made.Manufacturer = MAKER
    made.ManufacturerModelName = PROGRAM
    made.SoftwareVersions = __version__
    return made


def code_item(value: str, scheme: str, meaning: str) -> "Dataset":
    """Return a coded entry as DICOM holds it."""
    from pydicom import Dataset

    made = Dataset()
    made.CodeValue, made.CodingSchemeDesignator, made.CodeMeaning = value, scheme, meaning
    return made


def private_codes_item() -> "Dataset":
    """Return what an object says about wbmri's own codes."""
    from pydicom import Dataset

    made = Dataset()
    made.CodingSchemeDesignator = PRIVATE_CODES
    made.CodingSchemeName = "Codes of wbmri, docs/hospital.md"
    made.CodingSchemeVersion = "1"
    made.CodingSchemeResponsibleOrganization = MAKER
    return made


def encoded(made: "Dataset") -> bytes:
    """Return an object as the bytes of a DICOM file."""
    from pydicom import dcmwrite

    file = BytesIO()
    dcmwrite(file, made, enforce_file_format=True)
    return file.getvalue()


def require_highdicom() -> None:
    """Refuse to go on without highdicom, which writes segmentations and structured reports.

    Raises
    ------
    InputError
        If it is not installed.
    """
    try:
        import highdicom  # noqa: F401
    except ImportError as problem:
        raise InputError(
            "an export of a segmentation or structured report without the package highdicom",
            "an installation with the extra 'dicom'",
            "install it with: pip install 'wbmri[dicom]'",
        ) from problem
