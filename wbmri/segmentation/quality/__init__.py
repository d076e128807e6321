"""Is an outline plausible? Each group measured against what bodies of many shapes have."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.segmentation.quality.checks import Check, Flag, examine
    from wbmri.segmentation.quality.flags import DOUBTED, GroupQuality, flagged, noted, quality_table

__all__ = ["DOUBTED", "Check", "Flag", "GroupQuality", "examine", "flagged", "noted", "quality_table"]

__getattr__ = lazy_names(
    __name__,
    {
        "checks": (
            "Check",
            "Flag",
            "examine",
        ),
        "flags": (
            "DOUBTED",
            "GroupQuality",
            "flagged",
            "noted",
            "quality_table",
        ),
    },
)
