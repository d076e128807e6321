"""Mapping tables from TOML: those of the package and a user's own."""

import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from wbmri.errors import InputError
from wbmri.segmentation.mapping.table import Mapping

_FOLDER = files("wbmri.segmentation.mapping")


def builtin_mappings() -> tuple[str, ...]:
    """Names of the mapping tables inside the package."""
    return tuple(
        sorted(entry.name.removesuffix(".toml") for entry in _FOLDER.iterdir() if entry.name.endswith(".toml"))
    )


def load_mapping(name_or_path: str | Path) -> Mapping:
    """Load a mapping table by name from the package, or from a TOML file.

    Parameters
    ----------
    name_or_path
        A name from `builtin_mappings`, or the path of a file ending in ``.toml``.

    Raises
    ------
    InputError
        If there is no such table, the file is not TOML, or it does not describe a mapping.
    """
    text = str(name_or_path)
    if text in builtin_mappings():
        return _builtin(text)
    path = Path(name_or_path)
    if path.suffix != ".toml" or not path.is_file():
        raise InputError(
            f"the mapping {text!r}",
            f"one of {', '.join(builtin_mappings())}, or the path of an existing .toml file",
            "choose one of these, or write a table of your own",
        )
    return _parse(path.read_bytes(), path.name)


@cache
def _builtin(name: str) -> Mapping:
    return _parse((_FOLDER / f"{name}.toml").read_bytes(), f"{name}.toml")


def _parse(content: bytes, source: str) -> Mapping:
    try:
        return TypeAdapter(Mapping).validate_python(tomllib.loads(content.decode("utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(
            f"{source}, which is not TOML ({error})", "a mapping in TOML, UTF-8", "correct the file"
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InputError(
            f"{source} with {where}: {first['msg']}",
            "the tables and keys of wbmri/segmentation/mapping/musclemap.toml",
            "correct that entry",
        ) from error
