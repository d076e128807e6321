"""Errors that say, in one line, what was received, what was expected and what to do next."""


def printable(text: str) -> str:
    """Return a text without control characters and other marks that steer a terminal or the direction of writing."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


class WbmriError(Exception):
    """Base of every error wbmri raises on purpose.

    Parameters
    ----------
    received
        What was found, with the name of the file or value that is wrong.
    expected
        What would have been usable.
    remedy
        What the user can do next, as an instruction.
    """

    def __init__(self, received: str, expected: str, remedy: str) -> None:
        # They quote headers, tables and file names, which may hold anything.
        self.received = printable(" ".join(received.split()))
        self.expected = printable(" ".join(expected.split()))
        self.remedy = printable(" ".join(remedy.split()))
        super().__init__(f"{self.received}; expected {self.expected}; {self.remedy}")

    def __reduce__(self) -> tuple[type["WbmriError"], tuple[str, str, str]]:
        """Survive the way back from a worker process with all three parts."""
        return type(self), (self.received, self.expected, self.remedy)


def in_words(error: Exception) -> str:
    """Return what an error says, on one line: one of wbmri as it is, any other with its kind."""
    if isinstance(error, WbmriError):
        return str(error)
    kind, said = type(error).__name__, " ".join(str(error).split())
    return printable(f"{kind}: {said}" if said else kind)


class InputError(WbmriError):
    """The input cannot be used: unreadable, of the wrong kind, or contradictory (exit code 2)."""


class SchemeError(InputError):
    """A scheme file is not a valid scheme."""


class CaseError(WbmriError):
    """A case on disk is missing, damaged, or would be overwritten by something else."""
