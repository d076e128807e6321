"""What is drawn in a napari viewer: the scan, contours, directions, the other visit."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from napari_wbmri.viewer.directions import Directions
    from napari_wbmri.viewer.display_grid import PLANES, DisplayGrid
    from napari_wbmri.viewer.label_painter import RADII_MM, MaskEditor, Tool
    from napari_wbmri.viewer.scene import Contours, Depth, Scene
    from napari_wbmri.viewer.side_by_side import SideBySide
    from napari_wbmri.viewer.window_presets import Preset, presets

__all__ = [
    "PLANES",
    "RADII_MM",
    "Contours",
    "Depth",
    "Directions",
    "DisplayGrid",
    "MaskEditor",
    "Preset",
    "Scene",
    "SideBySide",
    "Tool",
    "presets",
]

__getattr__ = lazy_names(
    __name__,
    {
        "directions": ("Directions",),
        "display_grid": (
            "DisplayGrid",
            "PLANES",
        ),
        "label_painter": (
            "MaskEditor",
            "RADII_MM",
            "Tool",
        ),
        "scene": (
            "Contours",
            "Depth",
            "Scene",
        ),
        "side_by_side": ("SideBySide",),
        "window_presets": (
            "Preset",
            "presets",
        ),
    },
)
