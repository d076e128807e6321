"""A reading as the text of a report."""

from collections.abc import Callable
from dataclasses import replace

from wbmri.core import (
    NOTICE,
    Calcinosis,
    GradeSource,
    LimbPart,
    Reading,
    Reason,
    ReviewRecord,
    SoftTissue,
    Status,
    Tissue,
)
from wbmri.report.case import reading_text


def by_person(reading: Reading, labels: range, status: Status = Status.SIGNED) -> Reading:
    for entry in reading.groups:
        if entry.label in labels:
            reading = reading.with_group(replace(entry, source=GradeSource.READER))
    return replace(reading, reader="anna", status=status)


def test_the_groups_are_named_by_grade_and_the_totals_add_up(make_reading: Callable[..., Reading]) -> None:
    reading = by_person(make_reading(lambda label: {9: 2, 10: 2, 31: 1}.get(label, 0)), range(1, 43))
    entry = reading.groups[41]
    reading = reading.with_group(replace(entry, grade=None, reason=Reason.MOTION))
    marked = SoftTissue().with_sign(Tissue.FASCIA, LimbPart.DISTAL, 1)
    reading = replace(
        reading,
        soft_tissue=replace(marked, calcinosis=Calcinosis(True, ("left elbow",))),
        review=ReviewRecord(
            "assisted",
            "anna",
            notes={"thigh_anterior_left": "old scar"},
            remarks={"thigh_anterior_left": "to be seen again", "case": "a cyst of the left kidney"},
        ),
    )
    lines = reading_text(reading, "sub-X_ses-Y").splitlines()
    assert "Read by: anna, signed" in lines
    assert "Total: 5 of 82 (3 of 41 groups involved)." in lines
    assert "Marked, or more than half (grade 2): Deltoid both sides." in lines
    assert "Mild to moderate, or less than half (grade 1): Thigh, anterior left." in lines
    assert "Not assessable: Leg, posterior, right (motion)." in lines
    assert "Fascia (not in the total): distal oedema." in lines
    assert "Calcinosis (not in the total): present (left elbow)." in lines
    assert "Note on Thigh, anterior, left: old scar; to be seen again" in lines
    assert "Remark: a cyst of the left kidney" in lines
    assert lines[-1] == NOTICE


def test_what_nobody_has_read_is_not_reported_as_read(make_reading: Callable[..., Reading]) -> None:
    program = make_reading(lambda _: 2)
    text = reading_text(by_person(program, range(1, 11), Status.IN_REVIEW), "x")
    assert "anna, not signed, 10 of 42 groups read" in text
    assert "Total: 20 of 20" in text
    assert "Thigh" not in text
    automatic = reading_text(program, "x")
    assert "nobody (automatic, not reviewed)" in automatic
    assert automatic.rstrip().endswith("Automatic, not reviewed.")
