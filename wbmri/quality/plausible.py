"""The plausible ranges of the package: where they come from stands in ``plausible.toml``."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType


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
    content = tomllib.loads((files("wbmri.quality") / "plausible.toml").read_text("utf-8"))
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
