"""Names and order that give nothing away, the same every time for the same seed."""

from hashlib import sha256

from wbmri.case import CasePaths


def default_seed(reader: str) -> int:
    """Return a seed that follows from the reader's id: two readers see the cases in different orders."""
    return int.from_bytes(sha256(f"reader {reader}".encode()).digest()[:4], "big")


def rank(case: CasePaths, seed: int) -> bytes:
    """Return what the cases are sorted by; a further case does not change the order of the others."""
    return sha256(f"{seed} {case.name}".encode()).digest()


def code(case: CasePaths, seed: int) -> str:
    """Return a name for a case, such as ``case 3F9A61``, that says neither who it is nor which visit."""
    return f"case {rank(case, seed).hex()[:6].upper()}"
