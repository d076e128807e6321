"""The engine ``network``: one network finds every muscle, another draws its outline."""

from wbmri.segmentation.network.engine import NetworkEngine

__all__ = ["NetworkEngine"]
