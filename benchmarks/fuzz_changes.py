"""How good files of each kind are changed for `fuzz.py`: by the structure of their format, and anywhere."""

import copy
import gzip
import json
import re
import zlib
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pydicom import Dataset

Rng = np.random.Generator

NUMBERS = (
    "-1",
    "0",
    "1",
    "255",
    "65536",
    "2147483648",
    "-9223372036854775809",
    "1e400",
    "-1e-320",
    "nan",
    "inf",
    "9" * 5000,
)
WORDS = (
    "",
    "\0",
    "\x1b[31m",
    "../../etc/passwd",
    "é\u202e𝔘",
    "$\\frac{",
    "x" * 70_000,
    "n/a",
    "true",
    "[]",
    "<script>",
)
VALUES: tuple[Any, ...] = (None, True, -1, 0, 5, 1e308, 10**40, "", "x" * 5000, "\0", [], {}, [[]], {"a": None})


def pick(rng: Rng, among: Any) -> Any:
    """Return one of several."""
    return among[int(rng.integers(len(among)))]


def change_bytes(rng: Rng, content: bytes) -> bytes:
    """Flip, overwrite, cut out, double or cut off bytes anywhere."""
    made = bytearray(content)
    for _ in range(int(rng.integers(1, 5))):
        place, length = int(rng.integers(len(made) + 1)), int(rng.integers(1, 9))
        match rng.integers(5):
            case 0 if place < len(made):
                made[place] ^= 1 << int(rng.integers(8))
            case 1:
                made[place : place + length] = rng.bytes(length)
            case 2:
                del made[place : place + length]
            case 3:
                made[place:place] = made[place : place + 50 * length]
            case _:
                del made[max(place, 1) :]
    return bytes(made)


def change_text(rng: Rng, content: bytes) -> bytes:
    """Change numbers, cells and lines."""
    lines = content.split(b"\n")
    for _ in range(int(rng.integers(1, 4))):
        number = int(rng.integers(len(lines)))
        match rng.integers(5):
            case 0:
                found = list(re.finditer(rb"-?\d[\d.e+-]*", lines[number]))
                if found:
                    one = pick(rng, found)
                    lines[number] = (
                        lines[number][: one.start()] + pick(rng, NUMBERS).encode() + lines[number][one.end() :]
                    )
            case 1:
                cells = re.split(rb"([\t ,:=])", lines[number])
                cells[int(rng.integers(len(cells)))] = pick(rng, (*WORDS, *NUMBERS)).encode()
                lines[number] = b"".join(cells)
            case 2:
                lines.insert(number, pick(rng, lines))
            case 3 if len(lines) > 1:
                del lines[number]
            case _:
                return change_bytes(rng, b"\n".join(lines))
    return b"\n".join(lines)


def change_json(rng: Rng, content: bytes) -> bytes:
    """Put odd values into nodes, take members out, or nest deeply."""
    tree = copy.deepcopy(json.loads(content))
    for _ in range(int(rng.integers(1, 4))):
        node, above, key = tree, None, None
        while isinstance(node, dict | list) and node and (above is None or rng.random() < 0.8):
            above, key = node, pick(rng, list(node)) if isinstance(node, dict) else int(rng.integers(len(node)))
            node = node[key]
        if above is None:
            continue
        if rng.random() < 0.2:
            del above[key]
        else:
            above[key] = copy.deepcopy(pick(rng, VALUES))
    made = json.dumps(tree).encode()
    match rng.integers(8):
        case 0:
            return made.replace(b"null", b"[" * 50_000, 1)
        case 1:
            return change_text(rng, made)
    return made


def change_nifti(rng: Rng, content: bytes) -> bytes:
    """Change fields of the header, or bytes of the compressed file."""
    from nibabel import Nifti1Header

    plain = bytearray(gzip.decompress(content))
    fields = Nifti1Header(bytes(plain[:348]), check=False)
    for _ in range(int(rng.integers(1, 4))):
        name = pick(rng, fields.keys())
        value = np.array(fields[name])
        with np.errstate(all="ignore"):
            if value.dtype.kind == "S":
                fields[name] = rng.bytes(4)
            elif value.dtype.kind == "f":
                value.flat[int(rng.integers(value.size))] = float(pick(rng, NUMBERS[:-1]))
                fields[name] = value
            else:
                info = np.iinfo(value.dtype)
                value.flat[int(rng.integers(value.size))] = int(rng.choice([info.min, 0, 1, 3, 7, info.max]))
                fields[name] = value
    plain[:348] = fields.binaryblock
    packed = gzip.compress(bytes(plain), 1)
    return change_bytes(rng, packed) if rng.random() < 0.3 else packed


