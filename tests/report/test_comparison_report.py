"""The report and the figure of two visits."""

import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from wbmri.analysis.comparison import Comparison, Correspondence, Course, ResponseRule, Transition, Visit, VisitInterval
from wbmri.case import ClinicalRow, DetectableChange
from wbmri.core import (
    NOTICE,
    UNREVIEWED,
    Calcinosis,
    Candidate,
    Grid,
    InputError,
    LabelMap,
    LimbPart,
    Reading,
    SoftTissue,
    Status,
    Step,
    Tissue,
    Volume,
)
from wbmri.registration import PointMap
from wbmri.report.comparison import Findings, Visits, comparison_pdf, comparison_report, drawings

MakeReading = Callable[..., Reading]


def text_of(html: str) -> str:
    body = re.sub(r"<style>.*?</style>|<title.*?</title>", "", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body)))


@pytest.fixture
def found(small_volume: Volume, small_labels: LabelMap) -> Callable[..., Findings]:
    images = ((small_volume, small_labels), (small_volume, small_labels))

    def made(
        before: Reading,
        after: Reading,
        session: str = "month6",
        with_images: bool = True,
        **more: object,
    ) -> Findings:
        comparison = Comparison(before, after, across_protocols=True)
        bare = Findings(comparison, "01", ("baseline", session), **more)
        return replace(bare, visits=Visits.of(comparison, images, bare.names) if with_images else None)

    return made


@pytest.fixture
def write(found: Callable[..., Findings]) -> Callable[..., str]:
    def written(*readings: Reading, **more: object) -> str:
        shown = found(*readings, **more)
        return comparison_report(shown, tuple(drawings(shown)))

    return written


def test_the_published_case(write: Callable[..., str], make_reading: MakeReading) -> None:
    html = write(make_reading(lambda label: 2 if label <= 6 else 1), make_reading(lambda label: int(label <= 19)))
    text = text_of(html)
    assert "48 /84 → 19 /84" in text
    assert "−29 (−60.4 % of baseline)" in text
    assert "42 → 19" in text
    assert "6 → 0" in text
    assert NOTICE in text
    assert html.count('<svg class="bodymap"') == 3  # both visits and what changed


def test_each_row_shows_both_grades_and_the_transition(write: Callable[..., str], make_reading: MakeReading) -> None:
    before, after = make_reading(lambda label: 2 - label % 2), make_reading(lambda label: 3 * (label % 2) // 2)
    html = write(before, after)
    # Left labels are odd: 1 to 1; right labels are even: 2 to 0. The patient's right stands first.
    row = re.search(r'<tr><th scope="row">Deltoid</th>(.*?)</tr>', html, re.DOTALL)
    assert row
    assert text_of(row.group(1)).split() == ["2", "0", "−2", "▼", "resolved", "1", "1", "0", "=", "same"]


def test_groups_missing_at_one_visit_are_said(write: Callable[..., str], make_reading: MakeReading) -> None:
    text = text_of(write(make_reading(lambda _: 1), make_reading(lambda label: None if label < 3 else 1)))
    assert "40 /80 → 40 /80" in text
    assert "by itself ses-baseline 42/84, ses-month6 40/80" in text
    assert "2 of 42 groups were not assessable at both visits" in text


def test_no_change_is_claimed_on_too_few_groups(write: Callable[..., str], make_reading: MakeReading) -> None:
    text = text_of(write(make_reading(lambda _: 1), make_reading(lambda label: None if label < 30 else 1)))
    assert "too few groups assessable at both visits" in text
    assert "of baseline" not in text


def test_it_refers_to_nothing_outside_and_is_the_same_each_time(
    write: Callable[..., str],
    make_reading: MakeReading,
) -> None:
    html = write(make_reading(), make_reading())
    assert html == write(make_reading(), make_reading())
    references = re.findall(r'(?:href|src)="([^"]{0,30})', html)
    assert references
    assert all(reference.startswith(("data:image/png;base64,", "#")) for reference in references)
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids))


def test_without_images_there_are_none(write: Callable[..., str], make_reading: MakeReading) -> None:
    assert "data:image" not in write(make_reading(), make_reading(), with_images=False)


def test_sessions_are_escaped(write: Callable[..., str], make_reading: MakeReading) -> None:
    html = write(make_reading(), make_reading(), session="<script>x</script>")
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_every_drawing_is_a_print_of_180_mm_that_is_the_same_each_time(
    found: Callable[..., Findings],
    make_reading: MakeReading,
) -> None:
    both = make_reading(lambda _: 2), make_reading(lambda _: 1)
    course = Course((Visit("baseline", both[0]), Visit("month6", both[1])))
    made = {drawing.name: drawing for drawing in drawings(found(*both, course=course))}
    assert list(made) == ["maps", "visits", "slices", "axial", "dumbbell", "course"]
    files, again = made["visits"].files(), made["visits"].files()
    assert files == again
    picture = Image.open(BytesIO(files["png"]))
    assert picture.info["dpi"] == pytest.approx((300, 300), abs=0.5)
    assert picture.width == pytest.approx(180 / 25.4 * 300, abs=1)
    assert set(picture.info) == {"dpi"}
    assert files["pdf"].startswith(b"%PDF")
    words = text_of(files["svg"].decode())
    assert "A B" in " ".join(word for word in words.split() if word in ("A", "B"))
    assert "ses-baseline 84/84" in words
    assert "ses-month6 42/84" in words
    for drawing in made.values():
        assert drawing.height <= 257  # fits between head and foot of a page of A4


