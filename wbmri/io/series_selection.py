"""Which of the series found are the STIR stations of the body, and why."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from wbmri.core import InputError
from wbmri.io.dicom import Frame, Series, Stack, file_words
from wbmri.io.sequence import STIR_KINDS, Kind

# Two stacks that share more than this part of the smaller one show the same piece of the body.
REPEATED = 0.5
# A set of stations is as complete as another if it covers at least this part of its length.
COMPLETE = 0.8


@dataclass(frozen=True, slots=True)
class Selection:
    """What will be read.

    Parameters
    ----------
    stations
        The stacks, most superior first; empty if there is an error.
    reasons
        Key of each series to whether it was chosen, and one sentence why.
    summary
        One sentence on the whole selection.
    warnings
        What the reader of the score should know.
    error
        Why nothing can be read, or None.
    """

    stations: tuple[tuple[Series, Stack], ...]
    reasons: Mapping[str, tuple[bool, str]]
    summary: str
    warnings: tuple[str, ...] = ()
    error: InputError | None = None


@dataclass(slots=True)
class Draft:
    """A selection in the making."""

    reasons: dict[str, tuple[bool, str]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def exclude(self, key: str, why: str) -> None:
        """Note why a series is not read."""
        self.reasons[key] = (False, why)


Candidate = tuple[Series, Stack]


def select_series(found: Sequence[Series], wanted: Sequence[str] | None, damaged: Sequence[Path] = ()) -> Selection:
    """Choose the stacks to read.

    Raw stations go before a series composed by the scanner, the coronal set before others of the same length, images
    without contrast agent before those with it, and the later of two equal stations before the earlier.

    Parameters
    ----------
    found
        All series of a folder.
    wanted
        Keys of the series to use, whatever they are; ``None`` to find the STIR stations.
    damaged
        DICOM files that cannot be read; they may belong to any series, so nothing is chosen while they are there.
    """
    draft = Draft()
    for one in found:
        draft.exclude(one.key, f"not STIR: {one.why}" if one.kind not in STIR_KINDS else "")
    try:
        check_damage(damaged)
        check_one_person([frame for one in found for frame in one.frames])
        if wanted is not None:
            chosen = select_named(found, wanted, draft)
        else:
            chosen = select_stir(found, draft) if any(one.frames for one in found) else select_files(found, draft)
        check_one_visit(chosen)
        check_usable(chosen)
    except InputError as problem:
        for key, (was_chosen, why) in draft.reasons.items():
            draft.reasons[key] = (False, why if why and not was_chosen else "nothing was chosen, because of the error")
        return Selection((), draft.reasons, "nothing can be read", tuple(draft.warnings), problem)
    chosen.sort(key=lambda candidate: -float(candidate[1].grid.bounds()[:, 2].sum()))
    note_warnings(chosen, draft)
    return Selection(tuple(chosen), draft.reasons, summary(chosen, wanted), tuple(draft.warnings))


def check_damage(damaged: Sequence[Path]) -> None:
    """Refuse to guess which series a damaged file belongs to."""
    if damaged:
        raise InputError(
            f"{len(damaged)} damaged DICOM files, such as {file_words(damaged[0])}",
            "files that can be read to their end",
            "copy or export them again, or move them out of the folder",
        )


def check_one_person(frames: Sequence[Frame]) -> None:
    """Refuse images of several people; what is missing in a header contradicts nothing."""
    for place, what in enumerate(("patient IDs", "patient names", "birth dates")):
        different = {frame.patient[place] for frame in frames} - {""}
        if len(different) > 1:
            raise InputError(
                f"images with {len(different)} different {what}",
                "the images of one person",
                "point at the folder of one person",
            )


def check_one_visit(chosen: Sequence[Candidate]) -> None:
    """Refuse stations of several examinations."""
    visits = {frame.visit for _, stack in chosen for frame in stack.frames[:1]}
    if len(visits) > 1:
        keys = ", ".join(sorted({one.key for one, _ in chosen}, key=key_number))
        raise InputError(
            f"STIR series of {len(visits)} visits ({keys})",
            "the images of one visit",
            "point at the folder of one visit, or choose its series with --series",
        )


def check_usable(chosen: Sequence[Candidate]) -> None:
    """Refuse stations that something is wrong with."""
    for one, stack in chosen:
        if stack.problem is not None:
            problem = stack.problem
            raise InputError(f"in series {one.key}, {problem.received}", problem.expected, problem.remedy)


def key_number(key: str) -> int:
    """Return what keys are sorted by."""
    return int(key[1:])


def select_named(found: Sequence[Series], wanted: Sequence[str], draft: Draft) -> list[Candidate]:
    """Take the series that the user named."""
    keys = {one.key for one in found}
    unknown = [key for key in wanted if key.upper() not in keys]
    if unknown or not wanted:
        raise InputError(
            f"the series {', '.join(unknown) or '(none)'}",
            f"keys out of {', '.join(sorted(keys, key=key_number))}",
            "run 'wbmri inspect' to see what each of them is",
        )
    chosen: list[Candidate] = []
    asked = {key.upper() for key in wanted}
    for one in found:
        if one.key not in asked:
            draft.exclude(one.key, "other series were asked for")
            continue
        if not one.stacks:
            raise InputError(
                f"the series {one.key}, whose images give no position",
                "images with position, orientation and pixel spacing",
                "choose another series",
            )
        draft.reasons[one.key] = (True, "asked for")
        if one.kind not in STIR_KINDS:
            draft.warnings.append(f"series {one.key} was asked for, but does not look like STIR: {one.why}")
        chosen += [(one, stack) for stack in one.stacks]
    check_apart(chosen)
    return chosen


def check_apart(chosen: Sequence[Candidate]) -> None:
    """Refuse stations that show the same piece of the body twice."""
    for place, (one, stack) in enumerate(chosen):
        for other, earlier in chosen[:place]:
            if stack.grid.overlap(earlier.grid) > REPEATED:
                raise InputError(
                    f"series {other.key} and {one.key}, which cover the same piece of the body",
                    "each piece once",
                    "leave one of the two out with --series",
                )


def select_stir(found: Sequence[Series], draft: Draft) -> list[Candidate]:
    """Find the STIR stations."""
    unplaced = [one.key for one in found if one.kind in STIR_KINDS and not one.stacks]
    for key in unplaced:
        draft.exclude(key, "its images do not give position, orientation and pixel spacing")
    raw = [(one, stack) for one in found if one.kind is Kind.STIR for stack in one.stacks]
    composed = [(one, stack) for one in found if one.kind is Kind.COMPOSED for stack in one.stacks]
    if not raw and not composed:
        kinds = Counter(one.kind.value for one in found)
        listed = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
        if unplaced:
            raise InputError(
                f"STIR series without position, orientation or pixel spacing ({', '.join(unplaced)})",
                "images that say where they lie",
                "export the original series from the scanner or archive",
            )
        raise InputError(
            f"no STIR series ({listed})",
            "a series with an inversion time that nulls fat",
            "point at the folder with the STIR images, or choose series with --series if the headers are incomplete",
        )
    check_one_visit([*raw, *composed])
    draft.warnings += [f"series {key} is STIR, but does not say where it lies, and was left out" for key in unplaced]
    if raw and composed and covered_mm(raw) < COMPLETE * covered_mm(composed):
        for one, _ in raw:
            draft.exclude(one.key, "its stations cover only part of what the scanner composed")
        raw = []
    for one, _ in composed if raw else ():
        draft.exclude(one.key, "the raw stations are there too, and are composed here")
    chosen = drop_repeats(keep_one_plane(raw or composed, draft), draft)
    for one, _ in chosen:
        draft.reasons[one.key] = (True, f"{one.kind.value}: {one.why}")
    for one, stack in [*raw, *composed]:
        if (one, stack) not in chosen and not any(stack.grid.overlap(other.grid) > 0.0 for _, other in chosen):
            draft.warnings.append(f"series {one.key} is STIR of another piece of the body and was left out")
    return chosen


def select_files(found: Sequence[Series], draft: Draft) -> list[Candidate]:
    """Take all image files named by the user, unless something says that one is no STIR."""
    for one in found:
        if one.kind is Kind.OTHER:
            draft.reasons[one.key] = (True, "named by the user; nothing says how it was made")
            draft.warnings.append(f"nothing says that image {one.key} is STIR")
        elif one.kind in STIR_KINDS:
            draft.reasons[one.key] = (True, f"{one.kind.value}: {one.why}")
        else:
            raise InputError(
                f"image {one.key}, which looks like {one.kind.value}: {one.why}",
                "STIR images",
                "name the STIR images, or force this one with --series",
            )
    chosen = [(one, stack) for one in found for stack in one.stacks]
    check_apart(chosen)
    return chosen


def covered_mm(candidates: Sequence[Candidate]) -> float:
    """Return how much of the body, foot to head, stations cover together, in mm."""
    length_mm, reached = 0.0, -np.inf
    for low, high in sorted(tuple(stack.grid.bounds()[:, 2].tolist()) for _, stack in candidates):
        length_mm += max(0.0, high - max(low, reached))
        reached = max(reached, high)
    return length_mm


def keep_one_plane(candidates: Sequence[Candidate], draft: Draft) -> list[Candidate]:
    """Keep the stations of one plane: the one that covers most of the body, coronal if several do."""
    planes: dict[str, list[Candidate]] = {}
    for one, stack in candidates:
        planes.setdefault(one.plane, []).append((one, stack))
    longest = max(covered_mm(members) for members in planes.values())
    complete = [name for name, members in planes.items() if covered_mm(members) >= COMPLETE * longest]
    if "coronal" not in complete and len(complete) > 1:
        listed = "; ".join(f"{name} {keys_of(planes[name])}" for name in sorted(complete))
        raise InputError(
            f"{len(complete)} complete sets of STIR stations ({listed})",
            "one set",
            "choose one with --series",
        )
    kept = "coronal" if "coronal" in complete else complete[0]
    for name, members in planes.items():
        for one, _ in members if name != kept else ():
            why = f"{name} STIR; the {kept} stations cover {covered_mm(planes[kept]):.0f} mm of the body"
            draft.exclude(one.key, why)
    return planes[kept]


def keys_of(candidates: Sequence[Candidate]) -> str:
    """List the keys of stations."""
    return ", ".join(sorted({one.key for one, _ in candidates}, key=key_number))


def drop_repeats(candidates: Sequence[Candidate], draft: Draft) -> list[Candidate]:
    """Keep one of those stations that show the same piece of the body."""
    lengths = {made: covered_mm([other for other in candidates if protocol(other) == made])
               for made in map(protocol, candidates)}  # fmt: skip

    def rank(candidate: Candidate) -> tuple[float | bool, ...]:
        one, stack = candidate
        parts = set(one.facts.image_type)
        largest = max(other.volume_ml for _, other in candidates if stack.grid.overlap(other.grid) > REPEATED)
        return (
            stack.problem is None and stack.volume_ml >= COMPLETE * largest,
            not one.facts.contrast_agent,
            "DERIVED" not in parts,
            "NORM" in parts,
            bool(parts & {"DIS2D", "DIS3D"}),
            round(lengths[protocol(candidate)] / max(lengths.values()) / (1 - COMPLETE)),
        )

    kept: list[Candidate] = []
    dropped: list[tuple[Candidate, Candidate]] = []
    undecided: list[tuple[Candidate, Candidate]] = []
    ranked = sorted(
        candidates,
        key=lambda candidate: (rank(candidate), candidate[1].frames[0].time, key_number(candidate[0].key)),
        reverse=True,
    )
    for candidate in ranked:
        rival = next((other for other in kept if other[1].grid.overlap(candidate[1].grid) > REPEATED), None)
        if rival is None:
            kept.append(candidate)
            continue
        dropped.append((candidate, rival))
        if rank(candidate) == rank(rival):
            undecided.append((candidate, rival))
    several = len({id(rival[1]) for _, rival in undecided}) > 1 or any(
        protocol(candidate) != protocol(rival) for candidate, rival in undecided
    )
    if undecided and several and len(undecided) >= len(kept):
        raise InputError(
            f"two sets of STIR stations that cover the same piece of the body ({keys_of(candidates)})",
            "one set",
            "choose one with --series",
        )
    for candidate, rival in dropped:
        one, other = candidate[0], rival[0]
        why = f"{other.key} shows the same piece of the body"
        if rank(candidate)[0] < rank(rival)[0]:
            why += ", and more of it"
        elif one.facts.contrast_agent and not other.facts.contrast_agent:
            why += ", without contrast agent"
        elif rank(candidate) == rank(rival):
            why += ", taken later"
            draft.warnings.append(f"a station was taken twice: {other.key} is used, {one.key} left out")
        draft.exclude(one.key, why)
    return kept


def protocol(candidate: Candidate) -> tuple[object, ...]:
    """Return what two takes of one set of stations have in common."""
    one, stack = candidate
    spacing = tuple(round(size, 1) for size in stack.grid.spacing)
    return one.facts.echo_time_ms, one.facts.inversion_time_ms, spacing


def note_warnings(chosen: Sequence[Candidate], draft: Draft) -> None:
    """Note what the reader of the score should know about the chosen stations."""
    draft.warnings += dict.fromkeys(f"series {one.key}: {note}" for one, stack in chosen for note in stack.notes)
    most = max(stack.grid.shape[2] for _, stack in chosen)
    few = [
        f"{one.key} ({stack.grid.shape[2]})"
        for one, stack in chosen
        if stack.frames and stack.grid.shape[2] < COMPLETE * most
    ]
    if few:
        draft.warnings.append(f"fewer slices than the {most} of the fullest station: {', '.join(few)}")
    agent = {one.key for one, _ in chosen if one.facts.contrast_agent}
    if agent:
        draft.warnings.append(
            f"contrast agent had been given before {', '.join(sorted(agent, key=key_number))}: STIR then suppresses "
            "enhancing tissue as it does fat, and the score is not valid",
        )
    if any(one.facts.inversion_time_ms is None and one.kind in STIR_KINDS for one, _ in chosen):
        draft.warnings.append("the headers give no inversion time; that the images are STIR rests on weaker facts")
    if len({frame.frame_of_reference for _, stack in chosen for frame in stack.frames[:1]}) > 1:
        draft.warnings.append("the stations do not share one frame of reference: the person may have been moved")


def summary(chosen: Sequence[Candidate], wanted: Sequence[str] | None) -> str:
    """Say in one sentence what was chosen."""
    kind = "raw STIR stations"
    if wanted is not None:
        kind = "asked for"
    elif not chosen[0][1].frames:
        kind = "image files"
    elif chosen[0][0].kind is Kind.COMPOSED:
        kind = "STIR composed by the scanner"
    planes = "/".join(sorted({one.plane for one, _ in chosen}))
    return f"{kind}: {keys_of(chosen)}, {planes}, {covered_mm(chosen):.0f} mm of the body"
