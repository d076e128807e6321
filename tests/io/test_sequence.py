"""Header facts decide what a series is; names only where facts are missing."""

import pytest

from wbmri.io import Kind, classify
from wbmri.io.sequence import Layout, SequenceFacts

WHOLE = Layout(slices=30, orientations=1, slice_spacing_mm=6.0, head_foot_mm=400.0)
SE, IR = ("SE",), ("SE", "IR")


@pytest.mark.parametrize(
    ("facts", "kind"),
    [
        (SequenceFacts(scanning_sequence=IR, inversion_time_ms=160, repetition_time_ms=4500), Kind.STIR),
        (SequenceFacts(scanning_sequence=IR, inversion_time_ms=220, description="FLAIR"), Kind.STIR),
        (SequenceFacts(scanning_sequence=("RM",), image_type=("ORIGINAL", "PRIMARY", "M_IR", "M", "IR"),
                       inversion_time_ms=165), Kind.STIR),
        (SequenceFacts(contrast="STIR"), Kind.STIR),
        (SequenceFacts(scanning_sequence=IR, sequence_name="*tir2d1_11"), Kind.STIR),
        (SequenceFacts(scanning_sequence=IR, echo_time_ms=60, repetition_time_ms=4000), Kind.STIR),
        (SequenceFacts(description="t2_tirm_cor"), Kind.STIR),
        (SequenceFacts(scanning_sequence=IR, inversion_time_ms=2500, description="t2_tirm_tra_dark-fluid"), Kind.FLAIR),
        (SequenceFacts(scanning_sequence=IR, description="t2_tirm_tra_dark-fluid"), Kind.FLAIR),
        (SequenceFacts(description="cor T2 FLAIR stir-like"), Kind.FLAIR),
        (SequenceFacts(scanning_sequence=("GR", "IR"), inversion_time_ms=900, echo_time_ms=3, repetition_time_ms=1900),
         Kind.OTHER),
        # Spectral fat suppression also has a short delay after a pulse, but inverts no water.
        (SequenceFacts(scanning_sequence=SE, scan_options=("FS",), inversion_time_ms=100, echo_time_ms=80,
                       repetition_time_ms=4000), Kind.T2),
        (SequenceFacts(scanning_sequence=SE, echo_time_ms=80, repetition_time_ms=4000, description="STIR"), Kind.T2),
        (SequenceFacts(scanning_sequence=SE, echo_time_ms=11, repetition_time_ms=560, description="STIR"), Kind.T1),
        (SequenceFacts(scanning_sequence=("GR",), image_type=("DERIVED", "PRIMARY", "DIXON", "WATER")), Kind.DIXON),
        # Diffusion with background suppression nulls fat by inversion.
        (SequenceFacts(scanning_sequence=("EP", "IR"), inversion_time_ms=180, b_value=800), Kind.DIFFUSION),
        (SequenceFacts(image_type=("DERIVED", "PRIMARY", "ADC"), scanning_sequence=("EP",)), Kind.DIFFUSION),
        (SequenceFacts(image_type=("DERIVED", "SECONDARY", "MIP"), scanning_sequence=IR, inversion_time_ms=160),
         Kind.DERIVED),
        (SequenceFacts(image_type=("ORIGINAL", "PRIMARY", "P"), scanning_sequence=IR, inversion_time_ms=160),
         Kind.DERIVED),
        (SequenceFacts(grey=False), Kind.DERIVED),
        (SequenceFacts(modality="CT", description="STIR"), Kind.OTHER),
        (SequenceFacts(image_type=("ORIGINAL", "PRIMARY", "LOCALIZER"), inversion_time_ms=160), Kind.LOCALISER),
        (SequenceFacts(), Kind.OTHER),
    ],
)  # fmt: skip
def test_kinds(facts: SequenceFacts, kind: Kind) -> None:
    assert classify(facts, WHOLE)[0] is kind


@pytest.mark.parametrize(
    ("layout", "kind"),
    [
        (Layout(slices=4, orientations=1, slice_spacing_mm=72.0, head_foot_mm=400.0), Kind.LOCALISER),
        (Layout(slices=3, orientations=3, slice_spacing_mm=8.0, head_foot_mm=400.0), Kind.LOCALISER),
        (Layout(slices=38, orientations=1, slice_spacing_mm=6.0, head_foot_mm=1300.0), Kind.COMPOSED),
        (WHOLE, Kind.STIR),
    ],
)
def test_what_the_layout_adds(layout: Layout, kind: Kind) -> None:
    assert classify(SequenceFacts(scanning_sequence=IR, inversion_time_ms=160), layout)[0] is kind


@pytest.mark.parametrize("mark", ["COMPOSED", "COMP_SP"])
def test_composed_by_its_image_type(mark: str) -> None:
    facts = SequenceFacts(image_type=("DERIVED", "PRIMARY", "MPR", mark), scanning_sequence=IR, inversion_time_ms=160)
    assert classify(facts, WHOLE)[0] is Kind.COMPOSED


def test_the_reason_holds_no_free_text() -> None:
    facts = SequenceFacts(description="STIR Nobody Anna", sequence_name="STIR Nobody")
    assert "Nobody" not in classify(facts, WHOLE)[1]
