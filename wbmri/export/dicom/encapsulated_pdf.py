"""A report as an encapsulated PDF, which every archive shows."""

from hashlib import sha256
from typing import TYPE_CHECKING

from wbmri import __version__
from wbmri.export.dicom.derived_series import NUMBER
from wbmri.export.dicom.export_study import MAKER, PROGRAM, ExportStudy, content_uid

if TYPE_CHECKING:
    from pydicom import Dataset

_ENCAPSULATED_PDF = "1.2.840.10008.5.1.4.1.1.104.1"


def wrap_pdf(
    pdf: bytes,
    title: str,
    study: ExportStudy,
    number: int = NUMBER + 3,
    series: str = "Muscle oedema report (wbmri)",
) -> "Dataset":
    """Wrap a PDF into a DICOM object.

    Parameters
    ----------
    pdf
        The document.
    title
        What it is called.
    study
        What it is written into.
    number, series
        Number and description of its series.
    """
    uid = content_uid("pdf", study.uid, study.when, sha256(pdf).hexdigest())
    made = study.new_object(_ENCAPSULATED_PDF, uid, content_uid(uid, "series"), number, "DOC", series)
    made.Manufacturer, made.ManufacturerModelName, made.SoftwareVersions = MAKER, PROGRAM, __version__
    made.ConversionType = "WSD"
    made.InstanceNumber = 1
    made.AcquisitionDateTime = ""
    # It shows pictures of the person, and with a source its header says whose.
    made.BurnedInAnnotation = "YES"
    made.DocumentTitle = title[:1024]
    made.ConceptNameCodeSequence = []
    made.MIMETypeOfEncapsulatedDocument = "application/pdf"
    made.EncapsulatedDocument = pdf + b"\0" * (len(pdf) % 2)
    made.EncapsulatedDocumentLength = len(pdf)
    return made
