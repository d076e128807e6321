"""Mapping tables against the label lists the other programs publish, and what mapping does to voxels."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from wbmri.core import InputError, Volume
from wbmri.core.scheme import Scheme, Side
from wbmri.segmentation.external_labels import Mapping, builtin_mappings, load_mapping, map_labels

DATA = Path(__file__).parent / "data"
AFFINE = np.diag([5.0, 5.0, 5.0, 1.0])
SHOULDER = "totalsegmentator-thigh-shoulder-muscles-mr"


def published(name: str) -> dict[int, str]:
    """The other program's own list: number to name as it writes it."""
    lines = (DATA / f"{name}.csv").read_text("utf-8").splitlines()
    assert lines[0].startswith("# ")
    return {int(row["number"]): row["name"] for row in csv.DictReader(lines[1:])}


def as_published(mapping: Mapping) -> dict[int, str]:
    def name(label: str, side: Side | None) -> str:
        if side is None:
            return label
        return f"{side} {label}" if mapping.name == "musclemap" else f"{label}_{side}"

    return {label.number: name(label.name, label.side) for label in mapping.labels}


@pytest.mark.parametrize("name", builtin_mappings())
def test_a_table_holds_every_published_label_with_its_number_name_and_side(name: str) -> None:
    expected = {number: text.lower() for number, text in published(name).items()}
    assert as_published(load_mapping(name)) == expected


@pytest.mark.parametrize("name", builtin_mappings())
def test_both_sides_of_a_structure_go_to_the_same_pair_of_the_scheme(name: str, scheme: Scheme) -> None:
    mapping = load_mapping(name)
    mapping.check_scheme(scheme)
    pairs: dict[str, set[tuple[Side | None, str | None]]] = {}
    for label in mapping.labels:
        pairs.setdefault(label.name, set()).add((label.side, label.pair))
    for structure, ends in pairs.items():
        sides = {side for side, _ in ends}
        assert sides in ({None}, {Side.LEFT, Side.RIGHT}), structure
        assert len({pair for _, pair in ends}) == 1, structure


@pytest.mark.parametrize("name", builtin_mappings())
def test_a_pair_covered_wholly_has_a_label_for_every_muscle_of_it(name: str, scheme: Scheme) -> None:
    """A muscle of the scheme by its name, or one of the wider or narrower names the other programs use."""
    wider = {
        "rhomboid": {"rhomboid major", "rhomboid minor"},
        "iliopsoas": {"psoas major", "iliacus"},
        "gemelli and quadratus femoris": {"gemelli", "quadratus femoris"},
        "thoracolumbar multifidus": {"multifidus"},
        "biceps femoris long head": {"biceps femoris"},
        "medial gastrocnemius": {"gastrocnemius"},
        # The model's own list calls it "extensor digitorum / hallucis longus".
        "extensor digitorum longus": {"extensor digitorum longus", "extensor hallucis longus"},
        "autochthon": {"erector spinae", "multifidus"},
        "quadriceps femoris": {"rectus femoris", "vastus lateralis", "vastus medialis", "vastus intermedius"},
        "thigh medial compartment": {
            "adductor longus",
            "adductor brevis",
            "adductor magnus",
            "gracilis",
            "pectineus",
        },
        "thigh posterior compartment": {"biceps femoris", "semitendinosus", "semimembranosus"},
        "infraspinatus": {"infraspinatus"} | ({"teres minor"} if name == SHOULDER else set()),
    }
    mapping = load_mapping(name)
    members = {pair.id: {member.name for member in pair.members} for pair in scheme.pairs}
    for pair, lacking in mapping.lacks.items():
        labelled: set[str] = set()
        for label in mapping.labels:
            if label.pair == pair:
                text = label.name.replace("_", " ")
                labelled |= wider.get(text, {text})
        missing = members[pair] - labelled
        assert bool(missing) == bool(lacking), (pair, missing)


def test_what_each_program_covers() -> None:
    covered = {name: set(load_mapping(name).lacks) for name in builtin_mappings()}
    assert len(covered["musclemap"]) == 16
    assert not covered["musclemap"] & {"pectoral", "arm_anterior", "arm_posterior", "forearm_anterior"}
    assert covered["totalsegmentator-total-mr"] == {
        "paraspinal_tl",
        "iliopsoas",
        "gluteus_maximus",
        "gluteus_med_min",
    }
    assert load_mapping(SHOULDER).partial == {"trapezius", "pectoral", "arm_anterior", "arm_posterior"}