def change_dicom(rng: Rng, content: bytes) -> bytes:
    """Give elements odd values, at the top or in items of sequences, take them out, or change bytes."""
    from pydicom import config, dcmread
    from pydicom.dataelem import DataElement

    if rng.random() < 0.3:
        return change_bytes(rng, content)
    config.settings.writing_validation_mode = config.settings.reading_validation_mode = config.IGNORE
    header = dcmread(BytesIO(content))
    for _ in range(int(rng.integers(1, 4))):
        item, tag = place_in(rng, header)
        match rng.integers(5):
            case 0:
                del item[tag]
            case 1:
                item[tag] = DataElement(tag, "LO", pick(rng, WORDS))
            case 2:
                item[tag] = DataElement(tag, "DS", [pick(rng, NUMBERS[:-1]) for _ in range(int(rng.integers(1, 7)))])
            case 3:
                other = item[pick(rng, list(item.keys()))]
                item[tag] = DataElement(tag, other.VR, copy.deepcopy(other.value))
            case _:
                item[tag] = DataElement(tag, "SL", int(rng.integers(-(2**31), 2**31)))
    made = BytesIO()
    try:
        header.save_as(made)
    except Exception:  # what pydicom itself will not write is no input
        return change_bytes(rng, content)
    return made.getvalue()


def place_in(rng: Rng, header: "Dataset") -> "tuple[Dataset, Any]":
    """Return an element: at the top, or in the items of sequences."""
    while True:
        tag = pick(rng, list(header.keys()))
        items = header[tag].value if header[tag].VR == "SQ" else None
        if not items or rng.random() > 0.8 or not any(len(item) for item in items):
            return header, tag
        header = pick(rng, [item for item in items if len(item)])


def change_compressed(rng: Rng, content: bytes) -> bytes:
    """Change bytes of the compressed frame, more often in the header of the codestream, or elements."""
    if rng.random() < 0.3:
        return change_dicom(rng, content)
    # The frame follows the pixels' tag, an empty table of offsets and the header of an item.
    begin = content.rindex(b"\xe0\x7f\x10\x00") + 28
    made = bytearray(content)
    for _ in range(int(rng.integers(1, 4))):
        near = min(len(made) - begin - 8, 100 if rng.random() < 0.6 else len(made))
        place, length = begin + int(rng.integers(near)), int(rng.choice([1, 1, 2, 4]))
        made[place : place + length] = pick(rng, (rng.bytes(length), b"\0" * length, b"\xff" * length))
    return change_bytes(rng, bytes(made)) if rng.random() < 0.1 else bytes(made)


def change_deflated(rng: Rng, content: bytes) -> bytes:
    """Change elements or bytes before a file is deflated, or the bytes of the deflated one."""
    from pydicom import dcmread
    from pydicom.uid import DeflatedExplicitVRLittleEndian

    begin = 144 + int.from_bytes(content[140:144], "little")
    made = BytesIO()
    header = dcmread(BytesIO(content))
    header.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    header.save_as(made)
    meta = made.getvalue()[: 144 + int.from_bytes(made.getvalue()[140:144], "little")]
    body = change_dicom(rng, content)[begin:] if rng.random() < 0.6 else content[begin:]
    pack = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    if rng.random() < 0.02:
        body += bytes(int(rng.integers(2**27)))
    packed = pack.compress(body) + pack.flush()
    return meta + (change_bytes(rng, packed) if rng.random() < 0.5 else packed)


def change_correction(rng: Rng, content: bytes) -> bytes:
    """Change bytes, and let the checksum fit them."""
    body = change_bytes(rng, content[:-4])
    return body + zlib.crc32(body).to_bytes(4, "little")


def change_manifest(rng: Rng, content: bytes) -> bytes:
    """Name other files, or change nodes, and let the digest fit them."""
    from wbmri.case import unsealed
    from wbmri.case.history_chain import seal

    tree = json.loads(unsealed(content.rstrip()))
    if rng.random() < 0.5:
        tree["files"][pick(rng, (*WORDS, "/etc/passwd", "..", "a"))] = "0" * 64
    made = json.dumps(tree).encode()
    made = change_json(rng, made) if rng.random() < 0.7 else made
    return seal(made) if rng.random() < 0.8 else made
