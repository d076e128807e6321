"""The whole way as a user goes it: scans in, cases, tables and comparisons out."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from wbmri.analysis.comparison import ChangeDocument
from wbmri.case import (
    SCHEMA_VERSION,
    CasePaths,
    DetectableChange,
    ReadingDocument,
    decode,
    encode,
    read_case,
    write_case,
)
from wbmri.core import NOTICE, CaseError

Command = Callable[..., SimpleNamespace]


def rows_of(path: Path) -> list[dict[str, str]]:
    header, *lines = [line.split("\t") for line in path.read_text("utf-8").splitlines()]
    return [dict(zip(header, line, strict=True)) for line in lines]


def signed_by(reader: str, case_folder: Path) -> None:
    """Turn an automatic reading into a person's."""
    case = read_case(case_folder)
    document = ReadingDocument(case.participant, case.session, replace(case.reading, reader=reader), case.software)
    case.paths.reading.write_bytes(encode(document))


def test_both_visits_of_the_toy_get_the_grades_they_were_made_with(scored: SimpleNamespace) -> None:
    summary = rows_of(scored.out / "summary.tsv")
    assert [(row["session_id"], row["total"], row["involved"], row["grade2"]) for row in summary] == [
        ("ses-baseline", "48", "42", "6"),
        ("ses-month6", "19", "19", "0"),
    ]
    grades = {row["label"]: row["grade"] for row in rows_of(scored.out / "scores.tsv")[:42]}
    assert grades == {str(label): "2" if label % 7 == 0 else "1" for label in range(1, 43)}


def test_a_case_holds_every_file_and_its_reading_says_how_it_was_made(scored: SimpleNamespace) -> None:
    case = read_case(scored.out / "sub-toy" / "ses-baseline")
    names = [name for name in CasePaths.__dict__ if isinstance(getattr(CasePaths, name), property)]
    # These come with a reader or a cohort.
    later = {"readings", "lock", "outcome"}
    missing = [name for name in names if name not in {"name", *later} and not getattr(case.paths, name).exists()]
    assert missing == []
    steps = [step.name for step in case.reading.provenance]
    assert steps[0] == "load"
    assert "grade" in steps[-1]
    assert set(case.history()[0].seconds) == {"load", "segment", "grade", "report"}
    assert {"wbmri", "numpy", "SimpleITK", "onnxruntime"} <= set(case.software)
    assert case.paths.report.read_text("utf-8").lstrip().lower().startswith("<!doctype html>")


def test_grading_the_images_of_a_case_again_gives_its_reading(scored: SimpleNamespace) -> None:
    from wbmri import grade

    case = read_case(scored.out / "sub-toy" / "ses-month6")
    again = grade(case.volume(), case.labels())
    assert [entry.grade for entry in again.groups] == [entry.grade for entry in case.reading.groups]
    assert again.provenance == case.reading.provenance


def test_what_is_printed_ends_with_the_report_and_the_notice(scored: SimpleNamespace) -> None:
    printed = scored.baseline.out.splitlines()
    assert (scored.baseline.code, scored.baseline.errors) == (0, [])
    assert "sub-toy ses-baseline: 48/84, 42/42 groups involved, 6 with grade 2; automatic, not reviewed" in printed
    report = scored.out / "sub-toy" / "ses-baseline" / "sub-toy_ses-baseline_report.html"
    assert printed[-2:] == [f"Report: {report}", NOTICE]


def test_json_is_alone_on_stdout(scored: SimpleNamespace) -> None:
    told = json.loads(scored.followup.out)
    assert (told["participant"], told["session"], told["notice"]) == ("toy", "month6", NOTICE)
    assert (told["score"]["total"], told["score"]["sides"]["left"]["total"]) == (19, 19)
    assert told["grades"]["neck_flexors_left"] == 1
    assert Path(told["files"]["report"]).is_file()


def test_without_names_a_visit_is_that_of_a_new_participant(out: Path, wbmri: Command, toy: SimpleNamespace) -> None:
    (out / "sub-01").mkdir()
    told = json.loads(wbmri("score", toy.followup, "--labels", toy.labels, "--out", out, "--json").out)
    assert (told["participant"], told["session"]) == ("02", "01")


def test_scoring_again_gives_the_same_bytes_and_adds_to_the_history(
    out: Path,
    scored: SimpleNamespace,
    wbmri: Command,
    toy: SimpleNamespace,
) -> None:
    again = ("score", toy.baseline, "--labels", toy.labels, "--out", out, "--sub", "toy", "--ses", "baseline")
    assert wbmri(*again).code == 0
    for before in (path for path in scored.out.rglob("*") if path.is_file()):
        after = out / before.relative_to(scored.out)
        if before == CasePaths(scored.out, "toy", "baseline").manifest:
            continue  # it names the history
        if before == CasePaths(scored.out, "toy", "baseline").history:
            assert after.read_bytes().startswith(before.read_bytes())
            assert len(after.read_text().splitlines()) == 2
        else:
            assert after.read_bytes() == before.read_bytes(), before.name


