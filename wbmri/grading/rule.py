"""From evidence to a grade, by the scheme's anchors, with the sentence that says why."""

import numpy as np

from wbmri.reading import Evidence
from wbmri.scheme import GradingRule


def grade_of(evidence: Evidence, rule: GradingRule) -> int:
    """Apply the scheme's anchors to what was measured."""
    if evidence.oedema_fraction <= rule.involved_fraction:
        return 0
    return 2 if _extensive(evidence, rule) or evidence.median_ratio > rule.marked_ratio else 1


def explain(evidence: Evidence, grade: int, rule: GradingRule, limit: float) -> str:
    """Say in one sentence which numbers led to the grade."""
    ratio = "" if evidence.oedema_ratio is None else f" (mean {evidence.oedema_ratio:.1f} times)"
    found = f"{_percent(evidence.oedema_fraction)} of the muscle lies above {limit:.2f} times the normal level{ratio}"
    if grade == 0:
        return f"{found}: not more than {_percent(rule.involved_fraction)}, grade 0."
    half = _percent(rule.extensive_fraction)
    if grade == 1:
        return f"{found}: less than {half}, grade 1."
    if _extensive(evidence, rule):
        return f"{found}: {half} or more, grade 2."
    return f"{found}, and half of it above {rule.marked_ratio:g} times: marked oedema, grade 2."


def confidence_of(evidence: Evidence, rule: GradingRule, outline: float, trusted: bool) -> float:
    """How far a grade can be relied on, 0..1.

    The product of how far the fraction lies from the nearest threshold, how many voxels were measured, how sure the
    outline is, and whether the reference can be trusted.

    Parameters
    ----------
    evidence
        What was measured.
    rule
        The thresholds.
    outline
        Confidence of the segmentation in this group, 0..1.
    trusted
        Whether the normal-muscle level can be relied on.
    """
    fraction = evidence.oedema_fraction
    # The fraction's error: about one in a hundred near 0 and 1, a tenth in the middle.
    error = 0.01 + 0.3 * fraction * (1.0 - fraction)
    near = min(abs(fraction - rule.involved_fraction), abs(fraction - rule.extensive_fraction))
    clear = float(1.0 - 0.5 * np.exp(-near / error))
    enough = evidence.voxels / (evidence.voxels + rule.minimum_voxels)
    return clear * enough * outline * (1.0 if trusted else 0.4)


def _extensive(evidence: Evidence, rule: GradingRule) -> bool:
    over = evidence.oedema_fraction > rule.extensive_fraction
    return over or (rule.extensive_includes_equal and evidence.oedema_fraction == rule.extensive_fraction)


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %" if share < 0.1 else f"{100 * share:.0f} %"
