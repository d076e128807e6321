"""The second pass over DICOM files: the pixels of the images that were chosen."""

import warnings
from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wbmri.core import InputError, Progress, silent
from wbmri.io.dicom.decoder_process import the_decoder
from wbmri.io.dicom.elements import DicomFile
from wbmri.io.dicom.headers import Frame, file_words

if TYPE_CHECKING:
    from pydicom.uid import UID


def read_pixels(frames: Sequence[Frame], progress: Progress = silent) -> NDArray[np.float32]:
    """Read images as one array.

    Parameters
    ----------
    frames
        Images of one size, in the order wanted.
    progress
        Told how far it has come.

    Returns
    -------
    ndarray, shape (columns, rows, len(frames))
        Intensities, the rescale slope and intercept applied.

    Raises
    ------
    InputError
        If a file is truncated, or its pixels cannot be decoded.
    """
    columns, rows = frames[0].size
    made = np.empty((len(frames), rows, columns), dtype=np.float32)
    for done, (place, intensities) in enumerate(each_image(frames), start=1):
        made[place] = intensities
        progress(done / len(frames), "reading DICOM images")
    return np.ascontiguousarray(made.transpose(2, 1, 0))


def pixel_digests(frames: Sequence[Frame]) -> list[bytes]:
    """Return a digest of the intensities of each image; images of one size with the same intensities share it.

    Raises
    ------
    InputError
        If a file is truncated, or its pixels cannot be decoded.
    """
    made = [b""] * len(frames)
    for place, intensities in each_image(frames):
        # Zero has two signs, and one meaning.
        made[place] = sha256((intensities + np.float32(0)).tobytes()).digest()
    return made


def each_image(frames: Sequence[Frame]) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Yield the place of each image among those given and its intensities, shape (rows, columns), file by file."""
    columns, rows = frames[0].size
    order = sorted(range(len(frames)), key=lambda place: (str(frames[place].path), frames[place].index))
    for _, places in groupby(order, key=lambda place: frames[place].path):
        wanted = list(places)
        for place, stored in zip(wanted, decode([frames[place] for place in wanted]), strict=True):
            if stored.shape != (rows, columns):
                raise unreadable(frames[place], f"pixels of shape {stored.shape} instead of {(rows, columns)}")
            intensities = np.multiply(stored, np.float32(frames[place].slope)).astype(np.float32, copy=False)
            intensities += np.float32(frames[place].intercept)
            yield place, intensities


def decode(frames: Sequence[Frame]) -> Iterator[NDArray[np.generic]]:
    """Yield the stored values of some images of one file, shape (rows, columns) each."""
    from pydicom import dcmread
    from pydicom.pixels.utils import pixel_array

    path = frames[0].path
    what = "pixels that cannot be decoded"
    with warnings.catch_warnings():
        # Header values that break the letter of the standard were checked where they matter.
        warnings.filterwarnings("ignore", module=r"pydicom\..*")
        try:
            with DicomFile(path) as file:
                data = dcmread(file, force=True)
            syntax = data.file_meta.get("TransferSyntaxUID") if hasattr(data, "file_meta") else None
            if syntax is None:
                syntax = data.file_meta.TransferSyntaxUID = assumed_syntax(data.original_encoding)
            if syntax.is_encapsulated:
                what = f"pixels compressed as {syntax.name} that cannot be decoded"
                arrays = the_decoder.frames(path, [frame.index for frame in frames], frames[0].of)
            else:
                arrays = [pixel_array(data, index=frame.index if frame.of > 1 else None, raw=True) for frame in frames]
        except Exception as problem:  # whatever damaged pixels do to a decoder, the file is named to the user
            why = str(problem) if isinstance(problem, ValueError) else type(problem).__name__
            raise unreadable(frames[0], f"{what} ({why[:200]})") from problem
    yield from arrays


def assumed_syntax(encoding: tuple[bool | None, bool | None]) -> "UID":
    """Return the transfer syntax of a file without a file header, from how its data set turned out to be encoded."""
    from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

    implicit, little = encoding
    if implicit:
        return ImplicitVRLittleEndian
    return ExplicitVRLittleEndian if little else ExplicitVRBigEndian


def unreadable(frame: Frame, what: str) -> InputError:
    """Return the error for a file whose pixels cannot be used."""
    return InputError(
        f"the DICOM {file_words(frame.path)}, with {what}",
        "a complete grey-scale MR image",
        "copy or export the series again",
    )
