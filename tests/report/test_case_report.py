"""The report of a case: what a reader must find in it, and what must not be in it."""

import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from wbmri.core import (
    NOTICE,
    UNREVIEWED,
    AlternativeScale,
    BiasFieldSpline,
    Candidate,
    GradeSource,
    IntensityModel,
    LabelMap,
    MuscleKernel,
    Reading,
    Reason,
    Reference,
    SliceGain,
    Status,
    Step,
    Volume,
)
from wbmri.core.scheme import Scheme
from wbmri.io import read_image, read_labels
from wbmri.report.case import case_report

MakeReading = Callable[..., Reading]
VOID = {"meta", "br", "link", "img", "hr", "input", "image", "path", "rect"}


class Page(HTMLParser):
    """Collects text, references and table rows, and checks that elements nest."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.references: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.rows: list[list[str]] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name in ("src", "href", "xlink:href", "action", "data", "poster"):
                self.references.append(value or "")
            if name == "id":
                self.ids.append(value or "")
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th") and self.rows:
            self.rows[-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" in self.open or "title" in self.open:
            return
        self.words.append(data)
        if self.rows and ({"td", "th"} & set(self.open)):
            self.rows[-1][-1] += data

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))

    def row(self, name: str) -> list[str]:
        (found,) = (row for row in self.rows if row and row[0].strip() == name)
        return [re.sub(r"\s+", " ", cell).strip() for cell in found]


OPEN = (
    Candidate("pelvis and thighs hold homogeneous oedema", 0.6, 100.0, 42, 42),
    Candidate("pelvis and thighs are shaded", 0.4, 100.0, 0, 0),
)


def printed_on_every_page(html: str) -> str:
    """What the style sheet writes into the margins of each page."""
    rule = html[html.index("@page") : html.index("@media print")]
    return re.sub(r"\\([0-9a-f]{6})", lambda code: chr(int(code.group(1), 16)), rule)


@pytest.fixture
def write(small_volume: Volume, small_labels: LabelMap) -> Callable[..., str]:
    def made(reading: Reading, participant: str = "01", session: str = "baseline") -> str:
        return case_report(small_volume, small_labels, reading, participant=participant, session=session)

    return made


def test_it_is_one_well_formed_file_that_needs_nothing_else(
    write: Callable[..., str],
    make_reading: MakeReading,
) -> None:
    html = write(make_reading())
    page = Page(html)
    assert page.open == []
    assert html.startswith("<!DOCTYPE html>")
    assert '<html lang="en">' in html
    assert page.references
    assert all(reference.startswith("data:image/png;base64,") for reference in page.references)
    assert not re.search(r"url\((?!#)|@import|<script|<link|<iframe", html)
    assert len(page.ids) == len(set(page.ids))
    assert page.tags.count("h1") == 1


def test_the_same_input_gives_the_same_bytes(write: Callable[..., str], make_reading: MakeReading) -> None:
    assert write(make_reading()) == write(make_reading())


def test_the_totals_are_those_of_the_reading(write: Callable[..., str], make_reading: MakeReading) -> None:
    reading = make_reading(lambda label: 2 if label <= 6 else 1)
    text = Page(write(reading)).text
    assert "48 /84" in text
    assert "42 /42" in text
    assert "prorated" not in text
    assert NOTICE in text


def test_every_grade_stands_in_its_row_and_on_its_side(write: Callable[..., str], make_reading: MakeReading) -> None:
    reading = make_reading(lambda label: (label // 2) % 3)
    page = Page(write(reading))
    grades = {entry.label: entry.grade for entry in reading.groups}
    for place, pair in enumerate(reading.scheme.pairs, start=1):
        row = page.row(pair.name)
        assert len(row) == 11
        assert (row[1], row[6]) == (str(grades[2 * place]), str(grades[2 * place - 1]))


def test_evidence_and_explanation_can_be_read(write: Callable[..., str], make_reading: MakeReading) -> None:
    page = Page(write(make_reading(lambda _: 1)))
    assert page.row("Deltoid") == ["Deltoid", *(2 * ["1", "25", "1.60", "33", "0.90"])]
    assert page.text.count("25% of the group is oedematous") == 42


def test_coronal_and_axial_pictures_and_their_window_are_shown(
    write: Callable[..., str],
    make_reading: MakeReading,
) -> None:
    page = Page(write(make_reading()))
    assert "Coronal images" in page.text
    assert "Axial images" in page.text
    assert re.search(r"Slice: \d+ mm (anterior|posterior)", page.text)
    assert re.search(r"Slice: \d+ mm (superior|inferior)", page.text)
    assert "Black is 0.5 times" in page.text


def test_the_fitted_field_is_a_picture_with_what_it_and_the_level_rest_on(
    write: Callable[..., str],
    make_reading: MakeReading,
) -> None:
    assert "Brightness of coil and stations" not in Page(write(make_reading())).text
    knots = tuple((0.0, 0.0, 0.0, far, far, far) for far in (1e3, 1e3, 1e3))
    rising = [-0.2 if x < 2 else 0.2 for x in range(3) for _ in range(9)]  # brighter on the patient's right
    gain = SliceGain(1, 0, 9, (0.1, -0.1) * 4)
    model = IntensityModel(BiasFieldSpline(knots, tuple(rising)), MuscleKernel(0.05, 0.02, (), 0.1), {}, (gain,))
    reference = Reference(100.0, 5.0, "lowest mode of all muscle", True, 0.04, 100.0, 110.0)
    page = Page(write(replace(make_reading(), intensity_model=model, reference=reference)))
    assert re.search(r"the fitted field is [01]\.\d\d to [01]\.\d\d", page.text)
    assert "100 (lowest mode of all muscle), sure to 4 %" in page.text
    assert "110, 1.10 times the level" in page.text
    assert "up to 22 % brighter, evened" in page.text


def test_a_group_without_oedema_says_what_is_below_detection(
    write: Callable[..., str],
    make_reading: MakeReading,
) -> None:
    reading = make_reading(lambda label: label % 2)
    groups = tuple(
        replace(entry, evidence=replace(entry.evidence, detectable_ratio=1.25, detectable_share=0.04))
        for entry in reading.groups
    )
    page = Page(write(replace(reading, groups=groups)))
    # Left labels are odd and of grade 1; the patient's right stands first.
    assert page.row("Deltoid")[1:4] == ["0", "1", "<1.25"]
    assert page.row("Deltoid")[6:9] == ["1", "25", "1.60"]
    assert "below detection" in page.text


def test_a_group_without_a_grade_shows_its_reason_and_the_total_is_prorated(
    write: Callable[..., str],
    make_reading: MakeReading,
) -> None:
    page = Page(write(make_reading(lambda label: None if label in (19, 20) else 1)))
    row = page.row("Forearm, anterior")
    assert row[1:] == ["n/a", Reason.OUTSIDE, "n/a", Reason.OUTSIDE]
    assert "40 /80" in page.text
    assert "prorated 42.0/84" in page.text


def test_a_total_that_is_refused_is_not_shown(write: Callable[..., str], make_reading: MakeReading) -> None:
    text = Page(write(make_reading(lambda label: 1 if label <= 10 else None))).text
    assert "no total" in text
    assert "Only 10 of 42 groups are assessable" in text
    assert "prorated" not in text


def test_totals_that_are_left_open_are_all_shown_and_none_is_preferred(
    write: Callable[..., str],
    make_reading: MakeReading,
) -> None:
    page = Page(write(replace(make_reading(lambda _: 1), candidates=OPEN)))
    assert "42 or 0 /84" in page.text
    assert "no single total" in page.text
    assert page.row("42/84")[1:] == ["42", "60 %", "pelvis and thighs hold homogeneous oedema"]
    assert page.row("0/84")[1:] == ["0", "40 %", "pelvis and thighs are shaded"]
    assert "total, 0 to 84" not in page.text
    signed = replace(make_reading(lambda _: 1), candidates=OPEN, reader="dr-a", status=Status.SIGNED)
    assert "no single total" not in Page(write(signed)).text


def test_fields_that_are_left_open_are_drawn_too(write: Callable[..., str], make_reading: MakeReading) -> None:
    knots = ((0.0, 0.0, 0.0, 1e3, 1e3, 1e3),) * 3
    flat, other = BiasFieldSpline(knots, (0.0,) * 27), BiasFieldSpline(knots, (0.1,) * 27)
    alternative = AlternativeScale(90.0, 0.4, "pelvis and thighs are shaded", other)
    model = IntensityModel(flat, MuscleKernel(0.05, 0.02, (), 0.1), alternatives=(alternative,))
    page = Page(write(replace(make_reading(), intensity_model=model, candidates=OPEN)))
    assert "If pelvis and thighs hold homogeneous oedema: over nine tenths" in page.text
    assert (
        "If pelvis and thighs are shaded: over nine tenths of the muscle the fitted field is 1.11 to 1.11" in page.text
    )
    assert "40 % that pelvis and thighs are shaded (level 90)" in page.text


def test_low_confidence_is_marked(write: Callable[..., str], make_reading: MakeReading) -> None:
    reading = make_reading(lambda _: 1)
    doubtful = reading.with_group(replace(reading.groups[8], confidence=0.2))  # deltoid, left
    row = Page(write(doubtful)).row("Deltoid")
    assert (row[5], row[10]) == ("0.90", "0.20†")


def test_a_readers_grade_stands_before_the_proposal(write: Callable[..., str], make_reading: MakeReading) -> None:
    reading = make_reading(lambda _: 1)
    changed = reading.with_group(replace(reading.groups[8], grade=2, source=GradeSource.READER))
    page = Page(write(replace(changed, reader="dr-a", status=Status.SIGNED)))
    assert page.row("Deltoid")[6] == "2 auto 1"
    assert "Reader dr-a, signed" in page.text
    assert UNREVIEWED not in page.text.lower()


def test_what_nobody_signed_is_said_to_be_automatic_on_every_printed_page(
    write: Callable[..., str],
    make_reading: MakeReading,
) -> None:
    reading = make_reading()
    html = write(reading)
    assert Page(html).text.lower().count(UNREVIEWED) >= 3  # head, notice, foot
    assert UNREVIEWED in printed_on_every_page(html).lower()
    signed = write(replace(reading, reader="dr-a", status=Status.SIGNED))
    assert UNREVIEWED not in printed_on_every_page(signed).lower()
    half_read = write(replace(reading, reader="dr-a", status=Status.IN_REVIEW))
    assert "Reader dr-a, in review" in printed_on_every_page(half_read)


def test_warnings_method_and_provenance_are_stated(write: Callable[..., str], make_reading: MakeReading) -> None:
    reading = replace(make_reading(), reference=Reference(101.5, 7.25, "a guess", False))
    text = Page(write(reading)).text
    for words in (
        "one group lies outside",
        "jdm42 1.0.0",
        "1.5 T",
        "4000 ms / 60 ms / 150 ms",
        "a guess",
        "not to be relied on",
        '"oedema_ratio": 1.3',
        reading.scheme.anchors[2],
    ):
        assert words in text


@pytest.mark.parametrize(
    "nasty",
    ['</title><script>alert("1")</script>', '"; } body { display: none } "', "</style><b>"],
)
def test_what_users_write_cannot_become_markup(
    write: Callable[..., str],
    make_reading: MakeReading,
    nasty: str,
) -> None:
    plain = make_reading()
    reading = replace(plain, warnings=(nasty,), reader=nasty, engine=nasty)
    reading = reading.with_group(replace(reading.groups[0], explanation=nasty))
    html = write(reading, participant=nasty, session=nasty)
    page, usual = Page(html), Page(write(plain))
    assert "script" not in page.tags
    assert set(page.tags) == set(usual.tags)
    assert page.text.count(nasty) >= 4
    style = html[html.index("<style>") : html.index("</style>")]
    assert nasty not in style
    assert style.count("{") == style.count("}")


def test_the_notice_and_the_case_are_printed_on_every_page(
    write: Callable[..., str],
    make_reading: MakeReading,
) -> None:
    html = write(make_reading(), participant="X7", session="month6")
    said = printed_on_every_page(html)
    assert NOTICE in said
    assert "sub-X7 ses-month6" in said


def test_the_report_of_a_whole_body_can_be_mailed(bench: Path, scheme: Scheme, make_reading: MakeReading) -> None:
    volume = read_image(bench / "pair" / "baseline" / "stir.nii.gz")
    data, grid = read_labels(bench / "pair" / "baseline" / "truth_labels.nii.gz")
    labels = LabelMap(np.where(data > 42, 0, data), grid.affine, scheme, "truth", {})
    assert len(case_report(volume, labels, make_reading(), participant="01", session="baseline")) < 3_000_000


def test_long_parameters_are_shortened(write: Callable[..., str], make_reading: MakeReading) -> None:
    step = Step("fit", {"values": [0.123456789] * 100, "sha256": "0123456789abcdef" * 4, "name": "demons"})
    text = Page(write(replace(make_reading(), provenance=(step,)))).text
    assert '"values": [0.1235, ' in text
    assert '"… 94 more"' in text
    assert '"sha256": "0123456789ab…"' in text
    assert '"name": "demons"' in text
