"""Nothing of a case stays in memory once another one is open."""

import gc
from collections.abc import Callable
from weakref import ref

import pytest
from napari.layers import Layer
from napari_wbmri.room import ReadingRoom


def shown() -> int:
    """Bytes that the layers hold which are still known to anyone."""
    return sum(one.data.nbytes for one in gc.get_objects() if isinstance(one, Layer))


def test_a_case_is_let_go_of_when_it_is_closed(read: Callable[..., ReadingRoom], qtbot: object) -> None:
    read().close()
    gc.collect()
    before = shown()
    room = read()
    session, volume = ref(room.session), room.session.volume.data.nbytes
    assert shown() > before + volume
    room.close()
    qtbot.wait(20)
    gc.collect()
    assert session() is None
    assert shown() < before + 0.1 * volume


@pytest.mark.parametrize("planes", [False, True])
def test_a_case_is_let_go_of_when_the_next_one_is_opened(
    read: Callable[..., ReadingRoom], press: Callable[..., None], qtbot: object, planes: bool
) -> None:
    room = read()
    if planes:
        press("Q")
    press("T")
    qtbot.waitUntil(lambda: room.scene.heat_shown, timeout=20_000)
    gc.collect()
    before, session, shown_then = shown(), ref(room.session), ref(room.session.volume.data)
    read("month6")
    gc.collect()
    assert session() is None
    assert shown_then() is None
    assert not room.scene.heat_shown
    assert shown() < before


@pytest.mark.usefixtures("no_registration")
def test_another_visit_is_let_go_of_when_it_is_closed(
    read: Callable[..., ReadingRoom],
    press: Callable[..., None],
    qtbot: object,
) -> None:
    room = read()
    gc.collect()
    before, volume = shown(), room.session.volume.data.nbytes
    press("C")
    assert shown() > before + volume
    qtbot.waitUntil(lambda: "stay linked" in room.docks.panel.state.text(), timeout=20_000)
    press("C")
    qtbot.wait(20)
    gc.collect()
    assert shown() < before + 0.1 * volume
