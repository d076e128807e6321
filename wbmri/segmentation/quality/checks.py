"""The checks: each compares one measure of a group with what is plausible, and says so in one sentence."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from wbmri.core import LabelMap
from wbmri.core.scheme import BodySegment, Group, Scheme, Side
from wbmri.segmentation.quality.measures import Measures, measure


@dataclass(frozen=True, slots=True)
class Plausible:
    """What is plausible of one side of a pair, widened by normal variation.

    Parameters
    ----------
    volume_ml
        Lowest and highest volume, from a small child to a big adult.
    share
        Lowest, usual and highest volume as a multiple of the person's mean over all groups.
    pieces
        Most connected parts.
    beside
        Pairs that lie beside it on the same side.
    apart_same, apart_other
        Pairs it never touches on its own and on the other side.
    below
        Pairs whose centroids lie nearer to the feet.
    """

    volume_ml: tuple[float, float]
    share: tuple[float, float, float]
    pieces: int
    beside: tuple[str, ...]
    apart_same: tuple[str, ...]
    apart_other: tuple[str, ...]
    below: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ranges:
    """Plausible ranges by pair, and the largest plausible ratio of the two sides' volumes."""

    pairs: Mapping[str, Plausible]
    left_right: float


@cache
def plausible_ranges() -> Ranges:
    """Read the ranges of the package."""
    content = tomllib.loads((files("wbmri.segmentation.quality") / "reference_ranges.toml").read_text("utf-8"))
    by_volume, by_share = content["widening"]["volume"], content["widening"]["share"]

    def widened(entry: Mapping[str, list[float]]) -> tuple[tuple[float, float], tuple[float, float, float]]:
        (smallest, largest), (low, usual, high) = entry["volume_ml"], entry["share"]
        return (smallest / by_volume, largest * by_volume), (low / by_share, usual, high * by_share)

    pairs = {
        name: Plausible(
            *widened(entry),
            pieces=entry["pieces"] + content["widening"]["pieces"],
            **{key: tuple(entry[key]) for key in ("beside", "apart_same", "apart_other", "below")},
        )
        for name, entry in content["pairs"].items()
    }
    return Ranges(MappingProxyType(pairs), content["widening"]["left_right"])


FEWEST_FOR_SIZE = 4
"""With fewer whole groups in the picture the size of the body is not known."""

BESIDE_MM = 20.0
"""Beyond this gap a group no longer lies beside its neighbour: atrophy leaves some room for fat."""

TOUCH_MM = 1.0
"""Up to this gap two groups touch."""

ACROSS_SHARE = 0.15
"""A larger share of a group beyond the middle of the body is not plausible."""


class Check(StrEnum):
    """What a flag is about."""

    MISSING = "missing"
    VOLUME = "volume"
    SHARE = "size for this body"
    SIDES = "left and right"
    PIECES = "pieces"
    BESIDE = "neighbours"
    APART = "contact"
    ORDER = "order along the body"
    ACROSS = "side"


@dataclass(frozen=True, slots=True)
class Flag:
    """What is not plausible about one group.

    Parameters
    ----------
    label
        The group.
    check
        What it is about.
    sentence
        What was measured and what was expected.
    """

    label: int
    check: Check
    sentence: str


def check_outlines(labels: LabelMap, measures: Measures | None = None) -> tuple[Flag, ...]:
    """Compare every group with what is plausible.

    A group that the picture shows only in part is spared what its missing part would decide: its volume, its neighbours
    and its place along the body. A group outside the field of view is not flagged.

    Parameters
    ----------
    labels
        The outlines.
    measures
        What was measured on them, if that is known already.

    Returns
    -------
    tuple of Flag
        By label; empty if all is plausible.
    """
    found = measures or measure(labels)
    ranges = plausible_ranges()
    checks = (
        _missing(found, ranges),
        _volumes(found, ranges),
        _shares(found, ranges),
        _sides(found, ranges),
        _pieces(found, ranges),
        _beside(found, ranges),
        _apart(found, ranges),
        _order(found, ranges),
        _across(found),
    )
    flags = (flag for check in checks for flag in check if flag.label not in labels.outside)
    return tuple(sorted(flags, key=lambda flag: (flag.label, list(Check).index(flag.check))))


