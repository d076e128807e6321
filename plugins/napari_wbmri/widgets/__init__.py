"""The single widgets of the reading room."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from napari_wbmri.widgets.body_map import BodyMap
    from napari_wbmri.widgets.evidence import EvidencePanel
    from napari_wbmri.widgets.grade_buttons import GradeButtons
    from napari_wbmri.widgets.grades_table import GradesTable, TotalsBar
    from napari_wbmri.widgets.keys import KeyFilter, KeyHelp
    from napari_wbmri.widgets.label_tools import MaskTools
    from napari_wbmri.widgets.orientation_labels import OrientationLabels
    from napari_wbmri.widgets.scoring_options import ScoringOptionsForm
    from napari_wbmri.widgets.soft_tissue import SoftTissuePanel
    from napari_wbmri.widgets.style import CAUTION, FAINT, INK, dress, notice, said

__all__ = [
    "CAUTION",
    "FAINT",
    "INK",
    "BodyMap",
    "EvidencePanel",
    "GradeButtons",
    "GradesTable",
    "KeyFilter",
    "KeyHelp",
    "MaskTools",
    "OrientationLabels",
    "ScoringOptionsForm",
    "SoftTissuePanel",
    "TotalsBar",
    "dress",
    "notice",
    "said",
]

__getattr__ = lazy_names(
    __name__,
    {
        "body_map": ("BodyMap",),
        "evidence": ("EvidencePanel",),
        "grade_buttons": ("GradeButtons",),
        "grades_table": (
            "GradesTable",
            "TotalsBar",
        ),
        "keys": (
            "KeyFilter",
            "KeyHelp",
        ),
        "label_tools": ("MaskTools",),
        "orientation_labels": ("OrientationLabels",),
        "scoring_options": ("ScoringOptionsForm",),
        "soft_tissue": ("SoftTissuePanel",),
        "style": (
            "CAUTION",
            "FAINT",
            "INK",
            "dress",
            "notice",
            "said",
        ),
    },
)
