"""Disturbances put on a scan that is given: its voxels, outlines and oedema stand for the body that was scanned."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from wbmri.core import LabelMap, Volume
from wbmri.simulation.body import Tissue
from wbmri.simulation.scanner.disturbances import Disturbance, disturb
from wbmri.simulation.scanner.scene_and_truth import GroupTruth, Scene
from wbmri.simulation.scanner.signal_equation import Protocol

_COARSE_MM = 8.0
_COIL_MM = 40.0
"""The signal of normal muscle is evened over this length, which leaves the shading of coils in it."""
_AIR = 0.12
"""What is darker than this, relative to muscle, and open to the edge of the picture is air."""
_FAT = 0.5
"""What else is darker than this and no muscle is taken for fat, the rest for organs."""


@dataclass(frozen=True, eq=False, slots=True)
class DisturbedScan:
    """A scan with disturbances.

    Parameters
    ----------
    volume, labels
        Picture and true outlines.
    truth
        What is true of each group, by label.
    """

    volume: Volume
    labels: LabelMap
    truth: Mapping[int, GroupTruth]


def disturb_scan(
    volume: Volume,
    labels: LabelMap,
    oedema: NDArray[np.float32],
    disturbances: Iterable[Disturbance],
    tissue: NDArray[np.uint8] | None = None,
    protocol: Protocol | None = None,
) -> DisturbedScan:
    """Put disturbances on a scan.

    Noise and shading that the scan has already are multiplied with the muscle they lie on, and slices have averaged the
    body before: all that a given scan allows.

    Parameters
    ----------
    volume
        The scan.
    labels
        True outlines on its grid.
    oedema
        Signal of muscle voxels as a multiple of healthy muscle, 1 elsewhere; the volume's shape.
    disturbances
        In the order in which they are to act.
    tissue
        Codes of the tissues; guessed from the signal where not given, as air, fat, muscle and what is soft.
    protocol
        The sequence; from the volume's acquisition where not given, else the usual one at 1.5 T.
    """
    wanted = tuple(disturbances)
    storage = volume.grid.stored_as("RAS")
    data, drawn, raised = (storage.apply(each) for each in (volume.data, labels.data, oedema))
    grid = storage.grid
    level = _normal_level(data, drawn, raised, grid.spacing)
    signal = (data / level).astype(np.float32, copy=False)
    scene = Scene(
        signal,
        drawn,
        storage.apply(tissue) if tissue is not None else _guessed_tissue(signal, drawn),
        raised,
        (drawn > 0) & (raised > 1),
        np.zeros(grid.shape, np.float32),
        grid.spacing,
        grid.slice_axis,
        protocol or _protocol_of(volume),
    )
    for on_slices in (False, True):
        scene = disturb(scene, wanted, on_slices=on_slices)
    seen = storage.undo(np.maximum(scene.signal * level, 0))
    outlines = LabelMap(storage.undo(scene.labels), volume.affine, labels.scheme, labels.engine, labels.confidence)
    return DisturbedScan(replace(volume, data=seen), outlines, scene.truth())


def _protocol_of(volume: Volume) -> Protocol:
    """Return the protocol that the scan names, and what is usual at its field strength for the rest."""
    facts = volume.acquisition
    usual = Protocol(3.0, 5000.0, 220.0, 60.0) if (facts.field_strength_t or 1.5) > 2.25 else Protocol()
    return replace(
        usual,
        repetition_time_ms=facts.repetition_time_ms or usual.repetition_time_ms,
        inversion_time_ms=facts.inversion_time_ms or usual.inversion_time_ms,
        echo_time_ms=facts.echo_time_ms or usual.echo_time_ms,
    )


def _normal_level(
    data: NDArray[np.float32],
    labels: NDArray[np.uint8],
    oedema: NDArray[np.float32],
    spacing: tuple[float, float, float],
) -> NDArray[np.float32]:
    """Return the signal that healthy muscle has, or would have, at each voxel."""
    from scipy import ndimage

    steps = tuple(max(1, int(_COARSE_MM / step)) for step in spacing)
    some = tuple(slice(step // 2, None, step) for step in steps)
    muscle = labels[some] > 0
    healthy = np.where(muscle, data[some] / oedema[some], 0)
    usual = float(np.median(healthy[muscle]))
    # Blood, fluid and fat at an outline say nothing about muscle.
    trusted = muscle & (healthy > 0.5 * usual) & (healthy < 1.7 * usual)
    sigma = [_COIL_MM / (size * step) for size, step in zip(spacing, steps, strict=True)]
    weight = ndimage.gaussian_filter(trusted.astype(np.float32), sigma) + np.float32(1e-3)
    mean = ndimage.gaussian_filter(np.where(trusted, healthy, 0).astype(np.float32), sigma) + np.float32(1e-3 * usual)
    scale = [1 / step for step in steps]
    offset = [-(step // 2) / step for step in steps]
    level: NDArray[np.float32] = ndimage.affine_transform(
        mean / weight, scale, offset, output_shape=data.shape, order=1, mode="nearest"
    )
    return level


def _guessed_tissue(signal: NDArray[np.float32], labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return codes of air, fat, muscle and soft tissue by the signal alone."""
    from scipy import ndimage

    smooth = ndimage.uniform_filter(signal, 3)
    solid = (smooth > _AIR) | (labels > 0)
    body = np.stack([ndimage.binary_fill_holes(solid[:, :, row]) for row in range(solid.shape[2])], axis=2)
    tissue = np.where(body, np.uint8(Tissue.SOFT.code), np.uint8(Tissue.AIR.code))
    tissue[body & (smooth < _FAT)] = Tissue.FAT.code
    tissue[labels > 0] = Tissue.MUSCLE.code
    return tissue
