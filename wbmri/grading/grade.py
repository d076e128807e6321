"""Grade every muscle group of a scan."""

import numpy as np
from numpy.typing import NDArray

from wbmri.grading.assessability import unassessable
from wbmri.grading.evidence import FLUID_RATIO, OWN_LEVEL, Limit, limit_of, measure
from wbmri.grading.field import Field, fit_field
from wbmri.grading.masks import EDGE_MM, Muscle, muscle_of
from wbmri.grading.reference import choose_reference
from wbmri.grading.rule import confidence_of, explain, grade_of
from wbmri.grading.tissues import find_landmarks, predict
from wbmri.labelmap import LabelMap
from wbmri.progress import Progress, silent
from wbmri.provenance import Json, Step
from wbmri.reading import GradeSource, GroupReading, Reading, Reason, Reference
from wbmri.volume import Acquisition, Volume, canonical


def grade(volume: Volume, labels: LabelMap, *, progress: Progress = silent) -> Reading:
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
    progress
        Called with the share of the work that is done.

    Returns
    -------
    Reading
        One entry per group of the scheme, with evidence, confidence and one sentence of why.

    Raises
    ------
    InputError
        If the label map is not on the volume's grid, or holds no voxel of any group with a signal.
    """
    labels.check_grid(volume)
    progress(0.0, "gathering muscle")
    scan = canonical(volume)
    muscle = muscle_of(volume, labels)
    excluded = unassessable(scan, muscle, labels)
    progress(0.2, "correcting the field")
    field, mode = fit_field(muscle)
    log_corrected = np.log(np.maximum(muscle.quiet, 1e-6 * mode)) - field.log_at(muscle.index, muscle.spacing)
    progress(0.7, "finding the level of normal muscle")
    landmarks = find_landmarks(scan, muscle, field)
    prediction = predict(landmarks, volume.acquisition)
    log_ratio = log_corrected[muscle.inner] - np.log(mode)
    reference = choose_reference(mode, log_ratio, landmarks, prediction, volume.acquisition)
    limit = limit_of(reference, labels.scheme.grading)
    progress(0.9, "grading")
    entries = tuple(
        _not_assessable(group.label, *excluded[group.label])
        if group.label in excluded
        else _graded(group.label, muscle, log_corrected - np.log(reference.level), limit, labels, reference)
        for group in labels.scheme.groups
    )
    progress(1.0, "graded")
    return Reading(
        scheme=labels.scheme,
        groups=entries,
        acquisition=volume.acquisition,
        engine=labels.engine,
        reference=reference,
        warnings=_warnings(volume.acquisition, reference, entries, labels),
        provenance=(*labels.provenance, _step(field, reference, limit)),
    )


def _not_assessable(label: int, reason: Reason, sentence: str) -> GroupReading:
    return GroupReading(
        label=label,
        grade=None,
        reason=reason,
        source=GradeSource.AUTO,
        auto_grade=None,
        evidence=None,
        confidence=0.0,
        explanation=sentence,
    )


def _graded(
    label: int, muscle: Muscle, log_ratio: NDArray[np.float64], limit: Limit, labels: LabelMap, reference: Reference
) -> GroupReading:
    rule = labels.scheme.grading
    evidence = measure(muscle, log_ratio, label, limit)
    if evidence.voxels < rule.minimum_voxels:
        return _not_assessable(
            label,
            Reason.TOO_SMALL,
            f"{evidence.voxels} voxels of the group can be measured; at least {rule.minimum_voxels} are needed.",
        )
    found = grade_of(evidence, rule)
    return GroupReading(
        label=label,
        grade=found,
        reason=None,
        source=GradeSource.AUTO,
        auto_grade=found,
        evidence=evidence,
        confidence=confidence_of(evidence, rule, labels.confidence.get(label, 0.0), reference.trusted),
        explanation=explain(evidence, found, rule, limit.ratio),
    )


def _warnings(
    acquisition: Acquisition, reference: Reference, entries: tuple[GroupReading, ...], labels: LabelMap
) -> tuple[str, ...]:
    made = []
    if not reference.trusted:
        made.append(
            f"The level of normal muscle cannot be trusted ({reference.source}); every grade is a proposal with low "
            "confidence."
        )
    if acquisition.contrast_agent:
        made.append("A contrast agent had been given: STIR also nulls what takes it up, so oedema may be missed.")
    if acquisition.sequence != "STIR":
        made.append("The input does not say that this is a STIR sequence; the grades hold for STIR only.")
    unknown = [
        name
        for name, value in (
            ("field strength", acquisition.field_strength_t),
            ("echo time", acquisition.echo_time_ms),
            ("inversion time", acquisition.inversion_time_ms),
        )
        if value is None
    ]
    if unknown:
        made.append(f"Not known from the input: {', '.join(unknown)}; values usual for STIR stand in for them.")
    assessable = sum(entry.assessable for entry in entries)
    if assessable < labels.scheme.grading.minimum_assessable_share * len(entries):
        made.append(f"Only {assessable} of {len(entries)} groups are assessable: too few for a total.")
    return tuple(made)


def _step(field: Field, reference: Reference, limit: Limit) -> Step:
    parameters: dict[str, Json] = {
        "edge_mm": EDGE_MM,
        "field": {
            "knots_mm": [[round(float(knot), 3) for knot in axis] for axis in field.knots],
            "log_coefficients": [round(float(value), 5) for value in field.coefficients.ravel()],
        },
        "reference": {
            "level": float(f"{reference.level:.6g}"),
            "spread": float(f"{reference.spread:.6g}"),
            "source": reference.source,
            "trusted": reference.trusted,
        },
        "limit_ratio": round(limit.ratio, 5),
        "chance_above_limit": round(limit.chance, 6),
        "own_level": OWN_LEVEL,
        "fluid_ratio": FLUID_RATIO,
    }
    return Step("grade", parameters)