def test_a_persons_reading_is_kept_and_nothing_else_changes_either(
    out: Path,
    wbmri: Command,
    toy: SimpleNamespace,
    digests: Callable[[Path], dict[str, str]],
) -> None:
    signed_by("R1", out / "sub-toy" / "ses-baseline")
    before = digests(out)
    done = wbmri("score", toy.baseline, "--labels", toy.labels, "--out", out, "--sub", "toy", "--ses", "baseline")
    assert (done.code, done.out) == (2, "")
    assert "'R1'" in done.err
    assert digests(out) == before


def test_a_damaged_case_of_out_is_named_and_the_new_one_written(
    out: Path,
    wbmri: Command,
    toy: SimpleNamespace,
) -> None:
    CasePaths(out, "toy", "month6").reading.write_text("{}")
    done = wbmri("score", toy.baseline, "--labels", toy.labels, "--out", out, "--sub", "toy")
    assert done.code == 1
    assert "sub-toy_ses-month6" in done.err
    assert [row["session_id"] for row in rows_of(out / "summary.tsv")] == ["ses-01", "ses-baseline"]


def test_two_cases_are_compared(compared: SimpleNamespace) -> None:
    assert compared.run.code == 0
    assert "48 -> 19, -29 points (-60.4 %)" in compared.run.out
    assert compared.run.out.rstrip().endswith(NOTICE)
    stem = compared.folder / "sub-toy_from-baseline_to-month6_change"
    rows = rows_of(stem.with_suffix(".tsv"))
    assert " ".join(rows[0]) == "label group side region baseline followup delta transition"
    assert sum(int(row["delta"]) for row in rows) == -29
    assert rows[6] == {
        "label": "7", "group": "trapezius_left", "side": "left", "region": "shoulder", "baseline": "2",
        "followup": "1", "delta": "-1", "transition": "better",
    }  # fmt: skip
    assert stem.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
    assert NOTICE in stem.with_suffix(".html").read_text("utf-8")


def test_the_comparison_file_is_read_back_through_its_model(compared: SimpleNamespace) -> None:
    path = compared.folder / "sub-toy_from-baseline_to-month6_change.json"
    document = decode(ChangeDocument, path.read_bytes(), path)
    assert (document.before.total, document.after.total, document.delta) == (48, 19, -29)
    assert (document.schema_version, document.notice, len(document.groups)) == (SCHEMA_VERSION, NOTICE, 42)
    with pytest.raises(CaseError, match="change"):
        decode(ChangeDocument, path.read_bytes().replace(b'"resolved"', b'"vanished"'), path)


def test_three_visits_as_json_with_clinical_measures_and_a_detectable_change(out: Path, wbmri: Command) -> None:
    person = out / "sub-toy"
    first = read_case(person / "ses-baseline")
    between = write_case(out, "toy", "month3", first.volume(), first.labels(), first.reading, "", {})
    clinical, detectable = person / "sub-toy_sessions.tsv", out / "sdc.json"
    clinical.write_text(
        "session_id\tmonths\tcmas\ttreatment\n"
        "ses-baseline\t0\t28\tprednisone\nses-month3\t3\tn/a\tn/a\nses-month6\t6\t47\tbaricitinib\n",
    )
    detectable.write_bytes(encode(DetectableChange("jdm42 1.0.0", 84, 7.2, 4.7, "SDC", 20, ("ab", "cd"))))
    visits = (first.paths.folder, between.paths.folder, person / "ses-month6")
    more = ("--clinical", clinical, "--detectable", detectable)
    told = json.loads(wbmri("compare", *visits, "--out", out, *more, "--json").out)
    assert [told["cases"][visit]["score"]["total"] for visit in ("baseline", "followup")] == [48, 19]
    change = told["change"]
    assert (change["delta"], change["beyond_detectable"], change["response"]) == (-29, True, "response")
    assert change["interval"] == {"months": 6.0, "source": "clinical table"}
    assert change["unreviewed"] == ["ses-baseline", "ses-month6"]
    assert {sign["tissue"] for sign in change["soft_tissue"]["signs"]} == {"fascia", "subcutis"}
    assert [(point["sums"]["total"], point["months"]) for point in change["course"]] == [(48, 0), (48, 3), (19, 6)]
    assert [point["measures"] for point in change["course"]] == [{"cmas": 28}, {}, {"cmas": 47}]
    figures = person / "figures"
    for name in ("visits", "slices", "axial", "maps", "dumbbell", "course"):
        for ending in ("png", "svg", "pdf"):
            assert (figures / f"sub-toy_from-baseline_to-month6_change-{name}.{ending}").stat().st_size > 1000


