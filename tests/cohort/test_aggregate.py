"""Many cases together: tables with their meaning, comparisons, what is unusual, and the marks of a person."""

import csv
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wbmri.case import SCHEMA_VERSION, TABLES_LOCK, CasePaths, dataset_lock, read_case, rebuild_tables, write_case
from wbmri.cohort import (
    UNUSUAL,
    Cause,
    Ending,
    Outcome,
    digest_of_reading,
    marked_cases,
    modified_z,
    read_marks,
    summarise,
    write_outcome,
)
from wbmri.core import CaseError, InputError, LabelMap, Reading, Volume

MakeReading = Callable[..., Reading]
Write = Callable[..., CasePaths]
TABLES = ("scores", "summary", "cohort", "changes", "transitions")


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.fixture
def write(tmp_path: Path, small_volume: Volume, small_labels: LabelMap, make_reading: MakeReading) -> Write:
    """Write a case below OUT from the grade of each label."""

    def write(person: str, visit: str, grade_of: Callable[[int], int | None], **changes: object) -> CasePaths:
        reading = replace(make_reading(grade_of), **changes)
        case = write_case(tmp_path / "OUT", person, visit, small_volume, small_labels, reading, "<p>report", {})
        return case.paths

    return write


@pytest.fixture
def out(write: Write, tmp_path: Path) -> Path:
    """Two people: one at three visits, one at one."""
    write("01", "baseline", lambda label: 2 if label <= 6 else 1)
    write("01", "month6", lambda label: int(label <= 19))
    write("01", "month12", lambda label: 0)
    write("02", "baseline", lambda label: label % 3)
    return tmp_path / "OUT"


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    folder = tmp_path / "bids"
    folder.mkdir()
    (folder / "participants.tsv").write_text(
        "participant_id\tage\tstatus\tBirthDate\tpatient_name\n"
        "sub-01\t7\tactive\t2015-06-07\tAnna Muster\nsub-03\t9\tn/a\tx\ty\n",
    )
    (folder / "participants.json").write_text(json.dumps({"age": {"Description": "Age in years"}}))
    return folder


def test_all_pairs_of_visits_are_compared_in_the_order_of_time(out: Path) -> None:
    made = summarise(out)
    changes = rows_of(out / "changes.tsv")
    assert [(row["baseline"], row["followup"], row["delta"]) for row in changes] == [
        ("ses-baseline", "ses-month6", "-29"),
        ("ses-baseline", "ses-month12", "-48"),
        ("ses-month6", "ses-month12", "-19"),
    ]
    first = changes[0]
    assert (first["total_before"], first["total_after"], first["involved_after"]) == ("48", "19", "19")
    assert (first["resolved"], first["better"], first["same"], first["delta_percent"]) == ("23", "6", "13", "-60.4")
    assert (made.cases, made.pairs, made.failed) == (4, 3, ())
    transitions = rows_of(out / "transitions.tsv")
    assert len(transitions) == 3 * 42
    assert {row["transition"] for row in transitions[:42]} == {"resolved", "better", "same"}


def test_the_dataset_may_state_another_order_of_visits(out: Path, dataset: Path) -> None:
    (dataset / "sub-01").mkdir()
    (dataset / "sub-01" / "sub-01_sessions.tsv").write_text(
        "session_id\tacq_time\nses-month12\t2020-01-01\nses-baseline\t2020-03-01\nses-month6\t2020-02-01\n",
    )
    summarise(out, dataset)
    assert [row["baseline"] for row in rows_of(out / "changes.tsv")] == ["ses-month12", "ses-month12", "ses-month6"]
    assert "2020" not in (out / "cohort.tsv").read_text()


def test_the_outcomes_of_the_cohort_are_described_with_the_numbers_that_the_dataset_has(
    out: Path,
    dataset: Path,
) -> None:
    (dataset / "participants.tsv").write_text(
        "participant_id\tage\tmrn\tmmt8\nsub-01\t7\t1234\t60\nsub-02\t9\t5678\t70\n"
    )
    (dataset / "sub-01").mkdir()
    sessions = dataset / "sub-01" / "sub-01_sessions.tsv"
    sessions.write_text("session_id\tcmas\nses-baseline\t20\nses-month6\t40\nses-month12\t48\n")
    assert summarise(out, dataset).unusable == ()
    (person,) = rows_of(out / "outcomes.tsv")
    assert [person[name] for name in ("first", "last", "before", "after", "response")] == [
        "ses-baseline", "ses-month12", "48", "0", "not judged",
    ]  # fmt: skip
    measures = {row["clinical_measure"]: row["units"] for row in rows_of(out / "outcomes_correlations.tsv")}
    assert measures == {"mmt8": "2", "cmas": "1"}, "once for each person; cmas of three visits, then its change"
    assert "1234" not in "".join(path.read_text() for path in out.glob("outcomes*.*s*"))
    for page in ("outcomes.html", "qc.html"):
        assert "Automatic, not reviewed: " in (out / page).read_text()
    assert {row["note"][:24] for row in rows_of(out / "changes.tsv")} == {"Automatic, not reviewed:"}
    assert "1 without the measure" in (out / "outcomes.html").read_text()

    sessions.write_text("session_id\tcmas\nses-baseline\tgood\nses-month6\t40\n")
    (said,) = summarise(out, dataset).unusable
    assert "sub-01_sessions.tsv with 'good' in the column cmas" in said
    assert {row["clinical_measure"] for row in rows_of(out / "outcomes_correlations.tsv")} == {"mmt8"}


