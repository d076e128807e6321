"""Training the segmentation networks on bodies of random shape, pose and contrast; needs PyTorch."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.simulation.training.fit import Plan
    from wbmri.simulation.training.reviewed_cases import Reviewed
    from wbmri.simulation.training.run import train

__all__ = [
    "Plan",
    "Reviewed",
    "train",
]

__getattr__ = lazy_names(
    __name__,
    {
        "fit": ("Plan",),
        "reviewed_cases": ("Reviewed",),
        "run": ("train",),
    },
)
