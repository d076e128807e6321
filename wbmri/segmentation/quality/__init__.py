"""Is an outline plausible? Each group measured against what bodies of many shapes have."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.segmentation.quality.checks import Check, Flag, check_outlines
    from wbmri.segmentation.quality.flags import (
        FLAGGED_CONFIDENCE,
        GroupQuality,
        flag_outlines,
        flag_reading,
        quality_table,
    )

__all__ = [
    "FLAGGED_CONFIDENCE",
    "Check",
    "Flag",
    "GroupQuality",
    "check_outlines",
    "flag_outlines",
    "flag_reading",
    "quality_table",
]

__getattr__ = lazy_names(
    __name__,
    {
        "checks": (
            "Check",
            "Flag",
            "check_outlines",
        ),
        "flags": (
            "FLAGGED_CONFIDENCE",
            "GroupQuality",
            "flag_outlines",
            "flag_reading",
            "quality_table",
        ),
    },
)
