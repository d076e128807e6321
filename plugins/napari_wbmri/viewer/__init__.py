"""What is drawn in a napari viewer: the scan, contours, directions, the other visit."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from napari_wbmri.viewer.display_grid import PLANES, DisplayGrid
    from napari_wbmri.viewer.heat_map import HIGHEST, LOWEST, heat_colours
    from napari_wbmri.viewer.label_contours import Contours
    from napari_wbmri.viewer.label_painter import RADII_MM, MaskEditor, Tool
    from napari_wbmri.viewer.marks import Mark, Standing
    from napari_wbmri.viewer.mouse import take_mouse, turn_wheel
    from napari_wbmri.viewer.plane_view import Depth
    from napari_wbmri.viewer.pointer import Pointer
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
        "heat_map": (
            "HIGHEST",
            "LOWEST",
            "heat_colours",
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
            "take_mouse",
            "turn_wheel",
        ),
        "plane_view": ("Depth",),
        "pointer": ("Pointer",),
        "scene": ("Scene",),
    },
)
