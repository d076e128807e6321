"""From readings on disk to tables, figures and a report, through the command."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from wbmri.analysis.agreement import Agreement, Measure, Ratings, agree, read_ratings
from wbmri.case import (
    SCHEMA_VERSION,
    CasePaths,
    ReadingPaths,
    decode,
    read_detectable_change,
    write_case,
    write_signed,
)
from wbmri.cli import main
from wbmri.core import NOTICE, InputError, LabelMap, Reading, ReviewRecord, Volume
from wbmri.core.scheme import Scheme
from wbmri.report.cohort import agreement_files

Study = Callable[..., Ratings]
# Names that must be escaped wherever they are shown.
READERS = ("<b>ab", "c&d$\\frac{")
FILES = {
    "agreement.html",
    "agreement.json",
    "agreement_bland-altman.pdf",
    "agreement_bland-altman.svg",
    "agreement_changes.tsv",
    "agreement_confusion.pdf",
    "agreement_confusion.svg",
    "agreement_grades.tsv",
    "agreement_groups.pdf",
    "agreement_groups.svg",
    "agreement_scores.tsv",
    "agreement_table.tsv",
    "sdc.json",
}


def write_table(path: Path, ratings: Ratings, scheme: Scheme) -> Path:
    lines = ["participant_id\tsession_id\treader\tgroup\tgrade"]
    for row, (participant, session) in enumerate(ratings.visits):
        for column, reader in enumerate(ratings.readers):
            for place, group in enumerate(scheme.groups):
                grade = ratings.grades[row, column, place]
                written = "n/a" if grade < 0 else str(grade)
                lines.append(f"sub-{participant}\tses-{session}\t{reader}\t{group.id}\t{written}")
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="module")
def table(study: Study, scheme: Scheme, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_table(tmp_path_factory.mktemp("study") / "scores.tsv", study(7, READERS, missing=0.02), scheme)


@pytest.fixture(scope="module")
def dataset(
    make_reading: Callable[..., Reading],
    small_volume: Volume,
    small_labels: LabelMap,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """Two people at two visits: graded by the program and by two readers; one addendum, one consensus."""
    out = tmp_path_factory.mktemp("dataset")
    for participant in ("01", "02"):
        for shift, session in enumerate(("baseline", "month6")):
            auto = make_reading(lambda label, shift=shift: (label + shift) % 3)
            write_case(out, participant, session, small_volume, small_labels, auto, "<html></html>", {})
            paths = CasePaths(out, participant, session)
            for reader, run, more in (("ab", 1, 0), ("ab", 2, 1), ("cd", 1, 1), ("consensus", 1, 0)):
                read = make_reading(lambda label, more=more: min(2, label % 3 + (more if label < 10 else 0)))
                seen = [group.id for group in read.scheme.groups[:10]] if reader == "cd" else []
                review = ReviewRecord("assisted", reader, run, tuple(seen))
                read = replace(read, reader=reader, review=review)
                write_signed(ReadingPaths(paths, reader, run), read, auto, small_labels, 60.0)
    return out


def test_a_dataset_gives_the_readings_of_everyone(dataset: Path) -> None:
    ratings = read_ratings([dataset])
    assert ratings.readers == ("auto", "ab", "cd")
    assert len(ratings.visits) == 4
    assert any("4 addendum" in note for note in ratings.notes)
    assert any("4 consensus reading" in note for note in ratings.notes)
    assert [note for note in ratings.notes if "had seen" in note] == [
        "cd had seen the automatic grade before giving 40 of 168 grades: they are not independent of the program, "
        "nor of others who had seen it.",
    ]
    found = agree(ratings, rounds=100)
    assert found.overall.readers == ("ab", "cd")
    assert found.overall.matrix is not None
    # Labels 1 to 9 differ by one where the first reader gave 0 or 1: six groups at each of four visits.
    assert found.overall.grades[0].exact.value == pytest.approx(1 - 6 / 42)


def test_readers_cases_and_files_can_be_chosen(dataset: Path) -> None:
    one = dataset / "sub-01" / "ses-baseline"
    assert read_ratings([one], readers=["auto", "consensus"]).readers == ("auto", "consensus")
    files = [*(one / "readings").glob("*_run-1_desc-cd_reading.json"), CasePaths.find(one).reading]
    assert read_ratings(files).readers == ("auto", "cd")
    addendum = one / "readings" / "sub-01_ses-baseline_run-2_desc-ab_reading.json"
    assert read_ratings([*files, addendum]).readers == ("auto", "cd")
    again = read_ratings([one, one], readers=["cd"])
    assert again.readers == ("cd", "cd (repeat 2)")
    assert agree(again, rounds=100).overall.grades[0].exact.value == 1.0


@pytest.fixture(scope="module")
def out(table: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the command wrote."""
    folder = tmp_path_factory.mktemp("agreement")
    assert main(["agreement", str(table), "--rounds", "100", "--out", str(folder)]) == 0
    return folder


def test_the_command_writes_every_file_the_same_again(table: Path, out: Path) -> None:
    again = agreement_files(agree(read_ratings([table]), rounds=100))
    assert set(again) == FILES
    assert again == {path.name: path.read_bytes() for path in out.iterdir()}


