"""A cohort is scored whole: the good visits done, each bad one named, and nothing is done twice or lost."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace

import psutil
import pytest

from wbmri.analysis.calibration import ControlCalibration
from wbmri.case import CaseLock, CasePaths, encode, locked_case, read_case, write_case_files
from wbmri.case.storage import with_entry
from wbmri.cohort import (
    Crew,
    Limits,
    State,
    Visit,
    VisitProgress,
    attempt,
    find_visits,
    glance,
    job_maker,
    plan_crew,
    preview,
    read_outcome,
    run,
    seconds_per_visit,
)
from wbmri.core.scheme import load_scheme
from wbmri.pipeline import ScoringOptions, score
from wbmri.segmentation import make_engine

Cohort = Callable[..., SimpleNamespace]
Digests = Callable[[Path], dict[str, str]]

CREW = Crew(1, 1, Limits(300.0, 4000.0), "a test")


@dataclass(frozen=True)
class Scored:
    """A made cohort and what became of it."""

    made: SimpleNamespace
    out: Path
    options: tuple[str, ...]
    done: SimpleNamespace
    loaded: list[str]


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory, maker: ModuleType, cohort: Cohort) -> Scored:
    """Twelve visits, nine of them broken, as the command line scores them; not to be changed."""
    folder = tmp_path_factory.mktemp("scored")
    made = maker.make_cohort(folder / "bids", 12, 9)
    options = ("--engine", "blocks", "--scheme", str(made.scheme), "--workers", "1")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BLOCKS_LOADED", str(folder / "loaded"))
        done = cohort(made.root, folder / "OUT", "participant", *options, bound=True)
    return Scored(made, folder / "OUT", options, done, (folder / "loaded").read_text().splitlines())


@pytest.fixture
def again(scored: Scored, tmp_path: Path) -> Scored:
    """A copy of it that a test may change, with the input where it was."""
    out = Path(shutil.copytree(scored.out, tmp_path / "OUT"))
    return Scored(scored.made, out, scored.options, scored.done, [])


def test_all_good_visits_are_done_and_each_bad_one_is_named_with_its_reason(scored: Scored) -> None:
    assert scored.done.code == 1
    assert {name for name, state in scored.done.states.items() if state == "done"} == set(scored.made.good)
    for name, said in scored.made.bad.items():
        result = scored.done.results[name]
        assert (result["state"], said in result["reason"]) == ("failed", True), result
    assert scored.done.end == {
        "event": "end", "done": 3, "failed": 9, "skipped": 0, "kept": 0, "left": 0, "stopped": False,
    }  # fmt: skip
    assert scored.done.err.startswith("wbmri: 9 of 12 visits failed")


def test_the_engine_is_loaded_once_in_a_worker(scored: Scored) -> None:
    # The run itself loads it, too, to check that there is such an engine and to ask what its results rest on.
    *by_the_run, worker = scored.loaded
    assert len(set(by_the_run)) == 1
    assert worker not in by_the_run


def test_a_worker_loads_only_what_scoring_takes() -> None:
    code = "import sys, wbmri.cohort.worker, wbmri.pipeline.visit_score; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    loaded = set(done.stdout.split())
    assert not loaded & {
        "wbmri.analysis.agreement",
        "wbmri.analysis.clinical",
        "wbmri.review",
        "wbmri.pipeline.visit_change",
    }
    assert "wbmri.grading" in loaded


def test_every_outcome_stands_beside_its_case_and_names_no_one(scored: Scored) -> None:
    for name in (*scored.made.good, *scored.made.bad):
        paths = CasePaths(scored.out, *(part.partition("-")[2] for part in name.split("_")))
        outcome = read_outcome(paths)
        assert outcome is not None
        assert outcome.ending == ("done" if name in scored.made.good else "failed")
        assert paths.reading.exists() == (name in scored.made.good)
        text = paths.outcome.read_text()
        assert "SECRET" not in text
        assert str(scored.made.root) not in text


def test_what_is_done_is_passed_over_and_what_failed_is_still_said(again: Scored, cohort: Cohort) -> None:
    before = {path: path.stat().st_mtime_ns for path in again.out.rglob("*") if path.is_file()}
    done = cohort(again.made.root, again.out, "participant", *again.options, bound=True)
    assert done.code == 1
    assert set(done.states.values()) == {"skipped", "failed"}
    assert {name: result["reason"] for name, result in done.results.items()} == {
        name: result["reason"] for name, result in again.done.results.items()
    }
    after = {path: path.stat().st_mtime_ns for path in again.out.rglob("*") if path.is_file()}
    assert {path: at for path, at in after.items() if ".wbmri" not in path.parts} == {
        path: at for path, at in before.items() if ".wbmri" not in path.parts
    }


def test_a_dry_run_tells_what_would_be_done_and_writes_nothing(
    again: Scored,
    here: Cohort,
    digests: Digests,
    tmp_path: Path,
) -> None:
    before = digests(again.out)
    done = here(again.made.root, again.out, "participant", *again.options, "--dry-run")
    assert done.code == 0
    assert all(name in done.out for name in (*again.made.good, *again.made.bad))
    # A file that could not be opened is tried again each time: its permissions leave no trace in its content.
    assert "1 to score, 3 done, 8 cannot be scored or failed before" in done.out
    assert "left out: " in done.out
    assert digests(again.out) == before
    fresh = here(again.made.root, tmp_path / "new", "participant", *again.options, "--dry-run")
    assert "no case of this engine was timed" in fresh.out
    assert not (tmp_path / "new").exists()


@dataclass(frozen=True)
class Small:
    """One good visit that is done, and further runs of it."""

    image: Path
    out: Path
    scheme: Path
    score: Callable[..., list[str]]
    plan: Callable[..., tuple[str, str]]

    @property
    def paths(self) -> CasePaths:
        return CasePaths(self.out, "1", "1")


@pytest.fixture
def small(tmp_path: Path, maker: ModuleType) -> Small:
    image = maker.write_visit(maker.Place(tmp_path / "bids", "sub-1", "ses-1"), 1)
    scheme = tmp_path / "legs.toml"
    scheme.write_text(maker.SCHEME)

    def score(**options: object) -> list[str]:
        how = ScoringOptions.of(engine="blocks", scheme=scheme)
        found = find_visits(tmp_path / "bids")
        options = {"crew": CREW, **options}
        return [str(result.state) for result in run(found, tmp_path / "OUT", how, **options)]

    def plan(**options: object) -> tuple[str, str]:
        (one,) = preview(
            find_visits(tmp_path / "bids"),
            tmp_path / "OUT",
            ScoringOptions.of(engine="blocks", scheme=scheme),
            **options,
        )
        return one.action, str(one.why)

    (visit,) = find_visits(tmp_path / "bids")
    job = job_maker(tmp_path / "OUT", ScoringOptions.of(engine="blocks", scheme=scheme))(visit)
    assert attempt(job, make_engine).state is State.DONE
    return Small(image, tmp_path / "OUT", scheme, score, plan)


def test_a_case_is_scored_again_if_what_it_rests_on_changed(small: Small, maker: ModuleType) -> None:
    assert small.plan() == ("skip", "done")
    os.utime(small.image)
    assert small.plan() == ("score", "the input changed")
    assert small.score() == ["skipped"], "touched, but the same"
    assert small.plan() == ("skip", "done")
    assert small.plan(force=True) == ("score", "done, asked for again")
    maker.write_visit(maker.Place(small.image.parents[3], "sub-1", "ses-1"), 2)
    before = read_case(small.paths.folder).reading
    assert small.score() == ["done"]
    assert read_case(small.paths.folder).reading != before

    labels = small.paths.labels.read_bytes()
    small.paths.labels.unlink()
    assert small.plan() == ("score", "the case is not as it was written")
    small.paths.labels.write_bytes(labels)
    scheme = small.scheme.read_text()
    small.scheme.write_text(scheme.replace("oedema_ratio = 1.15", "oedema_ratio = 1.3"))
    assert small.plan() == ("score", "other settings")
    small.scheme.write_text(scheme)
    outcome = json.loads(small.paths.outcome.read_bytes())
    outcome["basis"]["decided"]["versions"]["wbmri"] = "0.0.1"
    small.paths.outcome.write_text(json.dumps(outcome))
    assert small.plan() == ("score", "another version")


def test_the_time_a_visit_takes_is_the_programs_not_the_readers(small: Small) -> None:
    took = seconds_per_visit(small.out, "blocks")
    assert took is not None
    write_case_files(small.paths, [with_entry(small.paths, "signed", "ab", {"reading": 1800.0}, {})])
    assert seconds_per_visit(small.out, "blocks") == took


def test_a_case_that_a_person_has_open_is_left_to_them(small: Small) -> None:
    small.image.write_bytes(small.image.read_bytes()[:9000])
    lock, _ = CaseLock.take(small.paths.lock, "anna")
    assert lock is not None
    try:
        before = small.paths.outcome.read_bytes()
        assert small.score() == ["kept"]
        assert small.paths.outcome.read_bytes() == before
    finally:
        lock.release()
    assert small.score() == ["failed"]


def test_a_visit_that_cannot_be_scored_has_failed_even_while_another_run_says_so(small: Small) -> None:
    visit = Visit("1", "1", (), problem="no STIR image")
    job = job_maker(small.out, ScoringOptions.of(engine="blocks", scheme=small.scheme))(visit)
    with locked_case(small.paths):
        result = glance(job)
    assert result is not None
    assert (result.state, result.reason) == ("failed", "no STIR image")


def test_every_option_of_scoring_one_visit_is_there_for_many(
    small: Small,
    maker: ModuleType,
    here: Cohort,
    tmp_path: Path,
) -> None:
    root = small.image.parents[3]
    maker.write_visit(maker.Place(root, "sub-1", "ses-1"), 1, ContrastBolusIngredient="GADOLINIUM")
    plain = ("--engine", "blocks", "--scheme", small.scheme, "--workers", "1")
    refused = here(root, small.out, "participant", *plain)
    assert refused.code == 1
    assert "contrast" in read_outcome(small.paths).reason
    controls = tmp_path / "controls.json"
    controls.write_bytes(encode(ControlCalibration(())))
    whole = (*plain, "--post-contrast", "--controls", controls, "--series", "S1")
    done = here(root, small.out, "participant", *whole)
    assert done.code == 0, done.err
    assert any("contrast" in warning for warning in read_case(small.paths.reading).reading.warnings)
    assert "1 skipped" in here(root, small.out, "participant", *whole).out
    for left_out in ("--post-contrast", "--controls", "--series"):
        place = whole.index(left_out)
        fewer = whole[:place] + whole[place + 1 + (left_out != "--post-contrast") :]
        assert "other settings" in here(root, small.out, "participant", *fewer, "--dry-run").out
    missing = here(root, small.out, "participant", *plain, "--post-contrast", "--series", "S9")
    assert missing.code == 1
    assert "S9" in read_outcome(small.paths).reason


def test_a_table_names_the_series_of_each_visit(small: Small, here: Cohort, tmp_path: Path) -> None:
    table = tmp_path / "cohort.tsv"
    table.write_text(f"participant\tsession\tpath\tseries\n1\t1\t{small.image}\tS1\n2\t1\t{small.image}.x\tn/a\n")
    plain = ("--engine", "blocks", "--scheme", small.scheme, "--workers", "1", "--participant-label", "1")
    assert "other settings" in here(table, small.out, "participant", *plain, "--dry-run").out
    assert here(table, small.out, "participant", *plain).code == 0
    # What the table says goes before what holds for all.
    assert "1 done" in here(table, small.out, "participant", *plain, "--series", "S9", "--dry-run").out


def test_workers_are_planned_only_if_something_is_left_to_score(small: Small) -> None:
    def plan() -> Crew:
        raise RuntimeError("planned")

    assert small.score(crew=plan) == ["skipped"]
    with pytest.raises(RuntimeError, match="planned"):
        small.score(crew=plan, force=True)


def test_what_failed_is_tried_again_only_if_asked_for_or_changed(small: Small, maker: ModuleType) -> None:
    whole = small.image.read_bytes()
    small.image.write_bytes(whole[:9000])
    assert small.score() == ["failed"]
    assert small.plan() == ("fail", f"failed before: {read_outcome(small.paths).reason}")
    assert small.plan(retry=True) == ("score", "failed before")
    small.image.write_bytes(whole)
    assert small.plan() == ("score", "the input changed")


def test_a_visit_that_failed_and_was_scored_otherwise_since_is_kept(small: Small, here: Cohort) -> None:
    whole = small.image.with_name("whole.nii.gz")
    whole.write_bytes(small.image.read_bytes())
    small.image.write_bytes(whole.read_bytes()[:9000])
    assert small.score() == ["failed"]
    assert here(small.image.parents[3], small.out, "group").code == 1
    score(
        whole,
        small.out,
        participant="1",
        session="1",
        engine="blocks",
        scheme=load_scheme(small.scheme),
        series=["S1"],
    )
    assert small.score() == ["kept"]
    assert here(small.image.parents[3], small.out, "group").code == 0


def test_a_case_without_a_whole_outcome_is_not_done(small: Small) -> None:
    content = small.paths.outcome.read_bytes()
    small.paths.outcome.write_bytes(content[: len(content) // 2])
    assert small.plan() == ("score", "not scored yet")
    small.paths.reading.write_bytes(b"{")
    assert small.score() == ["failed"], "what cannot be read is never overwritten"


def test_a_persons_reading_is_kept_whatever_is_asked_for(small: Small) -> None:
    document = json.loads(small.paths.reading.read_bytes())
    document["reading"] |= {"reader": "R1", "status": "signed"}
    write_case_files(small.paths, [(small.paths.reading, json.dumps(document).encode())])
    before = small.paths.reading.read_bytes()
    assert small.score() == ["kept"]
    assert small.score(force=True) == ["kept"]
    assert small.paths.reading.read_bytes() == before


def test_crashes_errors_and_hoarding_cost_their_visit_alone(
    maker: ModuleType,
    tmp_path: Path,
    legs: tuple[str, ...],
    cohort: Cohort,
    here: Cohort,
) -> None:
    demands = {"hoard": "more than 1.0 GB", "die": "SIGKILL", "raise": "out of blocks"}
    for number, demand in enumerate([*demands, "talk"], start=1):
        place = maker.Place(tmp_path / "bids", f"sub-{number}", "ses-1")
        maker.write_visit(place, number, ManufacturersModelName=demand)
    done = cohort(tmp_path / "bids", tmp_path / "OUT", "participant", *legs, "--memory-limit", "1", "--workers", "2")
    assert done.code == 1
    said = {name: result["reason"] for name, result in done.results.items() if result["state"] == "failed"}
    assert len(said) == 3
    for number, expected in enumerate(demands.values(), start=1):
        assert expected in said[f"sub-{number}_ses-1"]
    assert done.states["sub-4_ses-1"] == "done"
    again = here(tmp_path / "bids", tmp_path / "OUT", "participant", *legs)
    assert "0 done, 3 failed, 1 skipped" in again.out


def test_a_visit_that_takes_too_long_is_ended(
    maker: ModuleType,
    tmp_path: Path,
    legs: tuple[str, ...],
    cohort: Cohort,
) -> None:
    maker.write_visit(maker.Place(tmp_path / "bids", "sub-1", "ses-1"), 1, ManufacturersModelName="hang")
    done = cohort(tmp_path / "bids", tmp_path / "OUT", "participant", *legs, "--time-limit", "3")
    (result,) = done.results.values()
    assert (result["state"], result["cause"]) == ("failed", "time limit")
    assert "more than 3 s" in result["reason"]


def test_leaving_the_iterator_leaves_no_process_behind(small: Small) -> None:
    before = small.paths.outcome.read_bytes()

    def leave(step: VisitProgress) -> None:
        raise RuntimeError("the window was closed")

    how = ScoringOptions.of(engine="blocks", scheme=small.scheme)
    with pytest.raises(RuntimeError, match="window"):
        list(run(find_visits(small.image.parents[3]), small.out, how, crew=CREW, force=True, watch=leave))
    assert psutil.Process().children(recursive=True) == []
    assert json.loads(small.paths.outcome.read_bytes())["ending"] in ("begun", "done")
    assert small.score() == ["done"] or small.paths.outcome.read_bytes() == before
    assert small.paths.outcome.read_bytes() == before


def test_never_more_workers_than_processors_or_memory_allow(
    maker: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import wbmri.cohort.run_plan as resources

    maker.write_visit(maker.Place(tmp_path / "bids", "sub-1", "ses-1"), 1)
    found = find_visits(tmp_path / "bids")
    monkeypatch.setattr(resources, "processor_count", lambda: 8)
    monkeypatch.setattr(resources, "free_memory_mb", lambda: 100_000.0)
    assert (plan_crew(found).workers, plan_crew(found).threads) == (8, 1)
    assert (plan_crew(found, workers=2).workers, plan_crew(found, workers=2).threads) == (2, 4)
    monkeypatch.setattr(resources, "free_memory_mb", lambda: 4_000.0)
    crew = plan_crew(found)
    assert (crew.workers, crew.threads) == (2, 4)
    assert crew.workers * crew.limits.megabytes <= 4_000.0
    assert "memory" in crew.why
    assert plan_crew(found, gigabytes=1.5).limits.megabytes == 1.5 * 1024


def test_bad_arguments_are_refused_before_anything_is_written(
    maker: ModuleType,
    here: Cohort,
    legs: tuple[str, ...],
    tmp_path: Path,
) -> None:
    maker.write_visit(maker.Place(tmp_path / "bids", "sub-1", "ses-1"), 1)
    for options in (("--engine", "magic"), ("--workers", "0")):
        done = here(tmp_path / "bids", tmp_path / "new", "participant", *legs, *options)
        assert done.code == 2, done.err
        assert "; expected " in done.err
    assert here(tmp_path / "nowhere", tmp_path / "new", "participant").code == 2
    assert here(tmp_path / "bids", tmp_path / "new", "group").code == 2
    assert not (tmp_path / "new").exists()


def test_a_scheduler_that_does_not_answer_is_said(
    maker: ModuleType,
    cohort: Cohort,
    legs: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("distributed")
    maker.write_visit(maker.Place(tmp_path / "bids", "sub-1", "ses-1"), 1)
    monkeypatch.setenv("DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT", "1s")
    done = cohort(tmp_path / "bids", tmp_path / "OUT", "participant", *legs, "--scheduler", "tcp://127.0.0.1:1")
    assert done.code == 2, done.err
    assert "no dask scheduler at tcp://127.0.0.1:1" in done.err
    assert not (tmp_path / "OUT").exists()


def test_labels_may_follow_one_option_as_in_bids_apps(
    maker: ModuleType,
    here: Cohort,
    legs: tuple[str, ...],
    tmp_path: Path,
) -> None:
    root = tmp_path / "bids"
    for number in (1, 2):
        maker.write_visit(maker.Place(root, f"sub-{number}", "ses-1"), number)
    for label in ("--participant-label", "--participant_label"):
        done = here(root, tmp_path / "OUT", "participant", label, "1", "9", "--dry-run", *legs)
        assert done.code == 2
        assert "participant label 9" in done.err


def test_the_bids_validator_accepts_what_a_cohort_leaves(again: Scored, here: Cohort) -> None:
    beside = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    validator = shutil.which("bids-validator-deno", path=beside)
    if validator is None:
        pytest.skip("bids-validator-deno is not installed (it is part of the extra 'test')")
    group = here(again.made.root, again.out, "group", "--parquet")
    assert group.code == 1
    assert group.err.count("wbmri: sub-") == len(again.made.bad)
    done = subprocess.run(  # noqa: S603
        [validator, str(again.out), "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    issues = json.loads(done.stdout)["issues"]["issues"]
    assert [issue for issue in issues if issue["severity"] == "error"] == []


def test_no_file_name_of_the_input_reaches_outcomes_page_or_results(
    small: Small, maker: ModuleType, here: Cohort, tmp_path: Path
) -> None:
    image = tmp_path / "MUELLER_ANNA.nii.gz"
    image.write_bytes(small.image.read_bytes()[:9000])
    study = tmp_path / "MUELLER_BERT"
    maker.write_dicom(study, maker.scan(1, 0.5))
    for path in sorted(study.iterdir()):
        path.write_bytes(path.read_bytes()[:-500])
        path.rename(study / f"MUELLER_{path.name}")
    (tmp_path / "MUELLER_CARL").mkdir()
    table = tmp_path / "cohort.tsv"
    places = (image, study, tmp_path / "MUELLER_CARL", tmp_path / "MUELLER_gone.nii")
    table.write_text(
        "\n".join(["participant\tsession\tpath", *(f"{k}\t1\t{path}" for k, path in enumerate(places, 2))])
    )
    run = here(
        table, small.out, "participant", "--engine", "blocks", "--scheme", small.scheme, "--workers", "1", "--json"
    )
    assert run.code == 1
    results = [json.loads(line) for line in run.out.splitlines()]
    assert [result["state"] for result in results if result["event"] == "result"] == ["failed"] * 4
    assert here(table, small.out, "group").code == 1
    assert "sub-3" in (small.out / "qc.html").read_text()
    assert "MUELLER" not in run.out
    for path in small.out.rglob("*"):
        assert "MUELLER" not in path.name
        assert not path.is_file() or b"MUELLER" not in path.read_bytes(), path
