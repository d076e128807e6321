"""How much a DICOM file gives a parser to do, found before it is parsed.

Parsing an element takes a thousand times longer than reading the eight bytes it has in the file, a list of values a
hundred times more memory than the list, and a deflated file is a thousand times smaller than what is parsed. So
elements are counted, at any depth, by the rules by which pydicom tells them apart.
"""

import zlib
from functools import lru_cache
from io import BufferedReader, BytesIO, FileIO
from pathlib import Path
from struct import Struct
from typing import BinaryIO

MOST_ELEMENTS = 500_000
"""At any depth; enhanced images have a hundred for each of some thousand frames."""
ITEM_ELEMENTS = 5
"""For how many elements an item of a sequence counts, by the time that it takes."""
MOST_DEEP = 32
"""Sequences within sequences; functional groups have four."""
MOST_VALUE_BYTES = 2**20
"""Of a value that is taken apart into a list."""
MOST_INFLATED_BYTES = 2**28
"""Of a deflated file: 512 frames of 512 x 512 pixels."""

_PREAMBLE_BYTES, _CHUNK_BYTES = 128, 2**20
_IMPLICIT, _BIG_ENDIAN, _DEFLATED = b"1.2.840.10008.1.2", b"1.2.840.10008.1.2.2", b"1.2.840.10008.1.2.1.99"
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_UNDEFINED = 0xFFFFFFFF
_LONG = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())
"""Value representations whose length has four bytes."""
_WHOLE = frozenset(b"OB OD OF OL OV OW UN UR UT LT ST".split())
"""Value representations that are no lists."""
_ASKED_BYTES = 0xFFFF
"""Of unknown values that are as long, pydicom does not ask what the standard says of their tag."""


