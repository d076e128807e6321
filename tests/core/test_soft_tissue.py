"""Fascia, subcutis and calcinosis beside the score."""

import pytest

from wbmri.core import Calcinosis, InputError, LimbPart, SoftTissue, Tissue, TissueSign


def test_a_reader_decides_over_the_suggestion() -> None:
    assert TissueSign().value is None
    assert TissueSign(suggested=1).value == 1
    assert TissueSign(suggested=1, graded=0).value == 0


def test_a_decision_touches_one_sign_and_keeps_its_suggestion() -> None:
    before = SoftTissue({tissue: dict.fromkeys(LimbPart, TissueSign(suggested=1)) for tissue in Tissue})
    after = before.with_sign(Tissue.FASCIA, LimbPart.DISTAL, 0)
    changed = [
        (tissue, part) for tissue in Tissue for part in LimbPart if after.signs[tissue][part] != TissueSign(suggested=1)
    ]
    assert changed == [(Tissue.FASCIA, LimbPart.DISTAL)]
    assert after.signs[Tissue.FASCIA][LimbPart.DISTAL] == TissueSign(suggested=1, graded=0)


def test_what_means_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="0, 1 or none"):
        TissueSign(graded=2)
    with pytest.raises(InputError, match="not present"):
        Calcinosis(places=("left elbow",))
    assert Calcinosis(present=True, places=("left elbow",)).places == ("left elbow",)
