"""Every constant of grading but the thresholds of the scheme, with its unit and where it comes from.

Lengths are in mm, volumes in ml, times in ms; "log" is a natural logarithm of intensity, and a "ratio" a multiple of
normal muscle. Where no source is named, the value was chosen on rendered bodies whose oedema is known (see
``docs/validation.md``). The code reads `PARAMETERS`, and the provenance of a reading holds all of it.
"""

from dataclasses import asdict, dataclass, field
from typing import Any

from wbmri.core import Json
from wbmri.grading.disturbance_parameters import (
    FasciaAndVesselParameters,
    FatReplacementParameters,
    SliceGainParameters,
)
from wbmri.grading.fault_parameters import (
    BandParameters,
    BlurParameters,
    DipParameters,
    FatParameters,
    GhostParameters,
    SequenceParameters,
    VoidParameters,
)
from wbmri.grading.muscle_parameters import (
    BiasFieldParameters,
    LeakageParameters,
    LocalMixtureParameters,
    MixtureParameters,
    NormalisationParameters,
    ResidualFieldParameters,
    VoxelParameters,
)
from wbmri.grading.scale_parameters import (
    DetectionParameters,
    OtherTissueParameters,
    ReferenceParameters,
    RegionalLiftParameters,
    ScaleParameters,
)


@dataclass(frozen=True, slots=True)
class ProtocolParameters:
    """What stands in for facts of the acquisition that the input does not name, and relaxation times.

    Parameters
    ----------
    high_field_t
        From here on the relaxation times of 3 T are used, below it those of 1.5 T.
    repetition_ms, echo_ms
        The middle of what whole-body STIR uses (TE 30 to 90 ms).
    inversion_ms
        At 1.5 T and 3 T: they null fat.
    """

    high_field_t: float = 2.25
    repetition_ms: float = 4000.0
    echo_ms: float = 62.0
    inversion_ms: tuple[float, float] = (160.0, 220.0)


@dataclass(frozen=True, slots=True)
class Relaxation:
    """Relaxation times of a tissue in ms, at 1.5 T and 3 T."""

    t1_ms: tuple[float, float]
    t2_ms: tuple[float, float]


@dataclass(frozen=True, slots=True)
class TissueParameters:
    """Relaxation times of the tissues that are put beside each other.

    Parameters
    ----------
    muscle, fluid
        Gold 2004 (AJR 183:343); muscle T2 at 1.5 T as measured at rest by Saab 2000 and others.
    white_matter, grey_matter
        Stanisz 2005 (Magn Reson Med 54:507).
    muscle_t2_spread_ms
        Standard deviation of T2 between the healthy muscles of one person, ms: 1.5 to 3 in publications (3 among
        forearm muscles of 26 people at 0.2 T, doi 10.2463/mrms.mp.2018-0059; called small by Morrow 2014). The lower
        end is taken, with tails of twice that.
    """

    muscle: Relaxation = Relaxation((1130.0, 1420.0), (35.3, 31.7))
    fluid: Relaxation = Relaxation((2850.0, 3620.0), (1210.0, 767.0))
    white_matter: Relaxation = Relaxation((884.0, 1084.0), (72.0, 69.0))
    grey_matter: Relaxation = Relaxation((1124.0, 1820.0), (95.0, 99.0))
    muscle_t2_spread_ms: float = 1.5


@dataclass(frozen=True, slots=True)
class ArtefactParameters:
    """Motion and failed fat suppression, seen on blocks of the scan.

    Parameters
    ----------
    block_mm
        Voxels are averaged over blocks of about this size, which leaves little of their noise.
    solid_ratio, air_mm
        Organs, marrow and blood are brighter than this, fat that is nulled and ghosts are not; air is what lies at
        least so far from muscle and everything solid.
    above_air, usual_body
        The body is brighter than the air by this ratio, or where no air is in the picture, than this ratio.
    skin_mm, rim_mm
        Subcutis begins under the skin and is looked at to this depth.
    ghost_ratio, ghost_share, ghost_mm
        A level is ghosted where this share of the air beside it is brighter than the air of the quiet levels by this
        ratio: ghosts fall on muscle as they do on air. What moves does so over so many mm along the body.
    least_air
        With fewer blocks of air at a level nothing is said about ghosts there.
    fat_ratio, fat_quantile
        Fat is not suppressed where all but this share of the subcutis is brighter than this ratio. Oedema of the
        subcutis lies in strands, with dark fat between them.
    fat_region_mm, least_fat, beside_mm
        Subcutis is looked at in squares of this size, along the body and across it, with so many blocks this near to
        muscle.
    least_share, largest_share
        A group with more than the second share of its volume there is not assessable; with more than the first its
        confidence falls.
    most_confidence
        A group that a fault of the scan hits is relied on no more than this.
    """

    block_mm: float = 5.0
    solid_ratio: float = 0.6
    air_mm: float = 30.0
    above_air: float = 0.07
    usual_body: float = 0.12
    skin_mm: float = 4.0
    rim_mm: float = 18.0
    ghost_ratio: float = 0.2
    ghost_share: float = 0.1
    ghost_mm: float = 20.0
    least_air: int = 40
    fat_ratio: float = 0.8
    fat_quantile: float = 0.2
    fat_region_mm: float = 60.0
    least_fat: int = 40
    beside_mm: float = 25.0
    least_share: float = 0.1
    largest_share: float = 0.5
    most_confidence: float = 0.5


