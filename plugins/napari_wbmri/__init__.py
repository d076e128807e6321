"""The reading room: wbmri's review of a case, shown in napari. All decisions are taken in `wbmri.review`."""

from napari_wbmri.app import launch

__all__ = ["launch"]
