"""What each key of the reading room does, and each button."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from qtpy.QtWidgets import QInputDialog

from napari_wbmri.commands.calcinosis import CalcinosisMarker
from napari_wbmri.commands.companions import CompanionChooser
from napari_wbmri.commands.saving import copy_report, export_reading, save_elsewhere, save_labels
from napari_wbmri.commands.sign_off import SignOff, open_dialog
from napari_wbmri.docks import NONE_LEFT, Docks, WorklistDock, ratios_of
from napari_wbmri.room import ReadingRoom
from napari_wbmri.viewer import PLANES, Contours, Depth, Tool
from napari_wbmri.widgets import KeyFilter, KeyHelp, RemarkDialog
from wbmri.core import Calcinosis, LimbPart, Reason, Tissue, WbmriError
from wbmri.review import Change, Command, Order, Session, default_keys, load_keys


class Commands:
    """Carries out commands in a reading room, from keys and from buttons alike.

    Parameters
    ----------
    room
        The reading room.
    docks
        Its docks, whose buttons do the same.
    worklist
        Returns the list of cases, in its dock.

    Attributes
    ----------
    advancing
        Whether a grade goes on to the next unread group.
    """

    def __init__(self, room: ReadingRoom, docks: Docks, worklist: Callable[[], WorklistDock]) -> None:
        self.room, self._docks, self._worklist = room, docks, worklist
        try:
            self.keys = load_keys()
        except WbmriError as error:
            room.say_error(error)
            self.keys = default_keys()
        self.filter = KeyFilter(room.window, self.keys, self.do, lambda: room.session is not None)
        self.signing = SignOff(room, docks.panel.concerns)
        self.calcinosis = CalcinosisMarker(room, self._act)
        self.companions = CompanionChooser(room, docks)
        self._leaving: Session | None = None
        self.advancing = True
        panel, tools = docks.panel, docks.tools
        panel.buttons.graded.connect(self.grade)
        panel.buttons.unassessable.connect(self.not_assessable)
        panel.buttons.accepted.connect(self.accept)
        panel.soft_tissue.marked.connect(self.mark)
        panel.soft_tissue.calcinosis_marked.connect(self.mark_calcinosis)
        for signal, command in (
            (panel.signing, Command.SIGN),
            (panel.helping, Command.HELP),
            (tools.filling, Command.FILL_BETWEEN),
            (tools.mirroring, Command.MIRROR),
            (tools.stopping, Command.EDIT_MASK),
        ):
            signal.connect(lambda command=command: self.do(command))
        panel.windowed.connect(self.window)
        panel.way_out.connect(lambda: save_elsewhere(room))
        panel.exporting.connect(lambda: export_reading(room))
        self._doing: dict[Command, Callable[[Session], None]] = {
            Command.GRADE_0: lambda _: self.grade(0),
            Command.GRADE_1: lambda _: self.grade(1),
            Command.GRADE_2: lambda _: self.grade(2),
            Command.NOT_ASSESSABLE: lambda _: panel.buttons.ask_reason(),
            Command.REGION_NOT_ASSESSABLE: lambda _: panel.buttons.ask_reason(whole_region=True),
            Command.ADVANCE: lambda _: self._advance(),
            Command.ACCEPT: lambda _: self.accept(),
            Command.CLEAR: lambda session: self._act(lambda: session.clear(session.current)),
            Command.NEXT_GROUP: lambda session: room.gone(session.next_group()),
            Command.PREVIOUS_GROUP: lambda session: room.gone(session.previous_group()),
            Command.OTHER_SIDE: lambda session: room.gone(session.other_side()),
            Command.NEXT_UNREAD: self._next_unread,
            Command.ORDER: self._reorder,
            Command.UNDO: lambda session: self._back(session.undo, "Nothing to undo."),
            Command.REDO: lambda session: self._back(session.redo, "Nothing to redo."),
            Command.EDIT_MASK: self._edit,
            Command.PAINT: lambda session: self._tool(session, Tool.PAINT),
            Command.ERASE: lambda session: self._tool(session, Tool.ERASE),
            Command.SMART_BRUSH: lambda session: self._tool(session, Tool.SMART),
            Command.REDRAW: lambda session: self._tool(session, Tool.REDRAW),
            Command.STEAL: lambda _: tools.steal.toggle(),
            Command.LARGER_BRUSH: lambda _: room.editor.resize(1),
            Command.SMALLER_BRUSH: lambda _: room.editor.resize(-1),
            Command.FILL_BETWEEN: room.editor.fill,
            Command.MIRROR: room.editor.mirror,
            Command.PROJECTION: lambda _: self._project(),
            Command.COMPARISON: self._compare,
            Command.COMPANION: self.companions.ask,
            Command.CONTOURS: lambda _: self._contours(),
            Command.WINDOW: lambda _: self.window((room.scene.preset + 1) % len(room.picture.presets)),
            Command.FIELD: self._field,
            Command.HEAT_MAP: self._heat,
            Command.MOST_OEDEMA: self._most_oedema,
            Command.PLANE: lambda _: self._plane(),
            Command.THREE_PLANES: lambda _: self._three_planes(),
            Command.FILL: lambda _: self._fill(),
            Command.RECENTRE: lambda _: room.scene.recentre(),
            Command.NEXT_SLICE: lambda _: room.scene.step(1),
            Command.PREVIOUS_SLICE: lambda _: room.scene.step(-1),
            Command.WHOLE_BODY: lambda _: room.scene.whole_body(),
            Command.NEXT_CASE: self._next_case,
            Command.WORKLIST: lambda _: worklist().come_forward(),
            Command.SAVE_LABELS: lambda _: save_labels(room),
            Command.KEY_IMAGE: self._key_image,
            Command.CALCINOSIS: self.calcinosis.ask,
            Command.REMARK: lambda session: self._remark(session, session.current),
            Command.CASE_REMARK: lambda session: self._remark(session, None),
            Command.COPY_REPORT: lambda session: copy_report(room, session),
            Command.SIGN: self.signing.ask,
            Command.HELP: lambda _: self._help(),
        }

    def remove(self) -> None:
        """Give the keys back, for other docks."""
        self.filter.remove()
        self.signing.remove()
        self.calcinosis.remove()
        self.companions.remove()

    def do(self, command: Command) -> bool:
        """Carry a command out; return whether a case is open to do it in."""
        session = self.room.session
        if session is None or command not in self._doing:
            return False
        if command is not Command.NEXT_CASE:
            self._leaving = None
        try:
            self._doing[command](session)
        except WbmriError as error:
            self.room.say_error(error)
        return True

    def grade(self, grade: int) -> None:
        """Give the group that is being read a grade."""
        session = self.room.session
        if session is not None:
            self._decide(session, lambda: session.grade(session.current, grade))

    def not_assessable(self, reason: Reason, whole_region: bool = False) -> None:
        """Say why the group that is being read, or every unread one of its region, cannot be graded."""
        session = self.room.session
        if session is None:
            return
        note = ""
        if reason is Reason.OTHER:
            note, given = QInputDialog.getText(self.room.window, "Not assessable", "Why can this group not be graded?")
            if not given:
                return
        decide = session.not_assessable_region if whole_region else session.not_assessable
        self._decide(session, lambda: decide(session.current, reason, note))

    def mark(self, tissue: Tissue, part: LimbPart, value: int | None) -> None:
        """Mark fascia or subcutis of one part of the limbs."""
        session = self.room.session
        if session is not None:
            self._act(lambda: session.mark(tissue, part, value))

    def mark_calcinosis(self, calcinosis: Calcinosis) -> None:
        """Mark whether there is calcinosis, and where."""
        session = self.room.session
        if session is not None:
            self._act(lambda: session.mark_calcinosis(calcinosis))

    def accept(self) -> None:
        """Take over the suggestion; on a group that is read already, go to the next unread one."""
        session = self.room.session
        if session is None:
            return
        if session.group(session.current).read:
            self.do(Command.NEXT_UNREAD)
        else:
            self._decide(session, lambda: session.accept(session.current))

    def _decide(self, session: Session, action: Callable[[], Change]) -> None:
        """Decide on the group that is on the screen, and go on to the next unread one."""
        if not self.room.seen:
            self.room.say("Not taken: it was typed before this group was on the screen.", caution=True)
            return
        unread = not session.group(session.current).read
        try:
            change = action()
        except WbmriError as error:
            self.room.say_error(error)
            return
        going_on = self.advancing and unread and self.signing.idle
        following = session.next_unread() if going_on else None
        self.room.follow(change, following)
        if going_on and following is None:
            self.room.say(f"{change.words}. {self._all_read}")

    @property
    def _all_read(self) -> str:
        return f"All groups are read: {' or '.join(self.keys.keys(Command.SIGN))} checks and signs."

    def _advance(self) -> None:
        self.advancing = not self.advancing
        where = "goes on to the next unread group" if self.advancing else "stays on its group"
        self.room.say(f"A grade {where}.")

    def _act(self, action: Callable[[], Change]) -> None:
        try:
            self.room.follow(action())
        except WbmriError as error:
            self.room.say_error(error)

    def _back(self, step: Callable[[], Change | None], otherwise: str) -> None:
        change = step()
        if change is None:
            self.room.say(otherwise)
            return
        if change.mask is not None:
            self.room.scene.change(change.mask)
        self.room.follow(change)

    def _next_unread(self, session: Session) -> None:
        label = session.next_unread()
        if label is None:
            self.room.say(self._all_read)
        else:
            self.room.gone(label)

    def _reorder(self, session: Session) -> None:
        session.reorder(Order.SCHEME if session.order is Order.LEAST_CERTAIN else Order.LEAST_CERTAIN)
        self.room.say(f"Order of reading: {session.order}.")

    def _edit(self, session: Session) -> None:
        if self.room.editor.active:
            self.room.editor.stop()
        else:
            self._tool(session, self.room.editor.tool)

    def _tool(self, session: Session, tool: Tool) -> None:
        if session.read_only:
            self.room.say("This reading is read-only: outlines cannot be corrected.")
            return
        if not self.room.editor.active:
            self.room.editor.start(session)
        self.room.editor.use(tool)
        if tool is Tool.REDRAW:
            how = "Click in the middle of missed muscle, with Shift in the middle of what was wrongly taken"
        else:
            how = f"Drag with the left button: {tool}"
        self.room.say(f"{how}. E ends it, U takes it back.")

    def _key_image(self, session: Session) -> None:
        """Choose the slice under the mouse for the report."""
        scene = self.room.planes.under_mouse() or self.room.scene
        if scene.depth is not Depth.SLICE:
            self.room.say("A key image is a slice: leave the projection first.")
            return
        point = scene.grid.point_mm(scene.point)
        self._act(lambda: session.keep_slice(scene.plane, point))

    def _compare(self, session: Session) -> None:
        self.companions.view.hide()
        self.room.side.toggle(session, self._docks)

    def _project(self) -> None:
        depths = list(Depth)
        depth = depths[(depths.index(self.room.scene.depth) + 1) % len(depths)]
        if self.room.editor.active and depth is not Depth.SLICE:
            self.room.editor.stop()
        self.room.scene.project(depth)
        self.room.side.project()
        self.room.say(f"Showing the {depth.value}.")

    def _contours(self) -> None:
        every = list(Contours)
        self.room.scene.draw(every[(every.index(self.room.scene.contours) + 1) % len(every)])
        self.room.side.draw(self.room.scene.contours)
        self.companions.view.show_outlines()
        self.room.say(f"Showing {self.room.scene.contours.value}.")

    def window(self, preset: int) -> None:
        """Show the scan, and the other visit, in one of the window presets."""
        scene = self.room.scene
        scene.preset = preset
        self.room.show_window()
        self.room.say(f"Window {self.room.picture.presets[preset].name}.")

    def _field(self, session: Session) -> None:
        model = session.case.reading.intensity_model
        if not session.visible.suggestions:
            self.room.say("The fitted field is hidden in this mode until every visit of the person is signed.")
        elif model is None:
            self.room.say("This reading does not say which field was taken off.")
        elif self.room.scene.toggle_field(model.bias_field):
            self.room.say("Fitted field over the scan: orange where coil and stations were taken to be brighter.")
        else:
            self.room.say("Fitted field put away.")

    def _heat(self, session: Session) -> None:
        room = self.room
        if room.scene.heat_shown:
            room.scene.show_heat(None)
            room.picture.show_corner()
            room.side.show_heat(wanted=False)
            room.say("Ratio to normal muscle put away.")
            return
        if not session.visible.suggestions:
            room.say("The ratio is hidden in this mode until every visit of the person is signed.")
            return
        volume, labels, reading = session.volume, session.label_map, session.case.reading

        def show(ratios: NDArray[np.float16] | None) -> None:
            if room.session is not session:
                return
            if ratios is None:
                room.say("The level of normal muscle is not known in this scan.")
                return
            room.scene.show_heat(ratios)
            room.picture.show_corner()
            room.say("Ratio to normal muscle over the scan.")

        room.background.run(lambda: ratios_of(volume, labels, reading), show)
        room.side.show_heat(wanted=True)

    def _remark(self, session: Session, label: int | None) -> None:
        if session.read_only:
            self.room.say("This reading is read-only: nothing can be remarked.")
            return
        name = "the case" if label is None else session.group(label).group.name
        dialog = RemarkDialog(name, session.remark_on(label), self.room.window)
        dialog.written.connect(lambda text: self._act(lambda: session.remark(label, text)))
        open_dialog(dialog)

    def _most_oedema(self, session: Session) -> None:
        room = self.room
        if not session.visible.suggestions:
            room.say("Where oedema was measured is hidden in this mode until every visit of the person is signed.")
            return
        point = session.most_oedema(session.current, room.scene.grid.stored_axis(room.scene.plane))
        if point is None:
            room.say("No oedema was measured in this group.")
            return
        room.scene.look(room.scene.grid.world(point), None)
        room.say("The slice with most oedema of this group.")

    def _plane(self) -> None:
        planes = list(PLANES)
        scene = self.room.scene
        scene.turn(planes[(planes.index(scene.plane) + 1) % len(planes)])
        scene.focus(scene.label)
        self.room.side.turn()
        self.room.say(f"Showing the {scene.plane} plane.")

    def _three_planes(self) -> None:
        room = self.room
        room.show_planes(wanted=not room.planes.shown)
        room.say("Showing all three planes." if room.planes.shown else f"Showing the {room.scene.plane} plane.")

    def _fill(self) -> None:
        """Fill the window with the plane under the mouse; with all three, where only one is shown."""
        room, there = self.room, self.room.side.planes
        if not room.planes.shown:
            self._three_planes()
            return
        plane = (room.planes.under_mouse() or (None if there is None else there.under_mouse()) or room.scene).plane
        point = room.scene.cross
        room.show_planes(wanted=False)
        room.scene.turn(plane)
        room.side.turn()
        room.scene.look(point, None)
        room.say(f"Showing the {plane} plane.")

    def _next_case(self, session: Session) -> None:
        if session.decisions and not session.read_only and self._leaving is not session:
            self._leaving = session
            totals, keys = session.totals, " or ".join(self.keys.keys(Command.SIGN))
            read = "All groups are" if totals.read == totals.groups else f"{totals.read} of {totals.groups} groups are"
            self.room.say(f"{read} read, not signed: {keys} checks and signs. Once more goes on.", caution=True)
            return
        self._leaving = None
        if not self._worklist().open_next():
            self.room.say(NONE_LEFT)

    def _help(self) -> None:
        open_dialog(KeyHelp(self.keys, str(Path("~/.wbmri/keys.toml")), self.room.window))