@pytest.fixture
def scan() -> Volume:
    """A body 20 mm left of the scanner's middle, leaning 4 degrees, with one arm out of view."""
    x, y, z = np.meshgrid(np.arange(60), np.arange(24), np.arange(80), indexing="ij")
    middle = 26 + 0.07 * (z - 40)
    trunk = ((x - middle) / 12.0) ** 2 + ((y - 12) / 8.0) ** 2 < 1
    arms = (np.hypot(np.abs(x - middle) - 16, y - 12) < 3) & ((x < middle) | (z > 55))
    return Volume(10.0 + 90.0 * (trunk | arms) + np.random.default_rng(2).uniform(0, 4, x.shape), AFFINE)


def deltoids() -> np.ndarray:
    numbers = np.zeros((60, 24, 80), np.int32)
    numbers[12:20, 8:16, 60:70] = 9
    numbers[36:46, 8:16, 60:70] = 9
    return numbers


def test_labels_without_a_side_get_it_from_the_midline(scan: Volume, scheme: Scheme) -> None:
    numbers = deltoids()
    mapped = map_labels(numbers, scan.grid, scan, load_mapping(SHOULDER), scheme)
    left, right = (scheme.group(f"deltoid_{side}").label for side in ("left", "right"))
    assert set(np.unique(mapped.data[:28])) == {0, left}
    assert set(np.unique(mapped.data[28:])) == {0, right}
    midline = mapped.parameters["midline"]
    assert isinstance(midline, dict)
    assert midline["tilt"] == pytest.approx(0.07, abs=0.01)


def test_sided_labels_on_the_wrong_side_are_refused(scan: Volume, scheme: Scheme) -> None:
    numbers = deltoids()
    numbers[16:24, 8:16, 5:20] = 2  # quadriceps, right
    numbers[30:36, 8:16, 5:20] = 1  # quadriceps, left
    with pytest.raises(InputError, match="0% lie on the side"):
        map_labels(numbers, scan.grid, scan, load_mapping(SHOULDER), scheme)


def test_bones_are_taken_but_belong_to_no_group(scan: Volume, scheme: Scheme) -> None:
    numbers = np.zeros(scan.shape, np.int32)
    numbers[20:30, 8:16, 10:20] = 6171  # femur
    numbers[20:30, 16:18, 10:20] = 7101  # vastus lateralis
    mapped = map_labels(numbers, scan.grid, scan, load_mapping("musclemap"), scheme)
    assert set(np.unique(mapped.data)) == {0, scheme.group("thigh_anterior_left").label}
    np.testing.assert_array_equal(mapped.labelled, numbers > 0)
    assert scheme.group("leg_lateral_right").label in mapped.partial


@pytest.mark.parametrize(
    ("numbers", "said"),
    [([9999, 1101], "1 labels that MuscleMap, whole-body model v1.4 does not have"), ([8151, 8152, 8141], "v1.3")],
)
def test_numbers_of_another_program_or_version_are_refused(
    scan: Volume,
    scheme: Scheme,
    numbers: list[int],
    said: str,
) -> None:
    data = np.zeros(scan.shape, np.int32)
    data.ravel()[: len(numbers)] = numbers
    with pytest.raises(InputError, match=said):
        map_labels(data, scan.grid, scan, load_mapping("musclemap"), scheme)


def test_a_scheme_without_the_pairs_of_a_table_needs_another_one(scan: Volume, scheme: Scheme) -> None:
    with pytest.raises(InputError, match="scheme jdm42, which lacks"):
        map_labels(deltoids(), scan.grid, scan, load_mapping(SHOULDER), replace(scheme, pairs=scheme.pairs[:3]))


def test_labels_are_mapped_by_the_ids_of_pairs_whatever_the_scheme_is_called(scan: Volume, scheme: Scheme) -> None:
    own = replace(scheme, name="own", pairs=scheme.pairs[::-1])
    mapped = map_labels(deltoids(), scan.grid, scan, load_mapping(SHOULDER), own)
    assert {own.group(int(label)).pair.id for label in np.unique(mapped.data) if label} == {"deltoid"}


OWN = """
name = "ours"
title = "Our outlines"
source = "our site"
scheme = "jdm42"
labels = [
  { number = 1, name = "deltoid", side = "left", pair = "deltoid" },
  { number = 2, name = "deltoid", side = "right", pair = "deltoid" },
]
[lacks]
deltoid = []
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("number = 2", "number = 1", "label 1 more than once"),
        ("deltoid = []", "", "deltoid in labels only"),
        ("deltoid = []", "deltoid = []\npectoral = []", "pectoral in .lacks. only"),
        ('side = "left"', 'side = "links"', "labels.0.side"),
        ("[lacks]", "[lacks", "not TOML"),
    ],
)
def test_a_wrong_table_of_ones_own_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    file = tmp_path / "ours.toml"
    file.write_text(OWN)
    assert load_mapping(file).name == "ours"
    file.write_text(OWN.replace(old, new, 1))
    with pytest.raises(InputError, match=said):
        load_mapping(file)


def test_an_unknown_table_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match="one of musclemap, totalsegmentator"):
        load_mapping("magic")
