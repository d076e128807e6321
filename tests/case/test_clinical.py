"""Clinical measures from BIDS tables."""

from pathlib import Path

import pytest

from wbmri.case import ClinicalRow, natural_sort_key, read_clinical, read_units
from wbmri.core import InputError


def table(path: Path, *lines: str) -> Path:
    path.write_text("".join(line.replace(" | ", "\t") + "\n" for line in lines), "utf-8")
    return path


def test_a_persons_visits_with_times_treatments_and_gaps(tmp_path: Path) -> None:
    path = table(
        tmp_path / "sub-01_sessions.tsv",
        "session_id | acq_time | cmas | ck | treatment | mood",
        "ses-baseline | 2021-03-01T09:00:00 | 28 | 1850.5 | prednisone, methotrexate | low",
        "ses-month6 | 2021-08-30T21:00:00 | 47 | n/a | n/a | good",
    )
    first, second = read_clinical(path)
    assert first == ClinicalRow("01", "baseline", 0.0, {"cmas": 28.0, "ck": 1850.5}, "prednisone, methotrexate")
    assert second.months == pytest.approx(182.5 / 365.25 * 12)
    assert (second.measures, second.treatment) == ({"cmas": 47.0}, None)
    assert "2021" not in repr((first, second))


def test_times_count_from_each_persons_own_first_visit(tmp_path: Path) -> None:
    path = table(
        tmp_path / "visits.tsv",
        "participant_id | session_id | acq_time",
        "sub-a | ses-2 | 2020-02-01",
        "sub-a | ses-1 | 2020-01-01",
        "sub-b | ses-1 | 2021-01-01",
    )
    assert [row.months for row in read_clinical(path)] == [pytest.approx(31 / 30.4375), 0.0, 0.0]


def test_a_table_of_people_and_its_units(tmp_path: Path) -> None:
    path = table(
        tmp_path / "participants.tsv", "participant_id | mmt8 | mood", "sub-01 | 70 | low", "sub-02 | n/a | n/a"
    )
    (tmp_path / "participants.json").write_text('{"mmt8": {"Units": "points"}, "mood": {"Levels": {}}}')
    assert read_clinical(path) == (
        ClinicalRow("01", None, None, {"mmt8": 70.0}, None),
        ClinicalRow("02", None, None, {}, None),
    )
    assert read_units(path) == {"mmt8": "points"}


def test_who_a_person_is_is_no_clinical_measure(tmp_path: Path) -> None:
    path = table(
        tmp_path / "participants.tsv",
        "participant_id | age | Sex | group | handedness | cmas",
        "sub-01 | 9 | 1 | 2 | 1 | 30",
        "sub-02 | 89+ | 2 | control | 2 | 52",
    )
    assert [row.measures for row in read_clinical(path)] == [{"cmas": 30.0}, {"cmas": 52.0}]


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (("name | cmas", "x | 3"), "without a column participant_id"),
        (("participant_id | cmas", "sub-1 | 3", "sub-2 | high"), "'high' in the column cmas"),
        (("participant_id | cmas", "sub-1 | 3", "sub-1 | 4"), "sub-1 more than once"),
        (("participant_id | cmas", "sub-1"), "line 2"),
        (("participant_id | acq_time", "sub-1 | last May"), "'last May'"),
        (("participant_id | cmas", "J. Doe | 3"), "'J. Doe' for sub-"),
    ],
)
def test_tables_that_cannot_be_meant_are_refused(tmp_path: Path, lines: tuple[str, ...], words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_clinical(table(tmp_path / "table.tsv", *lines))


def test_a_large_table_is_read_and_a_visit_that_stands_twice_in_it_is_found(tmp_path: Path) -> None:
    lines = [f"sub-{number} | ses-1 | {number % 50}" for number in range(20_000)]
    path = table(tmp_path / "visits.tsv", "participant_id | session_id | cmas", *lines)
    assert len(read_clinical(path)) == 20_000
    table(path, "participant_id | session_id | cmas", *lines, lines[12_345])
    with pytest.raises(InputError, match="sub-12345, ses-1 more than once"):
        read_clinical(path)


@pytest.mark.parametrize(
    "content", [b"[" * 100_000, b'{"ck": {"Units": ' + b"1" * 5_000 + b"}}", b'{"ck": {"Units": "\xe9"}}']
)
def test_units_that_cannot_be_read_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "sessions.tsv"
    path.with_suffix(".json").write_bytes(content)
    with pytest.raises(InputError, match=r"sessions\.json"):
        read_units(path)


def test_numbers_in_labels_are_sorted_by_value_and_words_made_of_digits_are_words() -> None:
    labels = ["month12", "month6", "month" + "9" * 5000, "month\N{SUPERSCRIPT TWO}", "baseline"]
    assert sorted(labels, key=natural_sort_key)[:3] == ["baseline", "month6", "month12"]
