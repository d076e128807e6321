"""What a scan cannot tell: oedema fainter than its noise, and oedema of a whole muscle from the muscle's own T2."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Evidence, GroupReading, MuscleKernel
from wbmri.core.scheme import GradingRule
from wbmri.grading.mixture import Mixture, gaussian
from wbmri.grading.parameters import PARAMETERS

_LIMIT = PARAMETERS.detection


def with_limits(evidence: Evidence, mixture: Mixture, kernel: MuscleKernel, rule: GradingRule) -> Evidence:
    """Return the evidence with the faintest oedema, and the smallest share of it, that could be told in the group.

    Parameters
    ----------
    evidence, mixture
        What was measured, and what explains it.
    kernel
        How one tissue spreads about its level: noise, and what echo time and T2 make of healthy muscle.
    rule
        From which ratio and which share on muscle is oedematous.
    """
    ratio = float(np.exp(max(kernel.least_contrast, _LIMIT.spreads * kernel.spread)))
    share = max(rule.involved_fraction, _LIMIT.least_observations / max(mixture.effective, 1.0))
    return replace(evidence, detectable_ratio=round(ratio, 3), detectable_share=round(min(share, 1.0), 4))


def belief_in_faint(evidence: Evidence) -> float:
    """Return what is left of the confidence in oedema by how far it lies above what can be told, 0..1.

    Parameters
    ----------
    evidence
        What was measured, with its limits.
    """
    if evidence.oedema_ratio is None or evidence.detectable_ratio is None:
        return 1.0
    above = evidence.oedema_ratio / evidence.detectable_ratio - 1
    least = PARAMETERS.evidence.untrusted
    return float(np.clip(least + (1 - least) * above / (_LIMIT.margin - 1), least, 1.0))


def doubt_of_whole_muscle(mixture: Mixture, kernel: MuscleKernel, rule: GradingRule) -> tuple[float, float]:
    """How probably a whole muscle that was taken for oedematous is healthy, and one taken for healthy is oedematous.

    Where no normal muscle is left beside it, oedema cannot be told from a longer T2 of the muscle's own but by how
    bright it is: healthy muscles differ by little, oedema is seldom of one brightness all over.

    Parameters
    ----------
    mixture
        What explains the group.
    kernel
        How much the levels of healthy groups differ.
    rule
        From which share on a muscle is oedematous.
    """
    none = mixture.fraction <= rule.involved_fraction
    lift = mixture.level + np.where(none, 0.0, mixture.contrast)
    low, high = _LIMIT.whole
    whole = np.clip((mixture.fraction - low) / (high - low), 0.0, 1.0)
    healthy = _healthy(lift, kernel.level_spread)
    clear = none & (lift > kernel.least_contrast)
    return float(mixture.weight @ (whole * healthy)), float(mixture.weight @ np.where(clear, 1 - healthy, 0.0))


def _healthy(lift: NDArray[np.float64], spread: float) -> NDArray[np.float64]:
    """Probability that a muscle so much brighter than the others, log, all over, is healthy."""
    usual = (1 - _LIMIT.tail) * gaussian(lift, spread) + _LIMIT.tail * gaussian(lift, _LIMIT.tail_width * spread)
    ill = _LIMIT.homogeneous / PARAMETERS.mixture.highest_contrast
    made: NDArray[np.float64] = np.where(lift <= 0, 1.0, usual / (usual + ill))
    return made


def hidden_oedema(entries: Sequence[GroupReading]) -> float:
    """Share of the groups whose oedema is hardly brighter than what can be told: others may hide as much.

    Parameters
    ----------
    entries
        All groups of the scan.
    """
    faint = [
        entry
        for entry in entries
        if entry.grade
        and (found := entry.evidence) is not None
        and found.oedema_ratio is not None
        and found.detectable_ratio is not None
        and found.oedema_ratio < _LIMIT.margin * found.detectable_ratio
    ]
    return len(faint) / max(sum(entry.assessable for entry in entries), 1)


def doubted(entry: GroupReading, hidden: float) -> GroupReading:
    """Return a group with less confidence if it has no oedema where that of the others is faint.

    Parameters
    ----------
    entry
        The group.
    hidden
        See `hidden_oedema`.
    """
    if entry.grade != 0 or hidden < _LIMIT.few:
        return entry
    doubt = min(1.0, hidden / _LIMIT.many)
    said = " The oedema of other groups is hardly brighter than what this scan can tell: this one may hide some."
    confidence = entry.confidence * (1 - (1 - PARAMETERS.evidence.untrusted) * doubt)
    return replace(entry, confidence=confidence, explanation=entry.explanation + said)
