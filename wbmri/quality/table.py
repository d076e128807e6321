"""All outlines with what is plausible of them, group by group."""

from dataclasses import dataclass

from wbmri.labelmap import LabelMap
from wbmri.quality.checks import examine, expected_ml
from wbmri.quality.measures import measure
from wbmri.scheme import Group


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
    for flag in examine(labels, found):
        flags[flag.label] = (*flags.get(flag.label, ()), flag.sentence)
    rows = []
    for group in labels.scheme.groups:
        label, left = group.label, (group.label - 1) // 2 * 2 + 1
        both = bool(found.whole[[left, left + 1]].all())
        rows.append(
            GroupQuality(
                group,
                float(found.volume_ml[label]) or None,
                bool(found.cut[label]),
                expected.get(label) if found.whole[label] else None,
                float(found.volume_ml[left] / found.volume_ml[left + 1]) if both else None,
                int(found.pieces[label]),
                labels.confidence.get(label, 0.0),
                flags.get(label, ()),
            )
        )
    return tuple(rows)
