"""The docks of the reading room: worklist, reading, scoring, signing."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from napari_wbmri.docks.layout import Docks, dock_of
    from napari_wbmri.docks.reading import notice
    from napari_wbmri.docks.scoring import ScoringDock
    from napari_wbmri.docks.signing import SignDialog
    from napari_wbmri.docks.worklist import WorklistDock

__all__ = ["Docks", "ScoringDock", "SignDialog", "WorklistDock", "dock_of", "notice"]

__getattr__ = lazy_names(
    __name__,
    {
        "layout": (
            "Docks",
            "dock_of",
        ),
        "reading": ("notice",),
        "scoring": ("ScoringDock",),
        "signing": ("SignDialog",),
        "worklist": ("WorklistDock",),
    },
)
