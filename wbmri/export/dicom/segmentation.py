"""The outlines as one DICOM segmentation on the derived series: every group a segment, every slice a frame."""

from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np

from wbmri import __version__
from wbmri.core import LabelMap, Reading
from wbmri.core.scheme import ANATOMICAL_STRUCTURE, CodedEntry, Group, pair_code, rgb, side_code
from wbmri.export.dicom.derived_series import NUMBER, DerivedSeries
from wbmri.export.dicom.export_study import (
    MAKER,
    PROGRAM,
    UTF_8,
    ExportStudy,
    code_item,
    content_uid,
    person_name,
    private_codes_item,
    require_highdicom,
)

if TYPE_CHECKING:
    from highdicom.seg import SegmentDescription
    from highdicom.sr import CodedConcept
    from pydicom import Dataset


def write_segmentation(
    labels: LabelMap, reading: Reading, series: DerivedSeries, study: ExportStudy, *, as_label_map: bool = False
) -> "Dataset":
    """Write outlines as a segmentation with all slices of every group.

    Segment k is the scheme's label k, also where the group has no voxel, so that the report can refer to every group.

    Parameters
    ----------
    labels
        The outlines, on the grid of the volume that `series` holds.
    reading
        The grades that rest on them; says which a person corrected.
    series
        The images they lie on.
    study
        What it is written into.
    as_label_map
        Write one frame per slice with the labels as values (DICOM Supplement 243), many times smaller, instead of a
        binary frame per slice and group. Archives and viewers of before 2025 refuse it.

    Raises
    ------
    InputError
        If the extra ``dicom`` is not installed.
    """
    require_highdicom()
    from highdicom.seg import Segmentation, SegmentationTypeValues

    placed = np.ascontiguousarray(series.storage.apply(labels.data).transpose(2, 1, 0))
    described = [_segment(group, labels, reading, study) for group in labels.scheme.groups]
    said = "".join(str(one) for one in described)
    kind = SegmentationTypeValues.LABELMAP if as_label_map else SegmentationTypeValues.BINARY
    uid = content_uid(
        "labelmap" if as_label_map else "seg",
        series.uid,
        study.when,
        sha256(placed.tobytes() + said.encode()).hexdigest(),
    )
    made = Segmentation(
        source_images=series.images,
        pixel_array=placed,
        segmentation_type=kind,
        segment_descriptions=described,
        series_instance_uid=content_uid(uid, "series"),
        series_number=NUMBER + (7 if as_label_map else 1),
        sop_instance_uid=uid,
        instance_number=1,
        manufacturer=MAKER,
        manufacturer_model_name=PROGRAM,
        software_versions=__version__,
        device_serial_number=__version__,
        content_label="MUSCLES",
        content_description=f"Muscle groups, scheme {labels.scheme.name} {labels.scheme.version}"[:64],
        content_creator_name=person_name(reading.reader if reading.reviewed else PROGRAM),
        series_description="Muscle groups, label map (wbmri)" if as_label_map else "Muscle groups (wbmri)",
        omit_empty_frames=False,
        specific_character_set=UTF_8,
    )
    study.stamp(made)
    made.CodingSchemeIdentificationSequence = [private_codes_item()]
    _name_dimensions(made, content_uid(uid, "dimensions"))
    return made


def _segment(group: Group, labels: LabelMap, reading: Reading, study: ExportStudy) -> "SegmentDescription":
    from highdicom import AlgorithmIdentificationSequence
    from highdicom.color import CIELabColor
    from highdicom.seg import SegmentAlgorithmTypeValues, SegmentDescription

    corrected = reading.review is not None and group.id in reading.review.outlines_corrected
    by_person = corrected or (labels.engine == "labels" and not labels.origin.get(group.label, ""))
    kinds = SegmentAlgorithmTypeValues
    made = SegmentDescription(
        segment_number=group.label,
        segment_label=group.name[:64],
        segmented_property_category=code(ANATOMICAL_STRUCTURE),
        segmented_property_type=code(pair_code(group.pair)),
        algorithm_type=kinds.SEMIAUTOMATIC if by_person else kinds.AUTOMATIC,
        algorithm_identification=AlgorithmIdentificationSequence(
            name=f"wbmri {labels.origin.get(group.label, labels.engine)}"[:64],
            # DICOM CID 7162: an artificial intelligence algorithm.
            family=code(CodedEntry("123110", "DCM", "Artificial Intelligence")),
            version=__version__,
        ),
        tracking_uid=study.tracking_uid(labels.scheme, group),
        tracking_id=group.id,
        display_color=CIELabColor.from_rgb(*rgb(group)),
    )
    side = side_code(group.side)
    made.SegmentedPropertyTypeCodeSequence[0].SegmentedPropertyTypeModifierCodeSequence = [
        code_item(side.value, side.scheme, side.meaning),
    ]
    made.SegmentDescription = f"{group.name}: {', '.join(member.name for member in group.pair.members)}"[:1024]
    return made


def _name_dimensions(made: "Dataset", uid: str) -> None:
    """Replace the random identifier of the frames' order."""
    for item in (*made.DimensionOrganizationSequence, *made.DimensionIndexSequence):
        item.DimensionOrganizationUID = uid


def code(entry: CodedEntry) -> "CodedConcept":
    """Return a coded entry as highdicom takes it."""
    from highdicom.sr import CodedConcept

    return CodedConcept(entry.value, entry.scheme, entry.meaning)
