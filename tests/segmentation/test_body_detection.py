"""Any part of a human body is taken, on any contrast; what is none is refused before an engine runs."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from wbmri.core import InputError, LabelMap, Progress, Volume
from wbmri.core.scheme import Scheme
from wbmri.io import read_image
from wbmri.segmentation import segment
from wbmri.segmentation.body_detection import BodyDetection, detect_body
from wbmri.simulation.body import Arm, Body, Leg, Pose, Rendered, Shape, Tissue, grid_around, lift_arms

Draw = Callable[..., Rendered]
Field = NDArray[np.float64]
MM = 6.0

STIR = {Tissue.BONE: 0.35, Tissue.LUNG: 0.05, Tissue.AIRWAY: 0.0, Tissue.TENDON: 0.0, Tissue.BRAIN: 3.0}
T1 = {Tissue.BONE: 2.0, Tissue.LUNG: 0.1, Tissue.AIRWAY: 0.0, Tissue.TENDON: 0.2, Tissue.CSF: 0.3}
WHOLE, NO_HEAD, LOWER, THIGHS, LEGS = (0.0, 1.0), (0.0, 0.86), (0.0, 0.5), (0.28, 0.46), (0.04, 0.26)


def scanned(signal: Field, noise: float = 0.06, seed: int = 0) -> Volume:
    """The image of a signal, muscle being 1: noise, and coils that see one end better."""
    random = np.random.default_rng(seed)
    shading = np.linspace(0.85, 1.15, signal.shape[2])
    noisy = np.hypot(signal * shading + random.normal(0, noise, signal.shape), random.normal(0, noise, signal.shape))
    return Volume(noisy * 40, np.diag([MM, MM, MM, 1.0]))


def signal_of(body: Rendered, contrast: dict[Tissue, float], fat: float) -> Field:
    table = np.ones(len(Tissue))
    for tissue, value in contrast.items():
        table[tissue.code] = value
    table[0], table[Tissue.FAT.code] = 0.0, fat
    return table[body.tissue]


def part_of(signal: Field, part: tuple[float, float]) -> Field:
    levels = np.flatnonzero(signal.any((0, 1)))
    low, high = (int(levels[0] + share * len(levels)) for share in part)
    return signal[:, :, low:high]


@pytest.mark.parametrize("part", [WHOLE, NO_HEAD, LOWER, THIGHS, LEGS])
@pytest.mark.parametrize("height_mm", [900.0, 1820.0])
@pytest.mark.parametrize(("contrast", "fat"), [(STIR, 0.12), (T1, 2.6)], ids=["stir", "t1"])
def test_any_part_of_a_body_is_taken(
    draw: Draw,
    part: tuple[float, float],
    height_mm: float,
    contrast: dict[Tissue, float],
    fat: float,
) -> None:
    detection = detect_body(scanned(part_of(signal_of(draw(height_mm), contrast, fat), part)))
    detection.check()
    assert detection.doubts == ()


def test_a_body_whose_fat_is_suppressed_in_one_half_only_is_taken(draw: Draw) -> None:
    body = draw()
    signal = signal_of(body, STIR, 0.12)
    half = np.arange(signal.shape[0])[:, None, None] > signal.shape[0] / 2
    detect_body(scanned(np.where(half & (body.tissue == Tissue.FAT.code), 2.5, signal))).check()


def test_an_obese_body_and_one_full_of_oedema_are_taken(draw: Draw) -> None:
    detect_body(scanned(signal_of(draw(1400.0, 1.0, 30.0), STIR, 0.12))).check()
    body = draw()
    patches = ndimage.gaussian_filter(np.random.default_rng(1).standard_normal(body.labels.shape), 3) > 0
    detect_body(scanned(np.where((body.labels > 0) & patches, 2.2, signal_of(body, STIR, 0.12)))).check()


def test_a_body_that_lies_crookedly_with_its_arms_on_the_belly_is_taken() -> None:
    pose = Pose(
        left_arm=Arm(abduction=8, rotation=50, elbow=95),
        right_arm=Arm(abduction=4, rotation=60, elbow=65),
        left_leg=Leg(abduction=8),
        right_leg=Leg(abduction=3, flexion=10, knee=20),
        pelvis=(0, 6, 5),
    )
    body = Body(Shape(height_mm=1400), pose, fat_mm=8.0)
    body = replace(body, pose=lift_arms(body))
    detection = detect_body(scanned(signal_of(body.render(grid_around(body.parts(), (MM, MM, MM), 30.0)), STIR, 0.12)))
    detection.check()
    assert detection.doubts == ()


def test_a_body_without_arms_in_the_picture_is_taken(draw: Draw) -> None:
    body = draw()
    hips = np.flatnonzero(np.isin(body.labels, (25, 26, 27, 28)).any((1, 2)))
    detect_body(scanned(signal_of(body, STIR, 0.12)[hips[0] - 4 : hips[-1] + 5])).check()


def test_storage_and_unit_do_not_matter(draw: Draw) -> None:
    volume = scanned(part_of(signal_of(draw(900.0), STIR, 0.12), LOWER))
    expected = detect_body(volume)
    stored = volume.data[::-1, :, ::-1].transpose(2, 0, 1) * 1000
    affine = np.zeros((4, 4))
    affine[:, 0], affine[:, 1], affine[:, 2] = -volume.affine[:, 2], -volume.affine[:, 0], volume.affine[:, 1]
    affine[:, 3] = volume.affine @ [volume.shape[0] - 1, 0, volume.shape[2] - 1, 1]
    again = detect_body(Volume(stored, affine))
    assert again.mismatch == pytest.approx(expected.mismatch, abs=0.01)
    assert again.texture == pytest.approx(expected.texture, rel=0.02)


@pytest.mark.parametrize("name", ["thighs_axial", "legs_axial"])
def test_a_real_thigh_and_leg_are_taken(bench: Path, name: str) -> None:
    path = bench / "real" / f"{name}.nii.gz"
    if not path.exists():
        pytest.skip(f"the real scans are not at {path.parent}")
    detection = detect_body(read_image(path))
    detection.check()
    assert detection.doubts == ()


# What is no body: signals on a grid of 6 mm, made of distances to surfaces in mm (negative inside).
SHAPE = (80, 76, 150)
X, Y, Z = (
    axis.astype(float) for axis in np.meshgrid(*(MM * (np.arange(n) - (n - 1) / 2) for n in SHAPE), indexing="ij")
)


def capsule(start: tuple[float, float, float], end: tuple[float, float, float], radius: float) -> Field:
    place = np.stack([X, Y, Z], -1) - start
    way = np.subtract(end, start)
    share = np.clip(place @ way / (way @ way), 0, 1)
    return np.linalg.norm(place - share[..., None] * way, axis=-1) - radius


def cylinder(x: float, radius: float, half: float) -> Field:
    return np.maximum(np.hypot(X - x, Y) - radius, np.abs(Z) - half)


def box(*half: float) -> Field:
    return np.max([np.abs(axis) - size for axis, size in zip((X, Y, Z), half, strict=True)], axis=0)


def water(*surfaces: Field) -> Field:
    return np.where(np.min(surfaces, axis=0) < 0, 3.0, 0.0)


def animal(along: str, size: float = 1.0) -> Field:
    """A trunk with neck, head, four legs and a tail, all with a rim of fat, muscle and bones."""

    def at(forward: float, aside: float, up: float) -> tuple[float, float, float]:
        places = {"x": (forward, aside, up), "y": (aside, forward, up), "z": (aside, up, forward)}
        x, y, z = (size * place for place in places[along])
        return x, y, z

    limbs = [(at(u, v, 30), at(u, 1.2 * v, -200), 30 * size) for u in (-120, 100) for v in (-45, 45)]
    limbs.append((at(120, 0, 60), at(190, 0, 140), 40 * size))
    rest = [(at(-130, 0, 40), at(100, 0, 40), 75 * size), (at(-170, 0, 60), at(-210, 0, -60), 14 * size)]
    surface = np.min([capsule(*one) for one in limbs + rest], axis=0)
    bone = np.min([capsule(start, end, 0.3 * radius) for start, end, radius in limbs], axis=0)
    signal = np.where(surface < 0, 0.15, 0.0)
    signal[surface < -7] = 1.0
    signal[(bone < 0) & (surface < -7)] = 0.2
    signal[capsule(at(-70, 0, 20), at(20, 0, 20), 40 * size) < 0] = 1.8
    return signal


def blobs(width: float, threshold: float) -> Field:
    random = np.random.default_rng(5)
    shape = ndimage.gaussian_filter(random.standard_normal(SHAPE), width)
    inside = ndimage.gaussian_filter(random.standard_normal(SHAPE), 3)
    return np.where(shape > threshold * shape.std(), 1 + 0.8 * np.clip(inside / inside.std(), -1, 1), 0.0)


NO_BODY = {
    "noise": lambda: np.zeros(SHAPE),
    "coarse noise": lambda: 60 * np.abs(ndimage.gaussian_filter(np.random.default_rng(2).standard_normal(SHAPE), 2)),
    "gradient x": lambda: 3 * (X - X.min()) / np.ptp(X),
    "gradient y": lambda: 3 * (Y - Y.min()) / np.ptp(Y),
    "gradient z": lambda: 3 * (Z - Z.min()) / np.ptp(Z),
    "bright middle": lambda: 3 * np.exp(-((X / 100) ** 2 + (Y / 60) ** 2 + (Z / 400) ** 2) / 2),
    "bottle": lambda: water(cylinder(0, 90, 300)),
    "two bottles": lambda: water(cylinder(-90, 70, 300), cylinder(90, 70, 300)),
    "ball": lambda: water(capsule((0, 0, -1), (0, 0, 1), 110)),
    "box": lambda: water(box(120, 70, 300)),
    "box with legs": lambda: water(box(150, 90, 150), cylinder(-80, 60, 400), cylinder(80, 60, 400)),
    "bottle with rods": lambda: np.where(
        np.min([np.hypot(X - x, Y - y) for x in (-40, 40) for y in (-40, 40)], axis=0) < 12,
        0.5,
        water(cylinder(0, 90, 300)),
    ),
    "animal from side to side": lambda: animal("x"),
    "animal from front to back": lambda: animal("y"),
    "animal from head to feet": lambda: animal("z", 1.3),
    "small animal": lambda: animal("y", 0.7),
    "large blobs": lambda: blobs(14, 0.6),
    "small blobs": lambda: blobs(6, 0.9),
    "coin": lambda: water(box(12, 12, 12)),
}


@pytest.mark.parametrize("what", NO_BODY)
def test_what_is_no_body_is_refused(what: str) -> None:
    with pytest.raises(InputError, match=r"no human body is found: .*; expected a scan of a body"):
        detect_body(scanned(NO_BODY[what]())).check()


def test_an_image_that_is_dark_but_for_one_voxel_is_refused() -> None:
    data = np.zeros((40, 40, 40))
    data[20, 20, 20] = 1
    with pytest.raises(InputError, match="no human body"):
        detect_body(Volume(data, np.diag([4.0, 4.0, 4.0, 1.0]))).check()


class Eager:
    """An engine that labels whatever it is given, and is sure of it."""

    name, description, needs = "eager", "for tests", ""
    ran = 0

    def segment(self, volume: Volume, scheme: Scheme, progress: Progress) -> LabelMap:
        Eager.ran += 1
        confidence = {group.label: 1.0 for group in scheme.groups}
        return LabelMap(
            np.ones(volume.shape),
            volume.affine,
            scheme,
            self.name,
            confidence,
            provenance=volume.provenance,
        )


def test_no_engine_runs_on_what_is_no_body(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wbmri.segmentation.muscle_segmentation.make_engine", lambda name: Eager())
    before = Eager.ran
    with pytest.raises(InputError, match="no human body"):
        segment(scanned(NO_BODY["two bottles"]()), engine="eager")
    assert Eager.ran == before


def test_what_is_doubtful_is_segmented_without_confidence(draw: Draw, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wbmri.segmentation.muscle_segmentation.make_engine", lambda name: Eager())
    sure = detect_body(volume := scanned(part_of(signal_of(draw(900.0), STIR, 0.12), THIGHS)))
    # One measure between doubt and refusal.
    doubtful: BodyDetection = replace(sure, symmetry=0.8)
    monkeypatch.setattr("wbmri.segmentation.muscle_segmentation.detect_body", lambda volume: doubtful)
    labels = segment(volume, engine="eager")
    assert max(labels.confidence.values()) < 0.5
    assert "doubtful that this is a human body" in labels.flags[0][0]
    assert "80 %" in labels.flags[0][0]
    assert [step.name for step in labels.provenance] == ["recognise", "examine"]


@pytest.mark.parametrize(
    "found",
    [
        {"mismatch": 0.225},
        {"mismatch": 0.235},
        {"texture": 0.13, "mismatch": 0.22},
        {"symmetry": 0.82, "texture": 0.13},
    ],
)
def test_a_muscular_person_or_a_cut_one_is_doubtful_and_taken(draw: Draw, found: dict[str, float]) -> None:
    sure = detect_body(scanned(part_of(signal_of(draw(900.0), STIR, 0.12), THIGHS)))
    doubtful: BodyDetection = replace(sure, **found)
    doubtful.check()
    assert len(doubtful.doubts) == len(found)


def test_what_is_nearly_ruled_out_twice_is_refused(draw: Draw) -> None:
    sure = detect_body(scanned(part_of(signal_of(draw(900.0), STIR, 0.12), THIGHS)))
    with pytest.raises(InputError, match="no human body"):
        replace(sure, symmetry=0.77, mismatch=0.235).check()
