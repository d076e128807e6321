"""How a visit is scored: one value, checked once, with the fingerprint that tells a stale case."""

from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from wbmri.analysis.calibration import ControlCalibration
from wbmri.case import encode
from wbmri.core import InputError
from wbmri.core.scheme import load_scheme, scheme_toml
from wbmri.pipeline import ScoringOptions


def test_label_maps_are_taken_instead_of_the_default_engine() -> None:
    assert ScoringOptions.of(labels="muscles.nii.gz").engine == "labels"
    assert ScoringOptions.of().engine_name == "network"


def test_what_cannot_be_used_is_refused_at_once(tmp_path: Path) -> None:
    for wrong in (
        {"engine": "none"},
        {"scheme": "none"},
        {"mapping": "none"},
        {"controls": tmp_path / "none.json"},
        {"device": "abacus"},
        {"device": "cpu", "labels": "muscles.nii.gz"},
    ):
        with pytest.raises(InputError):
            ScoringOptions.of(**wrong)  # type: ignore[arg-type]


def test_options_go_to_other_processes_as_json(tmp_path: Path) -> None:
    controls = tmp_path / "controls.json"
    controls.write_bytes(encode(ControlCalibration(())))
    options = ScoringOptions.of(mapping="musclemap", series=["3"], controls=controls, post_contrast=True)
    kind = TypeAdapter(ScoringOptions)
    assert kind.validate_json(kind.dump_json(options)) == options


def test_the_fingerprint_tells_every_option_that_changes_a_result(tmp_path: Path) -> None:
    site = tmp_path / "site.toml"
    scheme = load_scheme()
    site.write_text(scheme_toml(replace(scheme, grading=replace(scheme.grading, involved_fraction=0.1))))
    options = (
        ScoringOptions(),
        ScoringOptions.of(scheme=site),
        ScoringOptions(series=("3",)),
        ScoringOptions(controls=ControlCalibration(())),
        ScoringOptions(post_contrast=True),
        ScoringOptions(engine="labels"),
        ScoringOptions(engine="labels", mapping=("musclemap",)),
        ScoringOptions(engine="labels", fusion="staple"),
    )
    found = [one.fingerprint() for one in options]
    assert all(one not in found[:k] for k, one in enumerate(found))
    assert ScoringOptions.of(engine="network").fingerprint() == ScoringOptions().fingerprint()


def test_the_fingerprint_follows_the_content_of_files_not_their_names(tmp_path: Path) -> None:
    for name in ("one.toml", "other.toml"):
        (tmp_path / name).write_text(scheme_toml(load_scheme()))
    one, other = (ScoringOptions.of(scheme=tmp_path / name) for name in ("one.toml", "other.toml"))
    assert one.fingerprint() == other.fingerprint()


def test_label_maps_are_dealt_out_to_the_visits_that_are_scored() -> None:
    options = ScoringOptions.of(labels=["a1", "a2", "b1", "b2"], mapping="musclemap")
    first, second = options.dealt(2)
    assert (first.labels, second.labels) == (("a1", "a2"), ("b1", "b2"))
    assert first.mapping == second.mapping == ("musclemap",)
    with pytest.raises(InputError, match="4 label maps for 3 visits"):
        options.dealt(3)


def test_a_visit_without_label_maps_uses_the_engine_and_no_mapping() -> None:
    options = ScoringOptions.of(mapping="musclemap")
    assert options.with_labels(()).mapping == ()
    assert options.with_labels(["own.nii.gz"]).engine == "labels"
