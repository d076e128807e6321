"""One person reading one case: every action, on disk before the next."""

from collections.abc import Collection, Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from wbmri.case import Holder, ReadingPaths
from wbmri.core import (
    CaseError,
    InputError,
    LabelMap,
    Reading,
    Reason,
    Status,
    Volume,
)
from wbmri.review.actions import Actions, ReportsOf
from wbmri.review.blinding import HIDING, Mode, Visible, unsigned_visits, visible, without_names
from wbmri.review.findings import Findings
from wbmri.review.group_view import Change, GroupView, Totals
from wbmri.review.history import Action, Decision
from wbmri.review.label_editor import EDGES, Block, LabelChange, Labels
from wbmri.review.signoff_checks import SignoffIssue, check_confirmed
from wbmri.review.store import Saving


class Session(Findings):
    """A reading that is being made; `wbmri.review.open_review` opens one.

    Actions change the state, are appended to the reading's history and forced to the disk before they return. Where
    that fails they count nevertheless, `saving` says so, and each later action tries again.

    Attributes
    ----------
    case
        The case that is read.
    reader
        Id of the person.
    mode
        How it is read.
    title
        What to call the case on the screen: ``sub-X_ses-Y``, or a code where that is hidden.
    """

    def __init__(self, actions: Actions) -> None:
        self.case = actions.case
        self.reader = actions.reader
        self.mode = actions.terms.mode
        self.title = actions.title
        super().__init__(actions)
        self._revealed = self._may_reveal()

    # What there is to see.

    @property
    def paths(self) -> ReadingPaths:
        """The files of the reading."""
        return self._actions.store.paths

    @property
    def volume(self) -> Volume:
        """The scan; loaded when first asked for."""
        return self._draft.outlines.volume

    @property
    def labels(self) -> Labels:
        """The outlines as they are now, on the volume's grid; read-only, changed by `edit`, `undo` and `redo`."""
        return self._draft.outlines.labels

    @property
    def label_map(self) -> LabelMap:
        """The outlines as they are now, with what is known about them."""
        return self._draft.outlines.label_map

    def load(self) -> None:
        """Load the scan and the outlines before they are asked for; `CaseError` where a file is damaged."""
        self._draft.outlines.load()

    def prepare(self) -> None:
        """Load what showing and correcting outlines needs; may be called on another thread before the first `edit`."""
        self._draft.outlines.prepare()

    @property
    def visible(self) -> Visible:
        """What may be shown now: what a mode hides, until the reader has signed every visit of the person."""
        return visible(self.mode, revealed=self._revealed)

    def said(self, text: str) -> str:
        """Return a text as it may be shown: where it is hidden whose case it is, without the names of its files."""
        return text if self.visible.visits else without_names(text, self.case.paths, self.title)

    @property
    def totals(self) -> Totals:
        """Total, involved groups and how many are read."""
        return self._draft.totals(self.visible)

    @property
    def reading(self) -> Reading:
        """The reading as it stands, for reports and maps; groups without a decision hold the program's entry.

        Raises
        ------
        CaseError
            If suggestions are hidden: `totals` and `groups` have what may be shown.
        """
        if not self.visible.suggestions:
            raise CaseError(
                f"{self.title}, which is read {self.mode}",
                "a reading that hides nothing any more",
                "sign every visit of the person first",
            )
        return self._actions.reading(Status.IN_REVIEW)

    @property
    def decisions(self) -> Mapping[int, Decision]:
        """What was decided, by label."""
        return MappingProxyType(dict(self._draft.state.decisions))

    @property
    def edited(self) -> frozenset[int]:
        """Labels of the groups whose outlines were corrected."""
        return self._draft.state.edited

    def group(self, label: int) -> GroupView:
        """Return one group as it may be shown."""
        return self._draft.group(label, self.visible)

    def groups(self) -> tuple[GroupView, ...]:
        """Return all groups in the order of reading."""
        return tuple(self.group(label) for label in self._navigation.labels)

    def histogram(self, label: int) -> tuple[NDArray[np.float64], NDArray[np.intp]] | None:
        """Return how bright a group is.

        Edges of the bins as multiples of normal muscle, shape (n + 1,), and voxels in each, shape (n,); ``None`` where
        suggestions are hidden or the level of normal muscle is not known.
        """
        counts = self._draft.outlines.histogram(label) if self.visible.suggestions else None
        return None if counts is None else (EDGES, counts)

    def ratios(self, block: Block) -> NDArray[np.float64] | None:
        """Return a block of the scan as multiples of normal muscle, with what coil and stations add taken off.

        ``None`` where suggestions are hidden or the level of normal muscle is not known.
        """
        return self._draft.outlines.ratios(block) if self.visible.suggestions else None

    def most_oedema(self, label: int, axis: int) -> tuple[float, float, float] | None:
        """Return the middle, in RAS mm, of the oedema of a group on the slice across a voxel axis that shows most.

        ``None`` where nothing of it is above the threshold, suggestions are hidden or the level is not known.
        """
        found = self._draft.outlines.most_oedema(label, axis) if self.visible.suggestions else None
        if found is None:
            return None
        x, y, z = self.volume.grid.points(found)
        return float(x), float(y), float(z)

    def within_muscle(self, block: Block) -> NDArray[np.bool_]:
        """Tell which voxels of a block look like muscle, normal or oedematous: no fat, air, bone or fluid."""
        return self._draft.outlines.within_muscle(block)

    def within_body(self, block: Block) -> NDArray[np.bool_]:
        """Tell which voxels of a block do not lie in air, far from any body."""
        return self._draft.outlines.within_body(block)

    def signoff_issues(self) -> tuple[SignoffIssue, ...]:
        """Return what to look at before signing, unread groups first; an adjudication is of groups alone."""
        asked = self.mode is not Mode.ADJUDICATION
        return self._draft.issues(self.visible, seconds=self.seconds, soft_tissue=asked)

    # Deciding. Each raises CaseError where the reading is read-only or signed.

    def grade(self, label: int, grade: int) -> Change:
        """Give a group a grade."""
        return self._decide(label, Decision(grade, suggestion_seen=self._draft.seen(label, self.visible)))

    def not_assessable(self, label: int, reason: Reason, note: str = "") -> Change:
        """Say why a group cannot be graded; the reason `Reason.OTHER` needs a note."""
        return self._decide(
            label, Decision(None, reason, note.strip(), suggestion_seen=self._draft.seen(label, self.visible))
        )

    def not_assessable_region(self, label: int, reason: Reason, note: str = "") -> Change:
        """Say why no unread group of a group's region can be graded; each is an action of its own."""
        scheme, unread = self.case.reading.scheme, set(self._draft.unread)
        region = scheme.group(label).region
        labels = [group.label for group in scheme.groups if group.region == region and group.label in unread]
        for one in labels:
            self.not_assessable(one, reason, note)
        count = f"{len(labels)} group{'' if len(labels) == 1 else 's'}"
        return Change(f"{region.capitalize()}: {count} not assessable: {reason}", frozenset(labels))

    def accept(self, label: int) -> Change:
        """Take over what the program suggests.

        Raises
        ------
        InputError
            If suggestions are hidden.
        """
        if not self.visible.suggestions:
            raise InputError(f"accepting a suggestion in a {self.mode} reading", "a grade", "give a grade 0, 1 or 2")
        return self._decide(label, self._draft.suggestion(label, self.case.reading))

    def clear(self, label: int) -> Change:
        """Make a group unread again."""
        return self._decide(label, None)

    def edit(self, change: LabelChange, tool: str) -> Change:
        """Change outlines; the groups that changed are measured anew when they are next looked at.

        Parameters
        ----------
        change
            The voxels, as `Stroke.change`, `fill_between`, `mirror` or `LabelChange.between` give them.
        tool
            What made it, for the history, such as ``paint``.

        Raises
        ------
        InputError
            If the change does not fit the outlines as they are.
        """
        self._actions.check_open()
        for label in change.labels:
            self.case.reading.scheme.group(label)
        if not change.voxels:
            return Change(f"{tool}: nothing to change", frozenset(), change)
        labels = tuple(sorted(change.labels))
        entry = self._actions.do(Action.EDITED, change, tool=tool, labels=labels)
        return Change(self._actions.words(entry), change.labels, change)

    def undo(self) -> Change | None:
        """Take the last action back, whether it was a decision or an outline; ``None`` where there is none."""
        self._actions.check_open()
        return self._actions.undo()

    def redo(self) -> Change | None:
        """Do again what was taken back last; ``None`` where there is nothing."""
        self._actions.check_open()
        return self._actions.redo()

    @property
    def undo_words(self) -> str | None:
        """What `undo` would take back."""
        return next(map(self._actions.words, reversed(self._draft.state.done)), None)

    @property
    def redo_words(self) -> str | None:
        """What `redo` would do again."""
        return next(map(self._actions.words, reversed(self._draft.state.undone)), None)

    # Whether it can be changed and is saved.

    @property
    def saving(self) -> Saving:
        """Whether everything is on disk, and if not, why."""
        return self._actions.store.saving

    @property
    def holder(self) -> Holder | None:
        """The other person, or other window, that has the case open; ``None`` where this session may write."""
        return self._actions.store.holder

    @property
    def signed(self) -> bool:
        """Whether the reading is signed; nothing of it changes any more."""
        return self._actions.signed

    @property
    def read_only(self) -> bool:
        """Whether actions are refused: signed, or open elsewhere."""
        return self._actions.read_only

    @property
    def seconds(self) -> float:
        """How long the case has been read, idle time left out."""
        return self._actions.clock.seconds

    def retry(self) -> Saving:
        """Try to save what is in memory only."""
        return self._actions.store.retry()

    def save_elsewhere(self, folder: str | Path) -> Saving:
        """Save the whole reading into another folder, and go on there.

        `open_review` with that folder opens it again; its files may also be copied into the case's folder ``readings``.

        Raises
        ------
        CaseError
            If that folder cannot be written either, or already holds this reading.
        """
        self._actions.save_elsewhere(Path(folder))
        return self.saving

    def alive(self, *, active: bool = False) -> None:
        """Say that the window is still open, at least once a minute; active if the reader did something meanwhile.

        Time without activity for more than two minutes does not count as reading time.
        """
        if active:
            self._actions.clock.active()
        self._actions.store.refresh()

    def sign(self, accepting: Collection[SignoffIssue] = (), reports: ReportsOf = lambda _: ()) -> Reading:
        """Lock the reading: its files are written and nothing of it changes any more; see `wbmri.pipeline.sign`.

        Parameters
        ----------
        accepting
            The issues that the reader has seen and confirms; they go to the history.
        reports
            Makes the reports, with their places, which are written with it.

        Raises
        ------
        CaseError
            If a group is unread, an issue is not confirmed, or something cannot be written; all is as before then.
        """
        self._actions.check_open()
        issues = self.signoff_issues()
        check_confirmed(issues, accepting)
        reading = self._actions.sign(issues, reports)
        self._revealed = self._may_reveal()
        return reading

    def close(self) -> None:
        """Let others write to the case; what is in memory only is tried once more to be saved."""
        self._actions.close()

    # Inside.

    def _may_reveal(self) -> bool:
        # Whoever adds to a signed reading has signed this visit, too.
        if self.mode not in HIDING or not (self._actions.signed or self.paths.run > 1):
            return False
        return not unsigned_visits(self.case.paths, self.paths.reader, folder=self.paths.elsewhere)

    def _decide(self, label: int, decision: Decision | None) -> Change:
        self._actions.check_open()
        self._draft.check_to_read(label)
        group, before = self.case.reading.scheme.group(label), self._draft.state.decisions.get(label)
        if decision == before:
            return Change(f"{group.name}: {decision.words if decision else 'unread'}", frozenset({label}))
        suggestion = None
        if decision is not None and self.visible.suggestions:
            found = self._draft.measured(label).auto_grade
            suggestion = -1 if found is None else found
        entry = self._actions.do(Action.DECIDED, label=label, before=before, after=decision, suggestion=suggestion)
        return Change(self._actions.words(entry), frozenset({label}))
