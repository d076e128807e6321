"""Grades of bodies whose oedema is known, from none to all of it."""

import dataclasses
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.ndimage import maximum_filter

from wbmri.core import Acquisition, InputError, LabelMap, Reading, Step, Volume
from wbmri.grading import PARAMETERS, grade

EVERY = range(1, 43)


def grades(reading: Reading) -> list[int | None]:
    return [entry.grade for entry in reading.groups]


def weighted_kappa(a: list[int], b: list[int]) -> float:
    """Linearly weighted kappa of grades 0..2."""
    seen = np.zeros((3, 3))
    for x, y in zip(a, b, strict=True):
        seen[x, y] += 1 / len(a)
    weight = np.abs(np.subtract.outer(np.arange(3), np.arange(3))) / 2
    chance = np.outer(seen.sum(1), seen.sum(0))
    return 1.0 if (weight * chance).sum() == 0 else float(1 - (weight * seen).sum() / (weight * chance).sum())


@pytest.fixture(scope="module")
def published(body: Any, involvement: Callable[..., Any]) -> tuple[Volume, LabelMap]:
    """Return a scan and its labels like the published case: 42 of 42 groups, 48 points."""
    scan = body(oedema=involvement(36, 6, 7), seed=7, shading=0.15)
    labels = dataclasses.replace(scan.labels(), provenance=(Step("load"), Step("segment")))
    return scan.volume(), labels


@pytest.fixture(scope="module")
def published_reading(published: tuple[Volume, LabelMap]) -> Reading:
    return grade(*published)


@pytest.mark.parametrize(
    ("mild", "severe"),
    [(0, 0), (9, 0), (19, 0), (20, 6), (42, 0), (18, 24), (0, 42)],
    ids=lambda value: str(value),
)
def test_total_follows_the_truth_from_no_to_full_involvement(
    body: Any,
    involvement: Callable[..., Any],
    mild: int,
    severe: int,
) -> None:
    scan = body(oedema=involvement(mild, severe, mild + severe), seed=mild, shading=0.25)
    reading = grade(scan.volume(), scan.labels())
    found = [entry.grade for entry in reading.groups if entry.grade is not None]
    assert len(found) == 42
    assert abs(sum(found) - sum(scan.truth)) <= 1
    assert weighted_kappa(scan.truth, found) >= 0.9
    assert reading.reference is not None
    assert reading.reference.trusted
    assert reading.reference.level == pytest.approx(100, rel=0.1)


def test_no_healthy_group_is_needed_where_the_median_of_muscle_fails(
    published: tuple[Volume, LabelMap],
    published_reading: Reading,
) -> None:
    volume, labels = published
    inside = volume.data[labels.data > 0]
    limit = np.median(inside) + 2 * inside.std()
    naive = 0
    for label in EVERY:
        share = float((volume.data[labels.data == label] > limit).mean())
        naive += 0 if share <= 0.025 else 1 if share < 0.5 else 2
    assert published_reading.score.total is not None
    assert abs(published_reading.score.total - 48) <= 1
    assert published_reading.score.involved == 42
    assert abs(naive - 48) >= 8


@pytest.mark.parametrize("acquisition", [None, Acquisition()], ids=["", "unknown echo time"])
def test_muscle_twice_as_bright_everywhere_is_openly_undecided(body: Any, acquisition: Acquisition | None) -> None:
    known = {} if acquisition is None else {"acquisition": acquisition}
    scan = body(oedema=dict.fromkeys(EVERY, (1.0, 2.0)), shading=0.1, **known)
    reading = grade(scan.volume(), scan.labels())
    assert reading.score.total is None
    totals = [candidate.total for candidate in reading.score.candidates]
    assert sum(candidate.weight for candidate in reading.score.candidates) == pytest.approx(1, abs=1e-3)
    assert min(totals) <= 2
    assert max(totals) >= 82
    assert reading.reference is not None
    assert not reading.reference.trusted
    assert any("cannot be trusted" in warning for warning in reading.warnings)
    assert any("No single total can be given" in warning for warning in reading.warnings)
    assert max(entry.confidence for entry in reading.groups) < 0.5
    assert "If all muscle is about" in reading.groups[0].explanation or reading.groups[0].grade == 2


