"""Measure one group anew after its outline was changed, by the field and the level of the whole scan."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from wbmri.core import GroupReading, InputError, LabelMap, Reading, Volume, canonical
from wbmri.grading.bands import without_bands
from wbmri.grading.detection_limit import doubted, hidden_oedema
from wbmri.grading.fascia_and_vessels import NotMuscle, without_fascia_and_vessels
from wbmri.grading.fat_replacement import darker_than_muscle
from wbmri.grading.group_evidence import beside, with_bright_fascia
from wbmri.grading.group_grades import graded_each_way
from wbmri.grading.image_artefacts import unassessable
from wbmri.grading.leakage import across_outlines, away_from_brightness, without_leakage
from wbmri.grading.parameters import PARAMETERS
from wbmri.grading.partial_view import views_of
from wbmri.grading.rule import not_assessable
from wbmri.grading.scales import recorded_scales
from wbmri.grading.scan_faults import spoilt
from wbmri.grading.slice_gain import evened
from wbmri.grading.undecided import agreed, explanations_of
from wbmri.grading.voxels import Muscle, gather

Block = tuple[slice, slice, slice]


class Regrader:
    """Grades single groups of a scan that was graded as a whole.

    The brightness of coil and stations and the level of normal muscle stay those of the whole scan, as recorded with
    its reading, so that a corrected outline changes its own group and nothing else, and at once.

    Parameters
    ----------
    volume
        The scan.
    labels
        The outlines it was graded with; their scheme, confidence and what lies outside hold for later ones too.
    reading
        What it was graded as.

    Raises
    ------
    InputError
        If the reading does not say what it was measured by.
    """

    def __init__(self, volume: Volume, labels: LabelMap, reading: Reading) -> None:
        model, scales = reading.intensity_model, recorded_scales(reading)
        if model is None or scales is None:
            raise InputError(
                f"a reading by {reading.reader!r} that does not say by which bias field and level it was measured",
                "one that 'wbmri score' made",
                "score the visit again",
            )
        self._scan = without_bands(evened(canonical(volume), model.slice_gains), model.bands)
        self._storage = volume.grid.stored_as("RAS")
        self._scales = scales.every
        self._fit, self._reference = scales.first.fit, scales.first.reference
        self._reading = reading
        self._artefacts = model.artefacts
        self._hidden = hidden_oedema(reading.groups)
        self._last: _Group | None = None
        self._views = views_of(labels)
        # The outlines come with each call; what the engine and the scan say about the groups stays.
        self._facts = replace(labels, data=np.zeros((1, 1, 1), np.uint8))

    def regrade(
        self,
        labels: NDArray[np.uint8],
        label: int,
        box: Block | None = None,
        *,
        by_person: bool = False,
    ) -> GroupReading:
        """Grade one group.

        Parameters
        ----------
        labels
            The outlines as they are now, on the volume's grid.
        label
            The group.
        box
            A part of the grid outside of which no voxel of the group lies; the whole grid if ``None``.
        by_person
            Whether a person drew the outline: then it is relied on, and lies in view whatever the engine said.
        """
        facts = self._facts_of(label, by_person)
        group = self._group(labels, label, box, facts)
        views = self._views.drawn_by_person(label) if by_person else self._views
        excluded = unassessable(self._scan, group.muscle, facts, views)
        if label in excluded:
            return not_assessable(label, *excluded[label])
        ways = explanations_of(self._scales, group.muscle, group.other)
        (found,) = graded_each_way([label], ways, facts, self._scan.acquisition)
        entry = agreed(found, [way.scale for way in ways])
        entry = doubted(spoilt(views.told(entry), self._artefacts.get(label)), self._hidden)
        return beside(entry, self._reading.groups[self._reading.scheme.opposite(label) - 1])

    def ratios(self, block: Block) -> NDArray[np.float64]:
        """Return the intensities of a block of the volume's grid as multiples of normal muscle, the field taken off."""
        i, j, k = self._storage.box(block)
        data = self._scan.data[i, j, k]
        index = np.stack(np.meshgrid(*(np.arange(s.start, s.stop) for s in (i, j, k)), indexing="ij"), axis=-1)
        field = self._fit.field.log_at(index.reshape(-1, 3), self._scan.spacing).reshape(data.shape)
        ratios = data / (self._fit.mode * np.exp(field))
        return self._storage.undo(ratios)

    def muscle_like(self, block: Block) -> NDArray[np.bool_]:
        """Tell which voxels of a block look like muscle, normal or oedematous: neither fat, bone, air nor fluid."""
        ratios = self.ratios(block)
        return (ratios > PARAMETERS.evidence.least_muscle_ratio) & (ratios < PARAMETERS.normalisation.fluid_ratio)

    def histogram(
        self,
        labels: NDArray[np.uint8],
        label: int,
        edges: NDArray[np.float64],
        box: Block | None = None,
        *,
        by_person: bool = False,
    ) -> NDArray[np.intp]:
        """Count the measured voxels of a group by their multiple of normal muscle.

        Parameters
        ----------
        labels, label, box, by_person
            As for `regrade`.
        edges
            Edges of the bins, as multiples of normal muscle, shape (n + 1,).

        Returns
        -------
        ndarray
            Voxels in each bin, shape (n,); those beyond the edges are left out.
        """
        group = self._group(labels, label, box, self._facts_of(label, by_person))
        ratios = np.exp(group.log_ratio[group.muscle.inner])
        return np.histogram(ratios, edges)[0].astype(np.intp)

    def _facts_of(self, label: int, by_person: bool) -> LabelMap:
        if not by_person:
            return self._facts
        sure = {**self._facts.confidence, label: 1.0}
        return replace(self._facts, confidence=sure, outside=self._facts.outside - {label})

    def _group(self, labels: NDArray[np.uint8], label: int, box: Block | None, facts: LabelMap) -> "_Group":
        """Gather the voxels of a group as for a whole scan; nothing is done twice for the outline it had last."""
        stored = self._storage.apply(labels)
        within = self._storage.box((slice(None),) * 3 if box is None else box)
        own = stored[within] == label
        low, high = np.zeros(3, dtype=int), np.ones(3, dtype=int)
        for axis in range(3):
            along = np.flatnonzero(own.any(axis=tuple(other for other in range(3) if other != axis)))
            if along.size:
                low[axis] = max(within[axis].start + along[0] - 1, 0)
                high[axis] = min(within[axis].start + along[-1] + 2, stored.shape[axis])
        block = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
        drawn, last, sure = stored[block], self._last, facts.confidence.get(label)
        if last and (last.label, last.block, last.sure) == (label, block, sure) and np.array_equal(last.drawn, drawn):
            return last
        muscle = gather(self._scan.data[block], drawn, self._scan.spacing, facts.confidence, label)
        muscle = replace(muscle, index=muscle.index + low, shape=self._scan.shape)
        log_ratio = self._fit.log_ratio(muscle)
        fat = darker_than_muscle(muscle, self._scan, log_ratio)
        if fat is not None:
            muscle = gather(
                self._scan.data[block], drawn, self._scan.spacing, facts.confidence, label, fat=fat.voxels[block]
            )
            muscle = replace(muscle, index=muscle.index + low, shape=self._scan.shape)
            log_ratio = self._fit.log_ratio(muscle)
        muscle = without_leakage(self._scan, muscle, log_ratio, self._fit.field, self._reference.level)
        signed = with_bright_fascia(self._reading.scheme, self._reading.soft_tissue)
        muscle, shapes = without_fascia_and_vessels(muscle, log_ratio, signed)
        normal = self._fit.field, self._reference.level
        muscle = away_from_brightness(self._scan, muscle, *normal)
        shapes = {**across_outlines(self._scan, stored, muscle, log_ratio, *normal), **shapes}
        other = NotMuscle({} if fat is None else fat.share, shapes)
        self._last = _Group(label, block, sure, drawn.copy(), muscle, log_ratio, other)
        return self._last


@dataclass(frozen=True, eq=False, slots=True)
class _Group:
    """One group as it was last drawn: its outline within a block of the scan, and its voxels without leakage."""

    label: int
    block: tuple[slice, ...]
    sure: float | None
    drawn: NDArray[np.uint8]
    muscle: Muscle
    log_ratio: NDArray[np.float64]
    other: NotMuscle
