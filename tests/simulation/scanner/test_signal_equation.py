"""The signal equation, and the random contrasts around it."""

import pytest

from wbmri.core import InputError
from wbmri.simulation.body import Tissue
from wbmri.simulation.scanner import STIR_RANGES, Protocol, tissue_signals


@pytest.mark.parametrize(("t2", "ratio"), [(40, 1.2), (45, 1.4), (50, 1.65), (60, 2.0), (80, 2.6)])
def test_longer_t2_is_brighter_by_the_signal_equation(t2: float, ratio: float) -> None:
    # Ratios worked out beforehand for TR 4000, TI 160, TE 60 at 1.5 T, healthy muscle with T1 1130 and T2 35.3 ms.
    protocol = Protocol(repetition_time_ms=4000, inversion_time_ms=160, echo_time_ms=60)
    assert protocol.signal(1130, t2) / protocol.signal(1130, 35.3) == pytest.approx(ratio, abs=0.06)


def test_fat_is_nearly_nulled() -> None:
    assert tissue_signals(Protocol())[Tissue.FAT] < 0.2


@pytest.mark.parametrize("protocol", [Protocol(), Protocol(3.0, 4500.0, 220.0, 50.0)])
def test_random_contrasts_hold_what_the_signal_equation_says(protocol: Protocol) -> None:
    signals = {tissue: signal for tissue, signal in tissue_signals(protocol).items() if signal}
    assert len(signals) > 15
    for tissue, signal in signals.items():
        low, high = STIR_RANGES[tissue]
        assert low <= signal <= high, tissue


def test_tissues_at_3_tesla_keep_their_order() -> None:
    # Inversion times that null fat at their field. Ratios worked out by hand from Gold's times for fluid and muscle.
    low = Protocol(1.5, 4000.0, 160.0, 60.0)
    high = Protocol(3.0, 4000.0, 220.0, 60.0)
    for protocol in (low, high):
        assert tissue_signals(protocol)[Tissue.FAT] < 0.2
        signals = tissue_signals(protocol)
        assert signals[Tissue.MUSCLE] == pytest.approx(1.0)
        assert signals[Tissue.FLUID] > signals[Tissue.SPLEEN] > signals[Tissue.MUSCLE]
    assert tissue_signals(low)[Tissue.FLUID] == pytest.approx(4.75, abs=0.02)
    assert tissue_signals(high)[Tissue.FLUID] == pytest.approx(5.18, abs=0.02)


def test_a_field_without_relaxation_times_is_refused() -> None:
    with pytest.raises(InputError, match=r"0\.55 T"):
        tissue_signals(Protocol(field_strength_t=0.55))
