"""What is drawn in a napari viewer: the scan, contours, directions, the other visit."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from napari_wbmri.viewer.display_grid import PLANES, DisplayGrid
    from napari_wbmri.viewer.label_painter import RADII_MM, MaskEditor, Tool
    from napari_wbmri.viewer.marks import Mark, Standing
    from napari_wbmri.viewer.mouse import take_mouse, turn_wheel
    from napari_wbmri.viewer.scene import Contours, Depth, Scene

__all__ = [
    "PLANES",
    "RADII_MM",
    "Contours",
    "Depth",
    "DisplayGrid",
    "Mark",
    "MaskEditor",
    "Scene",
    "Standing",
    "Tool",
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
        "label_painter": (
            "MaskEditor",
            "RADII_MM",
            "Tool",
        ),
        "marks": (
            "Mark",
            "Standing",
        ),
        "scene": (
            "Contours",
            "Depth",
            "Scene",
        ),
        "mouse": (
            "take_mouse",
            "turn_wheel",
        ),
    },
)