def expected_ml(found: Measures) -> dict[int, tuple[float, float]]:
    """Return the plausible volume in ml of each group in a body of this size; empty where the size is not known."""
    ranges = plausible_ranges()
    known = dict(_known(found.scheme, ranges))
    scale = _scale(found, ranges)
    if scale is None:
        return {}
    return {group.label: (entry.share[0] * scale, entry.share[2] * scale) for group, entry in known.items()}


def _known(scheme: Scheme, ranges: Ranges) -> Iterator[tuple[Group, Plausible]]:
    """Every group of the scheme that has ranges."""
    return ((group, ranges.pairs[group.pair.id]) for group in scheme.groups if group.pair.id in ranges.pairs)


def _scale(found: Measures, ranges: Ranges) -> float | None:
    """Return the mean volume of the person's groups in ml, as far as it can be told from those that are whole.

    The median over the groups, so that a few wrong or wasted ones do not shift it.
    """
    ratios = [
        found.volume_ml[group.label] / entry.share[1]
        for group, entry in _known(found.scheme, ranges)
        if found.whole[group.label]
    ]
    return float(np.median(ratios)) if len(ratios) >= FEWEST_FOR_SIZE else None


def _missing(found: Measures, ranges: Ranges) -> Iterator[Flag]:
    groups = {group.id: group for group in found.scheme.groups}
    for group, entry in _known(found.scheme, ranges):
        if found.volume_ml[group.label] > 0:
            continue
        around = [groups[f"{name}_{group.side}"] for name in entry.beside if f"{name}_{group.side}" in groups]
        seen = [other for other in around if found.whole[other.label]]
        if around and 2 * len(seen) > len(around):
            yield Flag(
                group.label,
                Check.MISSING,
                f"No voxel was found, though the picture shows what lies beside it: {_names(seen)}.",
            )


def _volumes(found: Measures, ranges: Ranges) -> Iterator[Flag]:
    for group, entry in _known(found.scheme, ranges):
        volume, (low, high) = found.volume_ml[group.label], entry.volume_ml
        small = 0 < volume < low and not found.cut[group.label]
        if small or volume > high:
            yield Flag(
                group.label,
                Check.VOLUME,
                f"{volume:.3g} ml; from a small child to a big adult {low:.3g} to {high:.3g} ml are expected.",
            )


def _shares(found: Measures, ranges: Ranges) -> Iterator[Flag]:
    scale = _scale(found, ranges)
    if scale is None:
        return
    for group, entry in _known(found.scheme, ranges):
        volume, low, high = found.volume_ml[group.label], entry.share[0] * scale, entry.share[2] * scale
        small = 0 < volume < low and not found.cut[group.label]
        if small or volume > high:
            yield Flag(
                group.label,
                Check.SHARE,
                f"{volume:.3g} ml; beside this person's other groups {low:.3g} to {high:.3g} ml are expected.",
            )


def _sides(found: Measures, ranges: Ranges) -> Iterator[Flag]:
    scale = _scale(found, ranges)
    for k, pair in enumerate(found.scheme.pairs):
        labels = {side: found.scheme.label_of(k, side) for side in Side}
        if not found.whole[list(labels.values())].all():
            continue
        left, right = (float(found.volume_ml[label]) for label in labels.values())
        ratio = max(left, right) / min(left, right)
        if ratio <= ranges.left_right:
            continue
        entry = ranges.pairs.get(pair.id)
        for side, label in labels.items():
            if scale is not None and entry is not None:
                usual = entry.share[1] * scale
                own, other = (left, right) if side is Side.LEFT else (right, left)
                if abs(np.log(own / usual)) < abs(np.log(other / usual)):
                    continue
            yield Flag(
                label,
                Check.SIDES,
                f"{left:.3g} ml left and {right:.3g} ml right, a ratio of {ratio:.1f}; at most "
                f"{ranges.left_right:g} is expected.",
            )


