"""What is drawn in a napari viewer: the scan, contours, directions, the other visit."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from napari_wbmri.viewer.display_grid import PLANES, DisplayGrid
    from napari_wbmri.viewer.label_contours import Contours
    from napari_wbmri.viewer.label_painter import RADII_MM, MaskEditor, Tool
    from napari_wbmri.viewer.marks import Mark, Standing
    from napari_wbmri.viewer.mouse import Pointer, take_mouse, turn_wheel
    from napari_wbmri.viewer.overlay_layers import HIGHEST, LOWEST, heat_colours
    from napari_wbmri.viewer.plane_view import Depth
    from napari_wbmri.viewer.scene import Scene

__all__ = [
    "HIGHEST",
    "LOWEST",
    "PLANES",
    "RADII_MM",
    "Contours",
    "Depth",
    "DisplayGrid",
    "Mark",
    "MaskEditor",
    "Pointer",
    "Scene",
    "Standing",
    "Tool",
    "heat_colours",
    "take_mouse",
    "turn_wheel",
]

__getattr__ = lazy_names(
    __name__,
    {
        "display_grid": (
            "DisplayGrid",
            "PLANES",
        ),
        "label_contours": ("Contours",),
        "label_painter": (
            "MaskEditor",
            "RADII_MM",
            "Tool",
        ),
        "marks": (
            "Mark",
            "Standing",
        ),
        "mouse": (
            "Pointer",
            "take_mouse",
            "turn_wheel",
        ),
        "overlay_layers": (
            "HIGHEST",
            "LOWEST",
            "heat_colours",
        ),
        "plane_view": ("Depth",),
        "scene": ("Scene",),
    },
)
