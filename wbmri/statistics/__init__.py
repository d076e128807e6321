"""Formulas of agreement and change on plain arrays; each names its source."""

from wbmri.statistics.categories import (
    CategoryTerms,
    gwet_ac,
    krippendorff_alpha,
    pairwise_agreement,
    unit_terms,
    weighted_kappa,
)
from wbmri.statistics.measures import (
    Z80,
    Z95,
    LimitsOfAgreement,
    MeanSquares,
    bland_altman,
    mean_and_sd,
    moment_terms,
    smallest_detectable_change,
    smallest_detectable_difference,
)
from wbmri.statistics.paired import sign_test, signed_rank_test, standardised_response_mean
from wbmri.statistics.ranks import spearman
from wbmri.statistics.resampling import FEWEST_PATIENTS, Estimate, Resampling, patient_numbers
from wbmri.statistics.weights import Weights

__all__ = [
    "FEWEST_PATIENTS",
    "Z80",
    "Z95",
    "CategoryTerms",
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
