"""The way to a signature: what is to be looked at, one after another in place, then the dialog that signs."""

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDialog

from napari_wbmri.docks import ConcernBar, SignDialog
from napari_wbmri.room import ReadingRoom
from wbmri.review import ConcernWalk, Session, SignoffIssue


class SignOff:
    """Leads a reader through the concerns of a reading and to its signature.

    Parameters
    ----------
    room
        The reading room.
    bar
        Shows the concern that is looked at.
    """

    def __init__(self, room: ReadingRoom, bar: ConcernBar) -> None:
        self._room, self._bar = room, bar
        self._walk: ConcernWalk | None = None
        self._bar.going_on.connect(self._go_on)
        self._bar.stopped.connect(self.stop)
        room.closed.connect(self.stop)

    @property
    def idle(self) -> bool:
        """Whether no concern is being looked at."""
        return self._walk is None

    def remove(self) -> None:
        """Let go of the room, for other docks."""
        self.stop()
        self._room.closed.disconnect(self.stop)

    def ask(self, session: Session) -> None:
        """Show what is to be looked at before signing; on the way through it, go on to the next concern."""
        if session.read_only:
            self._room.say("This reading cannot be signed: it is read-only.")
        elif self._walk is not None:
            self._go_on()
        else:
            open_dialog(self.dialog(session))

    def dialog(self, session: Session) -> SignDialog:
        """Return the dialog in which a reading is signed."""
        seen = () if self._walk is None else self._walk.seen
        dialog = SignDialog(session, self._room.window, seen)
        dialog.looked.connect(lambda issue: self._start(session, issue))
        dialog.signed.connect(self._signed)
        return dialog

    def stop(self) -> None:
        """Leave the way through the concerns."""
        self._walk = None
        self._bar.hide()

    def _start(self, session: Session, issue: SignoffIssue) -> None:
        self._walk = ConcernWalk(session)
        self._walk.look(issue)
        self._show(issue)

    def _go_on(self) -> None:
        session, walk = self._room.session, self._walk
        if session is None or walk is None:
            return
        issue = walk.go_on()
        if issue is not None:
            self._show(issue)
            return
        dialog = self.dialog(session)
        self.stop()
        open_dialog(dialog)

    def _show(self, issue: SignoffIssue) -> None:
        if issue.label is not None:
            self._room.gone(issue.label)
        if self._walk is not None:
            self._bar.show_concern(self._walk.words)

    def _signed(self, problem: str) -> None:
        self.stop()
        self._room.signed()
        if problem:
            self._room.say(f"Signed and saved, but the tables could not be written: {problem}.")


def open_dialog(dialog: QDialog) -> None:
    """Open a dialog before the window, until it is closed."""
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()
