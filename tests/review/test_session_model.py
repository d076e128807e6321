"""Whatever a reader does in whatever order: undo, redo, reopening and torn lines agree with a simple model."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from wbmri.case import Case
from wbmri.core import Reason
from wbmri.review import ViewState, open_review
from wbmri.review.label_editor import LabelChange

State = tuple[dict[int, tuple[int | None, Reason | None]], bytes]

labels = st.integers(1, 42)


class Course(RuleBasedStateMachine):
    """A reader at work; the model keeps every state there was, and where in them the reader is."""

    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="wbmri-course-"))
        shutil.copytree(self.template, self.folder / "OUT")
        self.case = self.folder / "OUT" / "sub-X" / "ses-Y"
        self.session = open_review(self.case, "anna")
        self.states: list[State] = [self.seen()]
        self.at = 0
        self.place = self.session.view_state

    def teardown(self) -> None:
        self.session.close()
        shutil.rmtree(self.folder)

    def seen(self) -> State:
        decisions = {label: (one.grade, one.reason) for label, one in self.session.decisions.items()}
        return decisions, self.session.labels.tobytes()

    def did(self) -> None:
        """Note an action; one that changed nothing is none."""
        if self.seen() != self.states[self.at]:
            self.states[self.at + 1 :] = [self.seen()]
            self.at += 1

    @rule(label=labels, grade=st.integers(0, 2))
    def grade(self, label: int, grade: int) -> None:
        already = self.session.decisions.get(label)
        self.session.grade(label, grade)
        assert self.session.decisions[label].grade == grade
        if already is not None and already.accepted and already.grade == grade:
            self.session.undo()  # the same grade, given instead of accepted, is an action of its own
        self.did()

    @rule(label=labels, reason=st.sampled_from([Reason.MOTION, Reason.SEAM]))
    def not_assessable(self, label: int, reason: Reason) -> None:
        self.session.not_assessable(label, reason)
        assert self.session.decisions[label].reason is reason
        self.did()

    @rule(label=labels)
    def accept(self, label: int) -> None:
        already = self.session.decisions.get(label)
        self.session.accept(label)
        assert self.session.decisions[label].grade == self.session.group(label).measured.auto_grade  # type: ignore[union-attr]
        if already is not None and not already.accepted and already.grade == self.session.decisions[label].grade:
            self.session.undo()
        self.did()

    @rule(label=labels)
    def clear(self, label: int) -> None:
        self.session.clear(label)
        assert label not in self.session.decisions
        self.did()

    @rule(label=st.integers(0, 42), first=st.integers(0, 7000), count=st.integers(1, 150))
    def edit(self, label: int, first: int, count: int) -> None:
        change = LabelChange.setting(self.session.labels, np.arange(first, first + count), label)
        self.session.edit(change, "paint")
        assert np.all(self.session.labels.ravel()[first : first + count] == label)
        self.did()

    @rule()
    def undo(self) -> None:
        change = self.session.undo()
        assert (change is None) == (self.at == 0)
        self.at = max(self.at - 1, 0)

    @rule()
    def redo(self) -> None:
        change = self.session.redo()
        assert (change is None) == (self.at == len(self.states) - 1)
        self.at = min(self.at + 1, len(self.states) - 1)

    @precondition(lambda self: self.session.paths.history.exists())
    @rule(label=labels, x=st.floats(-500, 500), zoom=st.floats(0.1, 20))
    def move(self, label: int, x: float, zoom: float) -> None:
        self.place = ViewState(label, (x, 0.0, -x), zoom, "axial")
        self.session.move(self.place)

    @precondition(lambda self: self.session.paths.history.exists())
    @rule(torn=st.binary(min_size=0, max_size=40).filter(lambda tail: b"\n" not in tail))
    def reopen(self, torn: bytes) -> None:
        """Close, or be killed with half a line on its way to the disk, and come back."""
        words = self.session.undo_words, self.session.redo_words
        self.session.close()
        with self.session.paths.history.open("ab") as file:
            file.write(torn)
        self.session = open_review(self.case, "anna")
        assert (self.session.undo_words, self.session.redo_words) == words

    @invariant()
    def the_session_is_as_the_model(self) -> None:
        assert self.seen() == self.states[self.at]
        assert self.session.view_state == self.place
        assert self.session.totals.read == len(self.session.decisions)
        assert self.session.saving.problem is None


def test_any_course_of_actions_agrees_with_the_model(case: Case, write: Callable[..., Case]) -> None:
    Course.template = case.paths.out
    run_state_machine_as_test(Course, settings=settings(max_examples=12, stateful_step_count=25))
