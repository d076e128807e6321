"""Formulas of agreement and change on plain arrays; each names its source."""

from typing import TYPE_CHECKING

from wbmri.core import lazy_names

if TYPE_CHECKING:
    from wbmri.analysis.statistics.bootstrap import FEWEST_PATIENTS, Estimate, Resampling, patient_numbers
    from wbmri.analysis.statistics.categories import (
        Weights,
        gwet_ac,
        krippendorff_alpha,
        pairwise_agreement,
        unit_terms,
        weighted_kappa,
    )
    from wbmri.analysis.statistics.measurements import (
        Z80,
        Z95,
        LimitsOfAgreement,
        MeanSquares,
        bland_altman,
        mean_and_sd,
        moment_terms,
        sign_test,
        signed_rank_test,
        smallest_detectable_change,
        smallest_detectable_difference,
        spearman,
        standardised_response_mean,
    )

__all__ = [
    "FEWEST_PATIENTS",
    "Z80",
    "Z95",
    "Estimate",
    "LimitsOfAgreement",
    "MeanSquares",
    "Resampling",
    "Weights",
    "bland_altman",
    "gwet_ac",
    "krippendorff_alpha",
    "mean_and_sd",
    "moment_terms",
    "pairwise_agreement",
    "patient_numbers",
    "sign_test",
    "signed_rank_test",
    "smallest_detectable_change",
    "smallest_detectable_difference",
    "spearman",
    "standardised_response_mean",
    "unit_terms",
    "weighted_kappa",
]

__getattr__ = lazy_names(
    __name__,
    {
        "bootstrap": (
            "Estimate",
            "FEWEST_PATIENTS",
            "Resampling",
            "patient_numbers",
        ),
        "categories": (
            "Weights",
            "gwet_ac",
            "krippendorff_alpha",
            "pairwise_agreement",
            "unit_terms",
            "weighted_kappa",
        ),
        "measurements": (
            "LimitsOfAgreement",
            "MeanSquares",
            "Z80",
            "Z95",
            "bland_altman",
            "mean_and_sd",
            "moment_terms",
            "sign_test",
            "signed_rank_test",
            "smallest_detectable_change",
            "smallest_detectable_difference",
            "spearman",
            "standardised_response_mean",
        ),
    },
)
