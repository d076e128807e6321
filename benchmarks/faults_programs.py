"""The programs that `faults.py` lets fail: what they begin with, what they do, and what must hold however they end."""

import functools
import hashlib
import importlib
import shutil
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "cohort" / "importable"))

Answer = Callable[[str], None]
OUT, INBOX = "OUT", "inbox"
ANNA = "anna"

DRAWN = (
    ("wbmri.pipeline.visit_change", ("drawings", "comparison_report", "comparison_pdf")),
    ("wbmri.pipeline.visit_score", ("mosaic_png", "thumbnail_png", "case_report")),
    ("wbmri.pipeline.sign_off", ("mosaic_png", "case_report")),
    ("wbmri.cohort.aggregate", ("cohort_figures", "outcome_files", "qc_page")),
)
"""What is drawn once and then given again, for drawing takes nearly all of the time and changes no file."""


@dataclass(frozen=True)
class Program:
    """A program that writes.

    Parameters
    ----------
    name
        What it is called.
    gone
        The folder that vanishes under it.
    prepare
        Makes what it begins with, in a folder.
    run
        What it does there; it calls what it is given with the name of each thing it has answered for.
    result
        Returns what it has made of the folder.
    problems
        Says what is wrong with a folder in which it ended anyhow, given what it answered for and its two results.
    """

    name: str
    gone: str
    prepare: Callable[[Path], None]
    run: Callable[[Path, Answer], None]
    result: Callable[[Path], object]
    problems: Callable[[Path, frozenset[str], tuple[object, object]], list[str]]


def draw_once() -> None:
    """Let everything in `DRAWN` be drawn only the first time."""
    for module, names in DRAWN:
        for name in names:
            setattr(importlib.import_module(module), name, _once(getattr(importlib.import_module(module), name)))

    makers = importlib.import_module("wbmri.pipeline.case_export")._MAKERS
    makers.update({name: _once(make) for name, make in makers.items()})


def _once(draw: Callable[..., Any]) -> Callable[..., Any]:
    made: list[Any] = []

    @functools.wraps(draw)
    def drawn(*given: Any, **named: Any) -> Any:
        if not made:
            found = draw(*given, **named)
            made.append(
                tuple(found) if isinstance(found, Iterable) and not isinstance(found, str | bytes | dict) else found
            )
        return made[0]

    return drawn


def scan(folder: Path, seed: int, oedema: float) -> None:
    """Write a small scan of legs, under a name of its own below a folder."""
    from made_cohort import Place, write_visit

    write_visit(Place(folder / "scans", f"sub-{seed}", "ses-1"), seed, oedema)


def legs(folder: Path) -> Any:
    """Return the options that score it."""
    from made_cohort import SCHEME

    from wbmri.pipeline import ScoringOptions

    (folder / "legs.toml").write_text(SCHEME)
    return ScoringOptions.of("blocks", scheme=folder / "legs.toml")


def score(folder: Path, seed: int, participant: str = "1", session: str = "1") -> None:
    """Score a scan as a case of OUT."""
    from wbmri.pipeline import score_visit

    (path,) = (folder / "scans" / f"sub-{seed}").rglob("*_T2w.nii.gz")
    score_visit(path, folder / OUT, OPTIONS[0], participant=participant, session=session)


OPTIONS: list[Any] = []
"""Those that `legs` makes, read once."""


def prepare_case(folder: Path) -> None:
    """Score a visit, and have another scan of it at hand."""
    draw_once()
    OPTIONS[:] = [legs(folder)]
    for seed in (1, 2):
        scan(folder, seed, 0.3 * seed)
    score(folder, 1)


def prepare_visits(folder: Path) -> None:
    """Score two visits of two people, make their comparison and tables, and then score one visit anew."""
    prepare_case(folder)
    score(folder, 2, session="2")
    score(folder, 2, "2")
    score(folder, 1, "2", "2")
    compare(folder)
    summarise(folder)
    score(folder, 1, session="2")


def prepare_signing(folder: Path) -> None:
    """Score a visit, and let the report of a signed reading be drawn."""
    prepare_case(folder)
    spare = folder / "spare"
    shutil.copytree(folder / OUT, spare / OUT)
    sign(spare, lambda _: None)
    shutil.rmtree(spare)


