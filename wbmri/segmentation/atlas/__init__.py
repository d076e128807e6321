"""The engine ``atlas``: the model body is laid over the scan, level by level, and then bent until both agree."""

from wbmri.segmentation.atlas.engine import AtlasEngine

__all__ = ["AtlasEngine"]
