"""Which key does what: data, so that a screen can show the keys and a reader can change them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Command(StrEnum):
    """What a key can do, by the name it has in a file of keys."""

    GRADE_0 = "grade_0"
    GRADE_1 = "grade_1"
    GRADE_2 = "grade_2"
    NOT_ASSESSABLE = "not_assessable"
    ACCEPT = "accept"
    CLEAR = "clear"
    NEXT_GROUP = "next_group"
    PREVIOUS_GROUP = "previous_group"
    OTHER_SIDE = "other_side"
    NEXT_UNREAD = "next_unread"
    UNDO = "undo"
    REDO = "redo"
    EDIT_MASK = "edit_mask"
    PAINT = "paint"
    ERASE = "erase"
    SMART_BRUSH = "smart_brush"
    FILL_BETWEEN = "fill_between"
    MIRROR = "mirror"
    STEAL = "steal"
    LARGER_BRUSH = "larger_brush"
    SMALLER_BRUSH = "smaller_brush"
    PROJECTION = "projection"
    COMPARISON = "comparison"
    CONTOURS = "contours"
    WINDOW = "window"
    PLANE = "plane"
    NEXT_CASE = "next_case"
    WORKLIST = "worklist"
    SIGN = "sign"
    HELP = "help"


@dataclass(frozen=True, slots=True)
class Binding:
    """The keys of one command.

    Parameters
    ----------
    command
        What they do.
    title
        The same in words for a screen.
    section
        Heading under which a screen shows it.
    keys
        Names as Qt writes them in portable text, such as ``Shift+U``, ``Right`` or ``?``; any of them does it.
    """

    command: Command
    title: str
    section: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeyMap:
    """All bindings, in the order in which a screen shows them; no key twice."""

    bindings: tuple[Binding, ...]

    def command(self, key: str) -> Command | None:
        """Return what a key does; ``None`` if nothing."""
        raise NotImplementedError

    def keys(self, command: Command) -> tuple[str, ...]:
        """Return the keys of a command."""
        raise NotImplementedError

    def sections(self) -> Mapping[str, tuple[Binding, ...]]:
        """Return the bindings by heading."""
        raise NotImplementedError

    def with_keys(self, changes: Mapping[str, tuple[str, ...]]) -> "KeyMap":
        """Return the map with other keys for some commands.

        Raises
        ------
        InputError
            If a command or key is unknown, or one key would do two things.
        """
        raise NotImplementedError


def default_keys() -> KeyMap:
    """Return the keys that come with the program."""
    raise NotImplementedError


def load_keys(path: str | Path | None = None) -> KeyMap:
    """Return the default keys with the changes of a reader's file.

    Parameters
    ----------
    path
        A TOML file whose table ``[keys]`` holds a key, or a list of them, per command; an empty list unbinds it. By
        default that of the environment variable ``WBMRI_KEYS``, or ``~/.wbmri/keys.toml``, where there is one.

    Raises
    ------
    InputError
        If the file is damaged or a named one is missing, or as `KeyMap.with_keys`.
    """
    raise NotImplementedError
