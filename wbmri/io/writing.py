"""Files that are there whole or not at all."""

import os
import secrets
from pathlib import Path


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
