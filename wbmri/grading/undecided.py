"""What is said of groups and totals where a scan leaves open by what it is to be measured."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from wbmri.core import Candidate, GroupReading
from wbmri.grading.fascia_and_vessels import NotMuscle
from wbmri.grading.parameters import PARAMETERS
from wbmri.grading.scales import Scale
from wbmri.grading.voxels import Muscle

_SCALE = PARAMETERS.scale
_SHAPES = PARAMETERS.fascia_and_vessels


@dataclass(frozen=True, eq=False, slots=True)
class Explanation:
    """One way to read a scan.

    Parameters
    ----------
    scale
        By what it is measured, how probable that is, and what it takes for true.
    muscle
        The voxels that are muscle by it.
    other
        What lies in the groups and is none.
    doubted
        Labels of the only groups that it reads otherwise than the first one; all if ``None``.
    """

    scale: Scale
    muscle: Muscle
    other: NotMuscle
    doubted: frozenset[int] | None = None


def explanations_of(scales: Sequence[Scale], muscle: Muscle, other: NotMuscle) -> tuple[Explanation, ...]:
    """Return the ways to read a scan: by each scale, and where brightness may be fascia or vessels, without it.

    Parameters
    ----------
    scales
        By what the scan may be measured, the most probable first.
    muscle, other
        Its voxels, and what is not muscle among them.
    """
    made = [Explanation(scale, muscle, other) for scale in scales]
    if other.doubted:
        first, without = scales[0], other.taken_out(muscle)
        oedema, none = (
            replace(first, weight=share * first.weight, source="; ".join(filter(None, (first.source, words))))
            for share, words in (
                (1 - _SHAPES.not_muscle, "what shines along outlines or in streaks is oedema"),
                (
                    _SHAPES.not_muscle,
                    "what shines along outlines or in streaks is fascia, vessels and septa, or lies beside muscle",
                ),
            )
        )
        made[:1] = [Explanation(oedema, muscle, other), Explanation(none, *without, other.doubted)]
    return tuple(made)


def agreed(found: Sequence[GroupReading], scales: Sequence[Scale]) -> GroupReading:
    """Return one entry for a group that was graded by each of the scales.

    Its grade and evidence are those of the most probable scale, its probabilities those of all of them. Where another
    scale gives another grade, the confidence stays low and the explanation says so.

    Parameters
    ----------
    found
        The group by each scale.
    scales
        The scales, the most probable first.
    """
    first = found[0]
    if first.grade is None or first.probabilities is None or len(found) == 1:
        return first
    known = [(one, scale) for one, scale in zip(found, scales, strict=True) if one.probabilities is not None]
    weight = np.array([scale.weight for _, scale in known])
    mixed = weight @ np.array([one.probabilities for one, _ in known]) / weight.sum()
    share = float(mixed[first.grade]) / max(first.probabilities[first.grade], 1e-9)
    # No surer than the least sure of those that agree.
    confidence = min(1.0, *(one.confidence for one, _ in known if one.grade == first.grade), first.confidence * share)
    others = [(one, scale) for one, scale in known[1:] if one.grade != first.grade]
    said = "".join(f" If {scale.source}: grade {one.grade}." for one, scale in others)
    if others:
        confidence = min(confidence, PARAMETERS.evidence.untrusted * float(mixed[first.grade]))
    none, mild, marked = (float(value) for value in mixed)
    return replace(
        first, probabilities=(none, mild, marked), confidence=confidence, explanation=f"{first.explanation}{said}"
    )


def candidates_of(
    entries: Sequence[GroupReading], found: Sequence[Sequence[GroupReading]], scales: Sequence[Scale]
) -> tuple[Candidate, ...]:
    """Return the totals that the scales lead to; none where they hardly differ.

    Parameters
    ----------
    entries
        The groups as they are read.
    found
        Each group by each scale; empty for a group that was not measured.
    scales
        The scales, the most probable first.
    """
    made = []
    for number, scale in enumerate(scales):
        grades = [own[number].grade or 0 for entry, own in zip(entries, found, strict=True) if entry.assessable and own]
        involved = sum(grade > 0 for grade in grades)
        made.append(
            Candidate(scale.source, round(scale.weight, 4), scale.reference.level, sum(grades), involved),
        )
    totals = [one.total for one in made]
    return tuple(made) if made and max(totals) - min(totals) > _SCALE.open_total else ()


def sentence_of(candidates: Sequence[Candidate]) -> str | None:
    """Say between which totals the scan leaves the choice; ``None`` where there is none."""
    if not candidates:
        return None
    totals = ", or ".join(f"{one.total} if {one.source}" for one in candidates)
    return f"No single total can be given: it is {totals}."
