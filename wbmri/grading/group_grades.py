"""Grade every muscle group of a scan."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wbmri.core import (
    Acquisition,
    GradeSource,
    GroupReading,
    InputError,
    LabelMap,
    OutsideLevel,
    Progress,
    Reading,
    Reason,
    Reference,
    Step,
    Volume,
    canonical,
    part,
    silent,
)
from wbmri.grading.bands import bands_of, without_bands
from wbmri.grading.bands import sentence_of as band_sentence
from wbmri.grading.detection_limit import belief_in_faint, doubt_of_whole_muscle, doubted, hidden_oedema, with_limits
from wbmri.grading.fascia_and_vessels import NotMuscle, without_fascia_and_vessels
from wbmri.grading.fat_replacement import darker_than_muscle, doubted_level, lean_muscle, too_little_left, without_fat
from wbmri.grading.fat_replacement import sentence_of as fat_sentence
from wbmri.grading.group_evidence import beside, measure, suggest_signs, with_bright_fascia
from wbmri.grading.image_artefacts import surroundings_of, unassessable, unsuppressed
from wbmri.grading.leakage import across_outlines, away_from_brightness, without_leakage
from wbmri.grading.parameters import PARAMETERS
from wbmri.grading.partial_view import views_of
from wbmri.grading.rule import confidence_of, explain, grade_of, not_assessable, probabilities_of
from wbmri.grading.scales import Scale, scales_of
from wbmri.grading.scan_faults import ScanFaults, faults_of, spoilt
from wbmri.grading.slice_gain import evened, slice_gains_of
from wbmri.grading.slice_gain import sentence_of as gain_sentence
from wbmri.grading.undecided import Explanation, agreed, candidates_of, explanations_of
from wbmri.grading.undecided import sentence_of as undecided_sentence
from wbmri.grading.voxels import gather
from wbmri.segmentation.quality import flag_reading


def grade(
    volume: Volume,
    labels: LabelMap,
    *,
    outside: Sequence[OutsideLevel] = (),
    post_contrast: bool = False,
    progress: Progress = silent,
) -> Reading:
    """Grade the oedema of every muscle group.

    The brightness of coil and stations is taken off the muscle, the level of normal muscle is found without needing a
    healthy group, and each group is measured against it and graded by the anchors of the label map's scheme. The result
    does not depend on the unit of the intensities, nor on how the voxels are stored.

    Parameters
    ----------
    volume
        The STIR scan, intensities in any unit.
    labels
        The muscle groups on the same grid.
    outside
        What other scans say about the level of normal muscle: the same person's other visit, a site's control scans.
    post_contrast
        Grade a scan that was made after a contrast agent all the same; the reading says so.
    progress
        Called with the share of the work that is done.

    Returns
    -------
    Reading
        One entry per group of the scheme, with evidence, confidence and one sentence of why.

    Raises
    ------
    InputError
        If the label map is not on the volume's grid, no group has any signal, or a contrast agent had been given.
    """
    labels.check_grid(volume)
    check_contrast(volume.acquisition, post_contrast=post_contrast)
    progress(0.0, "gathering muscle")
    scan = canonical(volume)
    groups = np.ascontiguousarray(volume.grid.stored_as("RAS").apply(labels.data))
    gains = slice_gains_of(scan, groups)
    scan = evened(scan, gains)
    bands = bands_of(scan, groups)
    scan = without_bands(scan, bands)
    muscle = gather(scan.data, groups, scan.spacing, labels.confidence)
    views = views_of(labels)
    excluded = unassessable(scan, muscle, labels, views)
    scales = None
    if len(excluded) < len(labels.scheme.groups):
        muscle, fit, told = lean_muscle(scan, groups, labels, muscle, part(progress, 0.2, 0.7))
        scales = scales_of(scan, groups, muscle, labels.scheme, outside, part(progress, 0.7, 0.9), fit)
        if not told:
            every = tuple(replace(scale, reference=doubted_level(scale.reference)) for scale in scales.every)
            scales = replace(scales, every=every)
        first = scales.first
        fat = darker_than_muscle(muscle, scan, first.log_ratio(muscle))
        muscle = without_fat(scan, groups, labels, muscle, fat)
        muscle = without_leakage(scan, muscle, first.log_ratio(muscle), first.fit.field, first.reference.level)
    progress(0.9, "grading")
    faults = ScanFaults({}, ())
    soft_tissue = None
    hypotheses: tuple[Scale, ...] = ()
    found: list[tuple[GroupReading, ...]] = [() for _ in labels.scheme.groups]
    if scales is not None:
        around = surroundings_of(scan, groups, scales.first.fit.field, scales.first.reference.level)
        failed = unsuppressed(around, labels.scheme)
        # What is wrong with the scan is looked for beside the grading, which does not need to know.
        with ThreadPoolExecutor(1) as beside_it:
            looking = beside_it.submit(faults_of, scan, groups, around, scales.first.fit, labels.scheme, failed)
            log_ratio = scales.first.log_ratio(muscle)
            soft_tissue = suggest_signs(muscle, log_ratio, around, labels.scheme, failed)
            signed = with_bright_fascia(labels.scheme, soft_tissue)
            muscle, shapes = without_fascia_and_vessels(muscle, log_ratio, signed)
            normal = scales.first.fit.field, scales.first.reference.level
            muscle = away_from_brightness(scan, muscle, *normal)
            shapes = {**across_outlines(scan, groups, muscle, log_ratio, *normal), **shapes}
            ways = explanations_of(scales.every, muscle, NotMuscle({} if fat is None else fat.share, shapes))
            hypotheses = tuple(way.scale for way in ways)
            asked = [group.label for group in labels.scheme.groups if group.label not in excluded]
            for label, own in zip(asked, graded_each_way(asked, ways, labels, volume.acquisition), strict=True):
                found[label - 1] = own
            faults = looking.result()
    entries = tuple(
        spoilt(views.told(agreed(own, hypotheses)), faults.artefacts.get(group.label))
        if own
        else not_assessable(group.label, *excluded[group.label])
        for group, own in zip(labels.scheme.groups, found, strict=True)
    )
    hidden = hidden_oedema(entries)
    entries = tuple(doubted(entry, hidden) for entry in entries)
    entries = tuple(beside(entry, entries[labels.scheme.opposite(entry.label) - 1]) for entry in entries)
    reference = None if scales is None else scales.first.reference
    candidates = candidates_of(entries, found, hypotheses)
    undecided = undecided_sentence(candidates)
    progress(1.0, "graded")
    reading = Reading(
        scheme=labels.scheme,
        groups=entries,
        acquisition=volume.acquisition,
        engine=labels.engine,
        reference=reference,
        warnings=(
            *(() if scales is None else scales.doubts),
            *(() if undecided is None else (undecided,)),
            *(said for said in (gain_sentence(gains), band_sentence(bands)) if said is not None),
            *faults.sentences,
            *_warnings(volume.acquisition, reference, entries, labels),
        ),
        provenance=(*labels.provenance, Step("grade", PARAMETERS.recorded())),
        soft_tissue=None if faults.other_sequence else soft_tissue,
        intensity_model=None if scales is None else scales.recorded(faults.artefacts, gains, bands),
        candidates=candidates,
    )
    return flag_reading(reading, labels)


def check_contrast(acquisition: Acquisition, *, post_contrast: bool) -> None:
    """Refuse a scan that was made after a contrast agent, unless that is wanted.

    STIR also nulls tissue whose T1 the agent brought near that of fat (Krinsky 1996).

    Raises
    ------
    InputError
        If a contrast agent had been given.
    """
    if acquisition.contrast_agent and not post_contrast:
        raise InputError(
            "a STIR scan made after a contrast agent had been given",
            "one made before it: what takes up the agent is nulled like fat, so oedema may be missed",
            "use the scan before it; --post-contrast (post_contrast=True) grades it all the same and marks the reading",
        )


def graded_each_way(
    asked: Sequence[int], ways: Sequence[Explanation], labels: LabelMap, acquisition: Acquisition
) -> list[tuple[GroupReading, ...]]:
    """Grade groups by each explanation of a scan, one entry for each explanation."""
    ratios = [way.scale.log_ratio(way.muscle) for way in ways]

    def by_each(label: int) -> tuple[GroupReading, ...]:
        made: list[GroupReading] = []
        for way, log_ratio in zip(ways, ratios, strict=True):
            same = way.doubted is not None and label not in way.doubted
            made.append(made[0] if same else _graded(label, way, log_ratio, labels, acquisition))
        return tuple(made)

    return [by_each(label) for label in asked]


def _graded(
    label: int,
    way: Explanation,
    log_ratio: NDArray[np.float64],
    labels: LabelMap,
    acquisition: Acquisition,
) -> GroupReading:
    """Measure one group of a scan by one explanation of it, and grade it by its scheme's anchors."""
    muscle, scale, other = way.muscle, way.scale, way.other
    rule, kernel = labels.scheme.grading, scale.kernel(label)
    places = np.flatnonzero(muscle.label == label)
    fat, shape = other.fat.get(label), other.shapes.get(label)
    if fat is not None and (lacking := too_little_left(fat)) is not None:
        return not_assessable(label, Reason.FAT, lacking)
    seen = places[muscle.inner[places]] if shape is not None and shape.by_core else places
    evidence, mixture = measure(muscle, log_ratio, seen, kernel, acquisition)
    evidence = replace(evidence, volume_ml=places.size * float(np.prod(muscle.spacing)) / 1000.0, fat_fraction=fat)
    if evidence.voxels < rule.minimum_voxels:
        return not_assessable(
            label,
            Reason.TOO_SMALL,
            f"{evidence.voxels} voxels of the group can be measured; at least {rule.minimum_voxels} are needed.",
        )
    evidence = with_limits(evidence, mixture, kernel, rule)
    # Regions that are brighter altogether were judged as a whole: their muscles do not differ by their own T2.
    doubt = (0.0, 0.0) if label in scale.lifted else doubt_of_whole_muscle(mixture, kernel, rule)
    probabilities = probabilities_of(evidence, mixture, rule, doubt)
    found = 0 if doubt[0] > 0.5 else grade_of(evidence, rule)
    if found == 1 and label in scale.lifted and evidence.median_ratio > PARAMETERS.detection.lifted_ratio:
        # The explanation says that all of it is oedematous.
        found, probabilities = 2, (probabilities[0], 0.0, probabilities[1] + probabilities[2])
    outline = labels.confidence.get(label, 0.0)
    low, high = PARAMETERS.detection.open
    sure = scale.reference.trusted and not any(low < one < high for one in doubt)
    confidence = confidence_of(probabilities[found], evidence, rule, outline, sure)
    confidence *= PARAMETERS.evidence.unknown ** len(_unknown(acquisition))
    said = explain(evidence, found, rule)
    if found and label not in scale.lifted:
        confidence *= belief_in_faint(evidence)
    if fat is not None:
        confidence *= max(0.0, 1.0 - PARAMETERS.fat_replacement.doubt * fat)
        said = f"{said} {fat_sentence(fat)}"
    if shape is not None:
        confidence *= shape.believed
        said = f"{said} {shape.explanation}"
    return GroupReading(
        label=label,
        grade=found,
        reason=None,
        source=GradeSource.AUTO,
        auto_grade=found,
        evidence=evidence,
        confidence=confidence,
        explanation=said,
        probabilities=probabilities,
    )


