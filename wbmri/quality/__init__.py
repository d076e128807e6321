"""Is an outline plausible? Each group measured against what bodies of many shapes have."""

from wbmri.quality.checks import Check, Flag, examine
from wbmri.quality.flagging import DOUBTED, flagged, noted
from wbmri.quality.measures import Measures, measure

__all__ = ["DOUBTED", "Check", "Flag", "Measures", "examine", "flagged", "measure", "noted"]
