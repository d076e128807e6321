"""Stitching: the stations of an examination as one volume without seams."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.io.stitching.composition import compose
    from wbmri.io.stitching.seams import even_seams

__all__ = [
    "compose",
    "even_seams",
]

__getattr__ = lazy_names(
    __name__,
    {
        "composition": ("compose",),
        "seams": ("even_seams",),
    },
)
