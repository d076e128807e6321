"""Work beside the window, of which nothing stays once it is done."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from typing import Any, TypeVar

from qtpy.QtCore import QObject, Qt, Signal

T = TypeVar("T")


class Background(QObject):
    """Runs jobs on other threads, and hands what they return to the thread of the window.

    The workers of napari keep what they worked on for as long as the program runs: a scan for every case.
    """

    _ended = Signal(int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(4, "wbmri")
        self._numbers = count()
        self._waiting: dict[int, tuple[Future[Any], Callable[[Any], None]]] = {}
        self._ended.connect(self._end, Qt.ConnectionType.QueuedConnection)

    def run(self, job: Callable[[], T], then: Callable[[T], None]) -> None:
        """Run a job, and call `then` with what it returns once the window has time for it.

        Parameters
        ----------
        job
            What to run.
        then
            What to do with it; whoever has gone on meanwhile must say so himself.
        """
        number, future = next(self._numbers), self._pool.submit(job)
        self._waiting[number] = future, then
        future.add_done_callback(lambda _: self._tell(number))

    def _tell(self, number: int) -> None:
        # The window may be gone before its work is done.
        with suppress(RuntimeError):
            self._ended.emit(number)

    def _end(self, number: int) -> None:
        future, then = self._waiting.pop(number)
        then(future.result())
