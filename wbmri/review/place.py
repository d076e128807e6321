"""Where a reader is in a case."""

from dataclasses import dataclass
from typing import Any, ClassVar

from wbmri.case import SCHEMA_VERSION, STRICT


@dataclass(frozen=True, slots=True)
class Place:
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
