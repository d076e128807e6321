"""A reading as one DICOM structured report: TID 1500 with the sums, and a TID 1411 group for every muscle group."""

import warnings
from collections.abc import Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from wbmri import __version__
from wbmri.core import NOTICE, GradeSource, GroupReading, Reading
from wbmri.core.scheme import CodedEntry, Group, pair_code, private_code, side_code
from wbmri.export import concepts
from wbmri.export.dicom.derived_series import NUMBER, DerivedSeries
from wbmri.export.dicom.export_study import (
    MAKER,
    PROGRAM,
    UTF_8,
    ExportStudy,
    content_uid,
    person_name,
    private_codes_item,
    require_highdicom,
)
from wbmri.export.dicom.segmentation import code

if TYPE_CHECKING:
    from highdicom.sr import (
        Measurement,
        MeasurementReport,
        MeasurementsAndQualitativeEvaluations,
        ObservationContext,
        ObserverContext,
        QualitativeEvaluation,
        VolumetricROIMeasurementsAndQualitativeEvaluations,
    )
    from pydicom import Dataset


def write_report(
    reading: Reading,
    document: str,
    segments: "Dataset",
    series: DerivedSeries,
    study: ExportStudy,
) -> "Dataset":
    """Write a reading as a Comprehensive 3D SR.

    It is partial, preliminary and unverified until a person has signed the reading, and complete, final and verified by
    that person after.

    Parameters
    ----------
    reading
        The grades.
    document
        The reading as JSON, which the report holds whole, so that nothing is lost on the way back.
    segments
        The segmentation of its groups, as `write_segmentation` makes it.
    series
        The images that lies on.
    study
        What it is written into.

    Raises
    ------
    InputError
        If the extra ``dicom`` is not installed.
    """
    require_highdicom()
    from highdicom.sr import MeasurementReport

    content = MeasurementReport(
        observation_context=_observers(reading),
        procedure_reported=code(concepts.MR_EXAMINATION),
        imaging_measurements=[
            *_sums(reading, study),
            *(_group(group, entry, reading, segments, study) for group, entry in reading.by_group()),
        ],
        referenced_images=series.images,
    )
    say(content[0], _remarks(reading, document))
    reader = _person(reading)
    uid = content_uid("sr", segments.SOPInstanceUID, study.when, reader, sha256(document.encode()).hexdigest())
    return composed_report(
        content,
        [segments, *series.images],
        study,
        uid,
        NUMBER + 2,
        "Muscle oedema score (wbmri)",
        complete=reading.reviewed,
        verified_by=reader if reading.reviewed else "",
    )


def composed_report(
    content: "MeasurementReport",
    evidence: "Sequence[Dataset]",
    study: ExportStudy,
    uid: str,
    number: int,
    title: str,
    *,
    complete: bool,
    verified_by: str = "",
) -> "Dataset":
    """Return what a report says as a Comprehensive 3D SR.

    Parameters
    ----------
    content
        What it says.
    evidence
        The objects it rests on.
    study
        What it is written into.
    uid
        Its identifier.
    number, title
        Number and description of its series.
    complete
        Whether it is final; else it is partial and preliminary.
    verified_by
        Who signed it; empty for nobody.
    """
    from highdicom.sr import Comprehensive3DSR

    with warnings.catch_warnings():
        # Names of persons are written as the source has them, or as the reader's id.
        warnings.filterwarnings("ignore", message="The string .* is unlikely to represent")
        made = Comprehensive3DSR(
            evidence=evidence,
            content=content,
            series_instance_uid=content_uid(uid, "series"),
            series_number=number,
            sop_instance_uid=uid,
            instance_number=1,
            manufacturer=MAKER,
            is_complete=complete,
            is_final=complete,
            is_verified=bool(verified_by),
            verifying_observer_name=person_name(verified_by) if verified_by else None,
            verifying_organization=_organisation(study) if verified_by else None,
            series_description=title,
            manufacturer_model_name=PROGRAM,
            software_versions=__version__,
            specific_character_set=UTF_8,
        )
    study.stamp(made)
    for item in made.get("VerifyingObserverSequence", []):
        item.VerificationDateTime = study.when.strftime("%Y%m%d%H%M%S")
    made.CodingSchemeIdentificationSequence = [private_codes_item()]
    return made


def _person(reading: Reading) -> str:
    """Return who answers for the grades; of a consensus, its adjudicator."""
    return reading.reader if reading.review is None else reading.review.who


def _organisation(study: ExportStudy) -> str:
    return str(study.acquisition.get("InstitutionName") or "not stated")


def device() -> "ObserverContext":
    """Return what names wbmri as an observer."""
    from highdicom.sr import DeviceObserverIdentifyingAttributes, ObserverContext

    return ObserverContext(
        code(CodedEntry("121007", "DCM", "Device")),
        DeviceObserverIdentifyingAttributes(
            uid=content_uid("device"),
            name=PROGRAM,
            manufacturer_name=MAKER,
            model_name=PROGRAM,
            serial_number=__version__,
        ),
    )


def _observers(reading: Reading) -> "ObservationContext":
    from highdicom.sr import ObservationContext, ObserverContext, PersonObserverIdentifyingAttributes

    if not reading.reviewed:
        return ObservationContext(observer_device_context=device())
    person = ObserverContext(
        code(CodedEntry("121006", "DCM", "Person")),
        PersonObserverIdentifyingAttributes(name=person_name(_person(reading))),
    )
    return ObservationContext(observer_person_context=person, observer_device_context=device())


