"""Schemes from TOML, those of the package and a site's own, and to TOML, as a site keeps and edits them."""

import json
import tomllib
from dataclasses import fields
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from wbmri.core.errors import InputError, SchemeError
from wbmri.core.scheme.model import Code, Pair, Scheme

DEFAULT_SCHEME = "jdm42"

# The scheme of the package has 11 kB. Time to parse grows with the square of the parts of a dotted key.
_MOST_BYTES, _MOST_DOTS = 2**20, 500

T = TypeVar("T")


def builtin_schemes() -> tuple[str, ...]:
    """Names of the schemes inside the package."""
    return tuple(
        sorted(entry.name.removesuffix(".toml") for entry in _folder().iterdir() if entry.name.endswith(".toml")),
    )


def load_scheme(name_or_path: str | Path = DEFAULT_SCHEME) -> Scheme:
    """Load a scheme by name from the package, or from a TOML file.

    Parameters
    ----------
    name_or_path
        A name from `builtin_schemes`, or the path of a file ending in ``.toml``.

    Raises
    ------
    SchemeError
        If there is no such scheme, the file is not TOML, or it does not describe a scheme.
    """
    text = str(name_or_path)
    if text in builtin_schemes():
        return _parse((_folder() / f"{text}.toml").read_bytes(), f"{text}.toml")
    path = Path(name_or_path)
    if path.suffix != ".toml" or not path.is_file() or path.stat().st_size > _MOST_BYTES:
        raise SchemeError(
            f"the scheme {text!r}",
            f"one of {', '.join(builtin_schemes())}, or the path of an existing .toml file of at most 1 MB",
            "see 'wbmri schemes'",
        )
    return _parse(path.read_bytes(), path.name)


def _folder() -> Traversable:
    return files("wbmri.core.scheme") / "builtin"


# By its content, so that a file is parsed once however often it is asked for, and anew as soon as it was edited.
@lru_cache(maxsize=16)
def _parse(content: bytes, source: str) -> Scheme:
    return parse_toml(Scheme, content, source, "a scheme", "wbmri/core/scheme/builtin/jdm42.toml", SchemeError)


def parse_toml(
    kind: type[T],
    content: bytes,
    source: str,
    what: str,
    example: str,
    error: type[InputError] = InputError,
) -> T:
    """Return the value that a TOML file describes, every key checked.

    Parameters
    ----------
    kind
        The dataclass that its tables and keys fill.
    content
        The file, UTF-8.
    source
        Its name, for the message.
    what
        What it should hold, such as ``a scheme``.
    example
        A file of the package that shows the tables and keys.
    error
        What is raised where it is not TOML, or does not describe such a value.
    """
    try:
        if len(content) > _MOST_BYTES:
            raise ValueError(f"{len(content)} bytes, where {_MOST_BYTES} are more than enough")
        if any(line.count(b".") > _MOST_DOTS for line in content.splitlines()):
            raise ValueError("a key of too many parts")
        loaded = tomllib.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as problem:
        raise error(
            f"{source}, which is not TOML ({problem})", f"{what} in TOML, UTF-8", "correct the file"
        ) from problem
    try:
        return TypeAdapter(kind).validate_python(loaded)
    except ValidationError as problem:
        first = problem.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise error(
            f"{source} with {where}: {first['msg']}", f"the tables and keys of {example}", "correct that entry"
        ) from problem


def scheme_toml(scheme: Scheme) -> str:
    """Return the TOML that `wbmri.core.scheme.load_scheme` reads as this scheme."""
    lines = [f"{key} = {_text(getattr(scheme, key))}" for key in ("name", "version", "title")]
    lines += ["anchors = [", *(f"  {_text(anchor)}," for anchor in scheme.anchors), "]", "", "[grading]"]
    lines += [f"{entry.name} = {json.dumps(getattr(scheme.grading, entry.name))}" for entry in fields(scheme.grading)]
    for number, pair in enumerate(scheme.pairs):
        lines += ["", f"[[pairs]]  # labels {2 * number + 1} and {2 * number + 2}", *_pair(pair)]
    return "\n".join(lines) + "\n"


def _pair(pair: Pair) -> list[str]:
    lines = [
        f"{key} = {_text(getattr(pair, key))}"
        for key in ("id", "name", "region", "segment", "colour")
        if getattr(pair, key)
    ]
    lines += ["members = ["]
    lines += [f"  {{ name = {_text(member.name)}{_codes(member.codes)} }}," for member in pair.members]
    lines += ["]"]
    return lines + ([_codes(pair.codes).removeprefix(", ")] if pair.codes else [])


def _codes(codes: tuple[Code, ...]) -> str:
    if not codes:
        return ""
    every = [
        f"{{ terminology = {_text(code.terminology)}, value = {_text(code.value)}, meaning = {_text(code.meaning)} }}"
        for code in codes
    ]
    return f", codes = [{', '.join(every)}]"


def _text(value: str) -> str:
    """Quote as JSON does, which TOML reads as a basic string."""
    return json.dumps(value, ensure_ascii=False)