@pytest.mark.parametrize(("ratio", "sure"), [(1.2, False), (1.7, True)])
def test_oedema_is_as_sure_as_it_stands_out(body: Any, ratio: float, sure: bool) -> None:
    scan = body(oedema={25: (0.4, ratio)})
    entry = grade(scan.volume(), scan.labels()).groups[24]
    assert (entry.grade == 1 and entry.confidence >= 0.5) == sure


def test_a_person_who_grades_an_undecided_scan_gives_a_total(body: Any) -> None:
    scan = body(oedema=dict.fromkeys(EVERY, (1.0, 1.6)))
    reading = grade(scan.volume(), scan.labels())
    assert reading.candidates
    assert reading.score.total is None
    signed = dataclasses.replace(reading, reader="anna")
    assert signed.score.total == signed.score.whole.total
    assert signed.score.candidates == ()


def test_the_level_does_not_flip_with_the_gain_of_the_head_coil(
    published: tuple[Volume, LabelMap], published_reading: Reading
) -> None:
    volume, labels = published
    top = int(np.flatnonzero(labels.data.any(axis=(0, 1))).max()) + 1
    grades_before = grades(published_reading)
    for gain in (0.9, 0.8, 0.7):
        data = volume.data.copy()
        data[:, :, top:] *= np.float32(gain)
        reading = grade(dataclasses.replace(volume, data=data), labels)
        assert grades(reading) == grades_before
        if reading.score.total is None:
            assert reading.candidates[0].total == published_reading.score.whole.total


@pytest.mark.parametrize("ratio", [1.3, 1.4])
def test_a_lift_of_regions_that_nothing_beside_shares_is_not_flattened_in_silence(body: Any, ratio: float) -> None:
    lower = range(23, 37)
    scan = body(oedema=dict.fromkeys(lower, (1.0, ratio)), seed=5)
    reading = grade(scan.volume(), scan.labels())
    wrong = [e for e, truth in zip(reading.groups, scan.truth, strict=True) if e.grade != truth and e.confidence >= 0.5]
    assert wrong == []
    if reading.score.total is None:
        assert any(abs(candidate.total - 28) <= 3 for candidate in reading.candidates)
        assert any("shading or homogeneous oedema" in warning for warning in reading.warnings)
    else:
        assert abs(reading.score.total - 28) <= 3


def test_without_a_head_or_fluid_nothing_confirms_the_level(body: Any) -> None:
    scan = body(head=False)
    reading = grade(scan.volume(), scan.labels())
    assert grades(reading) == [0] * 42
    assert reading.reference is not None
    assert not reading.reference.trusted
    assert max(entry.confidence for entry in reading.groups) < 0.5
    assert "no other tissue" in reading.reference.source


def test_oedema_in_nine_tenths_of_every_group_is_not_taken_for_normal(body: Any) -> None:
    scan = body(oedema=dict.fromkeys(EVERY, (0.9, 2.0)))
    reading = grade(scan.volume(), scan.labels())
    found = reading.score.total
    assert (found or max(candidate.total for candidate in reading.candidates)) >= 82
    assert found is not None or max(entry.confidence for entry in reading.groups) < 0.5


@pytest.mark.parametrize("affected", [range(25, 43), range(25, 43, 2)], ids=["lower half", "one side of it"])
def test_the_field_does_not_swallow_limbs_that_are_bright_altogether(body: Any, affected: range) -> None:
    scan = body(oedema=dict.fromkeys(affected, (1.0, 1.7)), shading=0.1)
    assert grades(grade(scan.volume(), scan.labels())) == scan.truth


