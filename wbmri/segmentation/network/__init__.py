"""The engine ``network``: the model body tells where every muscle roughly is, a network draws its outline."""

from wbmri.segmentation.network.engine import NetworkEngine

__all__ = ["NetworkEngine"]
