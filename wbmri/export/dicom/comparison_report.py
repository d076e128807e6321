"""What changed between two visits as one DICOM structured report: TID 1500, a TID 1501 group for every muscle group."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from wbmri.analysis.comparison import ChangeDocument, ChangeRow, SubtotalChange, response_words
from wbmri.core import NOTICE
from wbmri.core.scheme import CodedEntry, Group, Scheme, pair_code, side_code
from wbmri.export import concepts
from wbmri.export.dicom.derived_series import NUMBER, DerivedSeries
from wbmri.export.dicom.export_study import ExportStudy, content_uid, require_highdicom
from wbmri.export.dicom.segmentation import code
from wbmri.export.dicom.structured_report import (
    composed_report,
    device,
    evaluations,
    measurements,
    one_sum,
    region_code,
    say,
)

if TYPE_CHECKING:
    from highdicom.sr import MeasurementsAndQualitativeEvaluations
    from pydicom import Dataset

COMPARISON = NUMBER + 5
"""Series number of the report of a comparison; that of its pages is the next one."""


@dataclass(frozen=True, eq=False, slots=True)
class ComparedVisit:
    """One of two visits.

    Parameters
    ----------
    session
        BIDS label.
    read_by
        Who gave its grades, and whether that is signed.
    series
        Its images.
    study
        The study they lie in.
    """

    session: str
    read_by: str
    series: DerivedSeries
    study: ExportStudy


def write_comparison(
    document: ChangeDocument, whole: str, scheme: Scheme, visits: tuple[ComparedVisit, ComparedVisit]
) -> "Dataset":
    """Write a comparison as a Comprehensive 3D SR, into the study of the later visit.

    It is partial and preliminary until a person has signed the readings of both visits. It is never verified: what is
    signed are the readings it follows from.

    Parameters
    ----------
    document
        The comparison.
    whole
        The same as JSON, which the report holds, so that nothing is lost on the way back.
    scheme
        The scheme of both readings.
    visits
        The earlier and the later one.

    Raises
    ------
    InputError
        If the extra ``dicom`` is not installed.
    """
    require_highdicom()
    from highdicom.sr import MeasurementReport, ObservationContext

    earlier, later = visits
    images = [*later.series.images, *earlier.series.images]
    content = MeasurementReport(
        observation_context=ObservationContext(observer_device_context=device()),
        procedure_reported=code(concepts.MR_EXAMINATION),
        imaging_measurements=[
            *_sums(document, scheme, later.study),
            *(
                _group(group, row, scheme, later.study)
                for group, row in zip(scheme.groups, document.groups, strict=True)
            ),
        ],
        referenced_images=images,
    )
    for order, visit in enumerate(visits, start=1):
        content[0].ContentSequence.append(_visit(order, visit))
    say(content[0], [*_remarks(document), (concepts.CHANGE_DOCUMENT, whole)])
    digest = sha256(whole.encode()).hexdigest()
    return composed_report(
        content,
        images,
        later.study,
        content_uid("change", later.series.uid, earlier.series.uid, later.study.when, digest),
        COMPARISON,
        "Muscle oedema change (wbmri)",
        complete=not document.unreviewed,
    )


def _visit(order: int, visit: ComparedVisit) -> Any:
    from highdicom.sr import ContainerContentItem, NumContentItem, RelationshipTypeValues, UIDRefContentItem
    from pydicom.sequence import Sequence as Items

    inside = RelationshipTypeValues.CONTAINS
    made = ContainerContentItem(code(concepts.VISIT), relationship_type=inside)
    made.ContentSequence = Items(
        [
            NumContentItem(code(concepts.VISIT_ORDER), order, code(concepts.ONE), relationship_type=inside),
            UIDRefContentItem(code(concepts.STUDY), visit.study.uid, relationship_type=inside),
        ]
    )
    say(made, [(concepts.VISIT_NAME, f"ses-{visit.session}"), (concepts.STATUS, visit.read_by)])
    return made


def _sums(
    document: ChangeDocument, scheme: Scheme, study: ExportStudy
) -> "Iterator[MeasurementsAndQualitativeEvaluations]":
    """Yield the sums over all groups, over each region and over each side, at both visits."""
    words: concepts.Words = ()
    if document.beyond_detectable is not None:
        words = [(concepts.BEYOND_DETECTABLE, concepts.yes(document.beyond_detectable))]
    yield one_sum("whole", concepts.ENTIRE_BODY, whole_numbers(document), scheme.name, study, words)
    parts = [(region, region_code(region), change) for region, change in document.regions.items()]
    parts += [(f"{side} side", side_code(side), change) for side, change in document.sides.items()]
    for name, site, change in parts:
        yield one_sum(name, site, concepts.sum_change_numbers(change), scheme.name, study)


def whole_numbers(document: ChangeDocument) -> concepts.Numbers:
    """Return the sums over all groups; those of a total that is left open are not there."""
    found = concepts.sum_change_numbers(SubtotalChange(document.before, document.after))
    if document.delta is None:
        return [
            one for one in found if one[0] in (concepts.MAX_ASSESSABLE, concepts.ASSESSABLE_GROUPS, concepts.GROUPS)
        ]
    if document.delta_percent is not None:
        found.append((concepts.CHANGE_PERCENT, document.delta_percent, concepts.PERCENT))
    if document.detectable is not None:
        found.append((concepts.DETECTABLE, document.detectable.sdc95, concepts.ONE))
    return found


def _group(group: Group, row: ChangeRow, scheme: Scheme, study: ExportStudy) -> "MeasurementsAndQualitativeEvaluations":
    from highdicom.sr import FindingSite, MeasurementsAndQualitativeEvaluations, TrackingIdentifier

    return MeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(study.tracking_uid(scheme, group), group.id),
        finding_type=code(concepts.GRADING),
        finding_sites=[FindingSite(code(pair_code(group.pair)), laterality=code(side_code(group.side)))],
        measurements=measurements(concepts.change_numbers(row)),
        qualitative_evaluations=evaluations([(concepts.TRANSITION, concepts.transition_code(row.transition))]),
    )


def _remarks(document: ChangeDocument) -> Sequence[tuple[CodedEntry, str]]:
    said = [(concepts.NOTICE_SAID, NOTICE), (concepts.INTERVAL, document.interval.words)]
    said.append((concepts.RESPONSE, response_words(document.response, document.response_rule)))
    said += [(concepts.WARNING, caution) for caution in document.cautions]
    soft = document.soft_tissue
    if soft is not None:
        for name, (first, then), change in soft.rows:
            said.append((concepts.SOFT_TISSUE, f"{name}: {first}, {then}: {change}"))
    return said
