"""Composing: the stations of an examination as one volume without seams."""

from wbmri.composing.blending import compose

__all__ = ["compose"]