def test_outlines_that_took_in_fat_keep_the_level(published: tuple[Volume, LabelMap]) -> None:
    volume, labels = published
    wide = np.where(labels.data > 0, labels.data, maximum_filter(labels.data, (5, 1, 5)))
    fat = float(((wide > 0) & (labels.data == 0)).sum() / (wide > 0).sum())
    reading = grade(volume, dataclasses.replace(labels, data=wide))
    assert fat > 0.2
    assert reading.reference is not None
    assert reading.reference.level == pytest.approx(100, rel=0.1)
    assert reading.score.whole.involved == 42
    assert abs(reading.score.whole.total - 48) <= 3


@pytest.mark.parametrize("gain", [0.1, 10.0])
def test_a_gain_changes_no_grade(published: tuple[Volume, LabelMap], published_reading: Reading, gain: float) -> None:
    volume, labels = published
    brighter = grade(dataclasses.replace(volume, data=volume.data * np.float32(gain)), labels)
    assert grades(brighter) == grades(published_reading)
    for one, other in zip(brighter.groups, published_reading.groups, strict=True):
        assert one.evidence is not None
        assert other.evidence is not None
        assert one.evidence.oedema_fraction == pytest.approx(other.evidence.oedema_fraction, abs=1e-3)


@pytest.mark.parametrize(
    ("order", "flips"),
    [((0, 1, 2), (0, 1, 2)), ((2, 0, 1), ()), ((1, 2, 0), (1,))],
    ids=["flip", "permute", "both"],
)
def test_storage_changes_nothing(
    published: tuple[Volume, LabelMap],
    published_reading: Reading,
    order: tuple[int, ...],
    flips: tuple[int, ...],
) -> None:
    volume, labels = published
    move = np.zeros((4, 4))
    move[3, 3] = 1
    for new, old in enumerate(order):
        move[old, new] = -1 if new in flips else 1
        move[old, 3] = volume.shape[old] - 1 if new in flips else 0

    def stored(data: Any) -> Any:
        return np.flip(np.transpose(data, order), flips)

    again = Volume(stored(volume.data), volume.affine @ move, volume.acquisition)
    relabelled = LabelMap(stored(labels.data), again.affine, labels.scheme, labels.engine, labels.confidence)
    assert grade(again, relabelled).groups == published_reading.groups


def test_equal_runs_are_equal(published: tuple[Volume, LabelMap], published_reading: Reading) -> None:
    assert grade(*published) == published_reading


