"""The engine ``atlas``: the model body is laid over the scan, level by level, and then bent until both agree."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.segmentation.atlas.alignment import Model, model_body
    from wbmri.segmentation.atlas.atlas_engine import AtlasEngine

__all__ = [
    "AtlasEngine",
    "Model",
    "model_body",
]

__getattr__ = lazy_names(
    __name__,
    {
        "alignment": (
            "Model",
            "model_body",
        ),
        "atlas_engine": ("AtlasEngine",),
    },
)
