"""The engine ``atlas``: the model body is laid over the scan, level by level, and then bent until both agree."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.segmentation.atlas.alignment import AlignedBody, Model, align_body, model_body
    from wbmri.segmentation.atlas.engine import AtlasEngine

__all__ = ["AlignedBody", "AtlasEngine", "Model", "align_body", "model_body"]

__getattr__ = lazy_names(
    __name__,
    {
        "alignment": (
            "AlignedBody",
            "Model",
            "align_body",
            "model_body",
        ),
        "engine": ("AtlasEngine",),
    },
)