def test_the_course_shows_what_the_clinical_table_has(
    found: Callable[..., Findings],
    make_reading: MakeReading,
) -> None:
    readings = [make_reading(lambda label, k=k: int(label <= k)) for k in (42, 30, 12)]
    rows = [
        ClinicalRow("01", "a", 0.0, {"cmas": 28.0, "ck": 1850.0}, "prednisone"),
        ClinicalRow("01", "b", 3.0, {"cmas": 35.0}, "prednisone, baricitinib"),
        None,
    ]
    course = Course(tuple(Visit(f"v{k}", *both) for k, both in enumerate(zip(readings, rows, strict=True))))
    drawing = list(drawings(found(readings[0], readings[-1], with_images=False, course=course, units={"ck": "U/l"})))[
        -1
    ]
    words = text_of(drawing.svg.decode())
    for shown in ("42", "30", "12", "cmas", "35", "ck, U/l", "1850", "baricitinib →", "prednisone →", "ses-v2"):
        assert shown in words


def test_the_printed_report_is_pages_of_a4_that_are_the_same_each_time(
    found: Callable[..., Findings],
    make_reading: MakeReading,
) -> None:
    both = make_reading(lambda label: 2 if label <= 6 else 1), make_reading(lambda label: int(label <= 19))
    shown = found(*both, with_images=False)
    made, again = (comparison_pdf(shown, [one for one in drawings(shown) if one.name == "dumbbell"]) for _ in range(2))
    assert made == again
    # Summary, drawing, groups and method at least.
    assert made.count(b"/MediaBox [ 0 0 595.2") == made.count(b"/Type /Page ") >= 4


def test_a_drawing_is_the_same_whatever_was_made_of_it_before(
    found: Callable[..., Findings],
    make_reading: MakeReading,
) -> None:
    shown = found(make_reading(lambda _: 2), make_reading(lambda _: 1))
    fresh, used = (next(one for one in drawings(shown) if one.name == "visits") for _ in range(2))
    comparison_pdf(shown, [used])
    assert used.files() == fresh.files()


def test_visits_that_nobody_signed_are_named_on_page_print_and_every_drawing(
    found: Callable[..., Findings],
    make_reading: MakeReading,
) -> None:
    before, after = make_reading(lambda _: 2), make_reading(lambda _: 1)
    signed = replace(after, reader="dr-a", status=Status.SIGNED)
    course = Course((Visit("baseline", before), Visit("month6", signed)))
    shown = found(before, signed, course=course)
    drawn = tuple(drawings(shown))
    assert "Automatic, not reviewed: ses-baseline." in text_of(comparison_report(shown, drawn))
    for drawing in drawn:
        words = text_of(drawing.svg.decode())
        assert "Automatic, not reviewed: A." in words or "Automatic, not reviewed: ses-baseline." in words
    both = replace(before, reader="dr-a", status=Status.SIGNED), signed
    assert UNREVIEWED not in text_of(comparison_report(found(*both), tuple(drawings(found(*both))))).lower()


def test_other_protocols_are_marked_on_page_and_drawings(
    found: Callable[..., Findings],
    make_reading: MakeReading,
) -> None:
    before = make_reading()
    after = replace(before, acquisition=replace(before.acquisition, echo_time_ms=90.0))
    shown = found(before, after)
    drawn = tuple(drawings(shown))
    assert text_of(comparison_report(shown, drawn)).count("echo time 60 ms and 90 ms") >= 2
    drawing = next(drawing for drawing in drawn if drawing.name == "maps")
    assert "Different protocols: echo time 60 ms and 90 ms" in text_of(drawing.svg.decode())


def test_groups_whose_outlines_do_not_correspond_are_marked(
    write: Callable[..., str],
    make_reading: MakeReading,
) -> None:
    step = Step("register", {})
    nowhere = PointMap(np.zeros((3, 2, 2, 2), np.float32), Grid.along_axes((2, 2, 2), 4.0, np.zeros(3)), step)
    laid = Correspondence(nowhere, nowhere, {9: 0.4, 10: 0.9})
    html = write(make_reading(), make_reading(), with_images=False, correspondence=laid)
    assert "Outlines that do not lie in the same place at both visits" in text_of(html)
    row = re.search(r'<tr><th scope="row">Deltoid</th>(.*?)</tr>', html, re.DOTALL)
    assert row
    assert row.group(1).count("‡") == 1


