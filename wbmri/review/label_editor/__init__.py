"""Correcting outlines: brush, interpolation between slices, the mirror image, and changes that can be undone."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.review.label_editor.brush import Block, Brush, Stroke
    from wbmri.review.label_editor.label_change import LabelChange, Labels, decode_change, encode_change
    from wbmri.review.label_editor.mirror_image import mirror
    from wbmri.review.label_editor.outlines import EDGES, Outlines
    from wbmri.review.label_editor.slice_interpolation import fill_between

__all__ = [
    "EDGES",
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
]

__getattr__ = lazy_names(
    __name__,
    {
        "brush": (
            "Block",
            "Brush",
            "Stroke",
        ),
        "label_change": (
            "LabelChange",
            "Labels",
            "decode_change",
            "encode_change",
        ),
        "mirror_image": ("mirror",),
        "outlines": (
            "EDGES",
            "Outlines",
        ),
        "slice_interpolation": ("fill_between",),
    },
)
