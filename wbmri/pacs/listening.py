"""From images that come over the network to results: each complete study is scored, exported, and sent if asked for."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from wbmri.core import InputError, WbmriError
from wbmri.pacs.earlier_study import fetch_earlier
from wbmri.pacs.inbox import Inbox, StudyBox, StudyState
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
    """

    out: Path
    options: ScoringOptions
    target: Target | None = None
    quiet_s: float = 60.0
    earlier_from: DimseTarget | None = None


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
        lock.acquire(timeout=0)
    except Timeout as problem:
        raise InputError(
            f"the inbox {inbox.root}, which another program uses",
            "an inbox of its own for each 'wbmri listen'",
            "end the other program, or name another folder",
        ) from problem
    with lock, Receiver(inbox, reception):
        inbox.tidy()
        tried: dict[Path, float] = {}
        while go_on():
            for box in inbox.complete(time.time(), duty.quiet_s):
                if duty.earlier_from is not None and _is_first(inbox, box):
                    ask_for_earlier(box, duty.earlier_from, reception.title)
                report(score_study(box, duty))
            for box in _unsent(inbox, duty, tried):
                tried[box.folder] = time.monotonic()
                report(send_results(box, duty))
            time.sleep(POLL_S)


def _unsent(inbox: Inbox, duty: Duty, tried: dict[Path, float]) -> list[StudyBox]:
    if duty.target is None:
        return []
    return [
        box
        for box in inbox.boxes()
        if (state := box.state()).case
        and not state.sent
        and time.monotonic() - tried.get(box.folder, -RETRY_S) >= RETRY_S
    ]


def _is_first(inbox: Inbox, box: StudyBox) -> bool:
    """Tell whether nobody was asked yet, and the inbox holds no other study of the person."""
    state = box.state()
    others = (one.state() for one in inbox.boxes() if one.folder != box.folder)
    return not state.earlier and all(other.participant != state.participant for other in others)


def ask_for_earlier(box: StudyBox, archive: DimseTarget, title: str) -> StudyState:
    """Have an archive send the patient's earlier study here; what becomes of that is noted, and holds up nothing.

    Parameters
    ----------
    box
        The study.
    archive
        Who is asked.
    title
        Title of this program, by which the archive knows where to send it.
    """
    try:
        return box.update(earlier=fetch_earlier(box, archive, title))
    except WbmriError as problem:
        return box.update(earlier=str(problem))
    except Exception as problem:  # whatever an archive answers, the study is scored
        return box.update(earlier=f"not asked for: {type(problem).__name__}")


def score_study(box: StudyBox, duty: Duty) -> StudyState:
    """Score one study and write its objects; what goes wrong is noted in its state."""
    digest, state = box.digest(), box.state()
    try:
        made = score_visit([box.objects], duty.out, duty.options, participant=state.participant, session=state.session)
        export_case(made.case.paths.folder, box.export, to=_RESULTS, source=[box.objects])
    except WbmriError as problem:
        return box.update(scored=digest, case="", sent=False, problem=str(problem))
    except Exception as problem:  # one study must not end the program
        return box.update(scored=digest, case="", sent=False, problem=f"{type(problem).__name__}: {problem}")
    return box.update(scored=digest, case=str(made.case.paths.folder), sent=False, problem="")


def send_results(box: StudyBox, duty: Duty) -> StudyState:
    """Send the objects of one study; what the archive did not take is noted in its state, to be sent again."""
    if duty.target is None:
        return box.state()
    try:
        failed = [one for one in send_objects([box.export], duty.target) if one.problem]
    except WbmriError as problem:
        return box.update(problem=str(problem))
    if failed:
        return box.update(problem=f"{len(failed)} objects not sent: {failed[0].problem}")
    return box.update(sent=True, problem="")
