"""All pairs of visits of one person, compared."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from wbmri.comparison import Transition, compare
from wbmri.errors import InputError
from wbmri.reading import Reading

Row = tuple[str, ...]

_COUNTED = (
    Transition.RESOLVED,
    Transition.BETTER,
    Transition.SAME,
    Transition.WORSE,
    Transition.NEW,
    Transition.NOT_ASSESSABLE,
)


@dataclass(frozen=True, slots=True)
class Pair:
    """What changed between two visits.

    Parameters
    ----------
    participant, baseline, followup
        BIDS labels.
    row
        Its row of ``changes.tsv``.
    groups
        Its rows of ``transitions.tsv``; none if the visits cannot be compared.
    delta
        Change of the total.
    """

    participant: str
    baseline: str
    followup: str
    row: Row
    groups: tuple[Row, ...]
    delta: int | None


def compare_all(participant: str, sessions: Sequence[str], readings: Mapping[str, Reading]) -> Iterator[Pair]:
    """Compare every visit of a person with every later one.

    Parameters
    ----------
    participant
        BIDS label.
    sessions
        The visits, earliest first.
    readings
        The reading of each.
    """
    for before, after in combinations(sessions, 2):
        names = (f"sub-{participant}", f"ses-{before}", f"ses-{after}")
        try:
            change = compare(readings[before], readings[after])
        except InputError as error:
            empty = ("n/a",) * (7 + len(_COUNTED))
            yield Pair(participant, before, after, (*names, *empty, str(error)), (), None)
            continue
        delta, percent = change.delta, change.delta_percent
        row = (
            *names,
            str(change.before.total),
            str(change.after.total),
            _cell(delta),
            "n/a" if percent is None else f"{percent:.1f}",
            str(change.before.involved),
            str(change.after.involved),
            str(change.before.assessable),
            *(str(change.transitions[step]) for step in _COUNTED),
            " ".join(change.cautions) or "n/a",
        )
        groups = tuple(
            (
                *names,
                str(group.label),
                group.id,
                str(group.side),
                group.region,
                _cell(step.baseline),
                _cell(step.followup),
                _cell(step.delta),
                str(step.transition),
            )
            for group, step in change.by_group()
        )
        yield Pair(participant, before, after, row, groups, delta)


def _cell(value: int | None) -> str:
    return "n/a" if value is None else str(value)
