"""Calcinosis on the picture: marking a deposit under the mouse, and what became of one since the visit before."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from qtpy.QtGui import QCursor
from qtpy.QtWidgets import QMenu

from napari_wbmri.docks import Found, other_visits
from napari_wbmri.room import ReadingRoom
from wbmri.core import CaseError, Deposit, DepositCourse
from wbmri.review import Change, Session

SAME_MM = 12.0
"""What is marked within this distance is what is meant."""

_SIGNS = {
    None: "",
    DepositCourse.NEW: "+",
    DepositCourse.LARGER: "↑",
    DepositCourse.SMALLER: "↓",
    DepositCourse.UNCHANGED: "=",
    DepositCourse.GONE: "gone",
}

_FOLLOWED = (DepositCourse.UNCHANGED, DepositCourse.LARGER, DepositCourse.SMALLER, DepositCourse.GONE)

World = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Choice:
    """What may be said of the place under the mouse.

    Parameters
    ----------
    words
        The choice.
    action
        What it does.
    """

    words: str
    action: Callable[[], Change]


class CalcinosisMarker:
    """Marks deposits of calcinosis on the picture, and shows those that are marked.

    Parameters
    ----------
    room
        The reading room.
    act
        Carries an action of the session out and shows what it changed.
    """

    def __init__(self, room: ReadingRoom, act: Callable[[Callable[[], Change]], None]) -> None:
        self._room, self._act = room, act
        self._earlier: tuple[Session, Mapping[int, Deposit]] | None = None
        room.shown.connect(self.show)

    def remove(self) -> None:
        """Let go of the room, for other docks."""
        self._room.shown.disconnect(self.show)

    def ask(self, session: Session) -> None:
        """Mark what is under the mouse, or ask what it is where that can be more than one thing."""
        if session.read_only:
            self._room.say("This reading is read-only: nothing can be marked.")
            return
        choices = self.choices(session, self._room.planes.pointed)
        if len(choices) == 1:
            self._act(choices[0].action)
            return
        menu = QMenu(self._room.window)
        for choice in choices:
            action = menu.addAction(choice.words)
            action.triggered.connect(lambda _=False, choice=choice: self._act(choice.action))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(QCursor.pos())

    def choices(self, session: Session, world: World) -> list[Choice]:
        """Return what may be said of a point of the screen."""
        grid = self._room.scene.grid
        point, earlier = grid.point_mm(world), self.earlier(session)
        own = {deposit.number: deposit for deposit in session.soft_tissue.calcinosis.deposits}
        if not own and not earlier:
            return [_marked(session, "Calcinosis", point)]
        near = sorted(own.values(), key=lambda one: _distance(one.point_mm, point))
        if near and _distance(near[0].point_mm, point) <= SAME_MM:
            one = near[0]
            courses = _FOLLOWED if one.number in earlier else (DepositCourse.NEW,) if earlier else ()
            return [
                *(_followed(session, one, one.point_mm, course) for course in courses if course is not one.course),
                Choice(f"Take no. {one.number} away", lambda: session.remove_deposit(one.number)),
            ]
        number = 1 + max((*own, *earlier))
        course = DepositCourse.NEW if earlier else None
        first = _marked(session, "New calcinosis" if earlier else "Calcinosis", point, number, course)
        waiting = [deposit for deposit in earlier.values() if deposit.number not in own]
        waiting.sort(key=lambda one: _distance(self._expected(one) or world, world))
        return [first, *(_followed(session, one, point, course) for one in waiting for course in _FOLLOWED)]

    def earlier(self, session: Session) -> Mapping[int, Deposit]:
        """Return the deposits of the visit before by number, as far as they may be seen."""
        if self._earlier is None or self._earlier[0] is not session:
            self._earlier = session, _deposits_before(session) if session.visible.visits else {}
        return self._earlier[1]

    def _expected(self, deposit: Deposit) -> World | None:
        """Return where on the screen a deposit of the visit before is expected; ``None`` unless that is beside it."""
        side, scene = self._room.side, self._room.scene
        if side.scene is None or side.views is None or not side.earlier:
            return None
        return side.views.back(side.scene.grid.world(deposit.point_mm), scene.cross)

    def show(self) -> None:
        """Mark on the picture what is marked, and what is still to be followed from the visit before."""
        room, session = self._room, self._room.session
        if session is None:
            return
        own = session.soft_tissue.calcinosis.deposits
        found = [
            Found(room.scene.grid.world(one.point_mm), f"{one.number} {_SIGNS[one.course]}".strip(), one.gone)
            for one in own
        ]
        side = room.side
        if side.visit is not None and side.scene is not None and side.picture is not None:
            marked = side.visit.reading.soft_tissue
            theirs = [] if marked is None else [one for one in marked.calcinosis.deposits if not one.gone]
            side.picture.show_found([Found(side.scene.grid.world(one.point_mm), str(one.number)) for one in theirs])
            numbers = {one.number for one in own}
            for number, one in self.earlier(session).items():
                expected = None if number in numbers else self._expected(one)
                if expected is not None:
                    found.append(Found(expected, f"{number} ?", faint=True))
        room.picture.show_found(found)


def _deposits_before(session: Session) -> dict[int, Deposit]:
    reader = None if session.visible.other_readers else session.reader
    try:
        before = [visit for visit in other_visits(session.case.paths, reader) if visit.earlier]
    except CaseError:
        return {}
    marked = before[-1].reading.soft_tissue if before else None
    return {} if marked is None else {one.number: one for one in marked.calcinosis.deposits if not one.gone}


def _marked(
    session: Session, words: str, point: World, number: int | None = None, course: DepositCourse | None = None
) -> Choice:
    return Choice(words, lambda: session.mark_deposit(point, number, course))


def _followed(session: Session, one: Deposit, point: World, course: DepositCourse) -> Choice:
    return Choice(
        f"{one.name[:1].upper()}{one.name[1:]}: {course}", lambda: session.mark_deposit(point, one.number, course)
    )


def _distance(one: World, other: World) -> float:
    return float(np.linalg.norm(np.subtract(one, other)))
