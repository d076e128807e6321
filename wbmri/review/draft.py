"""The reading that is being made: what was decided, on top of what was measured in the outlines as they are."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from wbmri.core import (
    CaseError,
    GradeSource,
    GroupReading,
    KeySlice,
    LabelMap,
    Reading,
    Reason,
    SoftTissue,
    Status,
    Subtotal,
)
from wbmri.review.blinding import Visible
from wbmri.review.decided_reading import decided, reading_of, review_record, with_marks
from wbmri.review.group_view import GroupView, Totals
from wbmri.review.history import Action, Decision, ReadingState, Terms
from wbmri.review.label_editor import Outlines
from wbmri.review.signoff_checks import SignoffIssue, signoff_issues, whole_issues


@dataclass(frozen=True, slots=True)
class Start:
    """What a reading begins with.

    Parameters
    ----------
    base
        The reading whose evidence and suggestions are shown: the program's, or for an addendum the signed one.
    labels
        Loads the outlines to begin with.
    decisions
        What is decided already, by label.
    marked
        What is marked already beside the muscles.
    others
        Reader to that person's signed reading.
    agreed
        In an adjudication, the entries on which both readers agree, by label.
    remarks
        What is remarked already, by label, on the case under 0.
    key_slices
        What is chosen for the report already.
    """

    base: Reading
    labels: Callable[[], LabelMap]
    decisions: Mapping[int, Decision] = field(default_factory=dict)
    marked: SoftTissue | None = None
    others: Mapping[str, Reading] = field(default_factory=dict)
    agreed: Mapping[int, GroupReading] = field(default_factory=dict)
    remarks: Mapping[int, str] = field(default_factory=dict)
    key_slices: tuple[KeySlice, ...] = ()

    @property
    def state(self) -> ReadingState:
        """Where the reading stands before anything is done."""
        return ReadingState(self.decisions, self.marked, remarks=self.remarks, key_slices=self.key_slices)


@dataclass(frozen=True, slots=True)
class Draft:
    """A reading as it stands.

    Parameters
    ----------
    start
        What it began with.
    state
        What was done since.
    outlines
        The outlines, with all that was done to them.
    """

    start: Start
    state: ReadingState
    outlines: Outlines

    @property
    def unread(self) -> tuple[int, ...]:
        """Labels of the groups that wait for a decision, by label."""
        given = {**self.state.decisions, **self.start.agreed}
        return tuple(group.label for group in self.start.base.scheme.groups if group.label not in given)

    def measured(self, label: int) -> GroupReading:
        """Return the program's entry for a group as its outline is now."""
        return self.outlines.measured(label, edited=label in self.state.edited)

    def check_to_read(self, label: int) -> None:
        """Refuse a decision on a group that both readers of an adjudication agree on.

        Raises
        ------
        CaseError
            If they do.
        """
        if label in self.start.agreed:
            raise CaseError(
                f"a decision on {self.start.base.scheme.group(label).name}",
                "one of the groups on which the readers differ",
                "choose one of those",
            )

    def seen(self, label: int, see: Visible) -> bool:
        """Tell whether the suggestion was seen: now, or before an earlier decision that a new one replaces."""
        before = self.state.decisions.get(label)
        return see.suggestions or (before is not None and before.suggestion_seen)

    def suggestion(self, label: int, auto: Reading) -> Decision:
        """Return the decision that takes over what the program suggests for a group.

        Parameters
        ----------
        label
            The group.
        auto
            The program's reading. In an addendum the entry may hold the reader's own reason instead of the program's.
        """
        measured = self.measured(label)
        reason = None
        if measured.auto_grade is None:
            by_program = measured if measured.source is GradeSource.AUTO else entry_of(auto, label)
            reason = by_program.reason or Reason.OTHER
        note = measured.explanation if reason is Reason.OTHER else ""
        return Decision(measured.auto_grade, reason, note, accepted=True, suggestion_seen=True)

    def group(self, label: int, see: Visible) -> GroupView:
        """Return one group as it may be shown."""
        return GroupView(
            group=self.start.base.scheme.group(label),
            decision=self.state.decisions.get(label),
            measured=self.measured(label) if see.suggestions else None,
            outline_edited=label in self.state.edited,
            others={reader: entry_of(reading, label) for reader, reading in self.start.others.items()}
            if see.other_readers
            else {},
            to_read=label not in self.start.agreed,
            remark=self.state.remarks.get(label, ""),
        )

    def totals(self, see: Visible) -> Totals:
        """Return total, involved groups and how many are read."""
        scheme = self.start.base.scheme
        given = {**self.start.agreed, **{label: self._decided(label) for label in self.state.decisions}}
        suggested = None
        if see.suggestions:
            suggested = Subtotal.of(given.get(group.label) or self.measured(group.label) for group in scheme.groups)
        open_totals = self.start.base.score.open_totals if see.suggestions else ""
        groups = len(scheme.groups)
        return Totals(Subtotal.of(given.values()), suggested, len(given), groups, scheme.maximum, open_totals)

    def soft_tissue(self, see: Visible) -> SoftTissue:
        """Return fascia, subcutis and calcinosis as marked so far, with what the program suggests if it may be seen."""
        suggested = self.start.base.soft_tissue if see.suggestions else None
        return with_marks(suggested, self.state.marked) or SoftTissue()

    def issues(self, see: Visible, *, seconds: float, soft_tissue: bool) -> tuple[SignoffIssue, ...]:
        """Return what to look at before signing, unread groups first.

        Parameters
        ----------
        see
            What the reader may see.
        seconds
            How long the case was read.
        soft_tissue
            Whether fascia, subcutis and calcinosis are asked for.
        """
        labels = [group.label for group in self.start.base.scheme.groups]
        outside = [label for label in labels if self.outlines.outside(label)]
        given = self.state.decisions
        decided = {one.label for one in self.state.done if one.action is Action.DECIDED and one.label in given}
        whole = whole_issues(len(decided), seconds, (self.state.marked or SoftTissue()) if soft_tissue else None)
        return (*signoff_issues((self.group(label, see) for label in labels), outside), *whole)

    def reading(self, terms: Terms, *, who: str, reader: str, run: int, status: Status) -> Reading:
        """Return the reading; groups without a decision hold the program's entry.

        Parameters
        ----------
        terms
            On which terms it was made.
        who
            Id of the person.
        reader, run
            Whose reading it is, and which; in an adjudication that of ``consensus``.
        status
            How far it is.
        """
        base = self.start.base
        if self.state.edited:
            self.outlines.examine()
        return reading_of(
            base,
            [self._entry(group.label) for group in base.scheme.groups],
            reader=reader,
            status=status,
            marked=self.state.marked,
            review=review_record(
                base.scheme,
                terms,
                self.state.decisions,
                who=who,
                edited=self.state.edited,
                agreed=self.start.agreed,
                run=run,
                remarks=self.state.remarks,
                key_slices=self.state.key_slices,
            ),
        )

    def _decided(self, label: int) -> GroupReading:
        return decided(self.measured(label), self.state.decisions[label])

    def _entry(self, label: int) -> GroupReading:
        if label in self.state.decisions:
            return self._decided(label)
        return self.start.agreed.get(label) or self.measured(label)


def entry_of(reading: Reading, label: int) -> GroupReading:
    """Return the entry of one group."""
    return next(entry for entry in reading.groups if entry.label == label)
