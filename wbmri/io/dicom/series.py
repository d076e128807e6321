"""From single images to series and stacks, by where they lie and how they were made."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Grid, InputError, plane
from wbmri.io.dicom.headers import Frame, file_words
from wbmri.io.dicom.pixels import pixel_digests, unreadable
from wbmri.io.sequence import Kind, Layout, SequenceFacts, classify
from wbmri.io.size_limits import MOST_BYTES, NUMBER_BYTES, check_geometry

# Direction cosines that differ by less are one orientation written with few digits.
SAME_DIRECTION = 2e-3
# Share of the slice spacing by which a slice may stand off the regular grid: rounding, not a missing slice.
REGULAR = 0.1
# A gap of more slices than this along the body separates two stations; a smaller one is missing slices.
STATION_GAP = 3.5
# Bytes of a stored pixel, as a rule.
STORED_BYTES = 2
# More places in the plane than this are those of no stack.
MOST_ORIGINS = 2000


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """Parallel slices at equal distances: one station.

    Parameters
    ----------
    frames
        The slices in order along their normal.
    grid
        Where its columns, rows and slices lie.
    notes
        What was noticed and put right.
    problem
        Why it cannot be used, or None.
    """

    frames: tuple[Frame, ...]
    grid: Grid
    notes: tuple[str, ...] = ()
    problem: InputError | None = None

    @property
    def volume_ml(self) -> float:
        """How much of the body it covers, in millilitres."""
        return float(self.grid.voxel_ml * np.prod(self.grid.shape))


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Images made in the same way in the same direction.

    Parameters
    ----------
    key
        Short name for the user to choose by, such as ``S2``.
    kind, why
        What it is, and the facts that decided.
    plane
        Axial, coronal, sagittal or oblique; ``unknown`` without an orientation.
    facts
        How it was made.
    frames
        All its images.
    stacks
        The stations, most superior first; empty if the images give no position.
    """

    key: str
    kind: Kind
    why: str
    plane: str
    facts: SequenceFacts
    frames: tuple[Frame, ...]
    stacks: tuple[Stack, ...]


def group_series(frames: Iterable[Frame]) -> tuple[Series, ...]:
    """Group images into series and stack their slices.

    One series holds the images that share the scanner's series mark, orientation, size, spacing, echo, inversion, flip
    angle, diffusion weighting and image type. Within it, stations are told apart by where they lie.

    Parameters
    ----------
    frames
        Images of one person.

    Returns
    -------
    tuple of Series
        Ordered by series number, then from head to feet; the keys follow that order.
    """
    listed = list(frames)
    images = Counter(frame.series for frame in listed)
    # Some archives give every image a series of its own; then geometry and acquisition alone must do.
    marks = [frame.series if images[frame.series] > 1 else f"lone {frame.number}" for frame in listed]
    alike: dict[Hashable, list[list[Frame]]] = defaultdict(list)
    orientations: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    for frame, mark in zip(listed, marks, strict=True):
        facts = frame.facts
        made = (facts.echo_time_ms, facts.inversion_time_ms, facts.flip_angle_deg, facts.b_value, facts.image_type)
        by_direction = alike[mark, frame.size, frame.spacing, frame.position is None, made, facts.scanning_sequence]
        for members in by_direction:
            if same_direction(members[0].orientation, frame.orientation):
                members.append(frame)
                break
        else:
            by_direction.append([frame])
        if frame.orientation and not any(same_direction(known, frame.orientation) for known in orientations[mark]):
            orientations[mark].append(frame.orientation)
    mark_of = {id(frame): mark for frame, mark in zip(listed, marks, strict=True)}
    made_series = [
        series(members, len(orientations[mark_of[id(members[0])]]))
        for by_direction in alike.values()
        for members in by_direction
    ]
    made_series.sort(key=sort_key)
    return tuple(
        Series(f"S{place}", one.kind, one.why, one.plane, one.facts, one.frames, one.stacks)
        for place, one in enumerate(made_series, start=1)
    )


def same_direction(first: tuple[float, ...], second: tuple[float, ...]) -> bool:
    """Tell whether two image orientations are one, but for rounding."""
    if not first or not second:
        return first == second
    return max(abs(a - b) for a, b in zip(first, second, strict=True)) < SAME_DIRECTION


def sort_key(one: Series) -> tuple[object, ...]:
    """Return what series are sorted by; nothing in it depends on file names."""
    top = -float(one.stacks[0].grid.bounds()[1, 2]) if one.stacks else 0.0
    first = one.frames[0]
    return (first.number, one.plane, round(top, 2), first.facts.image_type, first.size, str(first.facts.echo_time_ms),
            first.time, first.series)  # fmt: skip


