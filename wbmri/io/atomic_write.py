"""Files that are there whole or not at all, one by one and several together."""

import json
import os
import re
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


def remove_drafts(folder: Path) -> None:
    """Remove what killed programs left of files that `write_atomic` writes below a folder, ten minutes later."""
    for path in folder.rglob(".*"):
        with suppress(OSError):
            if _DRAFT.fullmatch(path.name) and path.is_file() and time.time() - path.stat().st_mtime > _UNOWNED_S:
                path.unlink()


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
    _make_folder(out)
    finish_writing(out)
    with _new_stage(out) as stage:
        fresh, former = stage / _FRESH, stage / _FORMER
        fresh.mkdir()
        former.mkdir()
        for number, (path, content) in enumerate(files):
            _make_folder(path.parent)
            (fresh / str(number)).write_bytes(content)
            if path.exists():
                shutil.copy2(path, former / str(number))
            else:
                (former / f"{number}{_NOTHING}").touch()
        # Once all are written, which lets the system write them in one go.
        for number in range(len(files)):
            force_to_disk(fresh / str(number))
        destinations = [os.path.relpath(path, out) for path, _ in files]
        write_atomic(stage / _JOURNAL, json.dumps(destinations).encode())
        try:
            for number, (path, _) in enumerate(files):
                os.replace(fresh / str(number), path)
        except BaseException:
            # Where even this fails, `finish_writing` goes on with it later.
            os.replace(stage / _JOURNAL, stage / _UNDO)
            _put_back(stage, [path for path, _ in files])
            (stage / _UNDO).unlink()
            raise
        for folder in dict.fromkeys(path.parent for path, _ in files):
            force_to_disk(folder)


def _make_folder(folder: Path) -> None:
    """Make a folder that is not there; one that goes while it is written to is not made anew."""
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)


_STAGE, _FRESH, _FORMER, _JOURNAL, _UNDO, _OWNER = ".wbmri-", "fresh", "former", "journal.json", "undo.json", "owner"
_UNOWNED, _NOTHING = ".wbmri_", "-nothing"
_UNOWNED_S = 600.0
"""A folder that was made and not owned for this long, and a draft of this age, was left by a killed program."""
_DRAFT = re.compile(r"\..+\.[0-9a-f]{12}")


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
        except BaseException:
            if not (stage / _JOURNAL).exists() and not (stage / _UNDO).exists():
                shutil.rmtree(stage, ignore_errors=True)
            raise
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
            if (stage / _UNDO).is_file():
                _put_back(stage, _destinations(stage / _UNDO, out))
            elif (stage / _JOURNAL).is_file():
                for number, path in enumerate(_destinations(stage / _JOURNAL, out)):
                    fresh = stage / _FRESH / str(number)
                    if path is not None and fresh.exists():
                        os.replace(fresh, path)
                        force_to_disk(path.parent)
            shutil.rmtree(stage)
    return any(stage.exists() for stage in stages)


def _destinations(journal: Path, out: Path) -> list[Path | None]:
    """Return where the files of a stage belong; ``None`` for a place outside the dataset."""
    places = [(out / destination).resolve() for destination in json.loads(journal.read_bytes())]
    return [path if path.is_relative_to(out.resolve()) else None for path in places]


def _put_back(stage: Path, destinations: Sequence[Path | None]) -> None:
    """Put what was there before in the place of what was moved there; twice is the same as once, and takes no room."""
    places = [(number, path) for number, path in enumerate(destinations) if path is not None]
    for number, path in places:
        former = stage / _FORMER / str(number)
        if former.exists():
            os.replace(former, path)
        elif (stage / _FORMER / f"{number}{_NOTHING}").exists() and not (stage / _FRESH / str(number)).exists():
            path.unlink(missing_ok=True)
    for folder in dict.fromkeys(path.parent for _, path in places):
        force_to_disk(folder)


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
