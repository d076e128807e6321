"""The single widgets of the reading room."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from napari_wbmri.widgets.background import Background
    from napari_wbmri.widgets.body_map import BodyMap
    from napari_wbmri.widgets.evidence import EvidencePanel, numbers_of
    from napari_wbmri.widgets.grade_entry import ChoiceBox, GradeButtons, SoftTissuePanel
    from napari_wbmri.widgets.grades_table import GradesTable, TotalsBar
    from napari_wbmri.widgets.keys import KeyFilter, KeyHelp
    from napari_wbmri.widgets.label_tools import MaskTools
    from napari_wbmri.widgets.picture_overlays import Crosshair, OrientationLabels, PictureNote, PlaceMark, PlaceMarks
    from napari_wbmri.widgets.remark import RemarkDialog
    from napari_wbmri.widgets.style import CAUTION, FAINT, INK, dress, notice, said

__all__ = [
    "CAUTION",
    "FAINT",
    "INK",
    "Background",
    "BodyMap",
    "ChoiceBox",
    "Crosshair",
    "EvidencePanel",
    "GradeButtons",
    "GradesTable",
    "KeyFilter",
    "KeyHelp",
    "MaskTools",
    "OrientationLabels",
    "PictureNote",
    "PlaceMark",
    "PlaceMarks",
    "RemarkDialog",
    "SoftTissuePanel",
    "TotalsBar",
    "dress",
    "notice",
    "numbers_of",
    "said",
]

__getattr__ = lazy_names(
    __name__,
    {
        "background": ("Background",),
        "body_map": ("BodyMap",),
        "evidence": (
            "EvidencePanel",
            "numbers_of",
        ),
        "grade_entry": (
            "ChoiceBox",
            "GradeButtons",
            "SoftTissuePanel",
        ),
        "grades_table": (
            "GradesTable",
            "TotalsBar",
        ),
        "keys": (
            "KeyFilter",
            "KeyHelp",
        ),
        "label_tools": ("MaskTools",),
        "picture_overlays": (
            "Crosshair",
            "OrientationLabels",
            "PictureNote",
            "PlaceMark",
            "PlaceMarks",
        ),
        "remark": ("RemarkDialog",),
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
