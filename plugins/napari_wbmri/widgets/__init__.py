"""The single widgets of the reading room."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from napari_wbmri.widgets.body_map import BodyMap
    from napari_wbmri.widgets.evidence import EvidencePanel
    from napari_wbmri.widgets.grade_buttons import GradeButtons
    from napari_wbmri.widgets.grades_table import GradesTable
    from napari_wbmri.widgets.keys import KeyFilter, KeyHelp
    from napari_wbmri.widgets.label_tools import MaskTools
    from napari_wbmri.widgets.soft_tissue import SoftTissuePanel
    from napari_wbmri.widgets.style import CAUTION, FAINT, INK, Mark, Standing, dress, line_of, said
    from napari_wbmri.widgets.totals import TotalsBar

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
    "Mark",
    "MaskTools",
    "SoftTissuePanel",
    "Standing",
    "TotalsBar",
    "dress",
    "line_of",
    "said",
]

__getattr__ = lazy_names(
    __name__,
    {
        "body_map": ("BodyMap",),
        "evidence": ("EvidencePanel",),
        "grade_buttons": ("GradeButtons",),
        "grades_table": ("GradesTable",),
        "keys": (
            "KeyFilter",
            "KeyHelp",
        ),
        "label_tools": ("MaskTools",),
        "soft_tissue": ("SoftTissuePanel",),
        "style": (
            "CAUTION",
            "FAINT",
            "INK",
            "Mark",
            "Standing",
            "dress",
            "line_of",
            "said",
        ),
        "totals": ("TotalsBar",),
    },
)
