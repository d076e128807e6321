"""A mapping table: which label of another program belongs to which pair of a scheme.

It comes from TOML, or from what the segments of a DICOM segmentation are called, with their codes and sides.
"""

import re
from collections.abc import Mapping as Dict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from wbmri.core import InputError
from wbmri.core.scheme import Pair, Scheme, Side, pair_code, parse_toml, side_of

if TYPE_CHECKING:
    from wbmri.io.dicom import Segment

# A misspelt key in a table is an error, not a silently used default.
_STRICT: dict[str, Any] = {"extra": "forbid"}


@dataclass(frozen=True, slots=True)
class SourceLabel:
    """One label of the other program.

    Parameters
    ----------
    number
        Its voxel value.
    name
        What the other program calls it, without the side.
    side
        The side it names; ``None`` if one label holds both, or the structure is unpaired.
    pair
        Id of the scheme's pair it belongs to; ``None`` for bones, organs and muscles of no group.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    number: int
    name: str
    side: Side | None = None
    pair: str | None = None


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Labels that do not occur together unless the map is of another version.

    Parameters
    ----------
    present, absent
        The map is suspect if it holds one of the first and none of the second.
    means
        What it then is.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    present: tuple[int, ...]
    absent: tuple[int, ...]
    means: str


@dataclass(frozen=True, slots=True)
class Mapping:
    """A table from the labels of another program to the pairs of a scheme.

    Parameters
    ----------
    name
        Identifier, recorded with every label map that was made with it.
    title
        Program, version and task.
    source
        Where its list of labels is published.
    scheme
        Name of the scheme whose pairs it maps to; another scheme with these pairs will do.
    labels
        Every label of the other program.
    lacks
        For each pair that is covered, the muscles of it that have no label; empty if it is covered wholly.
    suspect
        Signs that a map is of another version, whose numbers mean something else.

    Raises
    ------
    InputError
        If a number stands twice, or `lacks` does not name exactly the pairs that labels are mapped to.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    name: str
    title: str
    source: str
    scheme: str
    labels: tuple[SourceLabel, ...]
    lacks: Dict[str, tuple[str, ...]]
    suspect: tuple[Suspicion, ...] = field(default=())

    def __post_init__(self) -> None:
        numbers = [label.number for label in self.labels]
        twice = sorted({number for number in numbers if numbers.count(number) > 1})
        if twice or any(number < 1 for number in numbers):
            raise InputError(
                f"the mapping {self.name} with label {twice[0] if twice else min(numbers)}"
                f"{' more than once' if twice else ''}",
                "every label once, numbers above 0",
                "correct 'labels' in the mapping file",
            )
        mapped = {label.pair for label in self.labels if label.pair}
        if mapped != set(self.lacks):
            wrong = sorted(mapped ^ set(self.lacks))[0]
            raise InputError(
                f"the mapping {self.name} with {wrong} in {'labels' if wrong in mapped else '[lacks]'} only",
                "one entry in [lacks] for each pair that labels are mapped to",
                "list there what the labels of the pair do not include, or []",
            )

    @property
    def partial(self) -> frozenset[str]:
        """Pairs of which some muscle has no label."""
        return frozenset(pair for pair, lacking in self.lacks.items() if lacking)

    def check_scheme(self, scheme: Scheme) -> None:
        """Refuse a scheme that this table does not map to.

        Raises
        ------
        InputError
            If it lacks a pair of the table; its name and the order of its pairs do not matter.
        """
        unknown = sorted(set(self.lacks) - set(scheme.pair_ids))
        if unknown:
            raise InputError(
                f"the scheme {scheme.name}, which lacks {unknown[0]} of the mapping {self.name}",
                f"a scheme with the pairs of {self.scheme} that the mapping names",
                "write a mapping file for that scheme and name it with --mapping",
            )


_FOLDER = files("wbmri.segmentation.external_labels") / "mappings"


def builtin_mappings() -> tuple[str, ...]:
    """Names of the mapping tables inside the package."""
    return tuple(
        sorted(entry.name.removesuffix(".toml") for entry in _FOLDER.iterdir() if entry.name.endswith(".toml")),
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
    example = "wbmri/segmentation/external_labels/mappings/musclemap.toml"
    return parse_toml(Mapping, content, source, "a mapping", example)


def mapping_of_segments(segments: "Sequence[Segment]", scheme: Scheme, source: str) -> Mapping:
    """Return the table from the segments of a file to the groups of a scheme.

    A segment is a group if it is called like one or has its code; it is a part of one if it has the code or the name of
    a muscle that belongs to the group. Its side is that of its modifier, or else of its name; without either it is
    divided at the midline of the body. What is neither is bone, organ, or muscle of no group.

    Parameters
    ----------
    segments
        The segments.
    scheme
        The groups.
    source
        What the file is called, for messages.

    Raises
    ------
    InputError
        If no segment belongs to any group.
    """
    whole: set[str] = set()
    members: dict[str, set[str]] = {}
    labels = []
    for segment in segments:
        pair, side, muscle = _group_of(segment, scheme)
        if pair is not None and muscle:
            members.setdefault(pair.id, set()).add(muscle)
        elif pair is not None:
            whole.add(pair.id)
        labels.append(SourceLabel(segment.number, segment.name, side if pair else None, pair.id if pair else None))
    if not whole and not members:
        raise InputError(
            f"{source} with {len(segments)} segments of which none is a group of {scheme.name}",
            f"segments with the names of its groups, such as {scheme.groups[0].name!r}, or their codes",
            "rename the segments, or name a table for their numbers with --mapping",
        )
    lacks: dict[str, tuple[str, ...]] = {}
    for known in scheme.pairs:
        if known.id in whole:
            lacks[known.id] = ()
        elif known.id in members:
            held = members[known.id]
            lacks[known.id] = tuple(member.name for member in known.members if member.name not in held)
    return Mapping("segments", "segments of a DICOM file", source, scheme.name, tuple(labels), lacks)


def _group_of(segment: "Segment", scheme: Scheme) -> tuple[Pair | None, Side | None, str]:
    """Return the pair a segment belongs to, its side, and which muscle of the pair it is; empty for all of it."""
    words = [_plain(segment.tracking), _plain(segment.name)]
    for group in scheme.groups:
        if {_plain(group.id), _plain(group.name)} & set(words):
            return group.pair, group.side, ""
    side = next((found for value, meaning in segment.sides if (found := side_of(value, meaning))), None)
    side = side or side_of("", segment.name.replace("_", " "))
    bare = [_plain(re.sub(r"(?i)(left|right)", "", text)) for text in (segment.tracking, segment.name)]
    for pair in scheme.pairs:
        own = pair_code(pair)
        codes = {(own.scheme, own.value), *((code.terminology, code.value) for code in pair.codes)}
        if codes & set(segment.codes) or {_plain(pair.id), _plain(pair.name)} & set(bare):
            return pair, side, ""
    for pair in scheme.pairs:
        for member in pair.members:
            codes = {(code.terminology, code.value) for code in member.codes}
            if codes & set(segment.codes) or _plain(member.name) in bare:
                return pair, side, member.name
    return None, None, ""


def _plain(text: str) -> str:
    """Return the letters and digits of a name alone."""
    return "".join(letter for letter in text.lower() if letter.isalnum())
