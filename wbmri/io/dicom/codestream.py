"""What a compressed frame itself says of its size, read without decoding it.

Decoders believe the frame and callers believe the header: where the two differ, memory is overwritten. Markers are
those of ISO/IEC 10918-1 (JPEG), 14495-1 (JPEG-LS) and 15444-1 (JPEG 2000).
"""

_START, _PIXELS = 0xD8, 0xDA
_FRAMES = frozenset((0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF, 0xF7))
"""Markers that begin a frame, the last one that of JPEG-LS."""
_JPEG_2000 = b"\xff\x4f\xff\x51"


def frame_size(stream: bytes) -> tuple[int, int, int]:
    """Return rows, columns and components of a JPEG, JPEG-LS or JPEG 2000 frame.

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
