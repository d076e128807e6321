"""Schemes to TOML, as a site keeps and edits them."""

import json
from dataclasses import fields

from wbmri.scheme.model import Code, Pair, Scheme


def scheme_toml(scheme: Scheme) -> str:
    """Return the TOML that `wbmri.scheme.load_scheme` reads as this scheme."""
    lines = [f"{key} = {_text(getattr(scheme, key))}" for key in ("name", "version", "title")]
    lines += ["anchors = [", *(f"  {_text(anchor)}," for anchor in scheme.anchors), "]", "", "[grading]"]
    lines += [f"{entry.name} = {json.dumps(getattr(scheme.grading, entry.name))}" for entry in fields(scheme.grading)]
    for number, pair in enumerate(scheme.pairs):
        lines += ["", f"[[pairs]]  # labels {2 * number + 1} and {2 * number + 2}", *_pair(pair)]
    return "\n".join(lines) + "\n"


def _pair(pair: Pair) -> list[str]:
    lines = [f"{key} = {_text(getattr(pair, key))}" for key in ("id", "name", "region", "colour")]
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
