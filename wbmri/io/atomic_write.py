"""Files that are there whole or not at all, one by one and several together."""

import json
import os
import secrets
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp


def write_atomic(path: str | Path, data: bytes) -> None:
    """Write a file so that at every moment either the old or the whole new content is there.

    The bytes go to a temporary name in the same folder, are forced to the disk, and then take the name.

    Parameters
    ----------
    path
        Where to; its folder must exist.
    data
        The content.

    Raises
    ------
    OSError
        If it cannot be written; an earlier file of that name is then untouched, and no temporary file stays.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        with temporary.open("xb") as file:
            file.write(data)
        force_to_disk(temporary)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    force_to_disk(path.parent)


def force_to_disk(path: Path) -> None:
    """See to it that a file, or the names in a folder, outlast a loss of power."""
    folder = path.is_dir()
    if folder and os.name != "posix":
        return  # elsewhere folders cannot be opened
    descriptor = os.open(path, os.O_RDONLY if folder else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_together(out: Path, files: Sequence[tuple[Path, bytes]]) -> None:
    """Write files in the given order: all of them or none, also where the program is killed meanwhile.

    Everything is first written and synced beside its destination, where a full disk or a missing permission shows
    before anything old is touched. Then a journal that names every destination appears at once, and the files are moved
    into place. On an error what was there before is put back; a program that is killed after the journal appeared is
    carried on by `finish_writing`, one that is killed before has changed nothing. When this returns, the files outlast
    a loss of power.

    Parameters
    ----------
    out
        The dataset; made if it is missing.
    files
        Destinations below `out` with their contents; missing folders are made.
    """
    out.mkdir(parents=True, exist_ok=True)
    finish_writing(out)
    with _new_stage(out) as stage:
        fresh, former = stage / _FRESH, stage / "former"
        fresh.mkdir()
        former.mkdir()
        for number, (path, content) in enumerate(files):
            path.parent.mkdir(parents=True, exist_ok=True)
            (fresh / str(number)).write_bytes(content)
            if path.exists():
                shutil.copy2(path, former / str(number))
        # Once all are written, which lets the system write them in one go.
        for number in range(len(files)):
            force_to_disk(fresh / str(number))
        destinations = [os.path.relpath(path, out) for path, _ in files]
        write_atomic(stage / _JOURNAL, json.dumps(destinations).encode())
        moved: list[int] = []
        try:
            for number, (path, _) in enumerate(files):
                os.replace(fresh / str(number), path)
                moved.append(number)
        except BaseException:
            for number in moved:
                path, before = files[number][0], former / str(number)
                if before.exists():
                    os.replace(before, path)
                else:
                    path.unlink()
            (stage / _JOURNAL).unlink()
            raise
        for folder in dict.fromkeys(path.parent for path, _ in files):
            force_to_disk(folder)


_STAGE, _FRESH, _JOURNAL, _OWNER = ".wbmri-", "fresh", "journal.json", "owner"
_UNOWNED = ".wbmri_"
_UNOWNED_S = 600.0
"""A folder that was made and not owned for this long was left by a killed program."""


@contextmanager
def _new_stage(out: Path) -> Iterator[Path]:
    """Make a folder to prepare files in; it has its owner before anybody looks for folders without one."""
    renames = os.name == "posix"  # elsewhere a folder with an open file keeps its name
    made = Path(mkdtemp(dir=out, prefix=_UNOWNED if renames else _STAGE))
    stage = made.with_name(made.name.replace(_UNOWNED, _STAGE, 1))
    with _owned(made):
        if renames:
            made.rename(stage)
        try:
            yield stage
        finally:
            # While it is still owned, so that nobody else removes it at the same time.
            shutil.rmtree(stage, ignore_errors=True)


def finish_writing(out: Path) -> bool:
    """Carry on what a killed program had begun to put into place, and remove what it had only prepared.

    Parameters
    ----------
    out
        The dataset. What a living program is writing there is left alone.

    Returns
    -------
    bool
        Whether a living program is writing there.
    """
    try:
        names = sorted(os.listdir(out))
    except (OSError, ValueError):
        return False
    for left in (out / name for name in names if name.startswith(_UNOWNED)):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _UNOWNED_S:
                shutil.rmtree(left)
    stages = [out / name for name in names if name.startswith(_STAGE)]
    for stage in stages:
        with suppress(OSError, ValueError, TypeError, RecursionError), _owned(stage):
            journal = stage / _JOURNAL
            if journal.is_file():
                for number, destination in enumerate(json.loads(journal.read_bytes())):
                    fresh, path = stage / _FRESH / str(number), (out / destination).resolve()
                    if fresh.exists() and path.is_relative_to(out.resolve()):
                        os.replace(fresh, path)
                        force_to_disk(path.parent)
            shutil.rmtree(stage)
    return any(stage.exists() for stage in stages)


@contextmanager
def _owned(stage: Path) -> Iterator[None]:
    """Hold a folder as its writer: the system lets go of it when the program ends, however it ends.

    Raises
    ------
    OSError
        If another program holds it.
    """
    with (stage / _OWNER).open("ab") as owner:
        try:
            import fcntl
        except ImportError:  # elsewhere an open file cannot be removed, which protects the folder as well
            yield
            return
        fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
