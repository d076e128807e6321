"""The engine ``musclemap``: runs an installed MuscleMap, maps its labels and fills in what it lacks."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, cast

import numpy as np

from wbmri.core import InputError, Json, LabelMap, Progress, Volume, part
from wbmri.core.scheme import Scheme, load_scheme
from wbmri.io import encode_nifti
from wbmri.segmentation.engine import check_pairs, engine_fingerprint, engine_licence, make_engine
from wbmri.segmentation.external_labels import ExternalLabels, LabelFile, fill_missing

_PERCENT = re.compile(r"(\d{1,3})(?:\.\d+)?\s?%")
_LINE_ENDS = re.compile(rb"[\r\n]+")


def run_program(command: Sequence[str], folder: str, limit_s: float, progress: Progress) -> str:
    """Run a program to its end; it ends with this process, too, however that ends.

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
    if shutil.which(command[0]) is None:
        raise InputError(f"{name}, which cannot be started", "a program", "install it again")
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-I", str(Path(__file__).with_name("program_guard.py")), *command],
        cwd=folder,
        # Never written to: that it closes tells the guard that this process is gone.
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
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
        cast("IO[bytes]", process.stdin).close()
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


_PROGRAM = "mm_segment"
_MODEL = "1.4"
_OVERLAP = "75"
"""Percent by which its windows overlap; MuscleMap advises 75 instead of 90 for whole-body images."""
_LIMIT_S = 4 * 3600.0
"""Without a graphics card a whole body takes it an hour or more."""


class MuscleMapEngine:
    """Finds the groups MuscleMap knows with MuscleMap, and the others with the engine ``auto``.

    MuscleMap (github.com/MuscleMap/MuscleMap) is run as a program of its own, with its whole-body model v1.4. It must
    be installed, and have downloaded that model once; wbmri itself never goes online. The confidence of a group is how
    far MuscleMap and ``auto`` agree on it: the Dice overlap, or for a group that MuscleMap holds in part the share of
    its voxels that ``auto`` gives the same label.

    Parameters
    ----------
    limit_s
        Seconds after which MuscleMap is stopped.
    """

    name = "musclemap"
    description = "MuscleMap v1.4 as a program of its own; arms, chest and all else it lacks by the engine auto"

    def __init__(self, limit_s: float = _LIMIT_S) -> None:
        self._limit_s = limit_s

    @property
    def needs(self) -> str:
        """What must be there and is not."""
        return "" if shutil.which(_PROGRAM) else f"{_PROGRAM} of MuscleMap on the PATH"

    @property
    def fingerprint(self) -> dict[str, Json]:
        """Which model is asked for, and what fills in the groups it lacks."""
        return {"model": _MODEL, "overlap": _OVERLAP, "filled_by": engine_fingerprint(make_engine("auto"))}

    @property
    def licence(self) -> str:
        """The licences of both engines' weights."""
        return f"that of MuscleMap; for what it lacks: {engine_licence(make_engine('auto'))}"

    def segment(self, volume: Volume, scheme: Scheme, progress: Progress) -> LabelMap:
        """Return the groups on the volume's grid, with the origin of each.

        Raises
        ------
        InputError
            If the pairs of the scheme are not those of ``jdm42``; if MuscleMap is not installed, fails or takes too
            long; or if its labels are not those of v1.4.
        """
        program = shutil.which(_PROGRAM)
        if program is None:
            raise InputError(
                f"the engine {self.name} without the program {_PROGRAM}",
                "MuscleMap installed and its environment active",
                "install it from github.com/MuscleMap/MuscleMap, or use another engine",
            )
        # Before the hour that the program takes.
        check_pairs(scheme, load_scheme(), f"the engine {self.name}")
        with TemporaryDirectory(prefix="wbmri-") as folder:
            image = Path(folder, "image.nii.gz")
            # As 32-bit numbers: MuscleMap writes its labels, up to 8222, in the type of the image.
            image.write_bytes(encode_nifti(volume.data, volume.affine))
            command = [program, "-i", str(image), "-o", folder, "-r", "wholebody", "--model_version", _MODEL]
            said = run_program([*command, "-s", _OVERLAP], folder, self._limit_s, part(progress, 0.0, 0.6))
            found = Path(folder, "image_dseg.nii.gz")
            # It ends without an error even if it failed; only the file tells.
            if not found.is_file():
                raise InputError(
                    f"{_PROGRAM}, which made no label map (last said: {said or 'nothing'})",
                    f"{found.name}",
                    f"run '{_PROGRAM} -i IMAGE.nii.gz --model_version {_MODEL}' by hand once: it downloads its model",
                )
            external = LabelFile(found, self.name, engine=self.name).read(volume, scheme)
        made = make_engine("auto").segment(volume, scheme, part(progress, 0.6, 1.0))
        return fill_missing(_with_agreement(external, made), made, volume)


def _with_agreement(external: ExternalLabels, made: LabelMap) -> ExternalLabels:
    own, other = external.labels.data, made.data
    size = max(group.label for group in made.scheme.groups) + 1
    first, second = (np.bincount(data.ravel(), minlength=size) for data in (own, other))
    both = np.bincount(own[own == other], minlength=size)
    confidence = {
        group.label: float(
            both[group.label] / max(first[group.label], 1)
            if group.label in external.partial
            else 2 * both[group.label] / max(first[group.label] + second[group.label], 1),
        )
        for group in made.scheme.groups
    }
    return replace(external, labels=replace(external.labels, confidence=confidence))
