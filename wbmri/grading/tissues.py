"""What the scan's other tissues say about how bright normal muscle must be."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wbmri.grading.field import Field
from wbmri.grading.masks import Muscle
from wbmri.grading.physics import USUAL_TE_MS, brain_to_muscle, fluid_to_muscle
from wbmri.volume import Acquisition, Volume

BRAIN_ML = (250.0, 2500.0)
"""Volume of a brain, or of the part of it that lies above the highest muscle, for it to be taken as one."""

HEAD_MM = 60.0
"""How far the picture must reach above the highest muscle for a head to be looked for."""

BRAIN_RATIO = 0.6
"""A brain is brighter than this multiple of the median of all muscle, however oedematous; air and fat are not."""

TISSUE_SPREAD = 0.22
"""Standard deviation of the log ratio of brain and fluid to muscle between people, at a known protocol."""

RATIO_SPREAD = 0.15
"""Standard deviation of the log ratio of fluid to brain between people."""

ECHO_SPREAD_MS = 15.0
"""Standard deviation of the echo time where the input names none."""


@dataclass(frozen=True, slots=True)
class Landmarks:
    """Intensities of tissues whose ratio to muscle physics gives; ``None`` where they are not in the picture.

    Parameters
    ----------
    brain
        Median of the brain, after field correction.
    fluid
        Fluid: the bright end of the head where a brain was found, or else of the whole body.
    """

    brain: float | None
    fluid: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """Level of normal muscle as the other tissues predict it.

    Parameters
    ----------
    level
        In the units of the corrected volume.
    spread
        Standard deviation of its logarithm.
    """

    level: float
    spread: float


def find_landmarks(scan: Volume, muscle: Muscle, field: Field) -> Landmarks:
    """Measure brain and fluid.

    Parameters
    ----------
    scan
        The scan, stored canonically.
    muscle, field
        Its labelled voxels and its field.
    """
    top = int(muscle.index[:, 2].max()) + 1
    head = scan.data[:, :, top:]
    if head.shape[2] * scan.spacing[2] >= HEAD_MM:
        brain = _brain(head, scan, BRAIN_RATIO * float(np.median(muscle.quiet)))
        if brain is not None:
            around = np.argwhere(head > 0.5 * float(np.median(head[brain])))
            around[:, 2] += top
            values = scan.data[tuple(around.T)] / np.exp(field.log_at(around, scan.spacing))
            inside = np.argwhere(brain)
            inside[:, 2] += top
            own = scan.data[tuple(inside.T)] / np.exp(field.log_at(inside, scan.spacing))
            return Landmarks(brain=float(np.median(own)), fluid=float(np.quantile(values, 0.97)))
    body = np.argwhere(scan.data > 0.3 * float(np.median(muscle.quiet)))
    values = scan.data[tuple(body.T)] / np.exp(field.log_at(body, scan.spacing))
    return Landmarks(brain=None, fluid=float(np.quantile(values, 0.995)))


def _brain(head: NDArray[np.float32], scan: Volume, least: float) -> NDArray[np.bool_] | None:
    """Find the brain: one large bright body above the neck, with its rim taken off."""
    from scipy import ndimage
    from skimage.filters import threshold_otsu

    if head.max() <= least:
        return None
    tissue = head[head > max(least, float(threshold_otsu(head)))]
    solid = head > max(least, 0.5 * float(np.median(tissue)))
    thin = np.asarray(scan.spacing) <= 2 * min(scan.spacing)
    reach = np.where(thin, np.maximum(1, np.round(3.0 / np.asarray(scan.spacing))), 0).astype(int)
    solid = ndimage.minimum_filter(solid, size=tuple(2 * reach + 1), mode="constant", cval=0)
    parts, count = ndimage.label(solid)
    if count == 0:
        return None
    sizes = np.bincount(parts.ravel())[1:]
    largest: NDArray[np.bool_] = parts == int(np.argmax(sizes)) + 1
    return largest if BRAIN_ML[0] <= sizes.max() * scan.voxel_ml <= BRAIN_ML[1] else None


def predict(landmarks: Landmarks, acquisition: Acquisition) -> Prediction | None:
    """Predict the level of normal muscle from brain and fluid by the signal equation.

    Where the echo time is not known, the ratio of fluid to brain narrows it: muscle, brain and fluid lose signal to the
    echo time at their own rates.

    Parameters
    ----------
    landmarks
        Brain and fluid of the scan; without a brain there is no prediction.
    acquisition
        The protocol.
    """
    if landmarks.brain is None:
        return None
    if acquisition.echo_time_ms is not None:
        times, weight = np.array([acquisition.echo_time_ms]), np.ones(1)
    else:
        times = np.arange(20.0, 121.0, 2.0)
        fluid_to_brain = np.array([fluid_to_muscle(acquisition, te) / brain_to_muscle(acquisition, te) for te in times])
        apart = np.log(landmarks.fluid / landmarks.brain) - np.log(fluid_to_brain)
        weight = np.exp(-0.5 * (apart / RATIO_SPREAD) ** 2 - 0.5 * ((times - USUAL_TE_MS) / ECHO_SPREAD_MS) ** 2)
    weight = weight / weight.sum()
    logs = np.array(
        [
            np.log(landmarks.fluid / fluid_to_muscle(acquisition, te))
            + np.log(landmarks.brain / brain_to_muscle(acquisition, te))
            for te in times
        ]
    )
    mean = float(weight @ logs) / 2
    variance = float(weight @ (logs / 2 - mean) ** 2)
    return Prediction(float(np.exp(mean)), float(np.sqrt(variance + TISSUE_SPREAD**2)))
