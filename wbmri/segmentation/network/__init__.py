"""The engine ``network``: a model body and one network find every muscle, another draws its outline."""

from wbmri.segmentation.network.engine import NetworkEngine

__all__ = ["NetworkEngine"]
