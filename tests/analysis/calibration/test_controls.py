"""The level of normal muscle by a site's control scans."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from wbmri.analysis.calibration import ControlCalibration, calibrate_controls, read_controls
from wbmri.case import encode
from wbmri.core import Acquisition, CaseError, GradeSource, GroupReading, InputError, Reading, Reference
from wbmri.core.scheme import load_scheme

SITE = Acquisition("STIR", 1.5, 60.0, 150.0, 4000.0, "Maker")


@pytest.fixture(scope="module")
def control() -> Callable[[float, Acquisition], Reading]:
    scheme = load_scheme()
    groups = tuple(
        GroupReading(group.label, 0, None, GradeSource.AUTO, 0, None, 1.0, "Nothing.") for group in scheme.groups
    )

    def made(ratio: float, acquisition: Acquisition = SITE) -> Reading:
        reference = Reference(80.0, 5.0, "mode", True, mode=100.0 * ratio, predicted=100.0)
        return Reading(scheme, groups, acquisition, "truth", reference)

    return made


def people(control: Callable[..., Reading], ratios: list[float], **facts: object) -> list[tuple[str, Reading]]:
    acquisition = replace(SITE, **facts)  # type: ignore[arg-type]
    return [(f"{facts}{number}", control(ratio, acquisition)) for number, ratio in enumerate(ratios)]


def test_ratio_and_spread_are_those_of_the_controls(control: Callable[..., Reading]) -> None:
    rng = np.random.default_rng(1)
    logs = rng.normal(np.log(1.3), 0.1, 200)
    (level,) = calibrate_controls(people(control, list(np.exp(logs)))).levels
    assert level.ratio == pytest.approx(1.3, rel=0.02)
    assert level.spread == pytest.approx(0.1, rel=0.1)
    assert level.controls == 200


def test_few_controls_leave_more_doubt_than_many(control: Callable[..., Reading]) -> None:
    few, many = (calibrate_controls(people(control, [1.2, 1.25, 1.3] * n)).levels[0] for n in (1, 10))
    assert few.spread > 2 * many.spread


def test_scans_of_one_person_count_once(control: Callable[..., Reading]) -> None:
    scans = [*people(control, [1.0, 1.1]), ("same", control(1.2)), ("same", control(1.3)), ("same", control(1.4))]
    assert calibrate_controls(scans).levels[0].controls == 3
    with pytest.raises(InputError, match="at most 2 people"):
        calibrate_controls(scans[:2])


def test_each_protocol_has_its_own_level(control: Callable[..., Reading]) -> None:
    made = calibrate_controls(
        [*people(control, [1.0] * 4), *people(control, [1.5] * 4, field_strength_t=3.0, echo_time_ms=80.0)],
    )
    (here,) = made.outside(replace(SITE, field_strength_t=1.494, echo_time_ms=63.0))
    (there,) = made.outside(replace(SITE, field_strength_t=3.0, echo_time_ms=80.0))
    assert (here.ratio, there.ratio) == (1.0, 1.5)
    assert here.source == "4 control scans"
    assert made.outside(replace(SITE, echo_time_ms=90.0)) == ()
    assert made.outside(replace(SITE, manufacturer="Other")) == ()


def test_the_file_reads_back(control: Callable[..., Reading], tmp_path: Path) -> None:
    made = calibrate_controls(people(control, [1.0, 1.1, 1.2], inversion_time_ms=None))
    path = tmp_path / "controls.json"
    path.write_bytes(encode(made))
    assert read_controls(path) == made
    assert isinstance(made, ControlCalibration)
    path.write_text("{}", "utf-8")
    with pytest.raises(CaseError):
        read_controls(path)
    with pytest.raises(InputError, match="that exists"):
        read_controls(tmp_path / "none.json")