def series(frames: Sequence[Frame], orientations: int) -> Series:
    """Stack the slices of one series and say what it is."""
    facts = frames[0].facts
    placed = frames[0].position is not None and frames[0].orientation and frames[0].spacing is not None
    if not placed:
        kind, why = classify(facts)
        return Series("", kind, why, "unknown", facts, tuple(frames), ())
    stacks = sorted(stack_slices(frames), key=lambda stack: -float(stack.grid.bounds()[:, 2].sum()))
    largest = max(stacks, key=lambda stack: stack.grid.shape[2])
    layout = Layout(
        slices=largest.grid.shape[2],
        orientations=orientations,
        slice_spacing_mm=largest.grid.spacing[2] if largest.grid.shape[2] > 1 else 0.0,
        head_foot_mm=float(np.ptp(largest.grid.bounds()[:, 2])),
    )
    kind, why = classify(facts, layout)
    return Series("", kind, why, plane(directions(frames[0])[2]), facts, tuple(frames), tuple(stacks))


def directions(frame: Frame) -> NDArray[np.float64]:
    """Return the LPS unit vectors along a row, along a column and across the slices; shape (3, 3), one per row."""
    row, column = np.reshape(frame.orientation, (2, 3))
    row = row / np.linalg.norm(row)
    column = column - row * (row @ column)
    column = column / np.linalg.norm(column)
    return np.stack([row, column, np.cross(row, column)])


def stack_slices(frames: Sequence[Frame]) -> list[Stack]:
    """Part the slices of one series into stacks."""
    frames, copies = without_copies(frames)
    notes = (f"{copies} files are copies of others and were left out",) if copies else ()
    place = np.array([frame.position for frame in frames]) @ directions(frames[0]).T
    stacks = []
    for members in cluster_origins(place, min(frames[0].spacing or (1.0, 1.0))):
        stacks += [stack_of(part, notes) for part in split_stations([frames[k] for k in members], place[members, 2])]
    return stacks


def without_copies(frames: Sequence[Frame]) -> tuple[list[Frame], int]:
    """Leave out files that are the same image once more, and count them."""
    seen: dict[tuple[str, int], Frame] = {}
    for frame in frames:
        seen.setdefault((frame.instance or str(frame.path), frame.index), frame)
    return list(seen.values()), len(frames) - len(seen)