def _sums(reading: Reading, study: ExportStudy) -> "list[MeasurementsAndQualitativeEvaluations]":
    """Return the sums over all groups, over each region and over each side."""
    score = reading.score
    whole = concepts.sum_numbers(score.whole)
    if score.total is None:
        # Too few groups, or the program cannot decide: there is no sum that anyone should read off.
        whole = [one for one in whole if one[0] != concepts.TOTAL]
    elif score.prorated is not None:
        whole.append((concepts.PRORATED, score.prorated, concepts.ONE))
    parts = [("whole", concepts.ENTIRE_BODY, whole)]
    parts += [(region, region_code(region), concepts.sum_numbers(part)) for region, part in score.regions.items()]
    parts += [(f"{side} side", side_code(side), concepts.sum_numbers(part)) for side, part in score.sides.items()]
    return [one_sum(name, site, numbers, reading.scheme.name, study) for name, site, numbers in parts]


def region_code(region: str) -> CodedEntry:
    """Return the code of a region of the scheme."""
    return private_code(region.replace(" ", "_"), region)


def one_sum(
    name: str,
    site: CodedEntry,
    numbers: concepts.Numbers,
    scheme: str,
    study: ExportStudy,
    words: concepts.Words = (),
) -> "MeasurementsAndQualitativeEvaluations":
    """Return a sum over several groups (TID 1501).

    Parameters
    ----------
    name
        What it is called; the same one has the same tracking UID at every visit of the person.
    site
        What it is summed over.
    numbers, words
        What is said of it.
    scheme
        Name of the scheme.
    study
        What it is written into.
    """
    from highdicom.sr import FindingSite, MeasurementsAndQualitativeEvaluations, TrackingIdentifier

    uid = content_uid("tracking", study.header.PatientID, scheme, "sum", name)
    return MeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(uid=uid, identifier=name),
        finding_type=code(concepts.GRADING),
        finding_sites=[FindingSite(code(site))],
        measurements=measurements(numbers),
        qualitative_evaluations=evaluations(words),
    )


def _group(
    group: Group,
    entry: GroupReading,
    reading: Reading,
    segments: "Dataset",
    study: ExportStudy,
) -> "VolumetricROIMeasurementsAndQualitativeEvaluations":
    from highdicom.sr import (
        FindingSite,
        ReferencedSegment,
        SourceSeriesForSegmentation,
        TrackingIdentifier,
        VolumetricROIMeasurementsAndQualitativeEvaluations,
    )

    made = VolumetricROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(study.tracking_uid(reading.scheme, group), group.id),
        referenced_segment=ReferencedSegment(
            segments.SOPClassUID,
            segments.SOPInstanceUID,
            group.label,
            source_series=SourceSeriesForSegmentation(segments.ReferencedSeriesSequence[0].SeriesInstanceUID),
        ),
        finding_type=code(concepts.GRADING),
        finding_sites=[FindingSite(code(pair_code(group.pair)), laterality=code(side_code(group.side)))],
        measurements=measurements(concepts.group_numbers(entry)),
        qualitative_evaluations=evaluations(_words(group, entry, reading)),
    )
    said = [(concepts.EXPLANATION, entry.explanation), *((concepts.OUTLINE_FLAG, flag) for flag in entry.flags)]
    if reading.review is not None:
        said.append((concepts.NOTE, reading.review.notes.get(group.id, "")))
        said.append((concepts.REMARK, reading.review.remarks.get(group.id, "")))
    say(made[0], [one for one in said if one[1]])
    return made


def _words(group: Group, entry: GroupReading, reading: Reading) -> concepts.Words:
    found = [(concepts.ASSESSABLE, concepts.yes(entry.assessable))]
    if entry.reason is not None:
        found.append((concepts.REASON, concepts.reason_code(entry.reason)))
    found.append((concepts.GRADED_BY_READER, concepts.yes(entry.source is GradeSource.READER)))
    review = reading.review
    if review is not None:
        found += [
            (concepts.SUGGESTION_SEEN, concepts.yes(group.id in review.suggestion_seen)),
            (concepts.ACCEPTED, concepts.yes(group.id in review.accepted)),
            (concepts.OUTLINE_CORRECTED, concepts.yes(group.id in review.outlines_corrected)),
        ]
    return found


def measurements(numbers: concepts.Numbers) -> "list[Measurement]":
    """Return numbers as a report holds them."""
    from highdicom.sr import Measurement

    return [Measurement(name=code(name), value=value, unit=code(unit)) for name, value, unit in numbers]


def evaluations(words: concepts.Words) -> "list[QualitativeEvaluation]":
    """Return coded answers as a report holds them."""
    from highdicom.sr import QualitativeEvaluation

    return [QualitativeEvaluation(code(name), code(value)) for name, value in words]


def _remarks(reading: Reading, document: str) -> list[tuple[CodedEntry, str]]:
    said = [(concepts.STATUS, reading.read_by), (concepts.NOTICE_SAID, NOTICE)]
    said += [(concepts.WARNING, warning) for warning in reading.warnings]
    said += [
        (concepts.OPEN_TOTAL, f"{one.total}, {one.involved} groups involved, {100 * one.weight:.0f} %: {one.source}")
        for one in reading.score.candidates
    ]
    if reading.review is not None and reading.review.remarks.get("case"):
        said.append((concepts.REMARK, reading.review.remarks["case"]))
    return [*said, (concepts.DOCUMENT, document)]


def say(container: Any, said: Sequence[tuple[CodedEntry, str]]) -> None:
    """Add texts to a container."""
    from highdicom.sr import RelationshipTypeValues, TextContentItem

    for name, words in said:
        container.ContentSequence.append(TextContentItem(code(name), words, RelationshipTypeValues.CONTAINS))
