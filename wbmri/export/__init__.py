"""A case in the formats of others: DICOM objects for an archive, files for desktop programs, FHIR for a record."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.export.defacing import FACE_REMOVED, NO_HEAD, deface
    from wbmri.export.deidentify import PIXELS_KEPT, DeidentificationKey, Pseudonym, open_key
    from wbmri.export.desktop import itksnap_labels, slicer_segmentation
    from wbmri.export.fhir import fhir_bundle

__all__ = [
    "FACE_REMOVED",
    "NO_HEAD",
    "PIXELS_KEPT",
    "DeidentificationKey",
    "Pseudonym",
    "deface",
    "fhir_bundle",
    "itksnap_labels",
    "open_key",
    "slicer_segmentation",
]

__getattr__ = lazy_names(
    __name__,
    {
        "defacing": (
            "FACE_REMOVED",
            "NO_HEAD",
            "deface",
        ),
        "deidentify": (
            "PIXELS_KEPT",
            "DeidentificationKey",
            "Pseudonym",
            "open_key",
        ),
        "desktop": (
            "itksnap_labels",
            "slicer_segmentation",
        ),
        "fhir": ("fhir_bundle",),
    },
)
