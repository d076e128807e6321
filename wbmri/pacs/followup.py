"""A person's visits in the inbox, each compared with the one before it."""

from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from wbmri.case import DAYS_PER_MONTH, CasePaths, read_case
from wbmri.core import in_words
from wbmri.pacs.inbox import Inbox, StudyBox, StudyState
from wbmri.pipeline import Terms, compare_cases, export_comparison


def uncompared(inbox: Inbox) -> Iterator[tuple[StudyBox, StudyBox]]:
    """Yield each scored study that has to be compared, with the one before it.

    That is the person's last scored visit on a day before, whichever came first; without a date there is none. A pair
    is compared anew when one of both was scored anew.

    Parameters
    ----------
    inbox
        The inbox.

    Yields
    ------
    before, box : StudyBox
        The earlier study, and that which is to be compared with it.
    """
    people: dict[str, list[tuple[StudyBox, StudyState]]] = {}
    for box in inbox.boxes():
        if (state := box.state()).case:
            people.setdefault(state.participant, []).append((box, state))
    for visits in people.values():
        if len(visits) < 2:
            continue
        dated = sorted(((inbox.date(box), state.session, box, state) for box, state in visits), key=lambda one: one[:2])
        for date, _, box, state in dated:
            earlier = [(other, its) for day, _, other, its in dated if day and day < date]
            if earlier and state.compared != _digest(earlier[-1][1], state):
                yield earlier[-1][0], box


def _digest(before: StudyState, state: StudyState) -> str:
    return sha256(f"{before.session} {before.scored} {state.scored}".encode()).hexdigest()


def compare_studies(inbox: Inbox, before: StudyBox, box: StudyBox, out: Path) -> StudyState:
    """Compare two scored studies of a person and write the objects; what goes wrong is noted in the later one's state.

    Parameters
    ----------
    inbox
        The inbox.
    before, box
        The earlier and the later study.
    out
        Folder of the cases, to which the comparison is written, too.
    """
    first, state = before.state(), box.state()
    digest, name = _digest(first, state), f"ses-{first.session}"
    try:
        cases = [read_case(CasePaths(out, one.participant, one.session).folder) for one in (first, state)]
        terms = Terms(interval_months=_months(inbox.date(before), inbox.date(box)), interval_source="study dates")
        made = compare_cases(cases, out, terms)
        # The inbox knows them for one person, by one number or because the worklist says so.
        sources = [before.objects, box.objects]
        export_comparison(made.paths.document, box.comparison(digest), sources=sources, one_person=True)
    except Exception as problem:  # one comparison must not end the program
        said = f"not compared with {name}: {in_words(problem)}"
        return box.update(compared=digest, comparison=said, comparison_sent=True)
    return box.update(compared=digest, comparison=f"compared with {name}", comparison_sent=False)


def _months(first: str, second: str) -> float | None:
    """Return the time between two dates as DICOM writes them; nothing if one of them is none."""
    try:
        days = [datetime.strptime(date, "%Y%m%d") for date in (first, second)]
    except ValueError:
        return None
    return round((days[1] - days[0]).days / DAYS_PER_MONTH, 1) or None
