"""How each reader saw a cohort change."""

from collections.abc import Mapping

import numpy as np

from wbmri.agreement.model import ReaderChange
from wbmri.agreement.ratings import Ratings
from wbmri.agreement.scores import Scores, change_scores
from wbmri.statistics import (
    Resampling,
    mean_and_sd,
    moment_terms,
    sign_test,
    signed_rank_test,
    standardised_response_mean,
)

MEAN_OF_READERS = "mean of readers"


def reader_changes(
    ratings: Ratings, people: Ratings, steps: Mapping[str, tuple[str, str]], *, rounds: int, seed: int
) -> tuple[ReaderChange, ...]:
    """Describe the change of the total as each reader gave it, and as the mean of `people`.

    Parameters
    ----------
    ratings
        Of all readers; each is judged on the groups this reader graded at both visits.
    people
        The readers whose mean is taken, on the groups that all of them graded.
    steps
        Participant to the sessions of the two visits that make the change.
    rounds, seed
        Of the resampling.
    """
    every = np.ones(len(ratings.scheme.groups), np.bool_)
    found = []
    for column, reader in enumerate(ratings.readers):
        alone = Ratings(
            ratings.scheme,
            (reader,),
            ratings.visits,
            ratings.grades[:, [column]],
            ratings.read[:, [column]],
        )
        found.append(_reader_change(reader, change_scores(alone, every, rows_of(alone, steps)), rounds, seed))
    together = change_scores(people, every, rows_of(people, steps))
    found.append(_reader_change(MEAN_OF_READERS, together, rounds, seed))
    return tuple(one for one in found if one.patients)


def rows_of(ratings: Ratings, steps: Mapping[str, tuple[str, str]]) -> dict[str, tuple[int, int]]:
    """Return the rows of the two visits of each participant whose visits are both there."""
    rows = {visit: row for row, visit in enumerate(ratings.visits)}
    return {
        participant: (rows[participant, before], rows[participant, after])
        for participant, (before, after) in steps.items()
        if (participant, before) in rows and (participant, after) in rows
    }


def _reader_change(reader: str, scores: Scores, rounds: int, seed: int) -> ReaderChange:
    changes = scores.values.mean(axis=1) if scores.participants else np.zeros(0)
    count = changes.size
    resampling = Resampling.of(count, rounds=rounds, seed=seed)
    sums = resampling.sums(moment_terms(changes), np.arange(count))
    _, sd = mean_and_sd(sums)
    return ReaderChange(
        reader=reader,
        patients=count,
        mean=float(changes.mean()) if count else None,
        sd=float(sd[0]) if count > 1 else None,
        srm=resampling.estimate(standardised_response_mean(sums), count),
        fell=int((changes < 0).sum()),
        same=int((changes == 0).sum()),
        rose=int((changes > 0).sum()),
        sign_p=sign_test(changes),
        signed_rank_p=signed_rank_test(changes),
    )
