"""The body map: every group, its grade, its side."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace

import pytest

from wbmri.analysis.comparison import compare
from wbmri.core import Reading
from wbmri.core.scheme import Scheme, Side
from wbmri.report.figures import body_map_svg, change_map_svg

SVG = "{http://www.w3.org/2000/svg}"


def parse(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314 - made by the function under test


def areas(svg: str) -> dict[str, list[ET.Element]]:
    found: dict[str, list[ET.Element]] = {}
    for path in parse(svg).iter(f"{SVG}path"):
        if "data-group" in path.attrib:
            found.setdefault(path.attrib["data-group"], []).append(path)
    return found


def place(svg: str, group: str) -> list[tuple[str, float]]:
    """View and mean x, in the viewer's coordinates, of every area of a group."""
    places = []
    for view in parse(svg).findall(f"{SVG}g"):
        heading = view.find(f"{SVG}text")
        if heading is None or heading.text not in ("Front", "Back"):
            continue
        for sign, parent in [(1, view), *((-1, g) for g in view if g.get("transform") == "scale(-1 1)")]:
            for path in parent.findall(f"{SVG}path"):
                if path.get("data-group") == group:
                    numbers = [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", path.attrib["d"])]
                    places.append((heading.text, sign * sum(numbers[::2]) / len(numbers[::2])))
    return places


def test_every_group_is_drawn_with_its_grade(scheme: Scheme) -> None:
    grades = {group.label: (None, 0, 1, 2)[group.label % 4] for group in scheme.groups}
    drawn = areas(body_map_svg(scheme, grades, title="Grades"))
    assert set(drawn) == {group.id for group in scheme.groups}
    for group in scheme.groups:
        grade = grades[group.label]
        for path in drawn[group.id]:
            assert path.attrib["data-grade"] == ("n/a" if grade is None else str(grade))
            words = "not assessable" if grade is None else f"grade {grade}"
            assert group.name in path.attrib["aria-label"]
            assert path.attrib["aria-label"].endswith(words)


def test_the_three_grades_and_no_grade_look_different(scheme: Scheme) -> None:
    grades = {group.label: (None, 0, 1, 2)[group.label % 4] for group in scheme.groups}
    drawn = areas(body_map_svg(scheme, grades, title="Grades"))
    fills = {
        grade: {drawn[g.id][0].attrib["fill"] for g in scheme.groups if grades[g.label] == grade}
        for grade in (None, 0, 1, 2)
    }
    assert all(len(fill) == 1 for fill in fills.values())
    assert len(set().union(*fills.values())) == 4


@pytest.mark.parametrize("pair", ["deltoid", "thigh_medial", "forearm_anterior"])
def test_the_patients_right_is_the_viewers_left_in_front_and_right_from_behind(scheme: Scheme, pair: str) -> None:
    svg = body_map_svg(scheme, {}, title="Grades")
    for side in Side:
        for view, x in place(svg, f"{pair}_{side}"):
            assert (x < 0) == ((side is Side.RIGHT) == (view == "Front"))
    assert {view for view, _ in place(svg, f"{pair}_right")} == {"Front", "Back"}


def test_the_written_grades_are_on_the_side_they_belong_to(scheme: Scheme) -> None:
    grades = {group.label: 2 if group.side is Side.RIGHT else 1 for group in scheme.groups}
    root = parse(body_map_svg(scheme, grades, title="Grades"))
    seen = set()
    for view in root.findall(f"{SVG}g"):
        texts = view.findall(f"{SVG}text")
        heading = next((t.text for t in texts if t.text in ("Front", "Back")), None)
        for text in texts:
            if heading and text.text in ("1", "2"):
                viewers_left = float(text.attrib["x"]) < 0
                assert (text.text == "2") == (viewers_left == (heading == "Front"))
                seen.add((heading, text.text))
    assert seen == {("Front", "1"), ("Front", "2"), ("Back", "1"), ("Back", "2")}


def test_the_change_map_shows_what_became_of_each_group(make_reading: Callable[..., Reading]) -> None:
    steps = {
        "deltoid": (2, 1),
        "pectoral": (1, 1),
        "trapezius": (1, 0),
        "forearm_anterior": (0, 0),
        "iliopsoas": (1, 2),
    }
    scheme = make_reading().scheme
    grades = {group.label: steps.get(group.pair.id, (None, 1)) for group in scheme.groups}
    visits = [make_reading(lambda label, k=k: grades[label][k]) for k in (0, 1)]
    left = scheme.group("deltoid_left").label
    for number, reading in enumerate(visits):  # whose shares, 51 and 49 %, are not told apart
        entry = reading.groups[left - 1]
        evidence = replace(entry.evidence, oedema_fraction=0.51 - 0.02 * number, fraction_range=(0.4, 0.6))
        visits[number] = reading.with_group(replace(entry, evidence=evidence))
    shown = areas(change_map_svg(compare(*visits), title="t"))
    marks = {group: {area.get("data-grade") for area in found} for group, found in shown.items()}
    assert marks["deltoid_left"] == {"≈"}
    assert marks["deltoid_right"] == marks["trapezius_left"] == {"−1"}
    assert marks["pectoral_left"] == {"0"}
    assert marks["forearm_anterior_left"] == {""}
    assert marks["iliopsoas_right"] == {"+1"}
    assert marks["leg_lateral_left"] == {"n/a"}
    fills = {group: found[0].get("fill") for group, found in shown.items()}
    assert fills["deltoid_left"] == fills["pectoral_left"]
    assert fills["deltoid_right"] != fills["trapezius_left"]


def test_a_pair_the_drawing_does_not_know_is_named(scheme: Scheme) -> None:
    other = replace(scheme.pairs[0], id="tongue", name="Tongue & floor")
    svg = body_map_svg(replace(scheme, pairs=(other, *scheme.pairs[1:])), {}, title="Grades")
    assert "Tongue &amp; floor" in svg
    assert "neck_flexors_left" not in svg
    assert "deltoid_left" in svg


def test_the_title_is_escaped(scheme: Scheme) -> None:
    assert parse(body_map_svg(scheme, {}, title="<b> & co")).findtext(f"{SVG}title") == "<b> & co"


def test_ids_of_two_maps_differ(scheme: Scheme) -> None:
    ids = [set(re.findall(r' id="([^"]+)"', body_map_svg(scheme, {1: grade}, title="Grades"))) for grade in (0, 1)]
    assert ids[0]
    assert not ids[0] & ids[1]
