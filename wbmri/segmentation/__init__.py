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
    from wbmri.segmentation.muscle_segmentation import segment
    from wbmri.segmentation.musclemap import MuscleMapEngine

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
        "muscle_segmentation": ("segment",),
        "musclemap": ("MuscleMapEngine",),
    },
)
