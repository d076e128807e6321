"""Stations of one examination composed into one volume."""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations, pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Acquisition, Grid, InputError, Json, Station, Step, Volume, canonical
from wbmri.io.stitching.gain_matching import (
    BLOCK_MM,
    BODY_TO_BRIGHT,
    BODY_TO_NOISE,
    REACH,
    STIFFNESS,
    Overlap,
    compare_stations,
    noise_power,
    solve_gains,
    station_correction,
)
from wbmri.io.stitching.placement import Placed, check_orientation, covering_grid, place_station
from wbmri.io.stitching.seams import even_seams

Fact = TypeVar("Fact", str, float, bool)

LARGEST_GAP_MM = 10.0
"""Widest gap between stations that is left empty; a wider one means that a station is missing."""

SAME_PLACE = 0.9
"""Share of a station that may lie within one other; beyond it the two show the same part of the body."""

ROUNDING = 0.01
"""Relative difference between two stations' acquisition values that is taken for rounding in the header."""


def compose(stations: Sequence[Volume]) -> Volume:
    """Compose the stations of one examination into one volume.

    A single volume is taken as composed by the scanner, and its seams are evened (`even_seams`).

    The stations are brought onto one grid that covers every corner of each, with the orientation of most of them and
    their finest spacing. Where they overlap, their intensities are matched by one gain per station, solved jointly
    with a mean log gain of 0, and by a slow bias, and blended by the squared distance to the station's edge along the
    stacking direction. Outside all stations the volume is 0.

    Parameters
    ----------
    stations
        Volumes of one protocol in any order and any storage.

    Returns
    -------
    Volume
        In canonical storage (axes nearest to right, anterior, superior), with the stations' ranges and gains and the
        seams in its acquisition. The result does not depend on the order of the stations.

    Raises
    ------
    InputError
        If there are no stations, or if they differ in orientation or protocol, leave a gap of more than 10 mm,
        show the same part of the body twice, or lie beside each other.
    """
    if not stations:
        raise InputError("no stations", "at least one volume", "choose the series that hold the STIR stations")
    if len(stations) == 1:
        return even_seams(canonical(stations[0]))
    ordered = sorted((canonical(station) for station in stations), key=superior_first)
    check_orientation(ordered)
    acquisition = merge_acquisitions([station.acquisition for station in ordered])
    grid = covering_grid(ordered)
    ranges = ranges_mm(ordered, grid)
    check_stacking(ordered, ranges, grid)
    placed = [place_station(station, grid) for station in ordered]
    overlaps = compare_overlaps(placed, grid)
    log_gains = solve_gains(len(placed), overlaps)
    neighbours = [overlap for overlap in overlaps if overlap.lower == overlap.upper + 1]
    data = blend(placed, grid, log_gains, neighbours)
    recorded = tuple(
        Station(f"station-{n + 1}", low, high, math.exp(gain))
        for n, ((low, high), gain) in enumerate(zip(ranges, log_gains.tolist(), strict=True))
    )
    seams = tuple((a[0] + b[1]) / 2.0 for a, b in pairwise(ranges))
    parameters: dict[str, Json] = {
        "stations": len(ordered),
        "log_gains": log_gains.tolist(),
        "overlaps": [overlap.parameters() for overlap in overlaps],
        "block_mm": BLOCK_MM,
        "body_to_noise": BODY_TO_NOISE,
        "body_to_bright": BODY_TO_BRIGHT,
        "reach": REACH,
        "stiffness": STIFFNESS,
    }
    return Volume(
        data=data,
        affine=grid.affine,
        acquisition=replace(acquisition, stations=recorded, seams_mm=seams),
        provenance=(*merge_provenance(ordered), Step("compose", parameters)),
    )


def superior_first(station: Volume) -> tuple[float, tuple[float, ...], str]:
    """Return a key that sorts stations from head to feet, and equals by content, whatever order they came in."""
    content = hashlib.sha256(np.ascontiguousarray(station.data).tobytes()).hexdigest()
    return -float(station.grid.corners()[:, 2].mean()), tuple(station.affine.ravel().tolist()), content


def ranges_mm(stations: Sequence[Volume], grid: Grid) -> list[tuple[float, float]]:
    """Return the lower and upper edge of each station in mm along the long axis of the grid."""
    axis = grid.directions[:, 2]
    heights = [station.grid.corners() @ axis for station in stations]
    return [(float(height.min()), float(height.max())) for height in heights]


