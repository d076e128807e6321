"""Lines that hold together: each ends with a digest over itself and over all lines before it."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from wbmri.core import CaseError

_SEAL = re.compile(rb',"digest":"([0-9a-f]{64})"\}\Z')


def seal(body: bytes, before: str = "") -> bytes:
    """Return a JSON object with one member more, ``digest``: the SHA-256 of what goes before it, and of all the object.

    Parameters
    ----------
    body
        A JSON object as bytes.
    before
        The digest of what goes before it, in hexadecimal.
    """
    head = body.rstrip()[:-1].rstrip()
    return head + f',"digest":"{_digest(head, before)}"}}'.encode()


def unsealed(content: bytes) -> bytes:
    """Return a JSON object without its member ``digest``, if it has one."""
    found = _SEAL.search(content)
    return content if found is None else content[: found.start()] + b"}"


def is_sealed(content: bytes) -> bool:
    """Tell whether a JSON object has the digest that `seal` gives it."""
    found = _SEAL.search(content)
    return found is not None and found[1].decode() == _digest(content[: found.start()], "")


def _digest(head: bytes, before: str) -> str:
    return hashlib.sha256(before.encode() + head).hexdigest()


@dataclass(frozen=True, slots=True)
class Chain:
    """How far a history goes.

    Parameters
    ----------
    digest
        The digest over all its lines.
    lines
        How many there are.
    sealed
        Whether the last of them has a digest; those of former versions have none.
    """

    digest: str = ""
    lines: int = 0
    sealed: bool = False

    def after(self, line: bytes, source: Path) -> Self:
        """Return the chain with one line more.

        Parameters
        ----------
        line
            The line, without its line feed.
        source
            The file it comes from, for the message.

        Raises
        ------
        CaseError
            If it is not the line that was written there.
        """
        seal = _SEAL.search(line)
        found = _digest(line if seal is None else line[: seal.start()], self.digest)
        if self.sealed if seal is None else seal[1].decode() != found:
            raise CaseError(
                f"{source}, whose line {self.lines + 1} is not as it was written",
                "every line unchanged and in its place",
                "restore the file from a backup",
            )
        return type(self)(found, self.lines + 1, seal is not None)

    def after_all(self, lines: Iterable[bytes], source: Path) -> Self:
        """Return the chain with several lines more."""
        chain = self
        for line in lines:
            chain = chain.after(line, source)
        return chain

    def line(self, body: bytes) -> bytes:
        """Return a line to be written next, with its digest and its line feed."""
        return seal(body, self.digest) + b"\n"


_UNWRITTEN = b"\0\0"
"""What a machine that stopped leaves in the blocks of a file that it had not written yet."""


def completed_lines(history: bytes, source: Path) -> tuple[list[bytes], Chain]:
    """Return the lines of a history that grows line by line, and where the next one goes on.

    A last line that is torn, because the machine stopped while it was written, was never completed: it does not count.
    A line that was completed and is damaged is refused, the last one like any other.

    Raises
    ------
    CaseError
        If a line is not as it was written.
    """
    # At line feeds alone: what a stopped machine left behind the last one may be anything.
    *lines, rest = history.split(b"\n")
    if lines and _UNWRITTEN in lines[-1]:
        rest = lines.pop()
    chain = Chain().after_all(lines, source)
    if _is_next(rest[:-1], chain, source):
        raise CaseError(
            f"{source}, whose last line has a damaged end",
            "every line as it was written",
            "restore the file from a backup",
        )
    return lines, chain


def _is_next(content: bytes, chain: Chain, source: Path) -> bool:
    """Tell whether bytes are a whole line that goes on from a chain, so that only its line feed is damaged."""
    try:
        return chain.after(content, source).sealed
    except CaseError:
        return False


def chained(history: bytes, body: bytes, source: Path) -> bytes:
    """Return a history with one line more.

    Parameters
    ----------
    history
        The lines so far.
    body
        The new line, a JSON object.
    source
        The file it belongs to.

    Raises
    ------
    CaseError
        If a line so far is not as it was written.
    """
    return history + Chain().after_all(lines_of(history, source), source).line(body)


def lines_of(history: bytes, source: Path) -> list[bytes]:
    """Return the lines of a history that is only ever written whole.

    Raises
    ------
    CaseError
        If the last one does not end.
    """
    *lines, rest = history.split(b"\n")
    if rest:
        raise CaseError(
            f"{source}, whose last line has no end", "every line as it was written", "restore the file from a backup"
        )
    return lines
