"""Motion, fat that is not suppressed, and the signs of fascia and subcutis."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import minimum_filter

from wbmri.core import LabelMap, LimbPart, Reading, Reason, Tissue, Volume
from wbmri.grading import Regrader, grade
from wbmri.simulation.scanner import Artefacts

AIR = 50
"""Columns of air beside the body on either side: without air motion is not seen."""


@pytest.fixture(scope="module")
def scan(body: Any) -> tuple[Volume, LabelMap]:
    """Return a healthy body with air beside it."""
    plain = body(seed=11)
    volume, labels = plain.volume(), plain.labels()
    beside = ((AIR, AIR), (0, 0), (0, 0))
    affine = volume.affine.copy()
    affine[:3, 3] -= AIR * affine[:3, 0]
    air = np.abs(8.0 * np.random.default_rng(11).standard_normal((volume.shape[0] + 2 * AIR, *volume.shape[1:])))
    air[AIR:-AIR] = volume.data
    return (
        Volume(air, affine, volume.acquisition),
        replace(labels, data=np.pad(labels.data, beside), affine=affine),
    )


def fat_of(scan: tuple[Volume, LabelMap]) -> NDArray[np.bool_]:
    volume, labels = scan
    return (labels.data == 0) & (volume.data > 15) & (volume.data < 45)


@pytest.fixture(scope="module")
def spoilt(scan: tuple[Volume, LabelMap]) -> tuple[Volume, LabelMap, Reading, set[int], set[int]]:
    """Grade a scan with ghosts at one level and bright fat on one side of another, and say which groups these hit."""
    volume, labels = scan
    image, ghosts = Artefacts(ghosts=0.5, seed=5).ghosted(volume.data, volume.spacing, 0)
    at_level = ghosts.sum(axis=(0, 1))
    strong = np.broadcast_to(at_level > at_level.max() / 2, volume.shape)
    share = np.bincount(labels.data[strong], minlength=43) / np.bincount(labels.data.ravel(), minlength=43)
    bright = np.zeros(volume.shape, dtype=bool)
    bright[volume.shape[0] // 2 :, :, 20:110] = True
    image = np.where(bright & fat_of(scan), 4.5 * image, image)
    damaged = replace(volume, data=image.astype(np.float32))
    hit = {label for label in range(1, 43) if share[label] > 0.9}
    return damaged, labels, grade(damaged, labels), hit, set(np.unique(labels.data[bright]).tolist())


def test_ghosts_and_bright_fat_make_groups_not_assessable(spoilt: Any) -> None:
    _, _, reading, hit, beside = spoilt
    assert {entry.label for entry in reading.groups if entry.reason is Reason.MOTION} == hit
    found = {entry.label for entry in reading.groups if entry.reason is Reason.FAT_SUPPRESSION}
    assert found
    assert found <= beside
    assert all("not suppressed" in reading.groups[label - 1].explanation for label in found)


def test_the_rest_of_the_scan_is_graded(spoilt: Any) -> None:
    reading = spoilt[2]
    touched = [entry for entry in reading.groups if entry.assessable and "of the group lies" in entry.explanation]
    clean = [entry for entry in reading.groups if entry.assessable and entry not in touched]
    assert len(clean) >= 20
    assert {entry.grade for entry in clean} == {0}
    assert all(entry.confidence < min(other.confidence for other in clean) for entry in touched)


def test_an_edit_does_not_make_a_spoilt_group_assessable(spoilt: Any) -> None:
    volume, labels, reading, hit, _ = spoilt
    label = min(hit)
    assert Regrader(volume, labels, reading).regrade(labels.data, label).reason is Reason.MOTION


def test_signs_of_fascia_and_subcutis_are_suggested_where_they_are(scan: tuple[Volume, LabelMap]) -> None:
    volume, labels = scan
    image = volume.data.copy()
    distal = np.isin(labels.data, (19, 20, 21, 22, 37, 38, 39, 40, 41, 42))
    rim = distal & (minimum_filter(labels.data, (3, 1, 3)) != labels.data)
    image[rim] *= 2.0
    strands = (np.arange(volume.shape[2]) // 4 % 2 == 0) & (np.arange(volume.shape[2]) > 90)
    image[fat_of(scan) & strands[None, None, :]] *= 5.0
    reading = grade(replace(volume, data=image), labels)
    assert not any(entry.reason for entry in reading.groups)
    assert reading.soft_tissue is not None
    fascia, subcutis = (reading.soft_tissue.signs[tissue] for tissue in (Tissue.FASCIA, Tissue.SUBCUTIS))
    assert {part: sign.suggested for part, sign in fascia.items()} == {LimbPart.PROXIMAL: 0, LimbPart.DISTAL: 1}
    assert subcutis[LimbPart.PROXIMAL].suggested == 1
    assert all(sign.graded is None for signs in (fascia, subcutis) for sign in signs.values())
    assert reading.soft_tissue.calcinosis.present is None


def test_limbs_are_those_of_the_scheme_whatever_its_groups_are_called(scan: tuple[Volume, LabelMap]) -> None:
    volume, labels = scan
    pairs = labels.scheme.pairs

    def graded(*, segments: bool) -> Reading:
        own = tuple(
            replace(pair, id=f"muscle_{number}", region="all", segment=pair.segment if segments else None)
            for number, pair in enumerate(pairs)
        )
        return grade(volume, replace(labels, scheme=replace(labels.scheme, pairs=own)))

    reading, named, nameless = grade(volume, labels), graded(segments=True), graded(segments=False)
    assert reading.soft_tissue is not None
    assert {sign.suggested for signs in reading.soft_tissue.signs.values() for sign in signs.values()} == {0}
    assert named.soft_tissue == reading.soft_tissue
    assert nameless.groups == named.groups == reading.groups
    assert nameless.soft_tissue is not None
    assert {sign.suggested for signs in nameless.soft_tissue.signs.values() for sign in signs.values()} == {None}