def test_page_and_figures_say_which_reader_is_the_program(study: Study) -> None:
    with_program = agreement_files(agree(study(6, ("auto", "ab")), rounds=20))
    people = agreement_files(agree(study(6, ("ab", "cd")), rounds=20))
    for name in ("agreement.html", "agreement_bland-altman.svg", "agreement_groups.svg", "agreement_confusion.svg"):
        assert b"Automatic, not reviewed: auto." in with_program[name]
        assert b"not reviewed" not in people[name]


def test_documents_are_read_back(table: Path, out: Path) -> None:
    found = decode(Agreement, (out / "agreement.json").read_bytes(), out)
    assert found == agree(read_ratings([table]), rounds=100)
    detectable = read_detectable_change(out / "sdc.json")
    assert detectable.sdc95 == found.overall.score(Measure.CHANGE).detectable95.value
    assert detectable.readers == READERS


def test_tables_hold_what_was_found(table: Path, out: Path) -> None:
    found = agree(read_ratings([table]), rounds=100)
    grades = [line.split("\t") for line in (out / "agreement_grades.tsv").read_text().splitlines()]
    assert len(grades) == 1 + 1 + 6 + 42
    row = dict(zip(grades[0], grades[1], strict=True))
    assert row["readers"] == ", ".join(READERS)
    assert float(row["kappa_quadratic"]) == pytest.approx(found.overall.grades[0].kappa_quadratic.value, abs=1e-4)
    assert float(row["kappa_quadratic_low"]) == pytest.approx(found.overall.grades[0].kappa_quadratic.low, abs=1e-4)
    scores = (out / "agreement_scores.tsv").read_text().splitlines()
    assert len(scores) == 1 + 2 * 7
    assert len({len(line.split("\t")) for line in scores}) == 1
    paper = (out / "agreement_table.tsv").read_text().splitlines()
    assert paper[0].split("\t")[5:7] == ["Weighted kappa, linear (95 % CI)", "Weighted kappa, quadratic (95 % CI)"]
    assert len((out / "agreement_changes.tsv").read_text().splitlines()) == 1 + 3


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("agreement_groups", "Deltoid"),
        ("agreement_confusion", "Grade by c&amp;d"),
        ("agreement_bland-altman", "+1.96 SD"),
    ],
)
def test_figures_keep_their_text(out: Path, name: str, words: str) -> None:
    assert words in (out / f"{name}.svg").read_text()
    assert (out / f"{name}.pdf").read_bytes().startswith(b"%PDF")


def test_the_report_is_whole_and_refers_to_nothing_outside(out: Path) -> None:
    page = (out / "agreement.html").read_text()
    assert NOTICE in page
    for words in ("Weighted kappa, linear", "Weighted kappa, quadratic", "Bruynesteyn 2005", "Shrout and Fleiss 1979"):
        assert words in page
    assert "seed 0" in page
    assert "<script" not in page
    assert "src=" not in page
    assert "<b>ab" not in page
    assert "&lt;b&gt;ab" in page


def test_the_screen_tells_the_main_figures(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["agreement", str(table), "--rounds", "100"]) == 0
    printed = capsys.readouterr().out
    assert "14 visits of 7 patients" in printed
    assert "Change: ses-baseline to ses-month6" in printed
    assert NOTICE in printed


def test_json_on_the_screen_is_the_document(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["agreement", str(table), "--rounds", "100", "--json", "--from", "baseline", "--to", "month6"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["schema_version"] == SCHEMA_VERSION
    assert printed["change"] == "ses-baseline to ses-month6"
    assert len(printed["overall"]["grades"]) == 49


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("participant_id\tgroup\tgrade\n", "without a column 'reader'"),
        ("participant_id\treader\tgroup\tgrade\nsub-1\tab\tnose_left\t1\n", "line 2, with the group 'nose_left'"),
        ("participant_id\treader\tlabel\tgrade\nsub-1\tab\t1\t3\n", "line 2, with the grade '3'"),
        ("participant_id\treader\tlabel\tgrade\nsub-1\tab\t1\t2\n", "at least one visit that two readers read"),
        ("participant_id\treader\tlabel\tgrade\n", "by nobody"),
        ("", "without a column 'participant_id'"),
    ],
)
def test_bad_tables_are_refused_in_one_line(
    tmp_path: Path,
    content: str,
    words: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "scores.tsv"
    path.write_text(content)
    assert main(["agreement", str(path)]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1


def test_a_table_may_use_labels_and_have_no_sessions(scheme: Scheme, tmp_path: Path) -> None:
    lines = ["participant_id\treader\tlabel\tgrade"]
    lines += [f"{who}\t{reader}\t{label}\t{label % 3}" for who in range(6) for reader in "ab" for label in range(1, 43)]
    path = tmp_path / "grades.tsv"
    path.write_text("\n".join(lines))
    ratings = read_ratings([path])
    assert [session for _, session in ratings.visits] == ["1"] * 6
    assert agree(ratings, rounds=100).overall.grades[0].kappa_linear.value == pytest.approx(1.0)


def test_what_holds_no_readings_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="without readings"):
        read_ratings([tmp_path])
    with pytest.raises(InputError, match="without readings"):
        read_ratings([tmp_path / "nothing"])
