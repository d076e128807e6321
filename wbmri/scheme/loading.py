"""Schemes from TOML: those of the package and a site's own."""

import tomllib
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from wbmri.errors import SchemeError
from wbmri.scheme.model import Scheme

DEFAULT_SCHEME = "jdm42"


def builtin_schemes() -> tuple[str, ...]:
    """Names of the schemes inside the package."""
    return tuple(
        sorted(entry.name.removesuffix(".toml") for entry in _folder().iterdir() if entry.name.endswith(".toml"))
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
    if path.suffix != ".toml" or not path.is_file():
        raise SchemeError(
            f"the scheme {text!r}",
            f"one of {', '.join(builtin_schemes())}, or the path of an existing .toml file",
            "see 'wbmri schemes'",
        )
    return _parse(path.read_bytes(), path.name)


def _folder() -> Traversable:
    return files("wbmri.scheme") / "builtin"


# By its content, so that a file is parsed once however often it is asked for, and anew as soon as it was edited.
@lru_cache(maxsize=16)
def _parse(content: bytes, source: str) -> Scheme:
    try:
        return TypeAdapter(Scheme).validate_python(tomllib.loads(content.decode("utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SchemeError(
            f"{source}, which is not TOML ({error})", "a scheme in TOML, UTF-8", "correct the file"
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SchemeError(
            f"{source} with {where}: {first['msg']}",
            "the tables and keys of wbmri/scheme/builtin/jdm42.toml",
            "correct that entry",
        ) from error
