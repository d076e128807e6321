"""The constants by which muscle is told from what disturbs it: gains of slices, fat, fascia and vessels.

See `wbmri.grading.parameters` for units and sources.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SliceGainParameters:
    """Slices that are brighter and darker by turns.

    Parameters
    ----------
    thick_slices
        The slices lie across the longest side of the voxels where that is longer than this multiple of the shortest, or
        else across any.
    part_mm
        Stations have gains of their own; where they are not known, parts of the body of about this length.
    clip
        The step of one voxel from slice to slice counts up to so much, log, about the mean, in turns.
    least_voxels, least_slices
        Slices with fewer voxels of muscle say nothing, nor do fewer slices.
    turns, longest_turn_mm
        Gains come again after so many slices, or where slices were resampled, after so many mm at most: what is slower
        may be anatomy.
    least_power, least_gain
        A line must explain this multiple of what chance does, on average, at its frequency, and be a gain with this
        standard deviation, log.
    lines
        Most lines that are sought.
    """

    thick_slices: float = 1.5
    part_mm: float = 500.0
    clip: tuple[float, ...] = (0.5, 0.3, 0.3)
    least_voxels: int = 100
    least_slices: int = 8
    turns: tuple[int, ...] = (2, 3, 4)
    longest_turn_mm: float = 26.0
    least_power: float = 30.0
    least_gain: float = 0.01
    lines: int = 3


@dataclass(frozen=True, slots=True)
class FatReplacementParameters:
    """Fat that has replaced muscle.

    Parameters
    ----------
    part_mm, bin_width, mode_width, mode_height
        Parts of a group of this height, and bins, smoothing, log, and share of the highest peak that make a mode of
        one.
    strained, eased
        Where the field is stranger than this, see `fat_replacement.Strain`, fat is sought by modes, and believed where
        that falls to this share without it.
    refuted
        So is it where the level lies below this multiple of what brain and fluid predict.
    same_level
        Elsewhere a level that is more than this multiple of the one with fat cannot be trusted.
    field_spread, predicted_spread
        Standard deviations, log, of the field from group to group, and of normal muscle about the prediction.
    dark_ratio, fat_ratio
        Below the first multiple of normal muscle a voxel holds fat, which is as bright as the second.
    filled
        Voxels of which the group fills less say nothing: their fat lies beside it.
    least_share, least_share_shallow, least_voxels
        A group is partly replaced where this share of its voxels away from the outline is dark; where it is too thin to
        have so many, this share of those inside its edge.
    chance
        And where that is this multiple of what noise makes dark.
    largest_share
        With more fat the group cannot be graded by STIR alone.
    doubt
        Confidence falls by this multiple of the share: voxels that fat fills in part look like normal ones.
    """

    part_mm: float = 80.0
    bin_width: float = 0.02
    mode_width: float = 0.06
    mode_height: float = 0.35
    strained: float = 0.6
    eased: float = 0.5
    same_level: float = 1.22
    refuted: float = 0.7
    field_spread: float = 0.15
    predicted_spread: float = 0.25
    dark_ratio: float = 0.7
    fat_ratio: float = 0.25
    filled: float = 0.97
    least_share: float = 0.06
    least_share_shallow: float = 0.2
    least_voxels: int = 40
    chance: float = 3.0
    largest_share: float = 0.5
    doubt: float = 1.0


@dataclass(frozen=True, slots=True)
class FasciaAndVesselParameters:
    """What is bright in a group and not its muscle, by shape.

    Parameters
    ----------
    bright_ratio, broad_ratio
        From the first ratio on a voxel is bright; what is as bright as the second at half of the places around it is
        broad, and no vessel.
    width_mm
        Vessels and septa are at most about so wide in the slice.
    thick_slices
        As for `VoxelParameters`.
    least_share, most_vessels
        Groups with a smaller share of bright voxels are not looked at; a larger share in thin streaks than the second
        is too much for vessels.
    rim_mm, outer_mm
        Fascia reaches this deep into a group; its outermost part, where it is sought.
    around, around_signed, around_thin, within, apart
        Fascia is bright along this share of the outline, or the second where the sign of fascia is there, or the third
        where it is elsewhere and the group too thin to have a core; and the core in no more than this multiple of that
        share, or this much less of it.
    around_alone, least_alone
        Thin fascia shares its voxels with muscle, so that this share of the outline is bright enough to count; it is
        there if at least so many groups of a body show it and have nothing bright within.
    least_groups, groups_share
        Where more than this share of at least so many groups show it, it is bright all over the body.
    least_voxels
        Fewer voxels of core or outline tell nothing.
    doubt
        By so much confidence falls where oedema cannot be told from fascia or vessels.
    reached
        A core of which a share between these is bright may hold nothing but what is left of the fascia.
    not_muscle
        How probable it then is that it is not the muscle's.
    """

    bright_ratio: float = 1.25
    broad_ratio: float = 1.12
    width_mm: float = 3.0
    thick_slices: float = 2.0
    least_share: float = 0.01
    most_vessels: float = 0.08
    rim_mm: float = 5.0
    outer_mm: float = 3.5
    around: float = 0.5
    around_signed: float = 0.3
    around_thin: float = 0.05
    within: float = 0.5
    apart: float = 0.35
    around_alone: float = 0.08
    least_alone: int = 8
    least_groups: int = 4
    groups_share: float = 0.33
    least_voxels: int = 30
    doubt: float = 0.6
    reached: tuple[float, float] = (0.02, 0.25)
    not_muscle: float = 0.5