def _pieces(found: Measures, ranges: Ranges) -> Iterator[Flag]:
    for group, entry in _known(found.scheme, ranges):
        if found.pieces[group.label] > entry.pieces and not found.cut[group.label]:
            yield Flag(
                group.label,
                Check.PIECES,
                f"{found.pieces[group.label]} separate pieces; at most {entry.pieces} are expected.",
            )


def _beside(found: Measures, ranges: Ranges) -> Iterator[Flag]:
    groups = {group.id: group for group in found.scheme.groups}
    for group, entry in _known(found.scheme, ranges):
        if not found.whole[group.label]:
            continue
        around = [groups[key] for name in entry.beside if (key := f"{name}_{group.side}") in groups]
        around = [other for other in around if found.whole[other.label]]
        away = [other for other in around if found.gap_mm[group.label, other.label] > BESIDE_MM]
        if away and 2 * len(away) > len(around):
            yield Flag(
                group.label,
                Check.BESIDE,
                f"Lies more than {BESIDE_MM:g} mm from {_names(away)}; beside it is expected.",
            )


def _apart(found: Measures, ranges: Ranges) -> Iterator[Flag]:
    known = dict(_known(found.scheme, ranges))
    touching = np.zeros(found.gap_mm.shape, bool)
    for one, entry in known.items():
        for other in known:
            apart = entry.apart_same if one.side is other.side else entry.apart_other
            near = found.gap_mm[one.label, other.label] <= TOUCH_MM
            touching[one.label, other.label] |= near and other.pair.id in apart
    touching |= touching.T
    for group, others in _blamed(touching, tuple(known)):
        yield Flag(group.label, Check.APART, f"Touches {_names(others)}; at least 40 mm between them are expected.")


def _order(found: Measures, ranges: Ranges) -> Iterator[Flag]:
    known = dict(_known(found.scheme, ranges))
    wrong = np.zeros(found.gap_mm.shape, bool)
    for upper, entry in known.items():
        for lower in known:
            if (
                lower.side is upper.side
                and lower.pair.id in entry.below
                and found.whole[[upper.label, lower.label]].all()
            ):
                wrong[upper.label, lower.label] = found.centre[upper.label, 2] < found.centre[lower.label, 2]
    for group, others in _blamed(wrong | wrong.T, tuple(known)):
        above = [other for other in others if found.centre[group.label, 2] > found.centre[other.label, 2]]
        below = [other for other in others if other not in above]
        said = [f"{word} {_names(some)}" for word, some in (("above", above), ("below", below)) if some]
        yield Flag(group.label, Check.ORDER, f"Lies {' and '.join(said)}; the other way round is expected.")


def _across(found: Measures) -> Iterator[Flag]:
    for group in found.scheme.groups:
        left, right = (found.scheme.label_of(found.scheme.pair_index(group.label), side) for side in Side)
        swapped = found.centre[left, 0] > found.centre[right, 0]
        share = found.across[group.label]
        # A forearm may lie across the belly.
        if share > ACROSS_SHARE and (swapped or group.segment is not BodySegment.FOREARM):
            yield Flag(
                group.label,
                Check.ACROSS,
                f"{100 * share:.0f} % of it lies on the patient's {group.side.opposite}; at most "
                f"{100 * ACROSS_SHARE:.0f} % is expected.",
            )


def _blamed(conflict: NDArray[np.bool_], groups: tuple[Group, ...]) -> Iterator[tuple[Group, list[Group]]]:
    """Yield the group of each conflict that has more conflicts than the other, both if they have as many."""
    count = conflict.sum(1)
    for one in groups:
        others = [other for other in groups if conflict[one.label, other.label]]
        to_blame_for = [other for other in others if count[one.label] >= count[other.label]]
        if to_blame_for:
            yield one, to_blame_for


def _names(groups: list[Group]) -> str:
    names = [group.name for group in groups[:3]]
    more = len(groups) - len(names)
    if more:
        return f"{'; '.join(names)} and {more} more"
    return " and ".join(["; ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
