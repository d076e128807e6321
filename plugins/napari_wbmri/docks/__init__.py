"""The docks of the reading room: worklist, reading, scoring, signing."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from napari_wbmri.docks.companion import Companion
    from napari_wbmri.docks.layout import Docks, dock_of, make_room
    from napari_wbmri.docks.other_visit import SideBySide
    from napari_wbmri.docks.picture import Drawn, Found, Picture, ratios_of, told_of
    from napari_wbmri.docks.planes import ThreePlanes
    from napari_wbmri.docks.scoring import SESSIONS, ScoringDock
    from napari_wbmri.docks.signing import ConcernBar, SignDialog
    from napari_wbmri.docks.visits import OtherVisit, group_changes, other_visits
    from napari_wbmri.docks.worklist import NONE_LEFT, WorklistDock

__all__ = [
    "NONE_LEFT",
    "SESSIONS",
    "Companion",
    "ConcernBar",
    "Docks",
    "Drawn",
    "Found",
    "OtherVisit",
    "Picture",
    "ScoringDock",
    "SideBySide",
    "SignDialog",
    "ThreePlanes",
    "WorklistDock",
    "dock_of",
    "group_changes",
    "make_room",
    "other_visits",
    "ratios_of",
    "told_of",
]

__getattr__ = lazy_names(
    __name__,
    {
        "companion": ("Companion",),
        "layout": (
            "Docks",
            "dock_of",
            "make_room",
        ),
        "other_visit": ("SideBySide",),
        "picture": (
            "Drawn",
            "Found",
            "Picture",
            "ratios_of",
            "told_of",
        ),
        "planes": ("ThreePlanes",),
        "scoring": (
            "SESSIONS",
            "ScoringDock",
        ),
        "signing": (
            "ConcernBar",
            "SignDialog",
        ),
        "visits": (
            "OtherVisit",
            "group_changes",
            "other_visits",
        ),
        "worklist": (
            "NONE_LEFT",
            "WorklistDock",
        ),
    },
)
