"""Running another program: an argument list, a time limit, and what it prints as progress."""

import contextlib
import os
import re
import signal
import subprocess
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, cast

from wbmri.errors import InputError
from wbmri.progress import Progress

_PERCENT = re.compile(r"(\d{1,3})(?:\.\d+)?\s?%")
_LINE_ENDS = re.compile(rb"[\r\n]+")


def run_program(command: Sequence[str], folder: str, limit_s: float, progress: Progress) -> str:
    """Run a program to its end.

    Parameters
    ----------
    command
        The program and its arguments; no shell is involved.
    folder
        Its working folder.
    limit_s
        Seconds after which it is stopped, with whatever it has started.
    progress
        Called with each line the program prints; a percentage in it tells the share that is done.

    Returns
    -------
    str
        The last line it printed.

    Raises
    ------
    InputError
        If it cannot be started, takes too long, or ends with an error.
    """
    name = Path(command[0]).name
    try:
        process = subprocess.Popen(  # noqa: S603
            list(command),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        raise InputError(
            f"{name}, which cannot be started ({error.strerror})", "a program", "install it again"
        ) from error
    late = threading.Event()

    def stop() -> None:
        late.set()
        _kill(process)

    clock = threading.Timer(limit_s, stop)
    clock.start()
    last, done = "", 0.0
    try:
        with cast("IO[bytes]", process.stdout) as printed:
            for line in _lines(printed):
                last = line
                percent = _PERCENT.search(line)
                done = max(done, min(1.0, int(percent[1]) / 100)) if percent else done
                progress(done, f"{name}: {line}")
        code = process.wait()
    finally:
        clock.cancel()
        if process.returncode is None:
            _kill(process)
            process.wait()
    if late.is_set():
        raise InputError(
            f"{name}, stopped after {limit_s:g} s (last said: {last or 'nothing'})",
            "a result within that time",
            "run it by hand on a faster machine and give its label map with --labels and --mapping",
        )
    if code:
        raise InputError(
            f"{name}, which ended with error {code} (last said: {last or 'nothing'})",
            "a run without an error",
            "run it by hand to see what is wrong",
        )
    return last


def _lines(stream: IO[bytes]) -> Iterator[str]:
    """Yield what is printed, line by line; a progress bar ends its lines with carriage returns."""
    rest = b""
    # Whatever is there, not only whole buffers: a program may be silent for minutes.
    while chunk := os.read(stream.fileno(), 65536):
        *whole, rest = _LINE_ENDS.split(rest + chunk)
        yield from (text for line in whole if (text := _text(line)))
    if text := _text(rest):
        yield text


def _text(line: bytes) -> str:
    return " ".join(line.decode("utf-8", "replace").split())[:200]


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Stop a program that has not been waited for, and all it has started."""
    with contextlib.suppress(OSError):
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
