"""Which group of a scheme each segment of a DICOM segmentation is, by its name, its codes and its side."""

import re
from collections.abc import Sequence

from wbmri.core import InputError
from wbmri.core.scheme import Pair, Scheme, Side, pair_code, side_of
from wbmri.io.dicom import Segment
from wbmri.segmentation.external_labels.mapping_table import Mapping, SourceLabel


def mapping_of_segments(segments: Sequence[Segment], scheme: Scheme, source: str) -> Mapping:
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


def _group_of(segment: Segment, scheme: Scheme) -> tuple[Pair | None, Side | None, str]:
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
