"""Groups that the field of view cuts: how much of them it shows, and whether that is enough for a grade."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from wbmri.core import ENOUGH_IN_VIEW, WHOLE_IN_VIEW, GroupReading, LabelMap, judged_share
from wbmri.core.scheme import Scheme
from wbmri.grading.parameters import PARAMETERS

_LIMITS = PARAMETERS.assessability


@dataclass(frozen=True, eq=False, slots=True)
class Views:
    """How much of each group the field of view shows.

    Parameters
    ----------
    scheme
        The groups.
    known
        Label to the share in view, by the engine or beside a partner that is whole; 0..1.
    edge
        Label to the cross-section at the edge of the picture as a share of the largest; groups that reach one only.
    by_engine
        Labels whose share the engine told, which its confidence in them holds already.
    """

    scheme: Scheme
    known: Mapping[int, float]
    edge: Mapping[int, float]
    by_engine: frozenset[int]

    def too_little(self, label: int) -> str | None:
        """Say why too little of a group is in view, if it is."""
        if label in self.known:
            judged = judged_share(self.known, label, self.scheme)
            if judged >= ENOUGH_IN_VIEW:
                return None
            return f"Only {self._said(label)} lies in the field of view: half of it is needed."
        if label in self.edge and judged_share(self.edge, label, self.scheme) >= _LIMITS.cut_share:
            return "The edge of the field of view cuts the group where it is widest."
        return None

    def told(self, entry: GroupReading) -> GroupReading:
        """Return the entry of a graded group with the share of it that is in view, if it is cut."""
        share = self.known.get(entry.label)
        if share is None or share >= WHOLE_IN_VIEW or entry.evidence is None:
            return entry
        if entry.label not in self.edge:  # of a group that reaches no edge less was found than is usual, no more
            return entry
        left = entry.confidence if entry.label in self.by_engine else entry.confidence * share
        words = f"About {self._said(entry.label)} lies in the field of view, and is graded."
        evidence = replace(entry.evidence, in_view=share)
        return replace(entry, confidence=left, evidence=evidence, explanation=f"{entry.explanation} {words}")

    def drawn_by_person(self, label: int) -> "Views":
        """Return the views once a person drew a group: what the engine found too little of is taken as it is drawn."""
        if label not in self.known or judged_share(self.known, label, self.scheme) >= ENOUGH_IN_VIEW:
            return self
        return replace(self, known={other: share for other, share in self.known.items() if other != label})

    def with_edge(self, label: int, index: NDArray[np.intp], shape: tuple[int, int, int]) -> "Views":
        """Return the views with a group as it is outlined now: its voxels, shape (n, 3), on a grid of a shape."""
        kept = {other: share for other, share in self.edge.items() if other != label}
        share = _edge_share(index, shape)
        return replace(self, edge={**kept, label: share} if share else kept)

    def _said(self, label: int) -> str:
        own = self.known[label]
        said = f"{100 * own:.0f} % of the group"
        judged = judged_share(self.known, label, self.scheme)
        if abs(judged - own) < 0.005:
            return said
        return f"{said} ({100 * judged:.0f} % on average of both sides, which are judged alike)"


def views_of(labels: LabelMap) -> Views:
    """Tell how much of each group is in view.

    The engine may know it from the heights of the picture's ends in the body. Else a group that the edge of the picture
    cuts is held against its partner, where that is whole.

    Parameters
    ----------
    labels
        The outlines.
    """
    from scipy import ndimage

    drawn = labels.grid.stored_as("RAS").apply(labels.data)
    edge, volume = {}, np.bincount(drawn.ravel(), minlength=256)
    for label, box in enumerate(ndimage.find_objects(drawn), start=1):
        if box is None or not any(one.start == 0 or one.stop == n for one, n in zip(box, drawn.shape, strict=True)):
            continue
        index = np.argwhere(drawn[box] == label) + [one.start for one in box]
        if share := _edge_share(index, drawn.shape):
            edge[label] = share
    known = dict(labels.in_view)
    for label, share in edge.items():
        other = labels.scheme.opposite(label)
        if label in known or share < _LIMITS.reaching_share or other in edge or other in labels.outside:
            continue
        if volume[other]:
            known[label] = round(min(1.0, float(volume[label] / volume[other])), 3)
            known.setdefault(other, 1.0)
    return Views(labels.scheme, known, edge, frozenset(labels.in_view))


def _edge_share(index: NDArray[np.intp], shape: tuple[int, ...]) -> float:
    """Return the largest cross-section at an edge of the grid, as a share of the largest along the same axis."""
    made = 0.0
    for axis, length in enumerate(shape):
        areas = np.bincount(index[:, axis], minlength=length)
        made = max(made, float(max(areas[0], areas[-1]) / max(areas.max(), 1)))
    return made
