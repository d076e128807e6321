"""Compressed pixels, decoded in a process of its own: a damaged stream may end that one, and not the program.

Run as ``python -m wbmri.io.dicom.decoder_process`` it answers requests on its standard input, a line of JSON each, by a
line of JSON and the pixels of each frame on its standard output.
"""

import atexit
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wbmri.io.dicom.elements import DicomFile

_LONGEST_S = 60.0
"""A frame that takes longer is not decoded."""
_IDLE_S = 10.0
"""A process that was asked nothing for so long is ended."""
_MOST_BYTES = 3_000_000_000
"""Memory of the process, libraries included."""
_START, _PIXELS = 0xD8, 0xDA
_FRAMES = frozenset((0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF, 0xF7))
"""Markers that begin a frame, the last one that of JPEG-LS."""
_JPEG_2000 = b"\xff\x4f\xff\x51"


class DecoderProcess:
    """Decodes frames in another process, started when first needed and again when it has ended."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._used = 0.0

    def frames(self, path: Path, indices: Iterable[int], of: int) -> list[NDArray[Any]]:
        """Return the stored values of some of a file's frames, shape (rows, columns) each.

        Raises
        ------
        ValueError
            If one cannot be decoded: the header and the frame differ in size, or the decoder fails, ends or takes too
            long.
        """
        with self._lock:
            asked = {"path": str(path), "indices": list(indices), "of": of}
            process = self._started()
            try:
                return list(_answers(process, asked))
            except OSError as problem:
                raise ValueError("it ended the decoder") from problem
            finally:
                self._used = time.monotonic()
                if process.poll() is not None:
                    self._end()

    def forget(self) -> None:
        """Leave the process to the program that started it, in one that was forked from it."""
        if self._process is not None:
            self._process.returncode = 0
        self._process, self._lock = None, threading.Lock()

    def end(self) -> None:
        """End the process, if there is one."""
        with self._lock:
            self._end()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is not None:
            self._end()
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "wbmri.io.dicom.decoder_process"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            self._end_when_idle(self._process, _IDLE_S)
        return self._process

    def _end_when_idle(self, process: subprocess.Popen[bytes], wait_s: float) -> None:
        def look() -> None:
            with self._lock:
                left_s = self._used + _IDLE_S - time.monotonic()
                if self._process is process and left_s <= 0:
                    self._end()
                elif self._process is process:
                    self._end_when_idle(process, left_s)

        watch = threading.Timer(wait_s, look)
        watch.daemon = True
        watch.start()

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


def _answers(process: subprocess.Popen[bytes], asked: dict[str, Any]) -> Iterator[NDArray[Any]]:
    """Yield the frames that a decoder was asked for."""
    if process.stdin is None or process.stdout is None:
        raise ValueError("the decoder has no pipes")
    process.stdin.write(json.dumps(asked).encode() + b"\n")
    process.stdin.flush()
    for _ in asked["indices"]:
        watch = threading.Timer(_LONGEST_S, process.kill)
        watch.start()
        try:
            answer = json.loads(process.stdout.readline() or b'{"error": "it ended the decoder"}')
            if "error" in answer:
                raise ValueError(answer["error"])
            dtype, shape = np.dtype(answer["dtype"]), tuple(answer["shape"])
            content = process.stdout.read(int(np.prod(shape)) * dtype.itemsize)
            yield np.frombuffer(content, dtype).reshape(shape)
        finally:
            watch.cancel()


the_decoder = DecoderProcess()
"""The one that all of a program shares."""
atexit.register(the_decoder.end)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=the_decoder.forget)


def decoded(path: Path, indices: Iterable[int], of: int) -> Iterator[NDArray[Any]]:
    """Decode frames of a file in this process.

    Raises
    ------
    ValueError
        If header and frame differ in size.
    """
    from pydicom import dcmread
    from pydicom.encaps import get_frame
    from pydicom.pixels.utils import pixel_array
    from pydicom.uid import RLELossless

    with DicomFile(path) as file:
        data = dcmread(file, force=True)
    plugin = "" if data.file_meta.TransferSyntaxUID == RLELossless else "gdcm"
    for index in indices:
        if plugin:
            rows, columns, components = frame_size(get_frame(data.PixelData, index, number_of_frames=of))
            if (rows, columns, components) != (data.Rows, data.Columns, data.get("SamplesPerPixel", 1)):
                raise ValueError(f"it holds {columns} x {rows} pixels, its header says {data.Columns} x {data.Rows}")
        yield pixel_array(data, index=index if of > 1 else None, raw=True, decoding_plugin=plugin)


def frame_size(stream: bytes) -> tuple[int, int, int]:
    """Return rows, columns and components of a JPEG, JPEG-LS or JPEG 2000 frame as it says itself, undecoded.

    Decoders believe the frame and callers believe the header: where the two differ, memory is overwritten. Markers are
    those of ISO/IEC 10918-1 (JPEG), 14495-1 (JPEG-LS) and 15444-1 (JPEG 2000).

    Raises
    ------
    ValueError
        If it is none of these, or ends too early.
    """
    begin = stream.find(_JPEG_2000, 0, 4096)
    if begin >= 0:
        whole = stream[begin + 4 : begin + 42]
        if len(whole) < 38:
            raise ValueError("a JPEG 2000 frame that ends in its header")
        right, bottom, left, top = (int.from_bytes(whole[k : k + 4]) for k in (4, 8, 12, 16))
        return bottom - top, right - left, int.from_bytes(whole[36:38])
    place = 2
    while stream[:2] == bytes((0xFF, _START)) and place + 9 < len(stream):
        if stream[place] != 0xFF:
            break
        marker = stream[place + 1]
        if marker == 0xFF:
            place += 1
        elif marker in _FRAMES:
            rows, columns = (int.from_bytes(stream[k : k + 2]) for k in (place + 5, place + 7))
            return rows, columns, stream[place + 9]
        elif marker == _PIXELS:
            break
        else:
            place += 2 + max(2, int.from_bytes(stream[place + 2 : place + 4]))
    raise ValueError("a frame that is no JPEG, JPEG-LS or JPEG 2000")


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # not on Windows
        return
    # What the program itself was given may be less, and cannot be raised.
    _, given = resource.getrlimit(resource.RLIMIT_AS)
    most = _MOST_BYTES if given == resource.RLIM_INFINITY else min(given, _MOST_BYTES)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _serve() -> None:
    """Answer requests until there are no more."""
    _limit_memory()
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        try:
            for frame in decoded(Path(asked["path"]), asked["indices"], asked["of"]):
                pixels = np.ascontiguousarray(frame)
                said = {"dtype": pixels.dtype.str, "shape": pixels.shape}
                sys.stdout.buffer.write(json.dumps(said).encode() + b"\n" + pixels.tobytes())
                sys.stdout.buffer.flush()
        except Exception as problem:  # whatever a damaged frame does to a decoder, the program is told
            why = str(problem) if isinstance(problem, ValueError) else type(problem).__name__
            sys.stdout.buffer.write(json.dumps({"error": why[:200]}).encode() + b"\n")
            sys.stdout.buffer.flush()


if __name__ == "__main__":
    _serve()