def _unknown(acquisition: Acquisition) -> list[str]:
    """Name what the input does not say of the protocol, and the level and spread of normal muscle follow from."""
    facts = {
        "field strength": acquisition.field_strength_t,
        "echo time": acquisition.echo_time_ms,
        "inversion time": acquisition.inversion_time_ms,
    }
    return [name for name, value in facts.items() if value is None]


def _warnings(
    acquisition: Acquisition,
    reference: Reference | None,
    entries: tuple[GroupReading, ...],
    labels: LabelMap,
) -> tuple[str, ...]:
    made = []
    graded = [entry.confidence for entry in entries if entry.assessable]
    doubtful = sum(confidence < PARAMETERS.evidence.believed for confidence in graded)
    if reference is not None and not reference.trusted:
        made.append(
            f"The level of normal muscle cannot be trusted ({reference.source}); every grade is a proposal with low "
            "confidence.",
        )
    elif 2 * doubtful > len(graded):
        made.append(
            f"{doubtful} of {len(graded)} graded groups have a confidence below {PARAMETERS.evidence.believed:g}: "
            "their sum is no more than a proposal.",
        )
    if acquisition.contrast_agent:
        made.append("A contrast agent had been given: STIR also nulls what takes it up, so oedema may be missed.")
    if acquisition.sequence != "STIR":
        made.append("The input does not say that this is a STIR sequence; the grades hold for STIR only.")
    if unknown := _unknown(acquisition):
        made.append(f"Not known from the input: {', '.join(unknown)}; values usual for STIR stand in for them.")
    assessable = sum(entry.assessable for entry in entries)
    if assessable < labels.scheme.grading.minimum_assessable_share * len(entries):
        made.append(f"Only {assessable} of {len(entries)} groups are assessable: too few for a total.")
    return tuple(made)