@dataclass(frozen=True, slots=True)
class AssessabilityParameters:
    """Seams and edges of the picture.

    Parameters
    ----------
    gap_share
        A group with a larger share of voxels without any signal has a gap between stations in it.
    seam_mm, seam_share
        A seam spoils the muscle up to this far on either side; a group with a larger share of its voxels there is not
        assessable.
    cut_share, reaching_share
        Where its partner does not tell how much of a group is in view, it is too much cut when this share of its
        largest cross-section lies on the edge of the picture; with less than the second it only reaches the edge.
    """

    gap_share: float = 0.2
    seam_mm: float = 10.0
    seam_share: float = 0.5
    cut_share: float = 0.5
    reaching_share: float = 0.1


@dataclass(frozen=True, slots=True)
class EvidenceParameters:
    """What is said of the oedema of a group.

    Parameters
    ----------
    least_fraction
        With less oedema nothing is said about how bright it is.
    least_focus_ml, least_focus_voxels
        Smaller bright regions are noise.
    diffuse_share
        Oedema is diffuse where one focus fills more than this share of what was measured.
    ends, least_zone
        Where a group fills less of its slice than this share, it ends nearby; with fewer voxels in the rim or in the
        middle nothing is said about where oedema keeps to.
    untrusted
        What is left of the confidence where the level of normal muscle cannot be relied on.
    unknown
        What is left of it for each of field strength, echo and inversion time that the input does not say: a judgement.
    least_muscle_ratio
        Below this ratio a voxel holds more fat, bone or air than muscle.
    believed
        A grade with less confidence is no more than a proposal; so is the total where most grades are.
    """

    least_fraction: float = 0.005
    least_focus_ml: float = 0.2
    least_focus_voxels: int = 4
    diffuse_share: float = 0.5
    ends: float = 0.97
    least_zone: int = 20
    untrusted: float = 0.4
    unknown: float = 0.9
    least_muscle_ratio: float = 0.6
    believed: float = 0.5


@dataclass(frozen=True, slots=True)
class SoftTissueParameters:
    """Signs of fascia and subcutis.

    Parameters
    ----------
    beside_mm
        Subcutis belongs to the muscle within this distance.
    subcutis_ratio, subcutis_share, least_blocks
        Fat this bright is oedematous; the sign is there from this share of it on, and nothing is said with fewer
        blocks.
    fascia_ratio, fascia_share, least_voxels
        A muscle's rim this bright may be fascia; the sign is there where this much more of the rim than of the middle
        is so, and nothing is said with fewer voxels.
    """

    beside_mm: float = 25.0
    subcutis_ratio: float = 0.7
    subcutis_share: float = 0.2
    least_blocks: int = 200
    fascia_ratio: float = 1.4
    fascia_share: float = 0.15
    least_voxels: int = 200


@dataclass(frozen=True, slots=True)
class GradingParameters:
    """All constants of grading, by what they are about."""

    slice_gain: SliceGainParameters = field(default_factory=SliceGainParameters)
    voxels: VoxelParameters = field(default_factory=VoxelParameters)
    fat_replacement: FatReplacementParameters = field(default_factory=FatReplacementParameters)
    bias_field: BiasFieldParameters = field(default_factory=BiasFieldParameters)
    residual_field: ResidualFieldParameters = field(default_factory=ResidualFieldParameters)
    mixture: MixtureParameters = field(default_factory=MixtureParameters)
    local_mixture: LocalMixtureParameters = field(default_factory=LocalMixtureParameters)
    normalisation: NormalisationParameters = field(default_factory=NormalisationParameters)
    leakage: LeakageParameters = field(default_factory=LeakageParameters)
    fascia_and_vessels: FasciaAndVesselParameters = field(default_factory=FasciaAndVesselParameters)
    protocol: ProtocolParameters = field(default_factory=ProtocolParameters)
    tissues: TissueParameters = field(default_factory=TissueParameters)
    reference: ReferenceParameters = field(default_factory=ReferenceParameters)
    detection: DetectionParameters = field(default_factory=DetectionParameters)
    scale: ScaleParameters = field(default_factory=ScaleParameters)
    other_tissue: OtherTissueParameters = field(default_factory=OtherTissueParameters)
    regional_lift: RegionalLiftParameters = field(default_factory=RegionalLiftParameters)
    artefacts: ArtefactParameters = field(default_factory=ArtefactParameters)
    bands: BandParameters = field(default_factory=BandParameters)
    ghosts: GhostParameters = field(default_factory=GhostParameters)
    blur: BlurParameters = field(default_factory=BlurParameters)
    voids: VoidParameters = field(default_factory=VoidParameters)
    fat: FatParameters = field(default_factory=FatParameters)
    dip: DipParameters = field(default_factory=DipParameters)
    sequence: SequenceParameters = field(default_factory=SequenceParameters)
    assessability: AssessabilityParameters = field(default_factory=AssessabilityParameters)
    evidence: EvidenceParameters = field(default_factory=EvidenceParameters)
    soft_tissue: SoftTissueParameters = field(default_factory=SoftTissueParameters)

    def recorded(self) -> dict[str, Json]:
        """Return all of them as JSON values, by name."""
        return {name: _json(value) for name, value in asdict(self).items()}


def _json(value: Any) -> Json:
    if isinstance(value, dict):
        return {name: _json(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_json(one) for one in value]
    number: Json = value
    return number


PARAMETERS = GradingParameters()
"""The constants that are used."""
