"""Measure how far reviewed cases of a site raise the accuracy on cases that nobody has outlined.

    python benchmarks/site_atlases.py [--atlases 10] [--bodies 4] [--seed 1] [--common 1]

Draws the bodies of an imagined site, stores some with their true outlines as a reviewer would have left them, and
segments others: with the engine alone, and with the engine `site-atlas` on the stored ones. Bodies differ in height,
girth, fat, bulk of each muscle and by a smooth random warp, of which a part is common to the whole site, as a
population differs from the one the model body was measured on. Prints the mean Dice overlap per body, and over all.
"""

import argparse
from dataclasses import dataclass, replace
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from wbmri.core import LabelMap, Volume, silent
from wbmri.core.scheme import load_scheme
from wbmri.segmentation import make_engine
from wbmri.segmentation.multi_atlas import SiteAtlasEngine, add_atlas
from wbmri.simulation.body import Parts, Points, Shape, grid_around, measured_body, render
from wbmri.simulation.scanner import Involvement, Protocol, Scan, acquire, oedema_ratio

GRID_MM = (2.6, 2.2, 2.6)
SUBSLICES = 3
SITE_MM, BODY_MM = 5.0, 4.0
"""Amplitude of the warp that is common to the site, and of each body's own."""
SITE_BULK, BODY_BULK = 0.12, 0.12
"""Standard deviation of the logarithm of muscle volumes, of the site and of each body."""


@dataclass(frozen=True, eq=False)
class Warp:
    """A smooth displacement: waves of 200 to 500 mm in random directions."""

    wave: NDArray[np.float64]
    phase: NDArray[np.float64]
    shift: NDArray[np.float64]

    @classmethod
    def random(cls, rng: np.random.Generator, amplitude_mm: float, waves: int = 12) -> "Warp":
        """Draw one whose displacement along each axis has this standard deviation."""
        direction = rng.standard_normal((waves, 3))
        direction /= np.linalg.norm(direction, axis=1, keepdims=True)
        length = rng.uniform(200, 500, (waves, 1))
        shift = rng.standard_normal((waves, 3)) * amplitude_mm * np.sqrt(2 / waves)
        return cls(direction * 2 * np.pi / length, rng.uniform(0, 2 * np.pi, waves), shift)

    def __call__(self, points: Points) -> Points:
        """Move points, shape (n, 3)."""
        moved: Points = points + np.sin(points @ self.wave.T + self.phase) @ self.shift
        return moved


def with_bulk(parts: Parts, factor: NDArray[np.float64]) -> Parts:
    """Scale the muscles of each pair about their own centres; `factor` is of volume, by pair, shape (22,)."""
    scale = factor[(parts.label + 1) // 2]
    return replace(
        parts,
        volume_ml=parts.volume_ml * scale,
        covariance=parts.covariance * (scale ** (2 / 3))[:, None, None],
    )


def body(site: int, number: int, shared: float) -> tuple[Volume, LabelMap]:
    """Draw and scan one body of a site; `shared` scales what is common to all bodies of the site."""
    common, own = np.random.default_rng([site, 0]), np.random.default_rng([site, 1, number])
    bulk = np.exp(common.normal(0, SITE_BULK, 22) * shared + own.normal(0, BODY_BULK, 22))
    bulk[0] = 1.0
    site_warp = Warp.random(common, SITE_MM * shared)
    shape = Shape(
        height_mm=float(own.uniform(1150, 1750)),
        girth=float(own.uniform(0.9, 1.15)),
        sway_mm=float(own.uniform(0, 12)),
        seed=int(own.integers(1 << 30)),
    )
    # The warp common to the site belongs to the anatomy, not to how a person lies: it comes before the shape.
    parts = with_bulk(measured_body(), bulk).mapped(site_warp).mapped(shape.mapping()).mapped(Warp.random(own, BODY_MM))
    grid = grid_around(parts, GRID_MM, margin_mm=16.0)
    drawn = render(parts, grid, float(own.uniform(3, 12)))
    involved = {
        label: Involvement(float(own.uniform(0.1, 0.9)), float(own.uniform(1.4, 2.6)))
        for label in range(1, 43)
        if own.random() < 0.6
    }
    oedema = oedema_ratio(drawn.labels, grid.spacing, involved, seed=int(own.integers(1 << 30)))
    scan = Scan(station_mm=3000.0, subslices=SUBSLICES, seed=int(own.integers(1 << 30)))
    made = acquire(drawn, oedema, Protocol(), scan)
    (volume,) = made.stations
    return volume, LabelMap(made.labels, volume.affine, load_scheme(), "truth", {})


def mean_dice(found: LabelMap, truth: LabelMap) -> float:
    """Return the mean over the groups of the overlap of two label maps."""
    labels = [group.label for group in truth.scheme.groups]
    overlap = [
        2
        * np.count_nonzero((found.data == k) & (truth.data == k))
        / max(1, np.count_nonzero(found.data == k) + np.count_nonzero(truth.data == k))
        for k in labels
    ]
    return float(np.mean(overlap))


def main() -> None:
    """Make the site, add its cases, and measure on the others."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--atlases", type=int, default=10)
    parser.add_argument("--bodies", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--common", type=float, default=1.0, help="0: bodies of the site have nothing in common")
    parser.add_argument("--engine", default="auto", help="the engine the atlases are fused with")
    given = parser.parse_args()
    scheme = load_scheme()
    with TemporaryDirectory() as folder:
        for number in range(given.atlases):
            add_atlas(folder, f"sub-{number:02d}_ses-01", *body(given.seed, number, given.common))
        results = []
        for number in range(given.atlases, given.atlases + given.bodies):
            volume, truth = body(given.seed, number, given.common)
            alone = make_engine(given.engine).segment(volume, scheme, silent)

            class Again:
                """The engine's result, which need not be made twice."""

                name, description, needs = alone.engine, "", ""

                def segment(self, *_: object, labels: LabelMap = alone) -> LabelMap:
                    return labels

            with_atlases = SiteAtlasEngine(folder, Again).segment(volume, scheme, silent)
            results.append((mean_dice(alone, truth), mean_dice(with_atlases, truth)))
            print(f"body {number}: {results[-1][0]:.4f} alone, {results[-1][1]:.4f} with atlases", flush=True)
    before, after = np.mean(results, axis=0)
    print(f"mean of {given.bodies} bodies, {given.atlases} atlases: {before:.4f} alone, {after:.4f} with atlases")


if __name__ == "__main__":
    main()
