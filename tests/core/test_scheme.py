"""Schemes: the built-in list against the published facts, and what a site's own file may and may not say."""

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from wbmri.core.errors import SchemeError
from wbmri.core.scheme import BodySegment, Scheme, Side, builtin_schemes, load_scheme

# The pairs in the order of their labels, with the region each is counted in.
PAIRS = """
neck_flexors axial, neck_extensors axial, paraspinal_tl axial, trapezius shoulder, deltoid shoulder,
rotator_cuff shoulder, pectoral shoulder, arm_anterior upper limb, arm_posterior upper limb,
forearm_anterior upper limb, forearm_posterior upper limb, iliopsoas pelvis, gluteus_maximus pelvis,
gluteus_med_min pelvis, hip_rotators pelvis, thigh_anterior thigh, thigh_medial thigh, thigh_posterior thigh,
leg_anterior leg, leg_lateral leg, leg_posterior leg
"""


@pytest.fixture
def write_scheme(tmp_path: Path) -> Callable[..., Path]:
    """Write the built-in scheme with a piece of its text replaced."""
    text = (files("wbmri.core.scheme") / "builtin" / "jdm42.toml").read_text("utf-8")

    def write(old: str = "", new: str = "") -> Path:
        assert old in text
        path = tmp_path / "site.toml"
        path.write_text(text.replace(old, new, 1), "utf-8")
        return path

    return write


def test_the_default_list_has_the_pairs_and_labels_of_jdm42(scheme: Scheme) -> None:
    listed = [tuple(entry.split(maxsplit=1)) for entry in PAIRS.replace("\n", " ").strip().split(",")]
    assert [(pair.id, pair.region) for pair in scheme.pairs] == listed
    assert [(group.label, group.id) for group in scheme.groups] == [
        (2 * k + 1 + side, f"{name}_{('left', 'right')[side]}") for k, (name, _) in enumerate(listed) for side in (0, 1)
    ]
    assert (scheme.maximum, len(scheme.groups)) == (84, 42)
    assert "jdm42" in builtin_schemes()


def test_colours_of_the_pairs_differ(scheme: Scheme) -> None:
    assert len({pair.colour for pair in scheme.pairs}) == 21


@given(st.integers(1, 42))
def test_a_group_is_found_by_label_and_by_id(label: int) -> None:
    scheme = load_scheme()
    group = scheme.group(label)
    assert scheme.group(group.id) == group
    assert group.side is (Side.LEFT if label % 2 else Side.RIGHT)


@pytest.mark.parametrize("key", [0, 43, "deltoid", "deltoid_middle", ""])
def test_an_unknown_group_is_refused_with_the_names_that_exist(scheme: Scheme, key: int | str) -> None:
    with pytest.raises(SchemeError, match="neck_flexors_left"):
        scheme.group(key)


def test_a_sites_own_scheme_loads_from_its_file(write_scheme: Callable[..., Path]) -> None:
    path = write_scheme('name = "jdm42"', 'name = "site_a"')
    assert load_scheme(path).name == "site_a"
    assert load_scheme(str(path)) == load_scheme(path)


def test_a_scheme_file_that_was_edited_is_read_anew(write_scheme: Callable[..., Path]) -> None:
    assert load_scheme(write_scheme()).grading.minimum_voxels == 30
    assert load_scheme(write_scheme("minimum_voxels = 30 ", "minimum_voxels = 31 ")).grading.minimum_voxels == 31


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('region = "axial"', 'regoin = "axial"', r"pairs\.0\.region"),
        ('region = "axial"', "region = 3", "region"),
        ('region = "axial"', 'region = "axial"\nlevel = 1', "level"),
        ('colour = "#ddcc77"', 'colour = "yellow"', "yellow"),
        ('id = "neck_flexors"', 'id = "Neck flexors"', "Neck flexors"),
        ('id = "neck_flexors"', 'id = "neck_extensors"', "more than once"),
        ("extensive_fraction = 0.5 ", "extensive_fraction = 0.01 ", "extensive_fraction"),
        ("oedema_ratio = 1.15 ", "oedema_ratio = 0.9 ", "oedema_ratio"),
        ("minimum_voxels = 30 ", "minimum_voxels = 0 ", "minimum_voxels"),
        ("minimum_voxels = 30 ", "", "minimum_voxels"),
        ('name = "jdm42"', 'name = "jdm42', "TOML"),
        ('terminology = "FMA"', 'terminology = "ICD"', "terminology"),
    ],
)
def test_a_bad_scheme_file_is_refused_with_the_entry_that_is_wrong(
    write_scheme: Callable[..., Path],
    old: str,
    new: str,
    message: str,
) -> None:
    with pytest.raises(SchemeError, match=message) as caught:
        load_scheme(write_scheme(old, new))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["jdm43", "missing.toml", "", "/"])
def test_a_scheme_that_does_not_exist_is_refused_with_those_that_do(name: str) -> None:
    with pytest.raises(SchemeError, match="jdm42"):
        load_scheme(name)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "binary.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SchemeError, match="TOML"):
        load_scheme(path)


def test_a_scheme_of_a_time_without_segments_has_those_of_jdm42() -> None:
    stored = TypeAdapter(Scheme).dump_python(load_scheme(), mode="json")
    for pair in stored["pairs"]:
        del pair["segment"]
    assert TypeAdapter(Scheme).validate_python(stored) == load_scheme()


def test_a_pair_of_ones_own_lies_where_the_scheme_says_or_nowhere(write_scheme: Callable[..., Path]) -> None:
    own = write_scheme('id = "neck_flexors"', 'id = "own"')
    assert load_scheme(own).pairs[0].segment is BodySegment.NECK
    own = write_scheme(
        'id = "neck_flexors"\nname = "Neck flexors"\nregion = "axial"\nsegment = "neck"',
        'id = "own"\nname = "Own"\nregion = "axial"',
    )
    assert load_scheme(own).pairs[0].segment is None


@pytest.mark.parametrize(
    "content",
    [
        b"a = " + b"[" * 100_000,
        b"[" + b".".join([b"a"] * 50_000) + b"]",
        b"a = " + b"{a = " * 5_000,
        b"a = " + b"1" * 5_000,
        b"#" * 2**21,
        b"a = '\xe9'",
    ],
    ids=["deep", "dotted", "inline", "digits", "large", "Latin-1"],
)
def test_a_file_made_to_keep_the_parser_busy_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "site.toml"
    path.write_bytes(content)
    with pytest.raises(SchemeError):
        load_scheme(path)
