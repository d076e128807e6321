"""The commands for the atlases of a site, and outlines of other programs, as a user types them."""

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from wbmri.case import read_case, write_case_files
from wbmri.io import encode_nifti, read_labels

Command = Callable[..., SimpleNamespace]


def test_a_case_with_outlines_of_ones_own_can_be_added_listed_and_removed(
    wbmri: Command,
    scored: SimpleNamespace,
    tmp_path: Path,
) -> None:
    case, folder = scored.out / "sub-toy" / "ses-baseline", tmp_path / "atlases"
    for _ in range(2):  # added again, it takes its own place
        added = wbmri("atlas", "add", case, "--to", folder)
        assert added.code == 0, added.err
        assert "sub-toy_ses-baseline: 42 groups" in added.out
    (listed,) = json.loads(wbmri("atlas", "list", "--from", folder, "--json").out)["atlases"]
    assert listed["case"] == "sub-toy_ses-baseline"
    assert listed["id"] in wbmri("atlas", "list", "--from", folder).out
    assert wbmri("atlas", "remove", "sub-other_ses-1", "--from", folder).code == 2
    assert wbmri("atlas", "remove", listed["id"], "--from", folder).code == 0
    assert json.loads(wbmri("atlas", "list", "--from", folder, "--json").out) == {"atlases": []}
    assert "No atlases" in wbmri("atlas", "list", "--from", folder).out


def test_the_environment_names_the_folder(
    wbmri: Command,
    scored: SimpleNamespace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WBMRI_ATLASES", str(tmp_path / "mine"))
    assert wbmri("atlas", "add", scored.out / "sub-toy" / "ses-month6").code == 0
    assert len(list((tmp_path / "mine").glob("*/atlas.json"))) == 1


def test_outlines_that_no_person_has_seen_are_not_added(wbmri: Command, out: Path, tmp_path: Path) -> None:
    case = out / "sub-toy" / "ses-baseline"
    paths = read_case(case).paths
    content = paths.labels_sidecar.read_text().replace('"engine": "labels"', '"engine": "atlas"', 1)
    write_case_files(paths, [(paths.labels_sidecar, content.encode())])
    refused = wbmri("atlas", "add", case, "--to", tmp_path / "atlases")
    assert refused.code == 2
    assert "no person has seen" in refused.errors[0]
    assert not (tmp_path / "atlases").exists()


def test_several_label_maps_are_fused(wbmri: Command, toy: SimpleNamespace, tmp_path: Path) -> None:
    labels, grid = read_labels(toy.labels)
    shifted = np.roll(labels, 1, axis=2).astype(np.uint8)
    (tmp_path / "b.nii.gz").write_bytes(encode_nifti(shifted, grid.affine))
    (tmp_path / "c.nii.gz").write_bytes(encode_nifti(np.roll(labels, -1, axis=2).astype(np.uint8), grid.affine))
    maps = [word for path in (toy.labels, tmp_path / "b.nii.gz", tmp_path / "c.nii.gz") for word in ("--labels", path)]
    for fusion, least in (("vote", 1.0), ("staple", 0.9)):
        done = wbmri("score", toy.baseline, *maps, "--fusion", fusion, "--out", tmp_path / fusion, "--sub", "a")
        assert done.code == 0, done.err
        fused = read_case(tmp_path / fusion / "sub-a" / "ses-01").labels()
        assert np.mean(fused.data[labels > 0] == labels[labels > 0]) >= least
        assert all(0 < value < 1 for value in fused.confidence.values())
    assert wbmri("score", toy.baseline, *maps, "--fusion", "magic", "--out", tmp_path / "x").code == 2


def test_a_mapping_of_ones_own(wbmri: Command, toy: SimpleNamespace, tmp_path: Path) -> None:
    labels, grid = read_labels(toy.labels)
    (tmp_path / "own.nii.gz").write_bytes(encode_nifti((labels * 10).astype(np.uint16), grid.affine))
    pairs = [group.pair.id for group in read_scheme_groups()]
    rows = [
        f'{{ number = {10 * label}, name = "{pair}", side = "{("right", "left")[label % 2]}", pair = "{pair}" }}'
        for label, pair in enumerate(pairs, start=1)
    ]
    table = 'name = "own"\ntitle = "Own"\nsource = "here"\nscheme = "jdm42"\nlabels = [\n' + ",\n".join(rows) + "\n]\n"
    table += "[lacks]\n" + "".join(f"{pair} = []\n" for pair in dict.fromkeys(pairs))
    (tmp_path / "own.toml").write_text(table)
    done = wbmri(
        "score", toy.baseline, "--labels", tmp_path / "own.nii.gz", "--mapping", tmp_path / "own.toml",
        "--out", tmp_path / "OUT", "--sub", "a",
    )  # fmt: skip
    assert done.code == 0, done.err
    mapped = read_case(tmp_path / "OUT" / "sub-a" / "ses-01").labels()
    np.testing.assert_array_equal(mapped.data, labels)
    assert set(mapped.origin.values()) == {"labels"}
    without = wbmri("score", toy.baseline, "--labels", tmp_path / "own.nii.gz", "--out", tmp_path / "x")
    assert without.code == 2
    assert "unknown labels" in without.errors[0]


def read_scheme_groups() -> tuple:
    from wbmri.core.scheme import load_scheme

    return load_scheme().groups
