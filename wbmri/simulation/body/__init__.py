"""A whole-body model made of measured figures: parts, joints, pose, shape."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.simulation.body.parts import Parts, Tissue, measured_body
    from wbmri.simulation.body.shape import Shape

__all__ = ["Parts", "Shape", "Tissue", "measured_body"]

__getattr__ = lazy_names(
    __name__,
    {
        "parts": (
            "Parts",
            "Tissue",
            "measured_body",
        ),
        "shape": ("Shape",),
    },
)