@pytest.mark.parametrize(("limit", "words"), [(7.2, "beyond"), (40.0, "within")])
def test_the_smallest_detectable_change_is_held_against_the_change(
    write: Callable[..., str],
    make_reading: MakeReading,
    limit: float,
    words: str,
) -> None:
    known = DetectableChange("jdm42 1.0.0", 84, limit, limit / 2, "SDC", 20, ("ab", "cd"))
    text = text_of(write(make_reading(lambda _: 2), make_reading(lambda label: 1 + label % 2), detectable=known))
    assert f"The change is {words} the smallest detectable change, {limit:.1f} points (95 %; 20 patients" in text
    assert "No response criterion is published" in text


def test_no_response_is_claimed_while_the_detectable_change_is_unknown_unless_asked_for(
    write: Callable[..., str],
    make_reading: MakeReading,
) -> None:
    both = make_reading(lambda _: 2), make_reading(lambda _: 1)
    silent = text_of(write(*both, with_images=False))
    assert "Not judged: the smallest detectable change is not known" in silent
    assert "Rule: the total falls" not in silent
    asked = text_of(write(*both, with_images=False, rule=ResponseRule()))
    assert "Response. Rule: the total falls by at least 50 %" in asked


def test_the_interval_is_given_in_months_or_said_to_be_unknown(
    write: Callable[..., str],
    make_reading: MakeReading,
) -> None:
    both = make_reading(), make_reading()
    assert "interval not known" in text_of(write(*both, with_images=False))
    known = write(*both, with_images=False, interval=VisitInterval(6.2, "clinical table"))
    assert "6.2 months apart (clinical table)" in text_of(known)
    with pytest.raises(InputError, match="more than 0 months"):
        VisitInterval(-6.0, "as stated")


def test_signs_beside_the_score_stand_at_both_visits(write: Callable[..., str], make_reading: MakeReading) -> None:
    before = SoftTissue().with_sign(Tissue.FASCIA, LimbPart.PROXIMAL, 1)
    after = replace(before.with_sign(Tissue.FASCIA, LimbPart.PROXIMAL, 0), calcinosis=Calcinosis(True, ("left elbow",)))
    readings = (replace(make_reading(), soft_tissue=tissue) for tissue in (before, after))
    html = write(*readings, with_images=False)
    for name, words in (
        ("Fascia, proximal", ["1", "0", "gone"]),
        ("Subcutis, distal", ["not looked at", "not looked at", "not known"]),
        ("Calcinosis", ["not looked at", "present: left elbow", "not known"]),
    ):
        row = re.search(rf'<tr><th scope="row">{name}</th>(.*?)</tr>', html, re.DOTALL)
        assert row
        assert [cell.strip() for cell in re.findall(r"<td>(.*?)</td>", row.group(1))] == words


def test_axial_slices_of_both_visits_stand_beside_each_other(
    write: Callable[..., str],
    make_reading: MakeReading,
) -> None:
    html = write(make_reading(), make_reading())
    assert "Axial slices" in text_of(html)
    places = re.findall(r"<b>([AB])</b> (\d+ mm (?:superior|inferior))", html)
    assert places
    letters = [letter for letter, _ in places]
    assert letters == ["A", "B"] * (len(letters) // 2)


def test_no_change_of_the_total_is_given_where_a_scan_leaves_it_open(
    write: Callable[..., str],
    found: Callable[..., Findings],
    make_reading: MakeReading,
) -> None:
    candidates = (Candidate("oedema", 0.6, 100.0, 42, 42), Candidate("shading", 0.4, 100.0, 0, 0))
    before = make_reading(lambda _: 1)
    entries = tuple(replace(entry, probabilities=(0.4, 0.6, 0.0)) for entry in before.groups)
    open_ = replace(before, groups=entries, candidates=candidates)
    shown = found(open_, make_reading(lambda _: 0))
    html = comparison_report(shown, tuple(drawings(shown)))
    text = text_of(html)
    assert "42 or 0 of 84 → 0/84" in text
    assert "no change of the total, because the scan leaves a total open" in text
    assert "The scan of the first visit leaves its total open, 42 or 0 of 84" in text
    assert shown.comparison.delta is None
    assert shown.comparison.transitions[Transition.SAME] == 42  # nothing has "resolved"
    for drawing in drawings(shown):
        if drawing.name in ("maps", "visits", "slices", "axial"):
            assert "42 or 0 of 84" in text_of(drawing.svg.decode())


def test_both_scans_share_the_kind_of_window(write: Callable[..., str], make_reading: MakeReading) -> None:
    known, unknown = make_reading(), replace(make_reading(), reference=None)
    assert "white 2 times or more" in write(known, known)
    assert "99.7th percentile" in write(known, unknown)
