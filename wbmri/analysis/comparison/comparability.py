"""Whether two readings may be compared, by protocol and scheme, and one scale of brightness for both."""

import numpy as np

from wbmri.core import AUTO, Acquisition, GradeSource, InputError, LabelMap, Reading, Reference, Status, Volume
from wbmri.core.scheme import Scheme
from wbmri.grading import grade, level_of_visit

FIELD_TOLERANCE_T = 0.2
"""Scanners report 1.494 T or 1.5 T for the same field; 1.5 T and 3 T must never pass as one."""

TIME_TOLERANCE = 0.1
"""Largest difference of the echo or inversion times, as a share of the longer one.

How bright the same oedema looks against normal muscle depends on both times: with a muscle T2 of 45 ms against 35 ms
the ratio is about 1.2 at an echo time of 30 ms and about 1.6 at 80 ms, so a change of protocol can pass for a change
of the disease. Ten per cent moves that ratio by less than 0.1.
"""


def check_comparable(baseline: Reading, followup: Reading, *, across_protocols: bool = False) -> None:
    """Refuse two readings whose grades do not mean the same.

    Parameters
    ----------
    baseline, followup
        The readings.
    across_protocols
        Whether different protocols are accepted; different schemes never are.

    Raises
    ------
    InputError
        If the schemes differ, or the known acquisition facts do by more than the tolerances above.
    """
    _check_scheme(baseline.scheme, followup.scheme)
    differences = protocol_differences(baseline, followup)
    if differences and not across_protocols:
        raise InputError(
            f"scans with the {' and the '.join(differences)}",
            "one protocol for both visits, because grades depend on it",
            "compare visits of the same protocol; --across-protocols compares all the same and marks every result",
        )


def unknown_facts(baseline: Reading, followup: Reading) -> tuple[str, ...]:
    """Names of the acquisition facts that one of the readings does not know, so that they could not be compared."""
    known = [_facts(reading.acquisition) for reading in (baseline, followup)]
    return tuple(name for name in known[0] if any(facts[name] is None for facts in known))


def _facts(acquisition: Acquisition) -> dict[str, float | bool | None]:
    return {
        "field strength": acquisition.field_strength_t,
        "echo time": acquisition.echo_time_ms,
        "inversion time": acquisition.inversion_time_ms,
        "contrast agent": acquisition.contrast_agent,
    }


def _check_scheme(first: Scheme, second: Scheme) -> None:
    def identity(scheme: Scheme) -> tuple[object, ...]:
        return scheme.name, scheme.version, scheme.anchors, scheme.grading, tuple(pair.id for pair in scheme.pairs)

    if identity(first) != identity(second):
        names = [f"{scheme.name} {scheme.version}" for scheme in (first, second)]
        same = ", which differ in their groups or anchors" if names[0] == names[1] else ""
        raise InputError(
            f"readings by the schemes {names[0]} and {names[1]}{same}",
            "one scheme and version for both visits",
            "score one of the visits again with the scheme of the other",
        )


def protocol_differences(baseline: Reading, followup: Reading) -> tuple[str, ...]:
    """Return the known acquisition facts in which two readings differ, such as ``echo time 60 ms and 80 ms``."""
    first, second = baseline.acquisition, followup.acquisition
    found = []
    fields = first.field_strength_t, second.field_strength_t
    if fields[0] is not None and fields[1] is not None and abs(fields[0] - fields[1]) > FIELD_TOLERANCE_T:
        found.append(f"field strength {fields[0]:g} T and {fields[1]:g} T")
    for what, before, after in (
        ("echo time", first.echo_time_ms, second.echo_time_ms),
        ("inversion time", first.inversion_time_ms, second.inversion_time_ms),
    ):
        if before is not None and after is not None and abs(before - after) > TIME_TOLERANCE * max(before, after):
            found.append(f"{what} {before:g} ms and {after:g} ms")
    agents = first.contrast_agent, second.contrast_agent
    if None not in agents and agents[0] != agents[1]:
        found.append("contrast agent {} and {}".format(*("given" if agent else "not given" for agent in agents)))
    return tuple(found)


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
