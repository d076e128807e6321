"""From evidence to a grade, by the scheme's anchors, with the sentence that says why; or why there is none."""

from wbmri.core import Evidence, GradeSource, GroupReading, Reason
from wbmri.core.scheme import GradingRule
from wbmri.grading.mixture import Mixture
from wbmri.grading.parameters import PARAMETERS

Probabilities = tuple[float, float, float]


def grade_of(evidence: Evidence, rule: GradingRule) -> int:
    """Apply the scheme's anchors to what was measured."""
    if evidence.oedema_fraction <= rule.involved_fraction:
        return 0
    return 2 if _extensive(evidence, rule) or evidence.median_ratio > rule.marked_ratio else 1


def probabilities_of(
    evidence: Evidence, mixture: Mixture, rule: GradingRule, doubt: tuple[float, float] = (0.0, 0.0)
) -> Probabilities:
    """How probable each grade is, given what the mixture leaves open.

    Parameters
    ----------
    evidence
        What was measured.
    mixture
        The shares of oedema that explain it, with their weights.
    rule
        The thresholds.
    doubt
        How probably a muscle taken for oedematous all over is healthy, and one taken for healthy is oedematous so.
    """
    involved = mixture.above(rule.involved_fraction)
    marked = evidence.median_ratio > rule.marked_ratio
    extensive = involved if marked else mixture.above(rule.extensive_fraction)
    healthy, ill = min(doubt[0], extensive), min(doubt[1], 1.0 - involved)
    return 1.0 - involved + healthy - ill, involved - extensive, extensive - healthy + ill


def explain(evidence: Evidence, grade: int, rule: GradingRule) -> str:
    """Say in one sentence which numbers led to the grade."""
    ratio = "" if evidence.oedema_ratio is None else f", at {evidence.oedema_ratio:.1f} times the normal level"
    found = f"{_percent(evidence.oedema_fraction)} of the muscle is oedematous{ratio}"
    if grade == 0 and evidence.oedema_fraction > rule.involved_fraction:
        return f"{found}, all over, which healthy muscles may be by their own T2: no sure oedema, grade 0."
    if grade == 0:
        limit = evidence.detectable_ratio
        below = "" if limit is None else f", below detection {limit:.2f} x"
        return f"{found}: not more than {_percent(rule.involved_fraction)}{below}, grade 0."
    half = _percent(rule.extensive_fraction)
    if grade == 1:
        return f"{found}: less than {half}, grade 1."
    if _extensive(evidence, rule):
        return f"{found}: {half} or more, grade 2."
    if evidence.median_ratio <= rule.marked_ratio:
        return f"Half of the muscle lies above {evidence.median_ratio:.2f} times, as its region does, grade 2."
    return f"{found}, and half of it lies above {rule.marked_ratio:g} times: marked oedema, grade 2."


def confidence_of(probability: float, evidence: Evidence, rule: GradingRule, outline: float, trusted: bool) -> float:
    """How far a grade can be relied on, 0..1.

    Parameters
    ----------
    probability
        That of the grade, given the intensities.
    evidence
        What was measured.
    rule
        The thresholds.
    outline
        Confidence of the segmentation in this group, 0..1.
    trusted
        Whether the normal-muscle level can be relied on.

    Returns
    -------
    float
        The product of the probability, how many voxels were measured, how sure the outline is, and whether the
        reference can be trusted.
    """
    enough = evidence.voxels / (evidence.voxels + rule.minimum_voxels)
    return probability * enough * outline * (1.0 if trusted else PARAMETERS.evidence.untrusted)


def not_assessable(label: int, reason: Reason, sentence: str) -> GroupReading:
    """Return the reading of a group that cannot be graded, with the reason and a sentence that says so."""
    return GroupReading(
        label=label,
        grade=None,
        reason=reason,
        source=GradeSource.AUTO,
        auto_grade=None,
        evidence=None,
        confidence=0.0,
        explanation=sentence,
    )


def _extensive(evidence: Evidence, rule: GradingRule) -> bool:
    over = evidence.oedema_fraction > rule.extensive_fraction
    return over or (rule.extensive_includes_equal and evidence.oedema_fraction == rule.extensive_fraction)


def _percent(share: float) -> str:
    if share < 0.0005:
        return "0 %"
    return f"{100 * share:.2g} %" if share < 0.1 else f"{100 * share:.0f} %"