def check_stacking(stations: Sequence[Volume], ranges: Sequence[tuple[float, float]], grid: Grid) -> None:
    """Refuse stations that do not follow each other along the body.

    Raises
    ------
    InputError
        If a gap along the long axis is wider than 10 mm, if two stations show the same part of the body, or if
        neighbours lie wholly beside each other.
    """
    lowest = ranges[0][0]
    for number, (low, high) in enumerate(ranges[1:], start=2):
        gap = lowest - high
        if gap > LARGEST_GAP_MM:
            raise InputError(
                f"a gap of {gap:.0f} mm between stations {number - 1} and {number} (counted from the head)",
                f"stations that overlap, touch, or lie at most {LARGEST_GAP_MM:.0f} mm apart",
                "add the missing station, or score the parts separately",
            )
        lowest = min(lowest, low)
    for (i, a), (j, b) in combinations(enumerate(ranges, start=1), 2):
        shared = min(a[1], b[1]) - max(a[0], b[0])
        if shared > SAME_PLACE * min(a[1] - a[0], b[1] - b[0]):
            raise InputError(
                f"stations {i} and {j} (counted from the head) that show the same {shared:.0f} mm of the body",
                "one image of each part",
                "leave out the repeat",
            )
    axes = grid.directions[:, :2]
    sides = [station.grid.corners() @ axes for station in stations]
    for number, (one, next_one) in enumerate(pairwise(sides), start=1):
        beside = np.maximum(one.min(axis=0) - next_one.max(axis=0), next_one.min(axis=0) - one.max(axis=0))
        apart = float(beside.max())
        if apart > 0.0:
            raise InputError(
                f"stations {number} and {number + 1} (counted from the head) lie {apart:.0f} mm beside each other",
                "stations stacked along the body",
                "compose only the stations of one stack",
            )


def compare_overlaps(placed: Sequence[Placed], grid: Grid) -> list[Overlap]:
    """Compare every two stations that share some body."""
    noise = [noise_power(station.data, grid.spacing) for station in placed]
    found = (
        compare_stations(upper, lower, placed, noise, grid.spacing)
        for upper in range(len(placed))
        for lower in range(upper + 1, len(placed))
    )
    return [overlap for overlap in found if overlap is not None]


def blend(
    placed: Sequence[Placed],
    grid: Grid,
    log_gains: NDArray[np.float64],
    overlaps: Sequence[Overlap],
) -> NDArray[np.float32]:
    """Return the mean of the corrected stations, weighted by the squared distance to their edge."""
    total = np.zeros(grid.shape, dtype=np.float32)
    weights = np.zeros(grid.shape, dtype=np.float32)
    for number, station in enumerate(placed):
        weight = np.where(station.inside, np.maximum(np.minimum(station.below, station.above), 0.01) ** 2, 0.0)
        weight = weight.astype(np.float32)
        factor = station_correction(number, station, float(log_gains[number]), overlaps)
        total[station.box] += station.data * (factor * weight)
        weights[station.box] += weight
    return np.divide(total, weights, out=total, where=weights > 0.0)


def merge_acquisitions(acquisitions: Sequence[Acquisition]) -> Acquisition:
    """Return the facts on which all stations that state them agree; None where they differ.

    Raises
    ------
    InputError
        If the stations differ in what decides the contrast of muscle: sequence, field strength, inversion time, echo
        time or contrast agent.
    """

    def agreed(name: str, values: Sequence[Fact | None], must: bool) -> Fact | None:
        stated = [value for value in values if value is not None]
        if not stated:
            return None
        first = stated[0]
        if all(same_value(first, other) for other in stated):
            return first
        if must:
            listed = ", ".join(sorted({str(value) for value in stated}))
            raise InputError(
                f"stations that differ in {name} ({listed})",
                "stations of one protocol",
                "choose the series that belong together",
            )
        return None

    return Acquisition(
        sequence=agreed("sequence", [a.sequence for a in acquisitions], must=True),
        field_strength_t=agreed("field strength in T", [a.field_strength_t for a in acquisitions], must=True),
        echo_time_ms=agreed("echo time in ms", [a.echo_time_ms for a in acquisitions], must=True),
        inversion_time_ms=agreed("inversion time in ms", [a.inversion_time_ms for a in acquisitions], must=True),
        repetition_time_ms=agreed("repetition time in ms", [a.repetition_time_ms for a in acquisitions], must=False),
        manufacturer=agreed("manufacturer", [a.manufacturer for a in acquisitions], must=False),
        model=agreed("model", [a.model for a in acquisitions], must=False),
        contrast_agent=agreed("contrast agent", [a.contrast_agent for a in acquisitions], must=True),
    )


def same_value(a: str | float | bool, b: str | float | bool) -> bool:
    """Tell whether two header values are the same, up to rounding."""
    if isinstance(a, str) or isinstance(b, str):
        return a == b
    return math.isclose(a, b, rel_tol=ROUNDING)


def merge_provenance(stations: Sequence[Volume]) -> tuple[Step, ...]:
    """Return every step the stations went through, each once."""
    steps: list[Step] = []
    for station in stations:
        steps.extend(step for step in station.provenance if step not in steps)
    return tuple(steps)
