"""One person at a time writes to a case."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from wbmri.case import SCHEMA_VERSION, STRICT


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has a case open.

    Parameters
    ----------
    reader
        The person.
    host, process
        The computer and the process on it.
    started
        When that process started, in the ticks of its system, so that a later process of the same number is not taken
        for it; ``None`` where the system does not say.
    since
        When the case was opened, UTC.
    token
        Random, so that a lock that was taken over is noticed.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT

    reader: str
    host: str
    process: int
    started: int | None
    since: datetime
    token: str
    schema_version: int = SCHEMA_VERSION
