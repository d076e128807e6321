"""The report and the figure of two visits."""

import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from io import BytesIO

import pytest
from PIL import Image

from wbmri.comparison import compare
from wbmri.labelmap import LabelMap
from wbmri.reading import NOTICE, Reading
from wbmri.report import comparison_figure, comparison_report
from wbmri.volume import Volume

MakeReading = Callable[..., Reading]


def text_of(html: str) -> str:
    body = re.sub(r"<style>.*?</style>|<title.*?</title>", "", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body)))


@pytest.fixture
def write(small_volume: Volume, small_labels: LabelMap) -> Callable[..., str]:
    images = ((small_volume, small_labels), (small_volume, small_labels))

    def made(before: Reading, after: Reading, session: str = "month6", with_images: bool = True) -> str:
        return comparison_report(
            compare(before, after),
            participant="01",
            baseline_session="baseline",
            followup_session=session,
            images=images if with_images else None,
        )

    return made


def test_the_published_case(write: Callable[..., str], make_reading: MakeReading) -> None:
    html = write(make_reading(lambda label: 2 if label <= 6 else 1), make_reading(lambda label: int(label <= 19)))
    text = text_of(html)
    assert "48 /84 → 19 /84" in text
    assert "−29 (−60.4 % of baseline)" in text
    assert "42 → 19" in text
    assert "6 → 0" in text
    assert NOTICE in text
    assert html.count("<svg") == 6  # two body maps, two projections of each visit


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
    write: Callable[..., str], make_reading: MakeReading
) -> None:
    html = write(make_reading(), make_reading())
    assert html == write(make_reading(), make_reading())
    references = re.findall(r'(?:href|src)="([^"]{0,30})', html)
    assert references
    assert all(reference.startswith("data:image/png;base64,") for reference in references)
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids))


def test_without_images_there_are_none(write: Callable[..., str], make_reading: MakeReading) -> None:
    assert "data:image" not in write(make_reading(), make_reading(), with_images=False)


def test_sessions_are_escaped(write: Callable[..., str], make_reading: MakeReading) -> None:
    html = write(make_reading(), make_reading(), session="<script>x</script>")
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_the_figure_is_a_print_of_180_mm(
    make_reading: MakeReading, small_volume: Volume, small_labels: LabelMap
) -> None:
    images = ((small_volume, small_labels), (small_volume, small_labels))
    change = compare(make_reading(lambda _: 2), make_reading(lambda _: 1))
    made = comparison_figure(change, images, baseline_session="baseline", followup_session="month6")
    picture = Image.open(BytesIO(made))
    assert picture.format == "PNG"
    assert picture.info["dpi"] == pytest.approx((300, 300), abs=0.5)
    assert picture.width == pytest.approx(180 / 25.4 * 300, abs=1)
    assert set(picture.info) == {"dpi"}
    assert made == comparison_figure(change, images, baseline_session="baseline", followup_session="month6")


def test_both_scans_share_the_kind_of_window(write: Callable[..., str], make_reading: MakeReading) -> None:
    known, unknown = make_reading(), replace(make_reading(), reference=None)
    assert "White is 4 times the normal-muscle level" in write(known, known)
    assert "99.7th percentile" in write(known, unknown)
