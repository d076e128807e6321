"""Another visit of the same person beside the one that is read, linked in place and in window."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from napari import Viewer
from napari.components import ViewerModel
from napari.qt import QtViewer
from numpy.typing import NDArray
from qtpy.QtCore import QTimer

from napari_wbmri.docks.layout import Docks
from napari_wbmri.docks.picture import Picture, ratios_of
from napari_wbmri.docks.planes import ThreePlanes, refuse_drops
from napari_wbmri.docks.visit_link import VisitLink
from napari_wbmri.docks.visits import OtherVisit, group_changes, other_visits
from napari_wbmri.viewer import Contours, Depth, DisplayGrid, Mark, Scene, take_mouse, turn_wheel
from napari_wbmri.widgets import Background, numbers_of
from wbmri.analysis.comparison import GroupChange, against
from wbmri.core import UNREVIEWED, CaseError, LabelMap, Reading, Volume
from wbmri.report.figures import window_presets
from wbmri.review import Session
from wbmri.review.label_editor import EDGES

if TYPE_CHECKING:
    from wbmri.registration import PointMap


class SideBySide:
    """A second view beside the first one of a reading room.

    At first a place is found by the group that is being read, at the same distance from its middle; once the visits are
    registered, which happens in the background, by the registration.

    Parameters
    ----------
    viewer
        The viewer with the first view.
    here
        The first view.
    planes
        The planes that it shows.
    background
        Registers.
    say
        Tells the reader what was done.
    changed
        Called when another visit, or none, is beside the one that is read.
    chosen
        Called with the group that was clicked in the other visit; it is gone to unless ``looking`` is false.
    lead_window
        Shows the first view in a window, given as multiples of normal muscle.
    """

    def __init__(
        self,
        viewer: Viewer,
        here: Scene,
        planes: ThreePlanes,
        background: Background,
        say: Callable[[str], None],
        changed: Callable[[], None],
        chosen: Callable[..., None],
        lead_window: Callable[[float, float], None],
    ) -> None:
        self._viewer, self._here, self._background = viewer, here, background
        self._mine = planes
        self._say, self._changed = say, changed
        self._chosen, self._lead_window = chosen, lead_window
        self.picture: Picture | None = None
        self.planes: ThreePlanes | None = None
        self._ratios: NDArray[np.float16] | None = None
        self._heat = False
        self._own_window: tuple[float, float] | None = None
        self.visit: OtherVisit | None = None
        self.marks: dict[int, Mark] | None = None
        self.scene: Scene | None = None
        self.views: VisitLink | None = None
        self._visits: list[OtherVisit] = []
        self._docks: Docks | None = None
        self._inner: Any = None
        self._dock: Any = None

    @property
    def earlier(self) -> bool:
        """Whether the visit beside it was before the one that is read."""
        return self.visit is None or self.visit.earlier

    def changes(self, session: Session) -> Mapping[int, GroupChange]:
        """Return what became of each group between the two visits; nothing where only one is shown."""
        return MappingProxyType({}) if self.visit is None else group_changes(self.visit, session.reading)

    def toggle(self, session: Session, docks: Docks) -> None:
        """Show the next other visit; after the last one, none."""
        if not session.visible.visits:
            self._say("Other visits are hidden in this mode until every visit of the person is signed.")
            return
        if self.visit is None:
            self._visits = other_visits(session.case.paths, None if session.visible.other_readers else session.reader)
        if not self._visits:
            self._say("This person has no other visit in this folder.")
            return
        place = 0 if self.visit is None else [visit.session for visit in self._visits].index(self.visit.session) + 1
        self.close()
        if place < len(self._visits):
            self.open(self._visits[place], session, docks)
            self._changed()
        else:
            self.end()

    def end(self) -> None:
        """Put the other visit away and go on with the one that is read."""
        self.close()
        self._say("Comparison closed.")
        self._changed()

    def open(self, visit: OtherVisit, session: Session, docks: Docks) -> None:
        """Show a visit beside the one that is read."""
        here, case, reading = self._here, visit.case, visit.reading
        try:
            volume, labels = case.volume(), visit.labels()
        except CaseError as error:
            self._say(f"Visit {visit.session} cannot be shown: {error}")
            return
        model = ViewerModel(title=visit.session)
        self._inner = QtViewer(model, show_welcome_screen=False)
        self._docks = docks
        self._dock = docks.beside(self._inner, f"Visit {visit.session}", self.end, before=visit.earlier)
        self.visit = visit
        self.marks = {entry.label: Mark.of_entry(entry) for entry in reading.groups}
        self.scene = Scene(model)
        self.picture = Picture(
            self.scene, self._inner.canvas.native, lambda: False, self._clicked, self._windowed, self._told
        )
        self.views = VisitLink(here, self.scene)
        self.planes = ThreePlanes(self._inner, self.scene, self.picture, self.views.lead)
        refuse_drops(self._inner)
        self.scene.plane, self.scene.contours = here.plane, here.contours
        self.scene.label = session.current
        self.scene.show("scan", volume.data, labels.data, DisplayGrid.of(volume), self.marks)
        take_mouse(model)
        model.mouse_wheel_callbacks.append(self._wheel)
        model.scene.camera.events.connect(self.views.lead)
        model.dims.events.point.connect(self.views.lead)
        self.picture.presets = window_presets(volume, labels, case.reading.reference)
        self.window(self._own_window)
        other = visit.session if reading.reviewed else f"{visit.session}\n{UNREVIEWED}"
        for view, name in ((self._viewer, session.case.session), (model, other)):
            caption = view.canvas.overlays.text
            caption.text, caption.visible, caption.font_size, caption.color = name, True, 10, "white"
        self.project()
        self._measure(visit, volume, labels)
        self.show_heat(wanted=here.heat_shown)
        self._register(session.case.reading, session.volume, session.label_map, volume, labels)
        self._say(f"Beside it: visit {visit.session}, {reading.read_by}.")
        # The canvases take their new sizes first.
        QTimer.singleShot(0, self._focus_both)

    def close(self) -> None:
        """Put the other visit away."""
        scene, self.scene = self.scene, None
        if self.planes is not None:
            self.planes.close()
        if scene is not None:
            scene.clear()
        self.visit, self.marks, self.views = None, None, None
        self.picture, self.planes, self._ratios, self._heat = None, None, None, False
        self._viewer.canvas.overlays.text.visible = False
        if self._dock is not None:
            self._viewer.window.remove_dock_widget(self._dock)
            self._inner.close()
            self._inner.deleteLater()
            self._dock = self._inner = None
        if self._docks is not None:
            self._docks.lay_out()
            self._docks = None
            self._mine.arrange(below=False)

    def _focus_both(self) -> None:
        if self._dock is None or self._docks is None:
            return
        self._docks.lay_out(self._dock)
        self._mine.arrange(below=True)
        self._here.focus(self._here.label)
        self.show_planes()

    def show_planes(self) -> None:
        """Show all three planes, or one, as the first view does."""
        if self.planes is not None and self._mine.shown:
            self.planes.show(below=True)
        elif self.planes is not None:
            self.planes.hide()
        self.focus(self._here.label)

    def _clicked(self, label: int, index: tuple[int, int, int]) -> None:
        """Choose the group that was clicked; where all planes are shown, they go through where it was."""
        if self.scene is None or self.planes is None:
            return
        three = self.planes.shown
        if three:
            self.planes.go(self.scene.grid.point(index))
        if label and not (three and label == self.scene.label):
            self._chosen(label, looking=not three)

    def focus(self, label: int) -> None:
        """Show the group that is being read here too."""
        if self.scene is not None and self.marks is not None:
            self.scene.colour(self.marks, label)
            self.follow()

    def follow(self) -> None:
        """Show the place that the first view shows, at the same size."""
        if self.views is not None:
            self.views.follow()

    def _regraded(self, visit: OtherVisit, reading: Reading) -> None:
        """Show the program's grades as the report of the comparison will have them."""
        self.visit = replace(visit, anew=reading)
        self.marks = {entry.label: Mark.of_entry(entry) for entry in reading.groups}
        if self.scene is not None:
            self.scene.colour(self.marks, self._here.label)
        self._changed()
        self._say(
            f"Visit {visit.session} was graded anew against the normal muscle of the visit that is read, as in the "
            f"report: {visit.case.reading.score.said} by itself, {reading.score.said} so."
        )

    def turn(self) -> None:
        """Show the plane that the first view shows."""
        if self.scene is not None:
            self.scene.turn(self._here.plane)
            self.follow()

    def project(self) -> None:
        """Show a slice or a projection as the first view does; the body in three dimensions stays there alone."""
        here, there = self._here, self.scene
        wanted = Depth.SLICE if here.depth is Depth.BODY else here.depth
        if there is not None and there.depth is not wanted:
            there.project(wanted)

    def draw(self, contours: Contours) -> None:
        """Draw the contours that the first view draws."""
        if self.scene is not None:
            self.scene.draw(contours)

    def window(self, multiples: tuple[float, float] | None = None) -> None:
        """Use the window of the first view: the same multiple of this scan's own normal muscle.

        Parameters
        ----------
        multiples
            What is black and white there, where that is none of the presets.
        """
        self._own_window = multiples
        if self.scene is None or self.picture is None:
            return
        if multiples is None:
            self.picture.show_preset(self._here.preset)
        else:
            self.picture.show_multiples(*multiples)

    def _windowed(self) -> None:
        """Show the first view in the window to which this one was dragged."""
        if self.picture is not None:
            self._lead_window(*self.picture.multiples)

    def _told(self, label: int, _: tuple[int, int, int]) -> str:
        if not label or self.visit is None or self.marks is None:
            return ""
        entry = self.visit.reading.groups[label - 1]
        said = [self.visit.reading.scheme.group(label).name, self.marks[label].words]
        if entry.evidence is not None and entry.evidence.oedema_ratio is not None:
            said.append(f"oedema {entry.evidence.oedema_ratio:.1f}× normal muscle")
        return " · ".join(said)

    def show_heat(self, *, wanted: bool) -> None:
        """Lay the ratios to normal muscle over this visit too, as soon as they are known, or take them away."""
        self._heat = wanted
        if self.scene is not None and self.picture is not None:
            self.scene.show_heat(self._ratios if wanted else None)
            self.picture.show_corner()

    def _measure(self, visit: OtherVisit, volume: Volume, labels: LabelMap) -> None:
        """Find in the background how bright its muscles are against normal muscle."""

        def show(ratios: NDArray[np.float16] | None) -> None:
            if self.visit is not None and self.visit.case is visit.case:
                self._ratios = ratios
                self.show_heat(wanted=self._heat)
                self._changed()

        self._background.run(lambda: ratios_of(volume, labels, visit.case.reading), show)

    def measured(self, label: int) -> tuple[str, NDArray[np.intp] | None]:
        """Return what was measured in a group at this visit, in words, and its voxels in the bins of `EDGES`.

        Nothing where there is no other visit.
        """
        visit, scene = self.visit, self.scene
        if visit is None or scene is None:
            return "", None
        entry = visit.reading.groups[label - 1]
        words = "not measured" if entry.evidence is None else numbers_of(entry.evidence)
        box, counts = scene.box(label), None
        if self._ratios is not None and box is not None:
            ratios = scene.grid.shown(self._ratios)[box][scene.groups.data[box] == label]
            counts = np.histogram(ratios.astype(np.float32), EDGES)[0]
        return f"Visit {visit.session}{' (dotted)' if counts is not None else ''}: {words}", counts

    def _wheel(self, _: ViewerModel, event: Any) -> None:
        if self.scene is not None:
            turn_wheel(self.scene, event)

    def _register(self, own: Reading, *visits: Any) -> None:
        """Put the program's grades on the scale that the report uses, then register; both in the background."""
        visit = self.visit
        if visit is None:
            return
        volume, labels = visits[2:]
        name = visit.session

        def regrade() -> Reading | str | None:
            try:
                return (
                    against(volume, labels, visit.case.reading, own, "that is read") if visit.signed is None else None
                )
            except Exception as error:  # whatever it is, the comparison goes on with what it has
                return str(error)

        def regraded(found: Reading | str | None) -> None:
            if self.visit is None or self.visit.case is not visit.case:
                return
            if isinstance(found, Reading):
                self._regraded(self.visit, found)
            elif found is not None:
                self._say(f"Visit {name} keeps the grades it was scored with: {found}")
            self._background.run(register, linked)

        def register() -> "PointMap | str":
            from wbmri.registration import register_visits

            try:
                return register_visits(*visits)
            except Exception as error:  # whatever it is, the comparison goes on with the link it has
                return str(error)

        def linked(found: "PointMap | str") -> None:
            if self.visit is None or self.visit.case is not visit.case:
                return
            if isinstance(found, str):
                self._say(f"The visits stay linked by the group that is read: {found}")
                return
            if self.views is not None:
                self.views.map = found
                self.views.follow()
                self._changed()
            self._say(f"Visit {name} is linked by registration.")

        self._background.run(regrade, regraded)