def test_labels_choose_what_is_analysed_but_not_what_can_be_looked_through(
    out: Path,
    dataset: Path,
    here: Callable[..., object],
) -> None:
    CasePaths(out, "02", "baseline").reading.write_bytes(b"{}")
    chosen = ("--participant-label", "01", "--session-label", "ses-baseline", "month6")
    done = here(dataset, out, "group", *chosen)
    assert done.code == 0, "what is damaged is none of it"
    assert "2 cases, 1 comparisons" in done.out
    assert [(row["baseline"], row["followup"]) for row in rows_of(out / "changes.tsv")] == [
        ("ses-baseline", "ses-month6"),
    ]
    assert [row["session_id"] for row in rows_of(out / "cohort.tsv")] == ["ses-baseline", "ses-month6"]
    assert [row["last"] for row in rows_of(out / "outcomes.tsv")] == ["ses-month6"]
    assert len(rows_of(out / "summary.tsv")) == len(cards(out)) == 3
    mark(out, {"sub-01_ses-month6": "pass"})
    done = here(dataset, out, "group", "--marked", "pass")
    assert (done.code, [row["session_id"] for row in rows_of(out / "cohort.tsv")]) == (0, ["ses-month6"])
    assert here(dataset, out, "group").code == 1
    assert len(rows_of(out / "changes.tsv")) == 3


def test_a_label_of_nobody_and_a_dry_run_are_refused_by_the_group_level(
    out: Path,
    dataset: Path,
    here: Callable[..., object],
) -> None:
    for wrong, said in ((("--participant-label", "09"), "participant label 09"), (("--dry-run",), "--dry-run")):
        done = here(dataset, out, "group", *wrong)
        assert (done.code, said in done.err) == (2, True)
    assert not (out / "changes.tsv").exists()


def test_visits_of_different_protocols_are_not_compared_and_it_is_said_why(write: Write, out: Path) -> None:
    paths = write("01", "month6", lambda label: 0)
    acquisition = replace(read_case(paths.reading).reading.acquisition, field_strength_t=3.0)
    write("01", "month6", lambda label: 0, acquisition=acquisition)
    made = summarise(out)
    assert [name for name, _ in made.not_comparable] == [
        "sub-01 ses-baseline to ses-month6",
        "sub-01 ses-month6 to ses-month12",
    ]
    assert "1.5 T and 3 T" in rows_of(out / "changes.tsv")[0]["note"]
    assert made.pairs == 1


def test_what_is_known_of_people_is_joined_but_nothing_that_identifies_them(out: Path, dataset: Path) -> None:
    made = summarise(out, dataset)
    joined = rows_of(out / "cohort.tsv")
    assert [(row["participant_id"], row["age"], row["participant_status"]) for row in joined] == [
        ("sub-01", "7", "active"), ("sub-01", "7", "active"), ("sub-01", "7", "active"), ("sub-02", "n/a", "n/a"),
    ]  # fmt: skip
    assert made.left_out == ("BirthDate", "patient_name")
    assert not any("Anna Muster" in path.read_text(errors="replace") for path in out.rglob("*.*") if path.is_file())
    assert json.loads((out / "cohort.json").read_text())["age"]["Description"] == "Age in years"


def test_every_column_of_every_table_is_explained(out: Path, dataset: Path) -> None:
    summarise(out, dataset)
    for name in TABLES:
        rows = rows_of(out / f"{name}.tsv")
        said = json.loads((out / f"{name}.json").read_text())
        assert said.pop("schema_version") == SCHEMA_VERSION
        assert list(said) == list(rows[0])
        assert all(entry["Description"] for entry in said.values())


def test_scores_and_summary_are_those_that_scoring_one_visit_writes(out: Path) -> None:
    summarise(out)
    tables = [(out / f"{name}.tsv").read_bytes() for name in ("scores", "summary")]
    rebuild_tables(out)
    assert tables == [(out / f"{name}.tsv").read_bytes() for name in ("scores", "summary")]


