"""Is an outline plausible? Each group measured against what bodies of many shapes have."""

from wbmri.quality.checks import Check, Flag, examine
from wbmri.quality.flagging import DOUBTED, flagged, noted
from wbmri.quality.table import GroupQuality, quality_table

__all__ = ["DOUBTED", "Check", "Flag", "GroupQuality", "examine", "flagged", "noted", "quality_table"]
