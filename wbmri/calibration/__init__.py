"""Calibration to a site: where normal muscle lies on its scanner, and by which thresholds its readers grade."""

from wbmri.calibration.controls import ControlCalibration, ControlLevel, calibrate_controls, read_controls
from wbmri.calibration.readers import GradedGroup, ReaderCalibration, calibrate_readers, graded_groups

__all__ = [
    "ControlCalibration",
    "ControlLevel",
    "GradedGroup",
    "ReaderCalibration",
    "calibrate_controls",
    "calibrate_readers",
    "graded_groups",
    "read_controls",
]