def test_healthy_muscles_that_differ_by_their_own_t2_are_not_surely_oedematous(body: Any) -> None:
    # Standard deviation 3 ms at 35.3 ms and an echo time of 68 ms, the same on both sides.
    shift = np.random.default_rng(2).permutation(np.linspace(-1.7, 1.7, 21)) * 3.0
    ratio = np.exp(68.0 / 35.3 - 68.0 / (35.3 + shift))
    scan = body(oedema={label: (1.0, float(ratio[(label - 1) // 2])) for label in EVERY}, seed=6)
    reading = grade(scan.volume(), scan.labels())
    assert [e.label for e in reading.groups if e.grade and e.confidence >= 0.5] == []


def test_groups_without_oedema_are_doubted_where_that_of_others_is_hardly_seen(body: Any) -> None:
    faint = dict.fromkeys(EVERY, (0.3, 1.18)) | dict.fromkeys(range(1, 43, 3), (0.3, 1.3))
    scan = body(oedema=faint, seed=8)
    reading = grade(scan.volume(), scan.labels())
    wrong = [e for e, truth in zip(reading.groups, scan.truth, strict=True) if e.grade != truth and e.confidence >= 0.5]
    assert len(wrong) <= 2


def test_a_grade_of_0_names_the_limit_of_detection(body: Any) -> None:
    scan = body(seed=9)
    noisy = body(seed=9, noise=0.3)
    clear, blurred = grade(scan.volume(), scan.labels()), grade(noisy.volume(), noisy.labels())
    for one, other in zip(clear.groups, blurred.groups, strict=True):
        assert one.evidence is not None
        assert one.evidence.detectable_ratio is not None
        assert one.evidence.detectable_share is not None
        assert f"below detection {one.evidence.detectable_ratio:.2f} x, grade 0." in one.explanation
        if other.evidence is not None:
            assert (other.evidence.detectable_ratio or 0) > one.evidence.detectable_ratio


def test_every_grade_says_why(published_reading: Reading) -> None:
    for entry in published_reading.groups:
        assert entry.evidence is not None
        assert entry.explanation.endswith(f"grade {entry.grade}.")
        assert "% of the muscle is oedematous" in entry.explanation
        assert entry.auto_grade == entry.grade
        assert entry.evidence.volume_ml > 50
        assert 0 < entry.confidence <= 1


def test_provenance_goes_on_from_the_labels_and_holds_the_parameters(published_reading: Reading) -> None:
    assert [step.name for step in published_reading.provenance] == ["load", "segment", "grade"]
    parameters = json.loads(json.dumps(published_reading.provenance[-1].parameters))
    assert parameters == PARAMETERS.recorded()
    assert parameters["voxels"]["edge_mm"] == 1.5


def test_a_poor_outline_lowers_the_confidence_and_progress_is_told(
    published: tuple[Volume, LabelMap],
    published_reading: Reading,
) -> None:
    volume, labels = published
    seen: list[float] = []
    unsure = dataclasses.replace(labels, confidence={**labels.confidence, 5: 0.3})
    reading = grade(volume, unsure, progress=lambda fraction, doing: seen.append(fraction))
    assert reading.groups[4].confidence == pytest.approx(0.3 * published_reading.groups[4].confidence)
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (0.0, 1.0)


def test_another_grid_is_refused(published: tuple[Volume, LabelMap]) -> None:
    volume, labels = published
    with pytest.raises(InputError, match="both on one grid"):
        grade(volume, dataclasses.replace(labels, data=labels.data[:-1]))


@pytest.mark.parametrize(
    ("acquisition", "words"),
    [
        (Acquisition(sequence="STIR", contrast_agent=True), ("contrast agent",)),
        (Acquisition(field_strength_t=3.0), ("does not say that this is a STIR", "echo time, inversion time")),
    ],
    ids=["contrast", "unknown"],
)
def test_protocol_facts_are_warned_about(
    published: tuple[Volume, LabelMap],
    acquisition: Acquisition,
    words: tuple[str, ...],
) -> None:
    volume, labels = published
    reading = grade(dataclasses.replace(volume, acquisition=acquisition), labels, post_contrast=True)
    assert all(any(word in warning for warning in reading.warnings) for word in words)
    assert reading.acquisition == acquisition


def test_what_is_not_known_of_the_protocol_lowers_the_confidence(
    published: tuple[Volume, LabelMap], published_reading: Reading
) -> None:
    volume, labels = published
    unknown = dataclasses.replace(volume.acquisition, inversion_time_ms=None)
    reading = grade(dataclasses.replace(volume, acquisition=unknown), labels)
    assert grades(reading) == grades(published_reading)
    known = np.array([entry.confidence for entry in published_reading.groups])
    assert np.all(np.array([entry.confidence for entry in reading.groups]) < 0.95 * known)


def test_a_scan_after_contrast_is_refused(published: tuple[Volume, LabelMap]) -> None:
    volume, labels = published
    after = dataclasses.replace(volume.acquisition, contrast_agent=True)
    with pytest.raises(InputError, match="--post-contrast"):
        grade(dataclasses.replace(volume, acquisition=after), labels)


def test_a_full_protocol_of_a_plain_scan_raises_no_warning(published_reading: Reading) -> None:
    assert published_reading.warnings == ()


def test_a_sum_of_grades_that_are_mostly_unsure_is_called_a_proposal(published: tuple[Volume, LabelMap]) -> None:
    volume, labels = published
    unsure = dataclasses.replace(labels, confidence=dict.fromkeys(EVERY, 0.1))
    (warning,) = grade(volume, unsure).warnings
    assert warning.startswith("42 of 42 graded groups have a confidence below 0.5")
