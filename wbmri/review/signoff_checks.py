"""What a reader should look at before signing: what is unread, and what contradicts itself."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from wbmri.core import CaseError, Reason, SoftTissue
from wbmri.review.group_view import GroupView

MUCH = 0.10
"""A group with a larger oedematous share that was given grade 0 is worth a second look."""


HASTE_S = 2.0
"""An assumption: who takes less than this for each group cannot have looked at the muscle of every one."""


class SignoffIssueKind(StrEnum):
    """What an issue is about."""

    UNREAD = "unread"
    OUTSIDE = "graded outside the view"
    OVERLOOKED = "grade 0 with much oedema"
    DISTANT = "grade 2 without oedema"
    IN_VIEW = "outside the view but measured"
    HASTE = "read in haste"
    NOT_LOOKED_AT = "beside the score and not looked at"


@dataclass(frozen=True, slots=True)
class SignoffIssue:
    """One thing to look at.

    Parameters
    ----------
    label
        The group; ``None`` where it is about the reading as a whole.
    kind
        What it is about.
    sentence
        The same in one sentence with the numbers.
    blocks
        Whether the reading cannot be signed until it is resolved; the others can be confirmed.
    """

    label: int | None
    kind: SignoffIssueKind
    sentence: str
    blocks: bool = False


def signoff_issues(groups: Iterable[GroupView], outside: Iterable[int]) -> tuple[SignoffIssue, ...]:
    """Look through a reading before it is signed.

    Parameters
    ----------
    groups
        The groups as the reader may see them: where suggestions are hidden, nothing is said that gives them away.
    outside
        Labels of the groups whose outline is empty or known to lie outside the field of view.
    """
    beyond = frozenset(outside)
    found = [issue for group in groups for issue in _issues_of(group, group.group.label in beyond)]
    return tuple(sorted(found, key=lambda issue: not issue.blocks))


def whole_issues(decided: int, seconds: float, marked: SoftTissue | None) -> Iterator[SignoffIssue]:
    """Say what to look at in a reading as a whole.

    Parameters
    ----------
    decided
        Groups on which the reader decided.
    seconds
        How long the case was read.
    marked
        What is marked beside the muscles; ``None`` where that is not asked for.
    """
    if decided and seconds < HASTE_S * decided:
        sentence = f"The groups were read in less than {HASTE_S:g} s each."
        yield SignoffIssue(None, SignoffIssueKind.HASTE, sentence)
    if marked is None:
        return
    missing = [
        str(tissue)
        for tissue, parts in marked.signs.items()
        if not any(sign.graded is not None for sign in parts.values())
    ]
    missing += ["calcinosis"] if marked.calcinosis.present is None else []
    if missing:
        *others, last = missing
        names = f"{', '.join(others)} and {last}" if others else last
        sentence = f"{names.capitalize()} {'were' if others else 'was'} not looked at."
        yield SignoffIssue(None, SignoffIssueKind.NOT_LOOKED_AT, sentence)


def check_confirmed(issues: Collection[SignoffIssue], accepting: Collection[SignoffIssue]) -> None:
    """Refuse to go on while an issue is not confirmed, or one blocks.

    Raises
    ------
    CaseError
        If there is one; the first is named.
    """
    open_ones = [issue for issue in issues if issue.blocks or issue not in accepting]
    if open_ones:
        more = f" and {len(open_ones) - 1} more" if len(open_ones) > 1 else ""
        raise CaseError(
            f"{open_ones[0].sentence.rstrip('.')}{more}",
            "every group read and every contradiction confirmed",
            "resolve or confirm what is shown before signing",
        )


def _issues_of(view: GroupView, outside: bool) -> Iterator[SignoffIssue]:
    label, name = view.group.label, view.group.name
    if not view.read:
        yield SignoffIssue(label, SignoffIssueKind.UNREAD, f"{name} is unread.", blocks=True)
    decision = view.decision
    if decision is None:
        return
    if decision.grade is not None and outside:
        yield SignoffIssue(
            label,
            SignoffIssueKind.OUTSIDE,
            f"{name} has {decision.words}, but no outline inside the field of view.",
        )
    evidence = view.measured.evidence if view.measured else None
    if evidence is None or view.measured is None:
        return
    share = f"{100 * evidence.oedema_fraction:.0f} % of the muscle was measured as oedematous"
    if decision.grade == 0 and evidence.oedema_fraction > MUCH:
        yield SignoffIssue(label, SignoffIssueKind.OVERLOOKED, f"{name} has grade 0, but {share}.")
    if decision.grade == 2 and view.measured.auto_grade == 0:
        yield SignoffIssue(label, SignoffIssueKind.DISTANT, f"{name} has grade 2, but {share}.")
    if decision.reason is Reason.OUTSIDE and view.measured.auto_grade is not None:
        yield SignoffIssue(
            label,
            SignoffIssueKind.IN_VIEW,
            f"{name} is marked as {decision.reason}, but {evidence.voxels} voxels of it are in view.",
        )
