"""Correcting outlines: brush, interpolation between slices, the mirror image, and changes that can be undone."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.review.label_editor.brush import Air, Block, Brush, Stroke
    from wbmri.review.label_editor.click_redraw import redraw
    from wbmri.review.label_editor.contour_propagation import fill_between, mirror
    from wbmri.review.label_editor.label_change import LabelChange, Labels, decode_change, encode_change
    from wbmri.review.label_editor.outlines import EDGES, Outlines

__all__ = [
    "EDGES",
    "Air",
    "Block",
    "Brush",
    "LabelChange",
    "Labels",
    "Outlines",
    "Stroke",
    "decode_change",
    "encode_change",
    "fill_between",
    "mirror",
    "redraw",
]

__getattr__ = lazy_names(
    __name__,
    {
        "brush": (
            "Air",
            "Block",
            "Brush",
            "Stroke",
        ),
        "click_redraw": ("redraw",),
        "contour_propagation": (
            "fill_between",
            "mirror",
        ),
        "label_change": (
            "LabelChange",
            "Labels",
            "decode_change",
            "encode_change",
        ),
        "outlines": (
            "EDGES",
            "Outlines",
        ),
    },
)
