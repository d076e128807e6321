"""The engine ``network``: a first network finds the muscles at 8 mm, a second one draws their outlines at 3 mm."""

import numpy as np
from numpy.typing import NDArray

from wbmri.core import Grid, Json, LabelMap, Progress, Step, Volume, canonical, part
from wbmri.core.scheme import Scheme, load_scheme
from wbmri.registration import linear_on_grid
from wbmri.segmentation.engine import check_pairs
from wbmri.segmentation.network.field_of_view import FieldOfView, settled, wider_voxel_mm
from wbmri.segmentation.network.leg_gap import located_apart
from wbmri.segmentation.network.postprocessing import (
    correct_sides,
    labels_on_scan,
    remove_dark_voxels,
    remove_islands,
)
from wbmri.segmentation.network.preprocessing import (
    COARSE_MM,
    FINE_MM,
    SHARP,
    TILE_COARSE,
    TILE_FINE,
    body_level,
    brightness,
)
from wbmri.segmentation.network.sliding_window import coarse_context, locate_groups, outline_groups
from wbmri.segmentation.network.uncertainty import expected_dice
from wbmri.segmentation.network.weights import Networks, available_device, model_card, networks, weights_folder

_EVEN = 3
"""Coarse grids have lengths in multiples of 3, which are 8 fine voxels."""


class NetworkEngine:
    """Finds the 42 groups of ``jdm42`` with two small networks.

    Attributes
    ----------
    device
        Where they run: ``auto``, ``cpu``, ``cuda`` or ``openvino``.
    """

    name = "network"
    description = "two small networks find the muscles and draw their outlines; whole-body or partial"

    def __init__(self) -> None:
        self.device = "auto"

    @property
    def needs(self) -> str:
        """What must be there and is not."""
        folder = weights_folder()
        return "" if (folder / "card.json").is_file() else f"networks that 'wbmri train' wrote, in {folder}"

    @property
    def fingerprint(self) -> dict[str, Json]:
        """Which weights are used, whose version is made from their checksums, and where, if not on the processor."""
        device = available_device(self.device)
        ours: dict[str, Json] = {"network": model_card(weights_folder())["version"]}
        return ours if device == "cpu" else {**ours, "device": device}

    @property
    def licence(self) -> str:
        """The licence of the weights, by their card."""
        return "" if self.needs else str(model_card(weights_folder())["licence"])

    def segment(self, volume: Volume, scheme: Scheme, progress: Progress) -> LabelMap:
        """Return the groups on the volume's grid.

        Raises
        ------
        InputError
            If the pairs of the scheme are not those of ``jdm42``, or the volume shows no body.
        """
        check_pairs(scheme, load_scheme(), f"the engine {self.name}")
        device = available_device(self.device)
        nets = networks(device)
        stored = canonical(volume)
        coarse = _coarse_grid(stored.grid)
        seen = linear_on_grid(stored, coarse, SHARP)
        level = body_level(seen)
        found = _located(stored, seen, coarse, level, nets, part(progress, 0.0, 0.2))
        context, right = coarse_context(found)
        # Both grids begin at the same corner.
        count = [n * TILE_FINE // TILE_COARSE for n in coarse.shape]
        fine = Grid.along_axes(count, FINE_MM, coarse.origin - (COARSE_MM - FINE_MM) / 2)
        image = brightness(linear_on_grid(stored, fine, SHARP), level)
        probabilities, first = outline_groups(
            image,
            context,
            nets.outliner,
            lambda done: progress(0.2 + 0.65 * done, "drawing the outlines"),
            nets.at_once,
        )
        probabilities = correct_sides(probabilities, first, right)
        progress(0.85, "carrying the outlines to the scan")
        labels = labels_on_scan(stored.grid, fine, first, probabilities, scheme, nets.at_once)
        labels = remove_islands(remove_dark_voxels(labels, stored.data, stored.spacing), stored.spacing)
        view = FieldOfView.of(found, coarse, stored.grid, scheme)
        # Of a group that the field of view cuts, what is in the picture stays; what cannot be there was mistaken.
        labels[np.isin(labels, sorted(view.unseen))] = 0
        expected = expected_dice(probabilities, labels, stored.grid, found, coarse, scheme)
        step = Step(
            "segment",
            {
                "engine": self.name,
                "weights": nets.version,
                "device": device,
                "heights": [round(view.lowest, 3), round(view.highest, 3)],
                "stature_mm": round(view.stature_mm),
                "coarse_mm": COARSE_MM,
                "fine_mm": FINE_MM,
                "body_level": round(level, 4),
            },
        )
        return LabelMap(
            volume.grid.stored_as("RAS").undo(labels),
            volume.affine,
            scheme,
            self.name,
            confidence={
                label: 0.0 if label in view.outside else float(np.clip(expected[label] * share, 0, 1))
                for label, share in view.share.items()
            },
            outside=view.outside,
            provenance=(*volume.provenance, step),
            in_view=view.share,
        )


def _located(
    scan: Volume,
    seen: NDArray[np.float32],
    coarse: Grid,
    level: float,
    nets: Networks,
    progress: Progress,
) -> NDArray[np.float32]:
    """Return what the finder says on the coarse grid, settled by a wider view of a scan longer than its tile."""
    from scipy import ndimage

    def looked_at(image: NDArray[np.float32], spacing_mm: float, share: Progress) -> NDArray[np.float32]:
        return located_apart(
            brightness(image, level),
            spacing_mm,
            lambda shown: locate_groups(
                shown, nets.finder, lambda done: share(done, "finding the muscles"), nets.at_once
            ),
        )

    found = looked_at(seen, COARSE_MM, part(progress, 0.0, 0.8))
    wider_mm = wider_voxel_mm(scan.grid)
    if wider_mm is None:
        return found
    grid = _coarse_grid(scan.grid, wider_mm)
    place = coarse.index_map(grid)
    wider = [
        ndimage.affine_transform(each, place, output_shape=coarse.shape, order=1, mode="nearest")
        for each in looked_at(linear_on_grid(scan, grid, SHARP), wider_mm, part(progress, 0.8, 1.0))
    ]
    return settled(found, np.stack(wider), coarse)


def _coarse_grid(scan: Grid, spacing_mm: float = COARSE_MM) -> Grid:
    """Return the coarse grid around all voxel centres of a scan.

    It begins at whole multiples of `_EVEN` voxels in the frame of the scanner, so that a part of a scan, or the next
    station of the same person, is sampled where the whole is.
    """
    centres = scan.points(np.array(list(np.ndindex(2, 2, 2))) * (np.array(scan.shape) - 1))
    # Rounded, so that the way a scan is stored does not decide on which side of a multiple it ends.
    ends = np.round(np.stack([centres.min(0), centres.max(0)]) / spacing_mm, 6)
    low, high = np.floor(ends[0]), np.ceil(ends[1])
    # What the grid has to spare lies evenly around the scan, as far as that allows.
    first = _EVEN * np.floor((low - np.maximum(TILE_COARSE - (high - low + 1), 0) // 2) / _EVEN)
    count = _EVEN * np.ceil(np.maximum(high - first + 1, TILE_COARSE) / _EVEN).astype(int)
    return Grid.along_axes(count, spacing_mm, spacing_mm * first)
