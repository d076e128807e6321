"""The reading room: wbmri's review of a case, shown in napari. All decisions are taken in `wbmri.review`."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from napari_wbmri.app import launch

__all__ = ["launch"]

# The manifest is found, and its package loaded, where napari is not installed, too.
__getattr__ = lazy_names(__name__, {"app": ("launch",)})
