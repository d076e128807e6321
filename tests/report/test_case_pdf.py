"""A case as PDF: what the page says, on paper, the same each time."""

import re
import zlib
from collections.abc import Callable
from dataclasses import replace

from wbmri.core import LabelMap, Reading, ReviewRecord, Status, Volume
from wbmri.report.case import case_pdf

MakeReading = Callable[..., Reading]


def fonts_and_pages(pdf: bytes) -> tuple[int, int]:
    """Return how many fonts a PDF embeds and how many pages it has."""
    return len(re.findall(rb"/FontFile2", pdf)), len(re.findall(rb"/Type /Page\b(?!s)", pdf))


def test_it_is_text_on_pages_and_equal_each_time(
    small_volume: Volume, small_labels: LabelMap, make_reading: MakeReading
) -> None:
    first, second = (
        case_pdf(small_volume, small_labels, make_reading(), participant="07", session="before") for _ in range(2)
    )
    assert first == second
    fonts, pages = fonts_and_pages(first)
    assert first.startswith(b"%PDF-")
    assert fonts
    assert pages >= 5
    assert b"sub-07 ses-before" in first  # its title


def test_the_grades_and_the_reader_change_what_it_shows(
    small_volume: Volume, small_labels: LabelMap, make_reading: MakeReading
) -> None:
    def drawn(reading: Reading) -> list[bytes]:
        pdf = case_pdf(small_volume, small_labels, reading, participant="07", session="before")
        streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
        return [zlib.decompress(one) for one in streams if one[:1] == b"x"]

    auto = make_reading()
    review = ReviewRecord("assisted", "anna", remarks={"case": "a restless child"})
    signed = replace(auto, reader="anna", status=Status.SIGNED, review=review)
    other = make_reading(lambda label: None if label == 5 else 0)
    assert drawn(auto) != drawn(signed)
    assert drawn(auto) != drawn(other)