class DicomFile(BufferedReader):
    """A file of which a parser gets no more memory than there is, whatever an element claims to be long.

    Parameters
    ----------
    path
        Where it lies.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(FileIO(path))
        self._bytes = path.stat().st_size

    def read(self, size: int | None = -1, /) -> bytes:
        """Read so many bytes, or as many as there are."""
        if size is not None and size > _CHUNK_BYTES:
            size = min(size, max(0, self._bytes - self.tell()))
        return super().read(size)


def check_elements(file: BinaryIO) -> None:
    """Refuse a DICOM file whose parsing would take too long or too much memory.

    Parameters
    ----------
    file
        Its content, with or without a preamble.

    Raises
    ------
    ValueError
        If it has more than `MOST_ELEMENTS` elements and items, more than `MOST_DEEP` sequences in one another, a list
        of more than `MOST_VALUE_BYTES`, or more than `MOST_INFLATED_BYTES` inflated; or if it is deflated and damaged.
    """
    file.seek(_PREAMBLE_BYTES)
    start = _PREAMBLE_BYTES + 4 if file.read(4) == b"DICM" else 0
    syntax, start = _file_header(file, start)
    file.seek(start)
    if syntax == _DEFLATED:
        file, start = BytesIO(_inflated(file)), 0
    first = file.read(6)
    # Where nothing says so, the first group does: 0008 in the other order is 0800.
    big = syntax == _BIG_ENDIAN or (not syntax and first[4:].isalpha() and int.from_bytes(first[:2], "little") >= 1024)
    _Walk(file, big_endian=big).data_set(start, implicit=syntax in (b"", _IMPLICIT))


def _file_header(file: BinaryIO, place: int) -> tuple[bytes, int]:
    """Return the transfer syntax, empty where none is named, and the place behind file header and command."""
    syntax, groups = b"", (b"\x02\0", b"\0\0")
    for _ in range(MOST_ELEMENTS):
        file.seek(place)
        head = file.read(12)
        group, name = head[:2], head[4:6]
        if group not in groups or len(head) < 8:
            return syntax, place
        if group == groups[1]:
            # Commands have no value representations, and come last.
            groups = groups[1:] * 2
            place += 8 + int.from_bytes(head[4:8], "little")
            continue
        length = int.from_bytes(head[8:12] if name in _LONG else head[6:8], "little")
        place += 12 if name in _LONG else 8
        if head[2:4] == b"\x10\0":
            file.seek(place)
            syntax = file.read(min(length, 64)).rstrip(b"\0 ")
        place += length
    raise ValueError(f"more than {MOST_ELEMENTS} elements")


def _inflated(file: BinaryIO) -> bytes:
    """Inflate the rest of a file, as far as it may grow."""
    inflate, made = zlib.decompressobj(-zlib.MAX_WBITS), bytearray()
    try:
        packed = file.read(_CHUNK_BYTES)
        while packed and not inflate.eof:
            made += inflate.decompress(packed, 16 * _CHUNK_BYTES)
            if len(made) > MOST_INFLATED_BYTES:
                raise ValueError(f"more than {MOST_INFLATED_BYTES} bytes once it is inflated")
            packed = inflate.unconsumed_tail or file.read(_CHUNK_BYTES)
    except zlib.error as problem:
        raise ValueError("damaged where it is deflated") from problem
    return bytes(made)


class _Walk:
    """Goes from element to element and keeps none."""

    def __init__(self, file: BinaryIO, *, big_endian: bool) -> None:
        self._file, self._size, self._count = file, file.seek(0, 2), 0
        order = ">" if big_endian else "<"
        self._plain, self._named, self._long = Struct(f"{order}HHL"), Struct(f"{order}HH2sH"), Struct(f"{order}L")
        tags = Struct(f"{order}HH")
        self._item, self._last = (tags.pack(tag >> 16, tag & 0xFFFF) for tag in (_ITEM, _SEQUENCE_END))

    def data_set(
        self, place: int, *, implicit: bool, stop: int | None = None, end: int | None = None, deep: int = 0
    ) -> int:
        """Go through a data set from a place on; return the place behind it.

        Parameters
        ----------
        place
            Where it begins.
        implicit
            Whether no value representations are expected.
        stop
            Where its length says that it ends, if it has one.
        end
            Where the value that it lies in ends; the file, where it lies in none.
        deep
            How many sequences it lies in.
        """
        end = self._size if end is None else end
        if not (deep and implicit):
            name = self._at(place)[4:6]
            implicit = not (len(name) == 2 and name.isalpha() and name.isupper())
        while place + 8 <= end and (stop is None or place < stop):
            tag, kind, length, begin = self._element(place, implicit=implicit)
            if tag == _ITEM_END:
                return begin
            undefined = length == _UNDEFINED
            if kind == b"SQ" or (kind == b"UN" and undefined):
                stop_items = None if undefined else begin + length
                behind = self._sequence(begin, implicit, stop_items, min(end, stop_items or end), deep + 1)
                place = behind if undefined else begin + length
            elif undefined:
                place = self._delimited(begin, end, deep)
            elif length > MOST_VALUE_BYTES and kind not in _WHOLE and b" or " not in kind:
                raise ValueError(f"a list of more than {MOST_VALUE_BYTES} bytes")
            else:
                place = begin + length
        return place

    def _at(self, place: int) -> bytes:
        """Return the bytes at a place: those of an element's header, and the first eight of its value."""
        self._file.seek(place)
        return self._file.read(20)

    def _counted(self, weight: int = 1) -> None:
        self._count += weight
        if self._count > MOST_ELEMENTS:
            raise ValueError(f"more than {MOST_ELEMENTS} elements")

    def _element(self, place: int, *, implicit: bool) -> tuple[int, bytes, int, int]:
        """Return tag, value representation, length, and where the value begins."""
        self._counted()
        head, begin = self._at(place), 8
        group, number, name, length = self._named.unpack_from(head)
        if implicit or not b"AA" <= name <= b"ZZ":
            group, number, length = self._plain.unpack_from(head)
            name = b""
        elif name in _LONG:
            begin = 12
            length = self._long.unpack_from(head.ljust(12, b"\0"), 8)[0]
        tag = group << 16 | number
        if not name or (name == b"UN" and length < _ASKED_BYTES):
            name = self._known(tag, head[begin : begin + 8])
        return tag, name, length, place + begin

    def _known(self, tag: int, value: bytes) -> bytes:
        """Return the value representation that the standard has for a tag; SQ where an unknown value has items."""
        return _standard(tag) or (b"SQ" if value[:4] == self._item else b"UN")

    def _sequence(self, place: int, implicit: bool, stop: int | None, end: int, deep: int) -> int:
        """Go through the items of a sequence; return the place behind it."""
        if deep > MOST_DEEP:
            raise ValueError(f"more than {MOST_DEEP} sequences in one another")
        while place + 8 <= end and (stop is None or place < stop):
            self._counted(ITEM_ELEMENTS)
            group, number, length = self._plain.unpack_from(self._at(place))
            place += 8
            if group << 16 | number == _SEQUENCE_END:
                return place
            behind = None if length == _UNDEFINED else place + length
            place = self.data_set(place, implicit=implicit, stop=behind, end=end, deep=deep)
        return place

    def _delimited(self, place: int, end: int, deep: int) -> int:
        """Return the place behind a value that is no sequence and ends with a mark: fragments, or bytes of any kind."""
        begin = place
        while place + 8 <= end:
            self._counted()
            group, number, length = self._plain.unpack_from(self._at(place))
            place += 8
            if group << 16 | number == _SEQUENCE_END:
                return place
            if group << 16 | number != _ITEM:
                break
            place += length
        chunk = b""
        self._file.seek(begin)
        while begin < end and (more := self._file.read(min(_CHUNK_BYTES, end - begin))):
            found = (chunk[-3:] + more).find(self._last)
            if found >= 0:
                return begin - len(chunk[-3:]) + found + 8
            chunk, begin = more, begin + len(more)
        if deep:
            raise ValueError("a value without an end")
        return end


@lru_cache(maxsize=4096)
def _standard(tag: int) -> bytes:
    """Return the value representation that the standard has for a tag, or nothing."""
    from pydicom.datadict import dictionary_VR

    try:
        return dictionary_VR(tag).encode()
    except KeyError:
        return b""
