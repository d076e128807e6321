"""Files that are there whole or not at all, one by one and several together."""

import os
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory


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
    """Write files in the given order; on any error put back what was there before.

    Everything is first written and synced beside its destination, where a full disk or a missing permission shows
    before anything old is touched; then the files are moved into place one by one. When this returns, they outlast a
    loss of power.

    Parameters
    ----------
    out
        The dataset; made if it is missing.
    files
        Destinations below `out` with their contents; missing folders are made.
    """
    out.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=out, prefix=".wbmri-") as temporary:
        fresh, former = Path(temporary, "fresh"), Path(temporary, "former")
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
            raise
        for folder in dict.fromkeys(path.parent for path, _ in files):
            force_to_disk(folder)
