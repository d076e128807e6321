"""Whether what was measured at two visits tells two grades of a group apart."""

from math import hypot

from wbmri.reading import GradeSource, GroupReading
from wbmri.scheme import GradingRule

Interval = tuple[float, float, float]
"""Lower limit, estimate and upper limit."""


def told_apart(before: GroupReading, after: GroupReading, rule: GradingRule) -> bool:
    """Say whether two grades of a group differ by more than measuring the group twice may give.

    A repeated scan has other noise, and near a threshold the group another grade. The grades are told apart where the
    90 % interval of the difference of the two oedematous shares leaves out 0. That interval follows from those of the
    shares by the square-and-add rule (Zou and Donner, Stat Med 2008;27:1693-1702). Swapping the visits changes nothing.

    Parameters
    ----------
    before, after
        The group at both visits.
    rule
        The thresholds of the scheme.

    Returns
    -------
    bool
        True without further question where a person gave a grade, where a share has no interval, and where a grade
        rests on how bright the oedema is and not on its share.
    """
    first, second = _share(before, rule), _share(after, rule)
    if first is None or second is None:
        return True
    (_, less, less_at_most), (more_at_least, more, _) = sorted((first, second), key=lambda share: share[1])
    return more - less > hypot(more - more_at_least, less_at_most - less)


def _share(entry: GroupReading, rule: GradingRule) -> Interval | None:
    """Return the oedematous share by which a group was graded, or ``None`` if something else decided the grade."""
    measured = entry.evidence
    if measured is None or measured.fraction_range is None or entry.source is GradeSource.READER:
        return None
    if entry.grade == 2 and measured.oedema_fraction < rule.extensive_fraction:
        return None  # marked, not extensive
    low, high = measured.fraction_range
    return low, measured.oedema_fraction, high
