"""Segmentation: from a volume to its muscle groups."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.segmentation.engine import (
        AUTO_ENGINE,
        ENTRY_POINT_GROUP,
        Engine,
        engine_fingerprint,
        engines,
        make_engine,
    )
    from wbmri.segmentation.musclemap import MuscleMapEngine
    from wbmri.segmentation.segment_groups import segment

__all__ = [
    "AUTO_ENGINE",
    "ENTRY_POINT_GROUP",
    "Engine",
    "MuscleMapEngine",
    "engine_fingerprint",
    "engines",
    "make_engine",
    "segment",
]

__getattr__ = lazy_names(
    __name__,
    {
        "engine": (
            "AUTO_ENGINE",
            "ENTRY_POINT_GROUP",
            "Engine",
            "engine_fingerprint",
            "engines",
            "make_engine",
        ),
        "musclemap": ("MuscleMapEngine",),
        "segment_groups": ("segment",),
    },
)
