"""The group, the slice and the zoom that a reader comes back to."""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from wbmri.case import SCHEMA_VERSION, STRICT, decode, encode
from wbmri.core import CaseError


@dataclass(frozen=True, slots=True)
class ViewState:
    """The group, the slice and the zoom to come back to.

    Parameters
    ----------
    label
        The group that is being read.
    point_mm
        Centre of the view in RAS mm; each of the three planes goes through it. ``None`` before the view moved.
    zoom
        Screen pixels per mm; ``None`` for the view's own choice.
    plane
        The plane that is shown.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT

    label: int
    point_mm: tuple[float, float, float] | None = None
    zoom: float | None = None
    plane: str = "coronal"
    schema_version: int = SCHEMA_VERSION


def read_view_state(path: Path) -> ViewState | None:
    """Return where a reader left off; ``None`` where that is not known, for nothing depends on it."""
    try:
        return decode(ViewState, path.read_bytes(), path)
    except (OSError, CaseError):
        return None


def write_view_state(path: Path, state: ViewState) -> None:
    """Remember where a reader is: whole or not at all, but not forced to the disk, for it happens all the time."""
    temporary = path.with_name(f".{path.name}")
    with suppress(OSError):
        temporary.write_bytes(encode(state, indent=None))
        os.replace(temporary, path)
