"""How a command ends: its exit code and, if something went wrong, one line on stderr."""

import sys
import traceback
from collections.abc import Iterable

DONE, FAILED, UNUSABLE = 0, 1, 2


def fail(message: str, code: int, *, debug: bool = False) -> int:
    """Say on one line of stderr what went wrong, below the traceback if that is wanted, and return the exit code."""
    if debug:
        traceback.print_exc()
    print(f"wbmri: {' '.join(message.split())}", file=sys.stderr)  # noqa: T201
    return code


def left_out_code(left_out: Iterable[Exception]) -> int:
    """Name each case that is missing from the tables of OUT, and return the exit code that says so."""
    return max((fail(f"left out of the tables: {error}", FAILED) for error in left_out), default=DONE)
