"""Flags go with the outlines into the reading and lower how far both are relied on; all of them as a table."""

from dataclasses import dataclass, replace

from wbmri.core import LabelMap, Reading, Step
from wbmri.core.scheme import Group, Side
from wbmri.segmentation.quality.checks import (
    ACROSS_SHARE,
    BESIDE_MM,
    FEWEST_FOR_SIZE,
    TOUCH_MM,
    check_outlines,
    expected_ml,
)
from wbmri.segmentation.quality.measures import CUT_SHARE, GAP_MM, PIECE_SHARE, measure

FLAGGED_CONFIDENCE = 0.4
"""The confidence of a flagged group is at most this: below one half, where reports ask for a closer look."""

WHOLE_MAP = 0
"""The key of flags that concern the outlines as a whole; no group has this label."""


def flag_outlines(labels: LabelMap, doubts: tuple[str, ...] = ()) -> LabelMap:
    """Return the outlines with a flag for all that is not plausible about them, in place of earlier flags.

    Parameters
    ----------
    labels
        The outlines.
    doubts
        What speaks against the outlines as a whole, one sentence each; lowers the confidence of every group.
    """
    flags: dict[int, tuple[str, ...]] = {WHOLE_MAP: doubts} if doubts else {}
    for flag in check_outlines(labels):
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
            "doubted_confidence": FLAGGED_CONFIDENCE,
        },
    )
    return replace(
        labels,
        confidence={
            label: min(value, FLAGGED_CONFIDENCE) if doubts or label in flags else value
            for label, value in labels.confidence.items()
        },
        flags=flags,
        provenance=(*labels.provenance, step),
    )


def flag_reading(reading: Reading, labels: LabelMap) -> Reading:
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


@dataclass(frozen=True, slots=True)
class GroupQuality:
    """What was measured on one group's outline and what is expected.

    Parameters
    ----------
    group
        The group.
    volume_ml
        Its volume; ``None`` if it is outside the field of view or was not found.
    cut
        Whether the edge of the image cuts it.
    expected_ml
        Lowest and highest plausible volume in a body of this size; ``None`` where the size is not known or the group is
        not whole.
    left_to_right
        Volume of the left over that of the right group; ``None`` unless both are whole.
    pieces
        Connected parts.
    confidence
        How far the outline can be relied on, 0..1.
    flags
        What is not plausible, one sentence each.
    """

    group: Group
    volume_ml: float | None
    cut: bool
    expected_ml: tuple[float, float] | None
    left_to_right: float | None
    pieces: int
    confidence: float
    flags: tuple[str, ...]


def quality_table(labels: LabelMap) -> tuple[GroupQuality, ...]:
    """Measure and examine every outline as it is now, whatever flags it came with."""
    found = measure(labels)
    expected = expected_ml(found)
    flags: dict[int, tuple[str, ...]] = {}
    for flag in check_outlines(labels, found):
        flags[flag.label] = (*flags.get(flag.label, ()), flag.sentence)
    rows = []
    for group in labels.scheme.groups:
        label = group.label
        left, right = (labels.scheme.label_of(labels.scheme.pair_index(label), side) for side in Side)
        both = bool(found.whole[[left, right]].all())
        rows.append(
            GroupQuality(
                group,
                float(found.volume_ml[label]) or None,
                bool(found.cut[label]),
                expected.get(label) if found.whole[label] else None,
                float(found.volume_ml[left] / found.volume_ml[right]) if both else None,
                int(found.pieces[label]),
                labels.confidence.get(label, 0.0),
                flags.get(label, ()),
            ),
        )
    return tuple(rows)
