"""DICOM objects of a case: derived images, segmentation, structured report, report as PDF; and of a comparison."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.export.dicom.comparison_report import COMPARISON, ComparedVisit, write_comparison
    from wbmri.export.dicom.derived_series import DerivedSeries, radiological, write_series
    from wbmri.export.dicom.encapsulated_pdf import wrap_pdf
    from wbmri.export.dicom.export_study import (
        ExportStudy,
        code_item,
        content_uid,
        content_uuid,
        encoded,
        require_highdicom,
    )
    from wbmri.export.dicom.report_reading import ReportedReading, read_comparison, read_report
    from wbmri.export.dicom.secondary_capture import write_captures
    from wbmri.export.dicom.segmentation import write_segmentation
    from wbmri.export.dicom.structured_report import write_report

__all__ = [
    "COMPARISON",
    "ComparedVisit",
    "DerivedSeries",
    "ExportStudy",
    "ReportedReading",
    "code_item",
    "content_uid",
    "content_uuid",
    "encoded",
    "radiological",
    "read_comparison",
    "read_report",
    "require_highdicom",
    "wrap_pdf",
    "write_captures",
    "write_comparison",
    "write_report",
    "write_segmentation",
    "write_series",
]

__getattr__ = lazy_names(
    __name__,
    {
        "comparison_report": (
            "COMPARISON",
            "ComparedVisit",
            "write_comparison",
        ),
        "derived_series": (
            "DerivedSeries",
            "write_series",
            "radiological",
        ),
        "encapsulated_pdf": ("wrap_pdf",),
        "export_study": (
            "ExportStudy",
            "code_item",
            "content_uid",
            "content_uuid",
            "encoded",
            "require_highdicom",
        ),
        "report_reading": (
            "ReportedReading",
            "read_comparison",
            "read_report",
        ),
        "secondary_capture": ("write_captures",),
        "segmentation": ("write_segmentation",),
        "structured_report": ("write_report",),
    },
)