@pytest.mark.usefixtures("few_drawings")
def test_what_is_printed_says_what_nobody_reviewed_and_judges_no_response_unasked(out: Path, wbmri: Command) -> None:
    person = out / "sub-toy"
    visits = (person / "ses-baseline", person / "ses-month6", "--out", out)
    printed = wbmri("compare", *visits).out
    assert "Automatic, not reviewed: ses-baseline, ses-month6." in printed
    assert "Interval: interval not known" not in printed
    assert "interval not known" in printed.lower()
    assert "Fascia, proximal" in printed
    assert "Calcinosis: not looked at -> not looked at" in printed
    assert "Response: Not judged" in printed
    asked = wbmri("compare", *visits, "--response-fall", "50", "--interval", "6").out
    assert "Rule: the total falls by at least 50 %" in asked
    assert "6.0 months apart (as stated)" in asked
    assert "automatic, not reviewed" in wbmri("review", out, "--list").out


def test_other_protocols_are_refused_with_the_way_out(out: Path, wbmri: Command) -> None:
    first = read_case(out / "sub-toy" / "ses-baseline")
    readings = [
        replace(first.reading, acquisition=replace(first.reading.acquisition, echo_time_ms=echo))
        for echo in (60.0, 90.0)
    ]
    cases = [
        write_case(out, "echo", f"te{k}", first.volume(), first.labels(), reading, "", {})
        for k, reading in enumerate(readings)
    ]
    done = wbmri("compare", *(case.paths.folder for case in cases), "--out", out)
    assert (done.code, done.out) == (2, "")
    assert "echo time 60 ms and 90 ms" in done.err
    assert "--across-protocols" in done.err


def test_cases_of_two_people_or_of_one_visit_are_not_compared(
    out: Path,
    wbmri: Command,
    digests: Callable[[Path], dict[str, str]],
) -> None:
    first = read_case(out / "sub-toy" / "ses-baseline")
    other = write_case(out, "two", "01", first.volume(), first.labels(), first.reading, "", {})
    before = digests(out)
    for second in (other, first):
        done = wbmri("compare", first.paths.folder, second.paths.folder, "--out", out)
        assert (done.code, done.out) == (2, "")
        assert "visits of one participant" in done.err
    assert digests(out) == before


def test_a_sites_own_scheme_grades_by_its_own_anchors(tmp_path: Path, wbmri: Command, toy: SimpleNamespace) -> None:
    from importlib.resources import files

    text = (files("wbmri.core.scheme") / "builtin" / "jdm42.toml").read_text("utf-8")
    path = tmp_path / "site.toml"
    path.write_text(
        text.replace('name = "jdm42"', 'name = "site_a"').replace(
            "extensive_fraction = 0.5 ",
            "extensive_fraction = 0.1 ",
        ),
    )
    done = wbmri("score", toy.followup, "--labels", toy.labels, "--scheme", path, "--out", tmp_path / "OUT", "--json")
    told = json.loads(done.out)
    assert told["scheme"] == "site_a 1.0.0"
    assert (told["score"]["total"], told["score"]["whole"]["grade2"]) == (38, 19)


def test_the_python_verbs_give_what_the_command_line_gives(scored: SimpleNamespace, toy: SimpleNamespace) -> None:
    import wbmri

    volume = wbmri.load(toy.baseline)
    labels = wbmri.segment(volume, engine="labels", labels=toy.labels)
    reading = wbmri.grade(volume, labels)
    case = read_case(scored.out / "sub-toy" / "ses-baseline")
    assert reading == case.reading
    change = wbmri.compare(reading, read_case(scored.out / "sub-toy" / "ses-month6").reading)
    assert change.delta == -29


def test_what_compare_wrote_is_exported_for_an_archive(
    compared: SimpleNamespace, tmp_path: Path, wbmri: Command
) -> None:
    from wbmri.export.dicom import read_comparison

    done = wbmri("export", compared.folder, "--out", tmp_path)
    assert (done.code, done.out.splitlines()[-1]) == (0, "Automatic, not reviewed: ses-baseline, ses-month6.")
    assert read_comparison(tmp_path / "sub-toy_from-baseline_to-month6_change_sr.dcm").delta == -29
    pages = (compared.folder / "sub-toy_from-baseline_to-month6_change.pdf").read_bytes()
    assert pages in (tmp_path / "sub-toy_from-baseline_to-month6_change_pdf.dcm").read_bytes()
