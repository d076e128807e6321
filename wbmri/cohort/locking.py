"""Locks on visits, so that two runs on one OUT share the work and never the same case."""

from collections.abc import Iterator
from contextlib import contextmanager

from wbmri.case import CasePaths


@contextmanager
def case_lock(paths: CasePaths) -> Iterator[bool]:
    """Hold the lock of a visit, if nobody else does.

    The lock belongs to the process and ends with it, however it ends; the file that stays behind means nothing.

    Parameters
    ----------
    paths
        The case.

    Yields
    ------
    bool
        Whether the lock is held; False if another process holds it.
    """
    from filelock import FileLock, Timeout

    folder = paths.out / ".wbmri" / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / f"{paths.name}.lock")
    try:
        lock.acquire(blocking=False)
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()
