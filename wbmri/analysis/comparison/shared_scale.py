"""One scale of brightness for both visits: a scan without healthy muscle is judged against the recovered one."""

import numpy as np

from wbmri.analysis.comparison.protocol import protocol_differences
from wbmri.core import AUTO, GradeSource, LabelMap, Reading, Reference, Status, Volume
from wbmri.grading import grade, level_of_visit

APART = 0.12
"""Largest difference, in log intensity, of the normal-muscle levels of two visits beside brain and fluid.

From one scan of a person to the next that ratio varies by about 0.06; what lies further apart is oedema in all muscle,
or a level that was not found.
"""


def against(volume: Volume, labels: LabelMap, reading: Reading, other: Reading, name: str) -> Reading | None:
    """Grade a visit anew against the normal-muscle level of another visit of the person, where it needs that.

    It does where its own level cannot be relied on, or lies higher beside brain and fluid than at the other visit,
    whose muscle is then the healthier. Both visits of a pair are judged by their own readings, so that swapping them
    changes nothing. What a person has graded stays, what other scans say about the level counts as before, and a scan
    made after a contrast agent, which somebody accepted when it was scored, is not refused now.

    Parameters
    ----------
    volume, labels, reading
        The visit.
    other
        Reading of the other visit.
    name
        What the other visit is called.

    Returns
    -------
    Reading or None
        ``None`` where the visit's own level holds, or the other's cannot be used.
    """
    level = level_of_visit(other, f"the visit {name}")
    if level is None or not _automatic(reading) or protocol_differences(reading, other) or reading.reference is None:
        return None
    own = _beside(reading.reference)
    needed = not reading.reference.trusted or (own is not None and np.log(own / level.ratio) > APART)
    return grade(volume, labels, outside=(*reading.reference.outside, level), post_contrast=True) if needed else None


def _automatic(reading: Reading) -> bool:
    by_person = any(entry.source is GradeSource.READER for entry in reading.groups)
    return reading.reader == AUTO and reading.status is Status.SCORED and not by_person


def _beside(reference: Reference) -> float | None:
    """Return the level as a multiple of what brain and fluid of the same scan predict."""
    return None if reference.predicted is None else reference.level / reference.predicted