def test_the_tables_wait_for_whoever_writes_them_and_lack_nothing_then(out: Path, write: Write) -> None:
    reading = Event()
    with dataset_lock(out, TABLES_LOCK):
        group = Thread(target=summarise, args=(out,), kwargs={"progress": lambda share, doing: reading.set()})
        group.start()
        assert not reading.wait(1.0)
        write("03", "baseline", lambda label: 1)
    group.join()
    assert [row["participant_id"] for row in rows_of(out / "summary.tsv")] == [*["sub-01"] * 3, "sub-02", "sub-03"]


@pytest.mark.parametrize("write_tables", [summarise, rebuild_tables])
def test_no_tables_are_written_where_the_cases_that_they_are_about_have_gone(
    out: Path, write_tables: Callable[[Path], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_out(*_: object) -> bytes:
        if out.exists():
            out.rename(out.with_name("elsewhere"))
        return b""

    monkeypatch.setattr(f"{write_tables.__module__}.encode_table", without_out)
    with pytest.raises(FileNotFoundError):
        write_tables(out)
    assert not list(out.rglob("*.tsv"))


def test_parquet_holds_the_same_with_types(out: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    summarise(out, parquet=True)
    for name in TABLES:
        rows = rows_of(out / f"{name}.tsv")
        table = parquet.read_table(out / f"{name}.parquet").to_pylist()
        assert len(table) == len(rows)
        for typed, row in zip(table, rows, strict=True):
            for key, value in typed.items():
                assert (
                    (row[key] == "n/a")
                    if value is None
                    else (float(row[key]) == value)
                    if isinstance(value, int | float) and not isinstance(value, bool)
                    else (row[key] in (value, str(value).lower()))
                )
    scores = parquet.read_table(out / "scores.parquet")
    assert {str(scores.schema.field(name).type) for name in ("grade", "volume_ml", "assessable")} == {
        "int64", "double", "bool",
    }  # fmt: skip


def test_a_visit_that_failed_is_named_and_its_old_case_is_no_result(out: Path) -> None:
    paths = CasePaths(out, "02", "baseline")
    write_outcome(
        paths,
        Outcome(
            "02",
            "baseline",
            Ending.FAILED,
            None,
            digest_of_reading(paths),
            cause=Cause.INPUT,
            reason="cut short; expected more",
        ),
    )
    write_outcome(
        CasePaths(out, "03", "baseline"),
        Outcome("03", "baseline", Ending.FAILED, None, cause=Cause.TIME, reason="more than <3600> s"),
    )
    CasePaths(out, "01", "month12").reading.write_bytes(b"{}")
    paths = CasePaths(out, "01", "month6")
    write_outcome(
        paths,
        Outcome("01", "month6", Ending.BEGUN, None, digest_of_reading(paths), reason="begun and not ended"),
    )
    made = summarise(out)
    assert [name for name, _ in made.failed] == [
        "sub-01_ses-month12", "sub-01_ses-month6", "sub-02_ses-baseline", "sub-03_ses-baseline",
    ]  # fmt: skip
    assert {row["participant_id"] for row in rows_of(out / "summary.tsv")} == {"sub-01"}
    page = (out / "qc.html").read_text()
    assert "cut short; expected more" in page
    assert "more than &lt;3600&gt; s" in page


def test_the_same_cases_give_the_same_bytes(
    out: Path,
    dataset: Path,
    digests: Callable[[Path], dict[str, str]],
) -> None:
    summarise(out, dataset)
    first = digests(out)
    summarise(out, dataset)
    assert digests(out) == first


def cards(out: Path) -> list[tuple[str, str]]:
    """Name and mark of the cases on the page, in its order."""
    page = (out / "qc.html").read_text()
    found = re.findall(r'<article .*?data-participant="(.*?)" data-session="(.*?)".*?data-mark="(.*?)"', page)
    return [(f"{person}_{visit}", mark) for person, visit, mark in found]


def mark(out: Path, marks: Mapping[str, str], reading: str | None = None) -> None:
    """Save marks as the page does."""
    page = (out / "qc.html").read_text()
    digest = {f"{a}_{b}": c for a, b, c in re.findall(
        r'data-participant="(.*?)" data-session="(.*?)" data-reading="(.*?)"', page)}  # fmt: skip
    lines = ["participant_id\tsession_id\tmark\treading\treader\tnote"]
    for name, what in digest.items():
        person, visit = name.split("_")
        lines.append(f'{person}\t{visit}\t{marks.get(name, "n/a")}\t{reading or what}\tAB\ta "note"')
    (out / "qc.tsv").write_text("\n".join(lines) + "\n")


def test_a_mark_is_honoured_by_the_next_run(out: Path) -> None:
    summarise(out)
    mark(out, {"sub-01_ses-month6": "fail", "sub-01_ses-baseline": "pass"})
    made = summarise(out)
    assert made.excluded == ("sub-01_ses-month6",)
    assert [(row["baseline"], row["followup"]) for row in rows_of(out / "changes.tsv")] == [
        ("ses-baseline", "ses-month12"),
    ]
    assert {row["session_id"]: row["qc"] for row in rows_of(out / "cohort.tsv")[:3]} == {
        "ses-baseline": "pass", "ses-month12": "n/a", "ses-month6": "fail",
    }  # fmt: skip
    assert dict(cards(out))["sub-01_ses-month6"] == "fail"
    assert len(rows_of(out / "summary.tsv")) == 4
    assert marked_cases(out, "fail") == ("sub-01_ses-month6",)
    assert 'value="a &#34;note&#34;"' in (out / "qc.html").read_text()


def test_a_mark_ends_with_the_reading_it_was_set_for(out: Path, write: Write) -> None:
    summarise(out)
    mark(out, {"sub-01_ses-month6": "fail"})
    write("01", "month6", lambda label: 2)
    made = summarise(out)
    assert made.excluded == marked_cases(out, "fail") == ()
    assert made.pairs == 3
    assert dict(cards(out))["sub-01_ses-month6"] == ""
    assert "Marked fail for an earlier reading" in (out / "qc.html").read_text()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("participant_id\tmark\n", "session_id"),
        ("participant_id\tsession_id\tmark\nsub-1\tses-1\tmaybe\n", "line 2 .*maybe"),
        ("participant_id\tsession_id\tmark\nsub-1\tses-1\tpass\nsub-1\tses-1\tfail\n", "two marks"),
    ],
)
def test_marks_that_cannot_be_used_are_refused(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "qc.tsv").write_text(content)
    with pytest.raises(InputError, match=said):
        read_marks(tmp_path)


def test_outliers_come_first_with_what_is_unusual(write: Write, tmp_path: Path, make_reading: MakeReading) -> None:
    for number in range(9):
        write(f"{number:02d}", "1", lambda label, number=number: (label + number) % 2)
    reading = make_reading(lambda label: label % 2)
    doubtful = tuple(
        replace(entry, confidence=0.2, flags=("too large",), evidence=replace(entry.evidence, volume_ml=500.0))
        if entry.label == 9 else replace(entry, confidence=0.3)
        for entry in reading.groups
    )  # fmt: skip
    write("05", "1", lambda label: label % 2, groups=doubtful)
    summarise(tmp_path / "OUT")
    assert cards(tmp_path / "OUT")[0] == ("sub-05_ses-1", "")
    page = (tmp_path / "OUT" / "qc.html").read_text()
    assert "volume of Deltoid, left high" in page
    assert "mean confidence low" in page
    scores = {row["participant_id"]: float(row["outlier"]) for row in rows_of(tmp_path / "OUT" / "cohort.tsv")}
    assert [name for name, score in scores.items() if score > UNUSUAL] == ["sub-05"]


@given(st.lists(st.floats(-1e3, 1e3).map(lambda value: round(value, 3)), min_size=3, max_size=30))
def test_modified_z_scores_do_not_depend_on_place_or_unit(values: list[float]) -> None:
    column = np.array(values)[:, None]
    scores = modified_z(column)
    np.testing.assert_allclose(modified_z(3.0 * column + 7.0), scores, rtol=1e-6, atol=1e-6)
    assert np.median(scores) == pytest.approx(0.0, abs=1e-9)
    missing = np.vstack([column, [[np.nan]]])
    assert modified_z(missing)[-1] == 0.0


def test_modified_z_scores_are_those_of_a_worked_example() -> None:
    # Median 3, absolute deviations 2 1 0 1 17: MAD 1.
    scores = modified_z(np.array([[1.0], [2.0], [3.0], [4.0], [20.0]]))
    np.testing.assert_allclose(scores[:, 0], 0.6745 * np.array([-2.0, -1.0, 0.0, 1.0, 17.0]))


def test_an_out_without_cases_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="without cases"):
        summarise(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_reports_of_all_comparisons_on_request(write: Write, tmp_path: Path) -> None:
    write("01", "1", lambda label: 1)
    write("01", "2", lambda label: 0)
    summarise(tmp_path / "OUT", reports=True)
    assert (tmp_path / "OUT" / "sub-01" / "sub-01_from-1_to-2_change.html").is_file()
