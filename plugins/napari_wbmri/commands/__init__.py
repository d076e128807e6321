"""What the keys and buttons of the reading room do."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from napari_wbmri.commands.dispatch import Commands
    from napari_wbmri.commands.saving import export_reading, save_elsewhere, save_labels
    from napari_wbmri.commands.sign_off import SignOff

__all__ = ["Commands", "SignOff", "export_reading", "save_elsewhere", "save_labels"]

__getattr__ = lazy_names(
    __name__,
    {
        "dispatch": ("Commands",),
        "saving": (
            "export_reading",
            "save_elsewhere",
            "save_labels",
        ),
        "sign_off": ("SignOff",),
    },
)