def compare(folder: Path, answer: Answer = lambda _: None) -> None:
    """Compare two cases."""
    from wbmri.case import CasePaths, read_case
    from wbmri.pipeline import compare_cases

    compare_cases([read_case(CasePaths(folder / OUT, "1", visit).reading) for visit in "12"], folder / OUT)
    answer("compared")


def summarise(folder: Path, answer: Answer = lambda _: None) -> None:
    """Make the tables of a cohort."""
    from wbmri.cohort import summarise as put_together

    put_together(folder / OUT)
    answer("summarised")


def rescore(folder: Path, answer: Answer) -> None:
    """Score another scan in the place of a case."""
    score(folder, 2)
    answer("scored")


def sign(folder: Path, answer: Answer) -> None:
    """Read a case and sign it."""
    from wbmri.case import CasePaths
    from wbmri.pipeline import sign as sign_reading
    from wbmri.review import open_review

    session = open_review(CasePaths(folder / OUT, "1", "1"), ANNA)
    if session.signed:
        return
    for view in session.groups():
        if view.to_read:
            session.grade(view.group.label, 1)
            if not session.saving.unsaved:
                answer(f"grade {view.group.label}")
    sign_reading(session, session.signoff_issues())
    answer("signed")


def export(folder: Path, answer: Answer) -> None:
    """Export a case."""
    from wbmri.case import CasePaths
    from wbmri.pipeline import export_case

    export_case(CasePaths(folder / OUT, "1", "1").folder, folder / "export", to=["seg.nrrd", "itksnap"])
    answer("exported")


def texts(folder: Path, *patterns: str) -> object:
    """Return the content of files, but of hidden ones, which programs prepare."""
    from wbmri.io import finish_writing

    finish_writing(folder)
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for pattern in patterns
        for path in sorted(folder.glob(pattern))
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    }


def case_result(folder: Path, participant: str = "1", session: str = "1") -> object:
    """Return what a case says."""
    from wbmri.case import CasePaths, read_case
    from wbmri.io import finish_writing

    finish_writing(folder / OUT)
    case = read_case(CasePaths(folder / OUT, participant, session).reading)
    volume = case.volume().data.tobytes() + case.labels().data.tobytes()
    return [entry.grade for entry in case.reading.groups], hashlib.sha256(volume).hexdigest()


def signed_result(folder: Path) -> object:
    """Return what a person has signed, if there is anything, and whether its reports and tables say so."""
    from wbmri.case import CasePaths, read_case, signed_of_record
    from wbmri.io import finish_writing

    finish_writing(folder / OUT)
    case = read_case(CasePaths(folder / OUT, "1", "1").reading)
    signed = signed_of_record(case)
    if signed is None:
        return None
    return [entry.grade for entry in signed.reading.groups], signed.paths.report.is_file()


def out_problems(
    result: Callable[[Path], object], folder: Path, answered: frozenset[str], results: tuple[object, object]
) -> list[str]:
    """Say what is wrong with OUT: files that are not as a manifest says, or a result that is neither of the two."""
    from wbmri.case import verify

    wrong = [f"mixed: {one.file}: {one.explanation}" for one in verify(folder / OUT).findings]
    try:
        found = result(folder)
    except Exception as problem:  # whatever it is, what was there cannot be read
        return [*wrong, f"lost: {problem}"]
    if found not in results:
        wrong.append("mixed: neither what was there before nor what was to come")
    done = {one for one in answered if not one.startswith("grade ")}
    if done and found != results[1]:
        wrong.append(f"lost: {done} was said")
    return wrong


def sign_problems(folder: Path, answered: frozenset[str], results: tuple[object, object]) -> list[str]:
    """Say the same of a reading: each grade that was given is there, whether it is signed or not."""
    from wbmri.case import CasePaths
    from wbmri.core import CaseError
    from wbmri.review import open_review

    try:
        found = signed_result(folder)
    except CaseError as problem:
        return [f"mixed: {problem}"]
    allowed = (*results, (results[1][0], False)) if isinstance(results[1], tuple) else results
    wrong = out_problems(signed_result, folder, answered, (found if found in allowed else results[0], results[1]))
    if found is None:
        session = open_review(CasePaths(folder / OUT, "1", "1"), ANNA)
        given = {f"grade {label}" for label in session.decisions}
        session.close()
        wrong += [f"lost: {one}" for one in sorted(answered - given)]
    return wrong