def cluster_origins(place: NDArray[np.float64], near_mm: float) -> list[NDArray[np.intp]]:
    """Part slices by where their first voxel lies in the plane: stations side by side or one above the other.

    Slices whose origins drift while they go along the normal are one sheared stack, not as many stations.

    Parameters
    ----------
    place
        Position of each slice along its rows, its columns and its normal, in mm, shape (n, 3).
    near_mm
        How far apart two origins may be and still be one.
    """
    from scipy.cluster.hierarchy import fcluster, linkage

    origins, which = np.unique(place[:, :2].round(2), axis=0, return_inverse=True)
    if len(origins) == 1 or len(origins) > MOST_ORIGINS:
        return [np.arange(len(place))]
    cluster = fcluster(linkage(origins, "single"), t=near_mm, criterion="distance")[which.ravel()]
    found = [np.flatnonzero(cluster == label) for label in np.unique(cluster)]
    advancing = len(np.unique(place[:, 2].round(2))) == len(place)
    return [np.arange(len(place))] if advancing and len(found) > max(2, len(place) // 2) else found


def split_stations(frames: Sequence[Frame], along: NDArray[np.float64]) -> list[list[Frame]]:
    """Part slices with one in-plane origin into stacks: at gaps along the body, and by acquisition where they mix."""
    if not equally_spaced(along):
        for mark in ("stack", "acquisition", "time"):
            parts: dict[str, list[int]] = defaultdict(list)
            for place, frame in enumerate(frames):
                parts[getattr(frame, mark)].append(place)
            if len(parts) > 1 and all(len(part) > 1 and equally_spaced(along[part]) for part in parts.values()):
                return [[frames[place] for place in part] for part in parts.values()]
    sorted_places = np.argsort(along, kind="stable")
    steps = np.diff(along[sorted_places])
    cuts = []
    if abs(directions(frames[0])[2, 2]) > np.sqrt(0.5) and len(steps) > 4:
        cuts = [int(k) + 1 for k in np.flatnonzero(steps > STATION_GAP * np.median(steps))]
    return [[frames[place] for place in part] for part in np.split(sorted_places, cuts)]


def equally_spaced(along: NDArray[np.float64]) -> bool:
    """Tell whether positions lie at equal distances, each taken once."""
    steps = np.diff(np.sort(along))
    return len(steps) == 0 or bool(steps.min() > 0.01 and np.ptp(steps) <= REGULAR * steps.mean())


def stack_of(frames: Sequence[Frame], notes: tuple[str, ...]) -> Stack:
    """Order slices along their normal, and find what is wrong with them."""
    across = directions(frames[0])
    along = np.array([frame.position for frame in frames]) @ across[2]
    places = np.argsort(along, kind="stable")
    frames, along = [frames[place] for place in places], along[places]
    problem: InputError | None = None
    repeated = [k for k in range(1, len(frames)) if along[k] - along[k - 1] <= 0.01]
    if repeated:
        try:
            different = first_change(frames, repeated)
        except InputError as damage:
            different, problem = None, damage
        if different is None:
            notes += (f"{len(repeated)} slices stood twice with the same pixels and were taken once",)
            kept = [k for k in range(len(frames)) if k not in set(repeated)]
            frames, along = [frames[k] for k in kept], along[kept]
        else:
            problem = InputError(
                f"{len(repeated)} slice positions taken twice with different pixels, the first in "
                f"{file_words(frames[different - 1].path)} and {file_words(frames[different].path)}",
                "one image at each position",
                "keep one of the two acquisitions in the folder",
            )
    positions = np.array([frame.position for frame in frames])
    steps = np.diff(along)
    step = float((along[-1] - along[0]) / (len(frames) - 1)) if len(frames) > 1 else frames[0].depth_mm
    shape = (*frames[0].size, len(frames))
    if problem is None:
        problem = (
            pixel_error(frames)
            or spacing_error(steps)
            or tilt_error(positions, across, min(frames[0].spacing or (1.0, 1.0)))
        )
    columns_mm, rows_mm = frames[0].spacing or (1.0, 1.0)
    # The middle of the stack is held in place, so that rounding of single positions cancels.
    origin = positions.mean(axis=0) - across[2] * step * (len(frames) - 1) / 2
    grid = Grid.from_directions(shape, across.T, (columns_mm, rows_mm, step or 1.0), origin, lps=True)
    return Stack(tuple(frames), grid, notes, problem or size_error(grid))


def first_change(frames: Sequence[Frame], places: Sequence[int]) -> int | None:
    """Return the first of some places whose image differs from the one before it, or None."""
    asked = sorted({place - back for place in places for back in (0, 1)})
    digests = dict(zip(asked, pixel_digests([frames[place] for place in asked]), strict=True))
    return next((place for place in places if digests[place] != digests[place - 1]), None)


def pixel_error(frames: Sequence[Frame]) -> InputError | None:
    """Return the error for images whose pixels cannot be used, or None."""
    return next((unreadable(frame, frame.flaw) for frame in frames if frame.flaw), None)


def spacing_error(steps: NDArray[np.float64]) -> InputError | None:
    """Return the error for slices at unequal distances, or None."""
    if len(steps) == 0:
        return InputError(
            "a stack of one slice",
            "at least two slices",
            "export the whole series, or choose others with --series",
        )
    usual = float(np.median(steps))
    off = np.flatnonzero(np.abs(steps - usual) > REGULAR * usual)
    if len(off) == 0:
        return None
    gaps = steps[off] / usual
    missing = np.round(gaps) - 1
    if np.all(missing >= 1) and np.all(np.abs(gaps - missing - 1) < REGULAR * gaps):
        return InputError(
            f"a stack of {len(steps) + 1} slices with {int(missing.sum())} missing, the first after slice {off[0] + 1}",
            f"slices every {usual:.2f} mm without a gap",
            "export the series again with all its images",
        )
    return InputError(
        f"a stack with slices {steps.min():.2f} to {steps.max():.2f} mm apart",
        f"equal distances, as the usual {usual:.2f} mm",
        "export the series again, or choose others with --series",
    )


def tilt_error(positions: NDArray[np.float64], across: NDArray[np.float64], pixel_mm: float) -> InputError | None:
    """Return the error for slices that do not lie behind each other (gantry tilt), or None."""
    drift = np.ptp(positions @ across[:2].T, axis=0)
    if float(drift.max()) <= 0.5 * pixel_mm:
        return None
    return InputError(
        f"a sheared stack whose slices shift by {drift.max():.1f} mm in their plane (gantry tilt)",
        "slices that lie straight behind each other",
        "resample the series to a rectangular grid first",
    )


def size_error(grid: Grid) -> InputError | None:
    """Return the error for a stack too large or too odd to be an image of a body, or None."""
    shape = " x ".join(str(count) for count in grid.shape)
    if float(np.prod(np.array(grid.shape, dtype=np.float64))) * (NUMBER_BYTES + STORED_BYTES) > MOST_BYTES:
        return InputError(
            f"a stack of {shape} voxels",
            f"at most {MOST_BYTES / 1e9:g} GB of memory",
            "check the header, or export the series again",
        )
    try:
        check_geometry(f"a stack of {shape} voxels", grid)
    except InputError as problem:
        return problem
    return None
