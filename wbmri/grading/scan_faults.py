"""The faults of a scan: which groups each of them hits, and one sentence for each."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from wbmri.core import GroupReading, ImageArtefact, Reason, Volume
from wbmri.core.scheme import Scheme
from wbmri.grading.bright_subcutis import Subcutis, brighter_sides, brightness_beside, subcutis_of
from wbmri.grading.image_artefacts import Mask, Surroundings, artefacts_of, metal_voids, spoils
from wbmri.grading.motion_artefacts import blurred_levels, ghosts_of, thick_fat
from wbmri.grading.normalisation import Fit
from wbmri.grading.not_stir import not_stir
from wbmri.grading.parameters import PARAMETERS
from wbmri.grading.rule import not_assessable

_ARTEFACTS = PARAMETERS.artefacts
_GHOSTS = PARAMETERS.ghosts
_FAT = PARAMETERS.fat


@dataclass(frozen=True, eq=False, slots=True)
class ScanFaults:
    """What is wrong with a scan.

    Parameters
    ----------
    artefacts
        Label to the worst that hits the group; groups that nothing hits are left out.
    sentences
        One for each kind of fault.
    other_sequence
        Whether it is certain that this is no STIR scan.
    """

    artefacts: Mapping[int, ImageArtefact]
    sentences: tuple[str, ...]
    other_sequence: bool = False


def faults_of(
    scan: Volume, groups: NDArray[np.uint8], around: Surroundings, fit: Fit, scheme: Scheme, failed: Mask
) -> ScanFaults:
    """Find motion, failed fat suppression, metal, and whether this is STIR at all.

    Parameters
    ----------
    scan, groups
        The scan, stored canonically, and the label of each voxel.
    around
        What lies around the muscles.
    fit
        Field and level of normal muscle.
    scheme
        Its groups.
    failed
        Blocks beside fat that is not suppressed, see `image_artefacts.unsuppressed`.
    """
    log_field = fit.field.log_on(np.zeros(3, dtype=np.intp), scan.shape, scan.spacing).astype(np.float32)
    plain = replace(scan, data=scan.data / np.float32(fit.mode))
    even = replace(scan, data=plain.data * np.exp(-log_field))
    subcutis = subcutis_of(even, groups, around)
    beside = brightness_beside(even.data, subcutis)
    made = {
        label: artefact
        for label, artefact in artefacts_of(around, scheme, failed).items()
        if artefact.reason is not Reason.FAT_SUPPRESSION or beside.get(label, np.inf) >= _FAT.dark_ratio
    }
    inside = groups > 0
    labelled = groups[inside]
    size = np.maximum(np.bincount(labelled, minlength=256), 1)
    found = [
        *_by_ghosts(around, scan.spacing, scheme),
        *_by_blur(even, groups, size),
        *_by_metal(even, groups, around, size),
        *_by_fat(beside, _uneven_fat(plain.data, even.data, subcutis, scheme)),
    ]
    for label, artefact in found:
        if label not in made or artefact.share > made[label].share:
            made[label] = artefact
    other = not_stir(scan, groups, subcutis, scheme)
    if other is None:
        dip = _dip(np.bincount(labelled, log_field[inside], minlength=256) / size, size, scheme)
        return ScanFaults(made, (*_sentences(made, scheme), *([dip] if dip else [])))
    share = 1.0 if other.certain else 1.0 - PARAMETERS.sequence.most_confidence / _ARTEFACTS.most_confidence
    words = other.sentence if other.certain else "The scan may not be STIR."
    everywhere = ImageArtefact(Reason.SEQUENCE, share, words)
    for group in scheme.groups:
        if other.certain or group.label not in made or made[group.label].share < share:
            made[group.label] = everywhere
    return ScanFaults(made, (other.sentence, *_sentences(made, scheme)), other.certain)


def spoilt(entry: GroupReading, artefact: ImageArtefact | None) -> GroupReading:
    """Return the entry of a group as an artefact of the scan leaves it: not assessable, or with less confidence."""
    # A fault may have made muscle as dark as fat.
    if artefact is None or not (entry.assessable or entry.reason is Reason.FAT):
        return entry
    if spoils(artefact):
        return not_assessable(entry.label, artefact.reason, artefact.explanation)
    if not entry.assessable:
        return replace(entry, explanation=f"{entry.explanation} {artefact.explanation}")
    confidence = min(entry.confidence, PARAMETERS.artefacts.most_confidence) * (1.0 - artefact.share)
    return replace(entry, confidence=confidence, explanation=f"{entry.explanation} {artefact.explanation}")


def _by_ghosts(around: Surroundings, spacing: Sequence[float], scheme: Scheme) -> Iterator[tuple[int, ImageArtefact]]:
    ghosts = ghosts_of(around, spacing)
    if not ghosts.any():
        return
    size = np.maximum(np.bincount(around.label.ravel(), minlength=256), 1)
    # Seen without what may be thick fat as well, they are certain.
    certain = ghosts_of(replace(around, air=around.air & ~thick_fat(around)), spacing)
    bright, surely = (
        np.bincount(around.label.ravel(), each.ravel(), minlength=256) / size for each in (ghosts, certain)
    )
    hit = np.bincount(around.label[ghosts > _GHOSTS.ratio], minlength=256) / size
    for group in scheme.groups:
        mean, share = float(bright[group.label]), float(hit[group.label])
        if mean < _GHOSTS.least_mean or share <= _ARTEFACTS.least_share:
            continue
        # Ghosts that are faint or not certain leave a group gradable, with little confidence, however much they cover.
        counted = share if surely[group.label] >= _GHOSTS.spoiling_mean else min(share, _ARTEFACTS.largest_share)
        words = f"{100 * share:.0f} % of the group lies under ghosts of motion, {mean:.1f} times as bright as muscle."
        yield group.label, ImageArtefact(Reason.MOTION, counted, words)


def _by_blur(scan: Volume, groups: NDArray[np.uint8], size: NDArray[np.intp]) -> Iterator[tuple[int, ImageArtefact]]:
    sharp = blurred_levels(scan, groups)
    blurred = np.bincount(groups[:, :, sharp < 1].ravel(), minlength=256)
    for label in np.flatnonzero(blurred[1:]) + 1:
        share = float(blurred[label] / size[label])
        if share > _ARTEFACTS.least_share:
            words = f"{100 * share:.0f} % of the group lies at levels where motion blurs the borders of muscles."
            yield int(label), ImageArtefact(Reason.MOTION, min(share, _ARTEFACTS.largest_share), words)


def _by_metal(
    scan: Volume, groups: NDArray[np.uint8], around: Surroundings, size: NDArray[np.intp]
) -> Iterator[tuple[int, ImageArtefact]]:
    spoilt = np.bincount(groups[metal_voids(scan, groups, around)], minlength=256)
    for label in np.flatnonzero(spoilt):
        share = float(spoilt[label] / size[label])
        if share > PARAMETERS.voids.least_share:
            words = f"{100 * share:.0f} % of the group lies in or about a void with a bright rim: metal."
            yield int(label), ImageArtefact(Reason.METAL, share, words)


def _uneven_fat(
    plain: NDArray[np.float32], even: NDArray[np.float32], subcutis: Subcutis, scheme: Scheme
) -> dict[int, float]:
    """Return the ratio of the fat of both sides where it is uneven with the field and without."""
    with_field, without = (brighter_sides(data, subcutis, scheme) for data in (plain, even))
    return {label: min(ratio, without[label]) for label, ratio in with_field.items() if label in without}


def _by_fat(beside: Mapping[int, float], sides: Mapping[int, float]) -> Iterator[tuple[int, ImageArtefact]]:
    for label in sorted({*beside, *sides}):
        if beside.get(label, 0.0) >= _FAT.bright_ratio:
            words = f"The fat beside it is {beside[label]:.1f} times as bright as muscle: fat suppression fails."
        elif label in sides:
            words = f"The fat about it is {sides[label]:.1f} times as bright as on the other side: suppression fails."
        else:
            continue
        yield label, ImageArtefact(Reason.FAT_SUPPRESSION, _FAT.share, words)


_WORDS = {
    Reason.MOTION: "Motion spoils",
    Reason.FAT_SUPPRESSION: "Fat is not suppressed beside",
    Reason.METAL: "Metal spoils",
}
_NAMED = 3
"""So many groups are named; the table of groups names them all."""


def _sentences(artefacts: Mapping[int, ImageArtefact], scheme: Scheme) -> Iterator[str]:
    for reason, words in _WORDS.items():
        hit = [group for group in scheme.groups if group.label in artefacts]
        hit = [group for group in hit if artefacts[group.label].reason is reason]
        if not hit:
            continue
        named = "; ".join(group.name for group in hit[:_NAMED])
        more = f" and {len(hit) - _NAMED} more" if len(hit) > _NAMED else ""
        lost = sum(spoils(artefacts[group.label]) for group in hit)
        kept = len(hit) - lost
        said = [f"{lost} not graded"] * bool(lost) + [f"{kept} graded with little confidence"] * bool(kept)
        yield f"{words} {len(hit)} group{'s' if len(hit) > 1 else ''} ({named}{more}): {', '.join(said)}."


def _dip(mean: NDArray[np.float64], size: NDArray[np.intp], scheme: Scheme) -> str | None:
    """Say where the fitted field is darker on one side than on the other; ``None`` where it is not.

    Parameters
    ----------
    mean
        Mean logarithm of the field in each group, by label.
    size
        Voxels of each group, by label.
    """
    darker = {}
    for group in scheme.groups:
        other = scheme.opposite(group.label)
        by = float(mean[other] - mean[group.label])
        if min(size[group.label], size[other]) > 1 and by >= PARAMETERS.dip.least_log:
            darker[group.name] = by
    if not darker:
        return None
    names = sorted(darker, key=lambda name: -darker[name])
    named = "; ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
    less = 100 * (1 - np.exp(-darker[names[0]]))
    return (
        f"The picture is up to {less:.0f} % darker at {named} than on the other side: a dip of the transmit "
        "field (B1) or of a coil; this was evened before grading."
    )
