"""The value types that every part passes on, and what all of them use: errors, progress, provenance."""

from typing import TYPE_CHECKING

from wbmri.core.lazy import lazy_names

if TYPE_CHECKING:
    from wbmri.core.errors import CaseError, InputError, WbmriError, printable
    from wbmri.core.evidence import (
        AlternativeScale,
        BiasFieldSpline,
        Evidence,
        Extent,
        ImageArtefact,
        IntensityModel,
        MuscleKernel,
        OutsideLevel,
        Pattern,
        Reason,
        Reference,
        SliceGain,
    )
    from wbmri.core.grid import PLANES, Box, Grid, Storage, plane
    from wbmri.core.labelmap import LabelMap, drawn_labels
    from wbmri.core.progress import Progress, part, silent
    from wbmri.core.provenance import Json, Step
    from wbmri.core.reading import (
        AUTO,
        NOTICE,
        UNREVIEWED,
        Candidate,
        GradeSource,
        GroupReading,
        Reading,
        ReviewRecord,
        Score,
        Status,
        Subtotal,
        unreviewed_count,
        unreviewed_sentence,
    )
    from wbmri.core.soft_tissue import Calcinosis, CalcinosisCourse, LimbPart, SoftTissue, Tissue, TissueSign
    from wbmri.core.tables import read_table
    from wbmri.core.volume import Acquisition, Station, Volume, canonical

__all__ = [
    "AUTO",
    "NOTICE",
    "PLANES",
    "UNREVIEWED",
    "Acquisition",
    "AlternativeScale",
    "BiasFieldSpline",
    "Box",
    "Calcinosis",
    "CalcinosisCourse",
    "Candidate",
    "CaseError",
    "Evidence",
    "Extent",
    "GradeSource",
    "Grid",
    "GroupReading",
    "ImageArtefact",
    "InputError",
    "IntensityModel",
    "Json",
    "LabelMap",
    "LimbPart",
    "MuscleKernel",
    "OutsideLevel",
    "Pattern",
    "Progress",
    "Reading",
    "Reason",
    "Reference",
    "ReviewRecord",
    "Score",
    "SliceGain",
    "SoftTissue",
    "Station",
    "Status",
    "Step",
    "Storage",
    "Subtotal",
    "Tissue",
    "TissueSign",
    "Volume",
    "WbmriError",
    "canonical",
    "drawn_labels",
    "lazy_names",
    "part",
    "plane",
    "printable",
    "read_table",
    "silent",
    "unreviewed_count",
    "unreviewed_sentence",
]

__getattr__ = lazy_names(
    __name__,
    {
        "errors": (
            "CaseError",
            "InputError",
            "WbmriError",
            "printable",
        ),
        "evidence": (
            "AlternativeScale",
            "BiasFieldSpline",
            "Evidence",
            "Extent",
            "ImageArtefact",
            "IntensityModel",
            "MuscleKernel",
            "OutsideLevel",
            "Pattern",
            "Reason",
            "Reference",
            "SliceGain",
        ),
        "grid": (
            "Box",
            "Grid",
            "PLANES",
            "Storage",
            "plane",
        ),
        "labelmap": (
            "LabelMap",
            "drawn_labels",
        ),
        "progress": (
            "Progress",
            "part",
            "silent",
        ),
        "provenance": (
            "Json",
            "Step",
        ),
        "reading": (
            "AUTO",
            "Candidate",
            "GradeSource",
            "GroupReading",
            "NOTICE",
            "Reading",
            "ReviewRecord",
            "Score",
            "Status",
            "Subtotal",
            "UNREVIEWED",
            "unreviewed_count",
            "unreviewed_sentence",
        ),
        "soft_tissue": (
            "Calcinosis",
            "CalcinosisCourse",
            "LimbPart",
            "SoftTissue",
            "Tissue",
            "TissueSign",
        ),
        "tables": ("read_table",),
        "volume": (
            "Acquisition",
            "Station",
            "Volume",
            "canonical",
        ),
    },
)
