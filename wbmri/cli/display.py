"""What a command prints: tables for people, or JSON for programs."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from wbmri.core import NOTICE, GroupReading, Reading, unreviewed_sentence
from wbmri.core.scheme import Side

if TYPE_CHECKING:
    from rich.table import Table

    from wbmri.analysis.comparison import GroupChange, SoftTissueChange
    from wbmri.case import Case
    from wbmri.io import FoundSeries, FoundStation, Inspection
    from wbmri.pipeline import ComparedCases, ScoredCase
    from wbmri.segmentation.quality import GroupQuality

Row = Mapping[str, object]

# Columns of a table that is not printed on a terminal but goes to a file or another program.
_PLAIN_WIDTH = 120

# A summary on the screen tells so many flags of outlines; reports tell all.
_MOST_FLAGS = 8


def show_json(content: object) -> None:
    """Write any value made of dataclasses and JSON types as one JSON document."""
    from pydantic import TypeAdapter

    print(json.dumps(TypeAdapter(Any).dump_python(content, mode="json", by_alias=True), indent=2))  # noqa: T201


def show_table(name: str, rows: Sequence[Row], *, as_json: bool) -> None:
    """Write rows with equal keys as a table, or as the list ``name`` of a JSON object."""
    if as_json:
        show_json({name: rows})
        return
    from rich.markup import escape

    words = {True: "yes", False: "no"}
    table = _table(*rows[0])
    for row in rows:
        table.add_row(*(words[cell] if isinstance(cell, bool) else escape(str(cell)) for cell in row.values()))
    _print(table)


def show_inspection(inspection: "Inspection", *, as_json: bool) -> None:
    """Write the series of an input, which of them will be read and why, and what is wrong."""
    if as_json:
        show_json(inspection)
        return
    table = _table("Key", "Read", "Kind", "Plane", "Images", "Stations", "Voxels, mm", "TR/TE/TI, ms", "Named")
    for series in inspection.series:
        facts = (series.repetition_time_ms, series.echo_time_ms, series.inversion_time_ms)
        table.add_row(
            series.key,
            "yes" if series.chosen else "no",
            series.kind,
            series.plane,
            str(series.images),
            str(len(series.stations)),
            "\n".join(dict.fromkeys(_geometry(station) for station in series.stations)),
            "/".join("?" if fact is None else f"{fact:g}" for fact in facts),
            series.description,
        )
    other = {
        "no DICOM": inspection.not_dicom,
        "DICOM without an image": inspection.not_images,
        "damaged": inspection.damaged,
    }
    _print(
        table,
        *(
            f"{series.key} {'read' if series.chosen else 'left out'}: {_remarks(series)}"
            for series in inspection.series
        ),
        f"{inspection.format}; {inspection.chosen}",
        *(f"{count} other files: {what}" for what, count in other.items() if count),
        *(f"Warning: {warning}" for warning in inspection.warnings),
    )


def _remarks(series: "FoundSeries") -> str:
    return "; ".join([series.why, *series.notes, *(one.problem for one in series.stations if one.problem)])


def _geometry(station: "FoundStation") -> str:
    size = "x".join(str(count) for count in station.size)
    return f"{size}, {'x'.join(f'{spacing:.3g}' for spacing in station.spacing_mm)}"


def show_scored(scored: "ScoredCase", *, as_json: bool) -> None:
    """Write the reading of a new case and where its files lie."""
    if as_json:
        show_json({**_case_facts(scored.case), "seconds": scored.seconds, "notice": NOTICE})
        return
    _print_reading(scored.case)
    _print(f"Report: {scored.case.paths.report}", NOTICE)


def show_comparison(compared: "ComparedCases", *, as_json: bool, with_readings: bool = False) -> None:
    """Write what changed between two cases, after the two readings if asked for."""
    if as_json:
        cases = {"baseline": _case_facts(compared.baseline), "followup": _case_facts(compared.followup)}
        paths = compared.paths
        files = {"table": paths.table, "report": paths.report, "print": paths.print, "figure": paths.figure}
        show_json({"change": compared.document, "cases": cases, "files": files})
        return
    if with_readings:
        _print_reading(compared.baseline)
        _print_reading(compared.followup)
    _print_change(compared)
    for case in (compared.baseline, compared.followup):
        _print(f"Report of ses-{case.session}: {case.paths.report}")
    _print(f"Report of the change: {compared.paths.report}", NOTICE)


def show_cases(cases: Sequence["Case"], *, as_json: bool) -> None:
    """Write how plausible the outlines of cases are: of one group by group, of several in a line each."""
    from wbmri.segmentation.quality import quality_table

    if len(cases) > 1 and as_json:
        show_json({"cases": [_case_facts(case) for case in cases]})
    elif len(cases) > 1:
        show_table("cases", [_case_row(case) for case in cases], as_json=False)
    else:
        rows = quality_table(cases[0].labels())
        if as_json:
            show_json({**_case_facts(cases[0]), "quality": [_quality_row(row) for row in rows]})
        else:
            _print_quality(cases[0], rows)


def _case_row(case: "Case") -> Row:
    score = case.reading.score
    return {
        "case": case.paths.name,
        "total": (score.open_totals or "n/a") if score.total is None else score.total,
        "involved": score.involved,
        "outlines not plausible": sum(bool(entry.flags) for entry in case.reading.groups),
        "read by": case.reading.read_by,
    }


def _quality_row(row: "GroupQuality") -> dict[str, object]:
    return {
        "group": row.group.id,
        "volume_ml": row.volume_ml,
        "cut": row.cut,
        "expected_ml": row.expected_ml,
        "left_to_right": row.left_to_right,
        "pieces": row.pieces,
        "confidence": row.confidence,
        "flags": row.flags,
    }


def _print_quality(case: "Case", rows: Sequence["GroupQuality"]) -> None:
    table = _table("Muscle group", "Left, ml", "Right, ml", "Expected, ml", "Left/right", "Pieces", "Confidence")
    flagged = [row for row in rows if row.flags]
    for left, right in zip(rows[::2], rows[1::2], strict=True):
        expected = left.expected_ml or right.expected_ml
        table.add_row(
            left.group.pair.name,
            _volume(left),
            _volume(right),
            "" if expected is None else f"{expected[0]:.0f} to {expected[1]:.0f}",
            "" if left.left_to_right is None else f"{left.left_to_right:.2f}",
            f"{left.pieces}, {right.pieces}",
            f"{left.confidence:.2f}, {right.confidence:.2f}",
        )
    _print(
        f"{case.paths.name}: outlines by {case.reading.engine}; * cut by the edge of the image, ! not plausible",
        table,
        *(f"{row.group.name}: {' '.join(row.flags)}" for row in flagged),
        f"{len(flagged)} of {len(rows)} outlines are not plausible" if flagged else "All outlines are plausible",
        f"Picture of the outlines: {case.paths.mosaic}",
    )


def _volume(row: "GroupQuality") -> str:
    if row.volume_ml is None:
        return "not in the picture"
    return f"{row.volume_ml:.0f}{'*' * row.cut}{'!' * bool(row.flags)}"


def _case_facts(case: "Case") -> dict[str, object]:
    reading = case.reading
    return {
        "participant": case.participant,
        "session": case.session,
        "score": reading.score,
        "grades": {group.id: entry.grade for group, entry in reading.by_group()},
        "reader": reading.reader,
        "status": reading.status,
        "reviewed": reading.reviewed,
        "engine": reading.engine,
        "scheme": f"{reading.scheme.name} {reading.scheme.version}",
        "warnings": reading.warnings,
        "flags": {group.id: entry.flags for group, entry in reading.by_group() if entry.flags},
        "files": {
            "reading": case.paths.reading,
            "scores": case.paths.scores,
            "report": case.paths.report,
            "mosaic": case.paths.mosaic,
        },
    }


def _print_reading(case: "Case") -> None:
    score, whole = case.reading.score, case.reading.score.whole
    withheld = f"no single total, {score.said}" if score.candidates else "no total, too few groups assessable"
    total = f"{score.total}/{score.maximum}" if score.total is not None else withheld
    if score.total is not None and whole.assessable < whole.groups:
        total = f"{score.total}/{whole.max_assessable} assessable ({score.prorated:.1f}/{score.maximum} prorated)"
    headline = (
        f"sub-{case.participant} ses-{case.session}: {total}, "
        f"{whole.involved}/{whole.assessable} groups involved, {whole.grade2} with grade 2; "
        f"{case.reading.read_by}"
    )
    table = _table("Region", "Muscle group", "Left", "Right")
    for region, name, left, right in _pairs(case.reading):
        table.add_row(region, name, _grade(left), _grade(right))
    flags = [f"{group.name}: {' '.join(entry.flags)}" for group, entry in case.reading.by_group() if entry.flags]
    more = [f"{len(flags) - _MOST_FLAGS} more: see the report, or 'wbmri inspect {case.paths.folder}'"]
    _print(
        "",
        headline,
        table,
        *(f"Warning: {warning}" for warning in case.reading.warnings),
        *(f"  {line}" for line in flags[:_MOST_FLAGS] + (more if len(flags) > _MOST_FLAGS else [])),
    )


def _pairs(reading: Reading) -> Iterable[tuple[str, str, GroupReading, GroupReading]]:
    """Region, name and both entries of each pair."""
    entries = {(group.pair.id, group.side): entry for group, entry in reading.by_group()}
    for pair in reading.scheme.pairs:
        yield pair.region, pair.name, entries[pair.id, Side.LEFT], entries[pair.id, Side.RIGHT]


def _grade(entry: GroupReading) -> str:
    if entry.reason is not None:
        return f"n/a ({entry.reason})"
    evidence = entry.evidence
    if evidence is None:
        return f"{entry.grade}"
    cut = "" if evidence.in_view is None else f", {evidence.in_view:.0%} in view"
    if entry.grade == 0 and evidence.detectable_ratio is not None:
        return f"0  (below detection {evidence.detectable_ratio:.2f} x{cut})"
    return f"{entry.grade}  ({evidence.oedema_fraction:.0%} of the group{cut})"


def _print_change(compared: "ComparedCases") -> None:
    from wbmri.analysis.comparison import response_words

    comparison, document = compared.comparison, compared.document
    table = _table("Region", "Muscle group", "Left", "Right")
    changes = {(group.pair.id, group.side): change for group, change in comparison.by_group()}
    for pair in comparison.baseline.scheme.pairs:
        table.add_row(pair.region, pair.name, *(_step(changes[pair.id, side]) for side in Side))
    before, after = comparison.before, comparison.after
    change = f"no change of the total, {comparison.no_delta}"
    if document.delta is not None:
        percent = "" if document.delta_percent is None else f" ({document.delta_percent:+.1f} %)"
        change = f"{before.total} -> {after.total}, {document.delta:+d} points{percent}"
    unreviewed = unreviewed_sentence(document.unreviewed)
    counts = ", ".join(f"{count} {transition}" for transition, count in comparison.transitions.items() if count)
    _print(
        "",
        f"sub-{document.participant} ses-{document.baseline} -> ses-{document.followup}: {change}; "
        f"involved {before.involved} -> {after.involved} of {before.assessable}",
        table,
        *([unreviewed] if unreviewed else []),
        f"Groups: {counts}",
        f"{document.interval.words.capitalize()}",
        *_soft_tissue(comparison.soft_tissue),
        f"Response: {response_words(document.response, document.response_rule)}",
        *(f"Caution: {caution}" for caution in document.cautions),
    )


def _soft_tissue(change: "SoftTissueChange") -> Iterable[str]:
    yield "Beside the score: " + "; ".join(
        f"{sign.name} {' -> '.join(sign.said)}: {sign.change}" for sign in change.signs
    )
    yield f"Calcinosis: {' -> '.join(change.calcinosis_said)}: {change.calcinosis_change}"
    for name, said, became in change.deposits:
        yield f"{name}: {' -> '.join(said)}: {became}"


def _step(change: "GroupChange") -> str:
    def grade(value: int | None) -> str:
        return "n/a" if value is None else str(value)

    mark = " ≈" if change.marginal else ""
    return f"{grade(change.baseline)} -> {grade(change.followup)}  {change.transition}{mark}"


def _table(*columns: str) -> "Table":
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column)
    return table


def _print(*parts: "Table | str") -> None:
    """Write to stdout; text is taken as it is, and never broken into lines."""
    from rich.console import Console

    console = Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else _PLAIN_WIDTH)
    for one in parts:
        console.print(one, soft_wrap=isinstance(one, str))
