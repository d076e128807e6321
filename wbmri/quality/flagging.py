"""What flags do: they go with the outlines into the reading, and lower how far both are relied on."""

from dataclasses import replace

from wbmri.labelmap import LabelMap
from wbmri.provenance import Step
from wbmri.quality.checks import ACROSS_SHARE, BESIDE_MM, FEWEST_FOR_SIZE, TOUCH_MM, examine
from wbmri.quality.measures import CUT_SHARE, GAP_MM, PIECE_SHARE
from wbmri.reading import Reading

DOUBTED = 0.4
"""The confidence of a flagged group is at most this: below one half, where reports ask for a closer look."""

WHOLE_MAP = 0
"""The key of flags that concern the outlines as a whole; no group has this label."""


def flagged(labels: LabelMap, doubts: tuple[str, ...] = ()) -> LabelMap:
    """Return the outlines with a flag for all that is not plausible about them, in place of earlier flags.

    Parameters
    ----------
    labels
        The outlines.
    doubts
        What speaks against the outlines as a whole, one sentence each; lowers the confidence of every group.
    """
    flags: dict[int, tuple[str, ...]] = {WHOLE_MAP: doubts} if doubts else {}
    for flag in examine(labels):
        flags[flag.label] = (*flags.get(flag.label, ()), flag.sentence)
    step = Step(
        "examine",
        {
            "cut_share": CUT_SHARE,
            "piece_share": PIECE_SHARE,
            "apart_mm": GAP_MM,
            "beside_mm": BESIDE_MM,
            "touch_mm": TOUCH_MM,
            "across_share": ACROSS_SHARE,
            "fewest_for_size": FEWEST_FOR_SIZE,
            "doubted_confidence": DOUBTED,
        },
    )
    return replace(
        labels,
        confidence={
            label: min(value, DOUBTED) if doubts or label in flags else value
            for label, value in labels.confidence.items()
        },
        flags=flags,
        provenance=(*labels.provenance, step),
    )


def noted(reading: Reading, labels: LabelMap) -> Reading:
    """Return the reading with the flags of the outlines it rests on: as warnings, and with each group."""
    groups = tuple(replace(entry, flags=labels.flags.get(entry.label, ())) for entry in reading.groups)
    names = [group.name for group in reading.scheme.groups if labels.flags.get(group.label)]
    warnings = labels.flags.get(WHOLE_MAP, ())
    if names:
        said = "; ".join(names[:MOST_NAMED]) + (f" and {len(names) - MOST_NAMED} more" if names[MOST_NAMED:] else "")
        warnings = (*warnings, f"Outlines that are not plausible, look at them first: {said}.")
    return replace(reading, groups=groups, warnings=(*reading.warnings, *warnings))


MOST_NAMED = 6
"""A warning names at most so many groups."""
