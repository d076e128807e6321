"""The entry of a group that cannot be graded."""

from wbmri.core import GradeSource, GroupReading, Reason


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
