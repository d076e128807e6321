"""From images that come over the network to results: a study is scored, compared with the one before it, and sent."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from wbmri.core import InputError, WbmriError, in_words
from wbmri.pacs.earlier_study import fetch_earlier
from wbmri.pacs.followup import compare_studies, uncompared
from wbmri.pacs.inbox import Inbox, StudyBox, StudyState
from wbmri.pacs.modality_worklist import Scheduled, ask_worklist
from wbmri.pacs.receiver import Receiver, Reception
from wbmri.pacs.target import DimseTarget, Target
from wbmri.pacs.transfer import send_objects
from wbmri.pipeline import DICOM_FORMATS, ExportFormat, ScoringOptions, export_case, score_visit

POLL_S = 1.0
RETRY_S = 300.0
"""After so long, results that the archive did not take are sent again."""

_RESULTS = (*DICOM_FORMATS, ExportFormat.KEY)

Report = Callable[[StudyState], None]


@dataclass(frozen=True, slots=True)
class Duty:
    """What is done with each study.

    Parameters
    ----------
    out
        Folder for the cases.
    options
        How they are scored.
    target
        Where the results are sent; ``None`` to keep them in the inbox.
    quiet_s
        A study is complete when nothing has come for so many seconds.
    earlier_from
        The archive that is asked for the earlier study of a patient of whom the inbox holds none other; ``None`` to ask
        nobody.
    worklist
        The modality worklist that is asked whose a new study is; ``None`` to ask nobody.
    """

    out: Path
    options: ScoringOptions
    target: Target | None = None
    quiet_s: float = 60.0
    earlier_from: DimseTarget | None = None
    worklist: DimseTarget | None = None


def listen(
    folder: str | Path,
    reception: Reception,
    duty: Duty,
    *,
    report: Report = lambda _: None,
    go_on: Callable[[], bool] = lambda: True,
) -> None:
    """Take studies and score each, one after the other, until told to stop.

    What was taken is on disk before it is answered for; after the program was ended in any way, the next call goes on
    with it. A study that cannot be scored is noted with the reason and stops nothing; objects that come later lead to
    a new scoring.

    Parameters
    ----------
    folder
        The inbox; made if it is missing. It holds the images as they came, **with all that identifies the patients**.
    reception
        From whom images are taken.
    duty
        What is done with them.
    report
        Told the state of each study that was worked on.
    go_on
        Asked before each round.

    Raises
    ------
    InputError
        If another program uses the inbox, or the address cannot be used.
    """
    inbox = Inbox(folder)
    lock = FileLock(inbox.root / "lock")
    try:
        held = lock.acquire(timeout=0)
    except Timeout as problem:
        raise InputError(
            f"the inbox {inbox.root}, which another program uses",
            "an inbox of its own for each 'wbmri listen'",
            "end the other program, or name another folder",
        ) from problem
    with held, Receiver(inbox, reception):
        inbox.tidy()
        tried: dict[Path, float] = {}
        while go_on():
            for box in inbox.complete(time.time(), duty.quiet_s):
                ask_about(inbox, box, duty, reception.title)
                report(score_study(box, duty))
            _send(inbox, duty, tried, report)
            for before, box in list(uncompared(inbox)):
                report(compare_studies(inbox, before, box, duty.out))
            _send(inbox, duty, tried, report)
            time.sleep(POLL_S)


def _send(inbox: Inbox, duty: Duty, tried: dict[Path, float], report: Report) -> None:
    """Send what is to be sent; what the archive did not take last time waits for a while."""
    if duty.target is None:
        return
    for box in inbox.boxes():
        if not _waiting(box) or time.monotonic() - tried.get(box.folder, -RETRY_S) < RETRY_S:
            continue
        state = send_results(box, duty)
        if state.problem:
            tried[box.folder] = time.monotonic()
        report(state)


def _waiting(box: StudyBox) -> list[tuple[str, Path]]:
    """Return what of a study is still to be sent: the name of its mark in the state, and where it lies."""
    state, found = box.state(), []
    if state.case and not state.sent:
        found.append(("sent", box.export))
    if state.case and not state.comparison_sent:
        found.append(("comparison_sent", box.comparison(state.compared)))
    return found


def ask_about(inbox: Inbox, box: StudyBox, duty: Duty, title: str) -> StudyState:
    """Ask whose a new study is, and for the patient's earlier one; what becomes of that is noted, and holds up nothing.

    Each is asked once. The archive is asked only if the inbox then holds no other study of the person.

    Parameters
    ----------
    inbox
        The inbox.
    box
        The study.
    duty
        Who is asked.
    title
        Title of this program, by which the archive knows where to send what is asked for.
    """
    state, scheduled, said = box.state(), Scheduled(), ""
    if duty.worklist is not None and not state.worklist:
        try:
            scheduled = ask_worklist(box.header(), duty.worklist)
            apart = inbox.join(box, [one.number for one in scheduled.numbers])
            said = "; ".join([scheduled.words, *(f"sub-{label} has one of them, too" for label in sorted(apart))])
        except WbmriError as problem:
            said = str(problem)
        except Exception as problem:  # whatever a worklist answers, the study is scored
            said = f"not asked: {type(problem).__name__}"
    if duty.earlier_from is not None and not state.earlier and len(inbox.of_person(box.state().participant)) == 1:
        try:
            earlier = fetch_earlier(inbox, box, duty.earlier_from, title, scheduled)
        except WbmriError as problem:
            earlier = str(problem)
        except Exception as problem:  # whatever an archive answers, the study is scored
            earlier = f"not asked for: {type(problem).__name__}"
        box.update(earlier=earlier)
    # Last, so that a program which is ended before asks again, and knows what to ask the archive by.
    return box.update(worklist=said) if said else box.state()


def score_study(box: StudyBox, duty: Duty) -> StudyState:
    """Score one study and write its objects; what goes wrong is noted in its state."""
    digest, state = box.digest(), box.state()
    anew = {"scored": digest, "sent": False, "compared": "", "comparison": "", "comparison_sent": True}
    try:
        made = score_visit([box.objects], duty.out, duty.options, participant=state.participant, session=state.session)
        export_case(made.case.paths.folder, box.export, to=_RESULTS, source=[box.objects])
    except Exception as problem:  # one study must not end the program
        return box.update(**anew, case="", problem=in_words(problem))
    return box.update(**anew, case=str(made.case.paths.folder), problem="")


def send_results(box: StudyBox, duty: Duty) -> StudyState:
    """Send the objects of one study and its comparison; what the archive did not take is noted, to be sent again."""
    if duty.target is None:
        return box.state()
    for mark, folder in _waiting(box):
        try:
            failed = [one for one in send_objects([folder], duty.target) if one.problem]
        except WbmriError as problem:
            return box.update(problem=str(problem))
        if failed:
            return box.update(problem=f"{len(failed)} objects not sent: {failed[0].problem}")
        box.update(**{mark: True}, problem="")
    return box.state()
