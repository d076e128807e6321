"""Composing: the stations of an examination as one volume without seams."""

from wbmri.composing.blending import compose
from wbmri.composing.seams import even_seams

__all__ = ["compose", "even_seams"]
