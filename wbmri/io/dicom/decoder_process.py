"""Compressed pixels, decoded in a process of its own: a damaged stream may end that one, and not the program.

Run as ``python -m wbmri.io.dicom.decoder_process`` it answers requests on its standard input, a line of JSON each, by a
line of JSON and the pixels on its standard output.
"""

import json
import subprocess
import sys
import threading
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from wbmri.io.dicom.codestream import frame_size

if TYPE_CHECKING:
    from pydicom import FileDataset

_LONGEST_S = 60.0
"""A frame that takes longer is not decoded."""
_MOST_BYTES = 3_000_000_000
"""Memory of the process, libraries included."""


class DecoderProcess:
    """Decodes frames in another process, started when first needed and again when it has ended."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def frame(self, path: Path, index: int, of: int) -> NDArray[Any]:
        """Return the stored values of one frame of a file, shape (rows, columns).

        Raises
        ------
        ValueError
            If it cannot be decoded: the header and the frame differ in size, or the decoder fails, ends or takes too
            long.
        """
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "wbmri.io.dicom.decoder_process"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        process = self._process
        if process.stdin is None or process.stdout is None:
            raise ValueError("the decoder has no pipes")
        watch = threading.Timer(_LONGEST_S, process.kill)
        watch.start()
        try:
            process.stdin.write(json.dumps({"path": str(path), "index": index, "of": of}).encode() + b"\n")
            process.stdin.flush()
            answer = json.loads(process.stdout.readline() or b'{"error": "it ended the decoder"}')
            if "error" in answer:
                raise ValueError(answer["error"])
            dtype, shape = np.dtype(answer["dtype"]), tuple(answer["shape"])
            content = process.stdout.read(int(np.prod(shape)) * dtype.itemsize)
            return np.frombuffer(content, dtype).reshape(shape)
        except OSError as problem:
            raise ValueError("it ended the decoder") from problem
        finally:
            watch.cancel()
            if process.poll() is not None:
                self._end()

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


def decoded(path: Path, index: int, of: int) -> NDArray[Any]:
    """Decode one frame in this process.

    Raises
    ------
    ValueError
        If header and frame differ in size.
    """
    from pydicom.encaps import get_frame
    from pydicom.pixels.utils import pixel_array
    from pydicom.uid import RLELossless

    data = _parsed(path)
    syntax = data.file_meta.TransferSyntaxUID
    plugin = "gdcm"
    if syntax == RLELossless:
        plugin = ""
    else:
        rows, columns, components = frame_size(get_frame(data.PixelData, index, number_of_frames=of))
        if (rows, columns, components) != (data.Rows, data.Columns, data.get("SamplesPerPixel", 1)):
            raise ValueError(f"it holds {columns} x {rows} pixels, its header says {data.Columns} x {data.Rows}")
    stored: NDArray[Any] = pixel_array(data, index=index if of > 1 else None, raw=True, decoding_plugin=plugin)
    return stored


@lru_cache(maxsize=1)
def _parsed(path: Path) -> "FileDataset":
    """Return what a file holds; its frames are asked for one after the other."""
    from pydicom import dcmread

    return dcmread(path, force=True)


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
            pixels = np.ascontiguousarray(decoded(Path(asked["path"]), asked["index"], asked["of"]))
        except Exception as problem:  # whatever a damaged frame does to a decoder, the program is told
            why = str(problem) if isinstance(problem, ValueError) else type(problem).__name__
            sys.stdout.buffer.write(json.dumps({"error": why[:200]}).encode() + b"\n")
        else:
            said = {"dtype": pixels.dtype.str, "shape": pixels.shape}
            sys.stdout.buffer.write(json.dumps(said).encode() + b"\n" + pixels.tobytes())
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    _serve()
