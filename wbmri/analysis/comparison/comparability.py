"""Whether two visits may be compared: by protocol and scheme, on one scale of brightness, in the same places."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wbmri.core import AUTO, Acquisition, GradeSource, InputError, LabelMap, Reading, Reference, Status, Volume
from wbmri.core.scheme import Scheme
from wbmri.grading import grade, level_of_visit
from wbmri.registration import PointMap, register_both_ways

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


LEAST_OVERLAP = 0.6
"""Where the outlines of a group overlap less once one visit is laid over the other, one of them is not to be trusted.

On a body with known truth the overlap of the visits follows that with the truth (r 0.79 and 0.90 at its two visits),
and the groups below 0.6 are among those whose outlines are least true.
"""

_SAMPLE_MM = 3.0
"""Distance of the voxels whose overlap is counted: finer than the registration is exact."""

Visit = tuple[Volume, LabelMap]


@dataclass(frozen=True, eq=False, slots=True)
class Correspondence:
    """Two visits laid over each other.

    Parameters
    ----------
    forth, back
        From the points of the earlier visit to the later, and from the later to the earlier.
    overlap
        Label to the Dice overlap of the group's two outlines, each carried to the other visit and both ways counted;
        for the groups that both visits show. Swapping the visits changes nothing.
    """

    forth: PointMap
    back: PointMap
    overlap: Mapping[int, float]

    @property
    def doubtful(self) -> tuple[int, ...]:
        """Labels of the groups whose outlines do not lie in the same place."""
        return tuple(label for label, overlap in self.overlap.items() if overlap < LEAST_OVERLAP)


def correspond(baseline: Visit, followup: Visit) -> Correspondence:
    """Lay two visits of one person over each other, both ways.

    Parameters
    ----------
    baseline, followup
        Scan and outlines of each visit, on one grid.

    Raises
    ------
    InputError
        If the visits show too little of the same body.
    """
    forth, back = register_both_ways(*baseline, *followup)
    first, second = _Sampled.of(baseline[1]), _Sampled.of(followup[1])
    own, other = first.ml(), second.ml()
    hits = first.hits_ml(forth, followup[1]) + second.hits_ml(back, baseline[1])
    shown = [label for label in range(1, own.size) if own[label] > 0 and other[label] > 0]
    return Correspondence(
        forth,
        back,
        {label: round(float(hits[label] / (own[label] + other[label])), 3) for label in shown},
    )


@dataclass(frozen=True, eq=False, slots=True)
class _Sampled:
    """Voxels of the outlines of a visit, taken so far apart that they are no more than the registration deserves.

    Parameters
    ----------
    labels
        Their labels, shape (n,).
    points
        Where they lie in RAS mm, shape (n, 3).
    each_ml
        What each stands for.
    """

    labels: NDArray[np.uint8]
    points: NDArray[np.float64]
    each_ml: float

    @classmethod
    def of(cls, labels: LabelMap) -> "_Sampled":
        steps = np.maximum(np.round(_SAMPLE_MM / np.array(labels.grid.spacing)), 1).astype(int)
        i, j, k = (slice(None, None, step) for step in steps.tolist())
        sampled, grid = labels.data[i, j, k], labels.grid.crop((i, j, k))
        index = np.argwhere(sampled > 0)
        return cls(sampled[tuple(index.T)], grid.points(index), grid.voxel_ml)

    def ml(self) -> NDArray[np.float64]:
        """Return the volume of each group, by label."""
        return self._ml_where(np.ones(self.labels.size, np.bool_))

    def hits_ml(self, there: PointMap, other: LabelMap) -> NDArray[np.float64]:
        """Return how much of each group lies in the same group of the other visit, by label."""
        found = np.floor(other.grid.indices(there.points(self.points)) + 0.5).astype(np.int64)
        inside = ((found >= 0) & (found < np.array(other.data.shape))).all(axis=1)
        same = np.zeros(self.labels.size, np.bool_)
        same[inside] = other.data[tuple(found[inside].T)] == self.labels[inside]
        return self._ml_where(same)

    def _ml_where(self, chosen: NDArray[np.bool_]) -> NDArray[np.float64]:
        return np.bincount(self.labels[chosen], minlength=256).astype(np.float64) * self.each_ml
