"""Which key does what: data, so that a screen can show the keys and a reader can change them."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from wbmri.core import InputError

KEYS_VARIABLE = "WBMRI_KEYS"
"""Environment variable with a reader's own file of keys."""

_MODIFIERS = ("Meta", "Ctrl", "Alt", "Shift")

_NAMED = {
    name.lower(): name
    for name in (
        "Left Right Up Down Tab Return Enter Space Backspace Esc Del Ins Home End PgUp PgDown "
        + " ".join(f"F{number}" for number in range(1, 13))
    ).split()
}


class Command(StrEnum):
    """What a key can do, by the name it has in a file of keys."""

    GRADE_0 = "grade_0"
    GRADE_1 = "grade_1"
    GRADE_2 = "grade_2"
    NOT_ASSESSABLE = "not_assessable"
    REGION_NOT_ASSESSABLE = "region_not_assessable"
    ACCEPT = "accept"
    ADVANCE = "advance"
    CLEAR = "clear"
    NEXT_GROUP = "next_group"
    PREVIOUS_GROUP = "previous_group"
    OTHER_SIDE = "other_side"
    NEXT_UNREAD = "next_unread"
    ORDER = "order"
    NEXT_SLICE = "next_slice"
    PREVIOUS_SLICE = "previous_slice"
    WHOLE_BODY = "whole_body"
    UNDO = "undo"
    REDO = "redo"
    EDIT_MASK = "edit_mask"
    PAINT = "paint"
    ERASE = "erase"
    SMART_BRUSH = "smart_brush"
    REDRAW = "redraw"
    FILL_BETWEEN = "fill_between"
    MIRROR = "mirror"
    STEAL = "steal"
    LARGER_BRUSH = "larger_brush"
    SMALLER_BRUSH = "smaller_brush"
    PROJECTION = "projection"
    COMPARISON = "comparison"
    COMPANION = "companion"
    CONTOURS = "contours"
    WINDOW = "window"
    FIELD = "field"
    HEAT_MAP = "heat_map"
    MOST_OEDEMA = "most_oedema"
    PLANE = "plane"
    THREE_PLANES = "three_planes"
    FILL = "fill"
    RECENTRE = "recentre"
    NEXT_CASE = "next_case"
    WORKLIST = "worklist"
    SAVE_LABELS = "save_labels"
    CALCINOSIS = "calcinosis"
    KEY_IMAGE = "key_image"
    REMARK = "remark"
    CASE_REMARK = "case_remark"
    COPY_REPORT = "copy_report"
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
    """All bindings, in the order in which a screen shows them; no key twice.

    Raises
    ------
    InputError
        If one key would do two things.
    """

    bindings: tuple[Binding, ...]

    def __post_init__(self) -> None:
        taken: dict[str, Command] = {}
        for binding in self.bindings:
            for key in binding.keys:
                if key in taken:
                    raise InputError(
                        f"the key {key} for {taken[key]} and for {binding.command}",
                        "one command for each key",
                        f"choose another key for one of them in [keys], or unbind one with {taken[key]} = []",
                    )
                taken[key] = binding.command

    def command(self, key: str) -> Command | None:
        """Return what a key does; ``None`` if nothing."""
        name = key_name(key)
        return next((binding.command for binding in self.bindings if name in binding.keys), None)

    def keys(self, command: Command) -> tuple[str, ...]:
        """Return the keys of a command."""
        return next(binding.keys for binding in self.bindings if binding.command is command)

    def sections(self) -> Mapping[str, tuple[Binding, ...]]:
        """Return the bindings by heading."""
        titles = dict.fromkeys(binding.section for binding in self.bindings)
        return {title: tuple(one for one in self.bindings if one.section == title) for title in titles}

    def with_keys(self, changes: Mapping[str, tuple[str, ...]]) -> "KeyMap":
        """Return the map with other keys for some commands.

        Raises
        ------
        InputError
            If a command or key is unknown, or one key would do two things.
        """
        unknown = [name for name in changes if name not in set(Command)]
        if unknown:
            raise InputError(f"keys for {unknown[0]!r}", f"one of {', '.join(Command)}", "correct the name in [keys]")
        wanted = {name: tuple(key_name(key) for key in keys) for name, keys in changes.items()}
        return KeyMap(tuple(replace(one, keys=wanted.get(one.command, one.keys)) for one in self.bindings))


def key_name(key: str) -> str:
    """Return the one spelling of a key: ``shift+u`` becomes ``Shift+U``, ``ctrl+shift+z`` ``Ctrl+Shift+Z``.

    Raises
    ------
    InputError
        If there is no such key.
    """
    plus = key.endswith("++") or key == "+"
    *modifiers, last = [*key[:-2].split("+"), "+"] if plus and key != "+" else ["+"] if plus else key.split("+")
    held = {modifier.strip().capitalize() for modifier in modifiers}
    last = last.strip()
    name = last.upper() if len(last) == 1 and last.isprintable() else _NAMED.get(last.lower())
    if not name or not held <= set(_MODIFIERS):
        raise InputError(
            f"the key {key!r}",
            "a character, or one of " + ", ".join(_NAMED.values()) + ", after " + "+, ".join(_MODIFIERS) + "+",
            "correct it in [keys]",
        )
    return "+".join([*(modifier for modifier in _MODIFIERS if modifier in held), name])


@cache
def default_keys() -> KeyMap:
    """Return the keys that come with the program."""
    content = tomllib.loads(files("wbmri.review").joinpath("keys.toml").read_text("utf-8"))
    return KeyMap(
        tuple(
            Binding(Command(one["command"]), one["title"], section["title"], tuple(map(key_name, one["keys"])))
            for section in content["section"]
            for one in section["commands"]
        ),
    )


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
    named = path or os.environ.get(KEYS_VARIABLE)
    file = Path(named) if named else Path.home() / ".wbmri" / "keys.toml"
    if not named and not file.exists():
        return default_keys()
    try:
        content = tomllib.loads(file.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(
            f"the keys in {file}: {error}",
            "a TOML file with a table [keys]",
            "correct or remove the file",
        ) from error
    return default_keys().with_keys(_changes(content, file))


def _changes(content: Mapping[str, Any], file: Path) -> dict[str, tuple[str, ...]]:
    table = content.get("keys")
    if set(content) != {"keys"} or not isinstance(table, dict):
        raise InputError(f"{file} with {', '.join(content) or 'nothing'}", "one table [keys]", "correct the file")
    changes = {name: (keys,) if isinstance(keys, str) else keys for name, keys in table.items()}
    for name, keys in changes.items():
        if not (isinstance(keys, list | tuple) and all(isinstance(key, str) for key in keys)):
            raise InputError(
                f"{file} with {name} = {keys!r}",
                'a key such as "Shift+U", or a list of them',
                "correct the file",
            )
    return {name: tuple(keys) for name, keys in changes.items()}
