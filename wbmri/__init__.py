"""wbmri: a muscle oedema score from whole-body STIR MRI. Research software, not a medical device.

The verbs, in the order in which they are used::

    volume = wbmri.load("dicom_folder/")
    labels = wbmri.segment(volume)
    reading = wbmri.grade(volume, labels)
    change = wbmri.compare(before, after)

``wbmri.score`` goes the whole way and writes a case; ``wbmri.inspect`` says what lies in a folder; ``wbmri.agree`` says
how far readers agree, whose readings ``wbmri.read_ratings`` gathers; ``wbmri.export_case`` and
``wbmri.export_comparison`` write cases and comparisons for others; ``wbmri.verify`` says which files of cases are not
as they were written.
"""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

__version__ = "0.1.0"

if TYPE_CHECKING:
    from wbmri.analysis.agreement import agree, read_ratings
    from wbmri.analysis.comparison import compare
    from wbmri.case import verify
    from wbmri.core import LabelMap, Reading, Score, Volume
    from wbmri.core.scheme import Scheme
    from wbmri.grading import grade
    from wbmri.io import inspect, load
    from wbmri.pipeline import export_case, export_comparison, score
    from wbmri.segmentation import segment

__all__ = [
    "LabelMap",
    "Reading",
    "Scheme",
    "Score",
    "Volume",
    "agree",
    "compare",
    "export_case",
    "export_comparison",
    "grade",
    "inspect",
    "load",
    "read_ratings",
    "score",
    "segment",
    "verify",
]

# Loaded when first used: importing wbmri must stay instant, because every command of the command line pays for it.
__getattr__ = lazy_names(
    __name__,
    {
        "analysis.agreement": ("agree", "read_ratings"),
        "analysis.comparison": ("compare",),
        "case": ("verify",),
        "core": ("LabelMap", "Reading", "Score", "Volume"),
        "core.scheme": ("Scheme",),
        "grading": ("grade",),
        "io": ("inspect", "load"),
        "pipeline": ("export_case", "export_comparison", "score"),
        "segmentation": ("segment",),
    },
)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
