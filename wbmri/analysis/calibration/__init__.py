"""Calibration to a site: where normal muscle lies on its scanner, and by which thresholds its readers grade."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.analysis.calibration.controls import ControlCalibration, calibrate_controls, read_controls
    from wbmri.analysis.calibration.readers import GradedGroup, calibrate_readers, graded_groups

__all__ = [
    "ControlCalibration",
    "GradedGroup",
    "calibrate_controls",
    "calibrate_readers",
    "graded_groups",
    "read_controls",
]

__getattr__ = lazy_names(
    __name__,
    {
        "controls": (
            "ControlCalibration",
            "calibrate_controls",
            "read_controls",
        ),
        "readers": (
            "GradedGroup",
            "calibrate_readers",
            "graded_groups",
        ),
    },
)
