"""The value types that every part passes on, and what all of them use: errors, progress, provenance."""

from typing import TYPE_CHECKING

from wbmri.core.lazy import lazy_names

if TYPE_CHECKING:
    from wbmri.core.errors import CaseError, InputError, WbmriError, printable
    from wbmri.core.evidence import (
        AlternativeScale,
        Band,
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
    from wbmri.core.partial_view import ENOUGH_IN_VIEW, WHOLE_IN_VIEW, judged_share
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
    "ENOUGH_IN_VIEW",
    "NOTICE",
    "PLANES",
    "UNREVIEWED",
    "WHOLE_IN_VIEW",
    "Acquisition",
    "AlternativeScale",
    "Band",
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
    "judged_share",
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
            "Band",
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
        "partial_view": (
            "ENOUGH_IN_VIEW",
            "WHOLE_IN_VIEW",
            "judged_share",
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