def prepare_inbox(folder: Path) -> None:
    """Make the images of one visit, as a scanner sends them."""
    from made_cohort import scan as drawn
    from made_cohort import write_dicom

    from wbmri.pacs import Inbox

    draw_once()
    OPTIONS[:] = [legs(folder)]
    write_dicom(folder / "scanner", drawn(1, 0.5))
    # Whatever is loaded at first use is loaded before.
    spare = folder / "spare"
    shutil.copytree(folder / "scanner", spare / "scanner")
    listen(spare, lambda _: None)
    shutil.rmtree(spare)
    # Its key names all files.
    Inbox(folder / INBOX)


def listen(folder: Path, answer: Answer) -> None:
    """Take images, score the study they make, and set one aside that is none."""
    from wbmri.pacs import Duty, Inbox
    from wbmri.pacs.listening import score_study

    inbox = Inbox(folder / INBOX)
    inbox.tidy()
    for path in sorted((folder / "scanner").glob("*.dcm")):
        content = path.read_bytes()
        instance = f"2.25.{int(path.stem)}"
        inbox.keep(content, "SECRET-1", "2.25.83", instance)
        answer(path.name)
    inbox.set_aside(b"no image", "it cannot be read")
    answer("aside")
    for box in inbox.complete(time.time() + 1, 0.0):
        state = score_study(box, Duty(folder / OUT, OPTIONS[0]))
        if state.problem:
            raise OSError(state.problem)


def inbox_result(folder: Path) -> object:
    """Return what an inbox holds, and the cases made of it."""
    from wbmri.pacs import Inbox

    if not (folder / INBOX / "key").is_file():
        return None
    made = []
    for box in Inbox(folder / INBOX).boxes():
        state = box.state()
        objects = sorted(hashlib.sha256(path.read_bytes()).hexdigest() for path in box.files())
        case = case_result(folder, state.participant, state.session) if state.case else None
        made.append(
            (
                objects,
                state.session,
                state.sent,
                state.problem,
                case,
                sorted(path.name for path in box.export.glob("*")),
            )
        )
    return made


def inbox_problems(folder: Path, answered: frozenset[str], results: tuple[object, object]) -> list[str]:
    """Say what is wrong with an inbox: an object that was answered for and is not there, or half of one."""
    from wbmri.case import verify
    from wbmri.core import InputError

    sent = {path.name: path.read_bytes() for path in (folder / "scanner").glob("*.dcm")}
    kept = [path.read_bytes() for path in (folder / INBOX).glob("studies/*/objects/*.dcm")]
    wrong = [f"lost: {name}" for name in sorted(answered & set(sent)) if sent[name] not in kept]
    wrong += ["mixed: half an object" for one in kept if one not in sent.values()]
    if "aside" in answered and not any((folder / INBOX / "aside").glob("*.txt")):
        wrong.append("lost: what was set aside")
    with suppress(InputError):  # no case was made yet
        wrong += [f"mixed: {one.file}: {one.explanation}" for one in verify(folder / OUT).findings]
    try:
        inbox_result(folder)
    except Exception as problem:  # whatever it is, what was there cannot be read
        wrong.append(f"lost: {problem}")
    return wrong


def of_out(
    name: str,
    prepare: Callable[[Path], None],
    run: Callable[[Path, Answer], None],
    result: Callable[[Path], object],
) -> Program:
    """Return a program that works on cases."""
    return Program(name, OUT, prepare, run, result, functools.partial(out_problems, result))


PROGRAMS = (
    of_out("score", prepare_case, rescore, case_result),
    of_out("compare", prepare_visits, compare, lambda folder: texts(folder / OUT, "sub-1/*_change.*")),
    of_out(
        "cohort",
        prepare_visits,
        summarise,
        lambda folder: texts(folder / OUT, "*.tsv", "*.json", "*.html", "figures/*"),
    ),
    Program("review", OUT, prepare_signing, sign, signed_result, sign_problems),
    of_out("export", prepare_case, export, lambda folder: texts(folder / "export", "**/*")),
    Program("listen", INBOX, prepare_inbox, listen, inbox_result, inbox_problems),
)
