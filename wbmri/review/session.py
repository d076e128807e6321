"""One person reading one case: every action, on disk before the next."""

from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wbmri.case import Case, ReadingPaths
from wbmri.labelmap import LabelMap
from wbmri.reading import Reading, Reason
from wbmri.review.brush import Block
from wbmri.review.concerns import Concern
from wbmri.review.decision import Decision
from wbmri.review.lock import Holder
from wbmri.review.masks import Labels, MaskChange
from wbmri.review.modes import Mode, Visible
from wbmri.review.order import Order
from wbmri.review.place import Place
from wbmri.review.saving import Saving
from wbmri.review.views import Change, GroupView, Totals
from wbmri.volume import Volume


class Session:
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
    paths
        The files of the reading.
    """

    case: Case
    reader: str
    mode: Mode
    paths: ReadingPaths

    # What there is to see.

    @property
    def volume(self) -> Volume:
        """The scan; loaded when first asked for."""
        raise NotImplementedError

    @property
    def labels(self) -> Labels:
        """The outlines as they are now, on the volume's grid; read-only, changed by `edit`, `undo` and `redo`."""
        raise NotImplementedError

    @property
    def label_map(self) -> LabelMap:
        """The outlines as they are now, with what the engine said about them."""
        raise NotImplementedError

    @property
    def visible(self) -> Visible:
        """What may be shown now."""
        raise NotImplementedError

    @property
    def title(self) -> str:
        """What to call the case on the screen: ``sub-X_ses-Y``, or a code where that is hidden."""
        raise NotImplementedError

    @property
    def totals(self) -> Totals:
        """Total, involved groups and how many are read."""
        raise NotImplementedError

    @property
    def reading(self) -> Reading:
        """The reading as it stands, for reports and maps; groups without a decision hold the program's entry.

        Raises
        ------
        CaseError
            If suggestions are hidden: `totals` and `groups` have what may be shown.
        """
        raise NotImplementedError

    @property
    def decisions(self) -> Mapping[int, Decision]:
        """What was decided, by label."""
        raise NotImplementedError

    def group(self, label: int) -> GroupView:
        """Return one group as it may be shown."""
        raise NotImplementedError

    def groups(self) -> tuple[GroupView, ...]:
        """Return all groups in the order of reading."""
        raise NotImplementedError

    # Moving about.

    @property
    def order(self) -> Order:
        """The order of reading."""
        raise NotImplementedError

    def reorder(self, order: Order) -> None:
        """Choose the order of reading.

        Raises
        ------
        InputError
            If it would give suggestions away that are hidden.
        """
        raise NotImplementedError

    @property
    def place(self) -> Place:
        """The group that is being read, and where its view is."""
        raise NotImplementedError

    @property
    def current(self) -> int:
        """Label of the group that is being read."""
        raise NotImplementedError

    def move(self, place: Place) -> None:
        """Remember where the reader is; cheap, to be called whenever the view comes to rest."""
        raise NotImplementedError

    def choose(self, label: int) -> int:
        """Go to a group and return its label; the view's point is forgotten, for the screen centres on the group."""
        raise NotImplementedError

    def next_group(self) -> int:
        """Go to the next group in the order of reading, and return its label."""
        raise NotImplementedError

    def previous_group(self) -> int:
        """Go to the previous group in the order of reading, and return its label."""
        raise NotImplementedError

    def next_unread(self) -> int | None:
        """Go to the next group that waits for a decision and return its label; ``None`` where none does."""
        raise NotImplementedError

    def other_side(self) -> int:
        """Go to the same group on the other side, and return its label."""
        raise NotImplementedError

    # Deciding. Each raises CaseError where the reading is read-only or signed.

    def grade(self, label: int, grade: int) -> Change:
        """Give a group a grade."""
        raise NotImplementedError

    def not_assessable(self, label: int, reason: Reason, note: str = "") -> Change:
        """Say why a group cannot be graded; the reason `Reason.OTHER` needs a note."""
        raise NotImplementedError

    def accept(self, label: int) -> Change:
        """Take over what the program suggests.

        Raises
        ------
        InputError
            If suggestions are hidden.
        """
        raise NotImplementedError

    def clear(self, label: int) -> Change:
        """Make a group unread again."""
        raise NotImplementedError

    def edit(self, change: MaskChange, tool: str) -> Change:
        """Change outlines, and measure the groups that changed anew.

        Parameters
        ----------
        change
            The voxels, as `Stroke.change`, `fill_between`, `mirror` or `MaskChange.between` give them.
        tool
            What made it, for the history, such as ``paint``.

        Raises
        ------
        InputError
            If the change does not fit the outlines as they are.
        """
        raise NotImplementedError

    def within_muscle(self, block: Block) -> NDArray[np.bool_]:
        """Tell which voxels of a block look like muscle, normal or oedematous: no fat, air, bone or fluid."""
        raise NotImplementedError

    def undo(self) -> Change | None:
        """Take the last action back, whether it was a decision or an outline; ``None`` where there is none."""
        raise NotImplementedError

    def redo(self) -> Change | None:
        """Do again what was taken back last; ``None`` where there is nothing."""
        raise NotImplementedError

    @property
    def undo_words(self) -> str | None:
        """What `undo` would take back."""
        raise NotImplementedError

    @property
    def redo_words(self) -> str | None:
        """What `redo` would do again."""
        raise NotImplementedError

    # Keeping.

    @property
    def saving(self) -> Saving:
        """Whether everything is on disk, and if not, why."""
        raise NotImplementedError

    @property
    def holder(self) -> Holder | None:
        """The other person, or other window, that has the case open; ``None`` where this session may write."""
        raise NotImplementedError

    @property
    def read_only(self) -> bool:
        """Whether actions are refused: signed, or open elsewhere."""
        raise NotImplementedError

    def retry(self) -> Saving:
        """Try to save what is in memory only."""
        raise NotImplementedError

    def save_elsewhere(self, folder: str | Path) -> Saving:
        """Save the whole reading into another folder, and go on there.

        `open_review` with that folder opens it again; its files may also be copied into the case's folder ``readings``.

        Raises
        ------
        CaseError
            If that folder cannot be written either, or already holds this reading.
        """
        raise NotImplementedError

    def alive(self, *, active: bool = False) -> None:
        """Say that the window is still open, at least once a minute; active if the reader did something meanwhile.

        Time without activity for more than two minutes does not count as reading time.
        """
        raise NotImplementedError

    @property
    def seconds(self) -> float:
        """How long the case has been read, idle time left out."""
        raise NotImplementedError

    # Ending.

    def concerns(self) -> tuple[Concern, ...]:
        """Return what to look at before signing, unread groups first."""
        raise NotImplementedError

    def sign(self, accepting: Collection[Concern] = ()) -> Reading:
        """Lock the reading: its files are written and nothing of it changes any more.

        `wbmri.scoring.sign` does this and also writes the report and the tables of OUT.

        Parameters
        ----------
        accepting
            The concerns that the reader has seen and confirms; they go to the history.

        Raises
        ------
        CaseError
            If a group is unread, a concern is not confirmed, or the files cannot be written.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Let others write to the case."""
        raise NotImplementedError
