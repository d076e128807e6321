"""How a message speaks of a DICOM file: never by its name, which may identify the person."""

from contextlib import suppress
from pathlib import Path


def file_words(path: Path) -> str:
    """Return ``file 17 of 40 by name in its folder``, with which whoever has the folder finds it."""
    names: list[str] = []
    with suppress(OSError):
        names = sorted(one.name for one in path.parent.iterdir())
    if path.name not in names:
        return "a file"
    return f"file {names.index(path.name) + 1} of {len(names)} by name in its folder"
