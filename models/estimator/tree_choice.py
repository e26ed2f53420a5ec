"""Tree choice: larger or deeper trees where forward validation shows that a table bears them.

One recipe for all tables gives away much where many columns or levels act together, and choosing
freely follows noise where there is little to learn. So a few kinds of trees are tried beside the
default, which is left only for evidence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from models.arrays import Floats
from models.estimator.calibration import weigh_by_age
from models.estimator.components import Hyperparameters, grow_trees, start_trees
from models.estimator.rolling_origin import (
    BEYOND_NOISE,
    MANY_LEADS,
    Fold,
    Folds,
    RollingOriginPredictions,
    align_losses,
    exceeds_noise,
    predict_folds,
)

if TYPE_CHECKING:
    import lightgbm

FEWEST_LEADS = 500
"""Fewer can hardly show that another kind of trees is better."""

COUNTS = (10, 20, 30, 45, 65, 90, 120, 160)
"""Numbers of trees that a kind is tried with, on a table of its size."""

PATIENCE = 2
"""Numbers of trees in turn without a gain after which a kind is grown no further."""

MOST_FOLDS_BETTER = 0.8

SCREENED = 2
"""Folds on which a kind that is worse beyond one standard error is given up."""

SAMPLE = MANY_LEADS  # of more leads an even sample is tried


@dataclass(frozen=True)
class Candidate:
    """Hyperparameters, and the log-odds of the newer leads of each fold by models with them."""

    hyperparameters: Hyperparameters
    log_odds: tuple[Floats, ...]


def list_kinds(default: Hyperparameters) -> tuple[Hyperparameters, ...]:
    """Return the kinds of trees that are tried, from small to deep.

    The deeper ones smooth levels less and lean less on the line. How many leaves all trees of a
    kind may have together is bounded, as scores and explanations take time by leaves.
    """
    return (
        replace(default, most_trees=160),
        replace(default, leaves=15, leads_per_leaf=20, category_smoothing=10.0, most_trees=120),
        replace(
            default,
            linear_shrinkage=0.0,
            leaves=31,
            leads_per_leaf=20,
            column_share=0.8,
            l2=1.0,
            category_smoothing=10.0,
            most_trees=90,
        ),
    )


def choose_trees(
    folds: Folds, hyperparameters: Hyperparameters, forward: RollingOriginPredictions
) -> tuple[Hyperparameters, RollingOriginPredictions]:
    """Choose kinds and numbers of trees by how models did on leads they had not seen.

    Parameters
    ----------
    folds : Folds
    hyperparameters : Hyperparameters
        The default, with `train_window` and `number_share` chosen. Where anything else in it
        differs from the default of `Hyperparameters`, somebody chose the trees already, and
        nothing is tried.
    forward : RollingOriginPredictions
        Those with the default.

    Returns
    -------
    hyperparameters : Hyperparameters
        The default, another kind, or a mean of two; where the rows have an order in time, the
        default or its mean with another kind.
    predictions : RollingOriginPredictions
        Those with the hyperparameters chosen.

    Notes
    -----
    The default is left only for what has a lower log-loss in most folds, and beyond two standard
    errors over all. Where the default itself does not beat the accepted share in that way, what
    goes with a yes turns round or is not there, and nothing can be chosen from it.
    """
    if folds.n_leads < FEWEST_LEADS or not _is_default(hyperparameters):
        return hyperparameters, forward
    few = all(len(fold.y) < SAMPLE for fold in folds.parts)
    tried = folds.parts if few else [fold.thin(SAMPLE) for fold in folds.parts]
    judge = Judge.of(tried, rolling=folds.rolling)
    known = _split(forward) if few else predict_folds(tried, hyperparameters)
    default = Candidate(hyperparameters, tuple(known))
    if not judge.is_better(default.log_odds, [np.zeros(len(z)) for z in default.log_odds]):
        return hyperparameters, forward
    kinds = (_try_kind(tried, kind, judge, default) for kind in list_kinds(hyperparameters))
    better = [kind for kind in kinds if kind and judge.is_better(kind.log_odds, default.log_odds)]
    if not better:
        return hyperparameters, forward
    mixed = _mix(default, better, rolling=folds.rolling)
    chosen = min(mixed, key=lambda candidate: judge.mean_loss(candidate.log_odds))
    log_odds: Sequence[Floats] = chosen.log_odds
    if not few:
        log_odds = predict_folds(folds.parts, chosen.hyperparameters)
    return chosen.hyperparameters, replace(forward, log_odds=np.concatenate(log_odds))


@dataclass(frozen=True)
class Judge:
    """Comparison of predictions for the newer leads of each fold.

    Attributes
    ----------
    accepted : tuple of ndarray
        What sales decided on them.
    weights : tuple of ndarray
        How much each counts: the newest most, where there is an order.
    """

    accepted: tuple[Floats, ...]
    weights: tuple[Floats, ...]

    @classmethod
    def of(cls, folds: Sequence[Fold], *, rolling: bool) -> Judge:
        """Return the judge of predictions for these folds."""
        accepted = tuple(fold.accepted for fold in folds)
        ends = np.cumsum([len(newer) for newer in accepted])
        weights = weigh_by_age(int(ends[-1])) if rolling else np.ones(ends[-1])
        return cls(accepted, tuple(np.split(weights, ends[:-1])))

    def losses(self, log_odds: Sequence[Floats]) -> list[Floats]:
        """Return each lead's log-loss, by fold, as `align_losses` has it."""
        return [align_losses(y, z) for y, z in zip(self.accepted, log_odds, strict=True)]

    def mean_loss(self, log_odds: Sequence[Floats]) -> float:
        """Return the weighted mean of the losses."""
        losses = np.concatenate(self.losses(log_odds))
        return float(np.average(losses, weights=np.concatenate(self.weights)))

    def is_better(self, log_odds: Sequence[Floats], other: Sequence[Floats]) -> bool:
        """Return whether there is evidence that the first predictions are better."""
        pairs = zip(self.losses(other), self.losses(log_odds), strict=True)
        gains = [theirs - ours for theirs, ours in pairs]
        won = [bool(gain @ weight > 0) for gain, weight in zip(gains, self.weights, strict=True)]
        return sum(won) >= MOST_FOLDS_BETTER * len(won) and exceeds_noise(
            np.concatenate(gains), np.concatenate(self.weights), noise=BEYOND_NOISE
        )

    def is_worse(self, log_odds: Sequence[Floats], other: Sequence[Floats]) -> bool:
        """Return whether the first predictions are worse beyond one standard error."""
        pairs = zip(self.losses(log_odds), self.losses(other), strict=True)
        gains = np.concatenate([ours - theirs for ours, theirs in pairs])
        return exceeds_noise(gains, np.concatenate(self.weights), noise=1.0)


def _is_default(hyperparameters: Hyperparameters) -> bool:
    chosen = {name: getattr(hyperparameters, name) for name in ("train_window", "number_share")}
    return hyperparameters == Hyperparameters(**chosen, seed=hyperparameters.seed)


def _try_kind(
    folds: Sequence[Fold], kind: Hyperparameters, judge: Judge, default: Candidate
) -> Candidate | None:
    """Return the best number of trees of a kind, or None where the first folds show it hopeless."""
    growths = [_Growth(fold, kind) for fold in folds]
    n_leads = max(growth.n_leads for growth in growths)
    first = Judge(judge.accepted[:SCREENED], judge.weights[:SCREENED])
    tried = _find_best(growths[:SCREENED], kind, first, n_leads)
    if first.is_worse(tried.log_odds, default.log_odds[:SCREENED]):
        return None
    return _find_best(growths, kind, judge, n_leads)


def _find_best(
    growths: Sequence[_Growth], kind: Hyperparameters, judge: Judge, n_leads: int
) -> Candidate:
    """Return the best number of trees of a kind; `n_leads` are those of the largest fold."""
    tried: list[tuple[float, Candidate]] = []
    # Side by side, as in `predict_folds`.
    with ThreadPoolExecutor(max_workers=2, initializer=_hush) as pool:
        for count in COUNTS:
            if count > kind.most_trees:
                break
            candidate = replace(kind, leads_per_tree=max(1, n_leads // count))
            log_odds = tuple(pool.map(partial(_Growth.reach, candidate=candidate), growths))
            tried.append((judge.mean_loss(log_odds), Candidate(candidate, log_odds)))
            losses = [loss for loss, _ in tried]
            if len(losses) - 1 - int(np.argmin(losses)) >= PATIENCE:
                break
    return min(tried, key=lambda pair: pair[0])[1]


class _Growth:
    """Trees of one kind on one fold, and what they predict for its newer leads so far."""

    def __init__(self, fold: Fold, kind: Hyperparameters) -> None:
        self._newer = fold.newer
        rows = kind.select(len(fold.y))
        older, known = fold.X[rows], fold.y[rows]
        self.n_leads = len(known)
        level = float(special.logit(known.mean()))
        line = fold.fit_line(kind).shrink(kind.linear_shrinkage, towards=level)
        self._start = partial(start_trees, older, known, fold.categories, kind, line, threads=1)
        self._booster: lightgbm.Booster | None = None
        self._log_odds = {0: line.log_odds(self._newer)}

    def reach(self, candidate: Hyperparameters) -> Floats:
        """Grow as many trees as the candidate has here, and return the log-odds."""
        count = candidate.count_trees(self.n_leads)
        before = max(self._log_odds)
        if count > before:
            self._booster = self._booster or self._start()
            grow_trees(self._booster, count)
            added = self._booster.predict(
                self._newer,
                raw_score=True,
                start_iteration=before,
                num_iteration=count - before,
                num_threads=1,
                verbosity=-1,  # a prediction sets it for the trees to come
            )
            self._log_odds[count] = self._log_odds[before] + np.asarray(added)
        return self._log_odds[count]


def _hush() -> None:
    """Keep LightGBM from writing: it sets that for each thread when it reads parameters there."""
    import lightgbm

    lightgbm.Dataset(np.zeros((2, 1)), params={"verbosity": -1}).construct()


def _mix(default: Candidate, better: Sequence[Candidate], *, rolling: bool) -> Iterator[Candidate]:
    """Yield what can be chosen: each better kind alone, and means of two.

    In an order of time a kind that was better until now need not stay so: the default then keeps
    half of the say.
    """
    if rolling:
        yield from (_average(default, kind) for kind in better)
    else:
        yield from better
        yield from (_average(*pair) for pair in combinations((default, *better), 2))


def _average(one: Candidate, other: Candidate) -> Candidate:
    pairs = zip(one.log_odds, other.log_odds, strict=True)
    return Candidate(
        replace(one.hyperparameters, others=(other.hyperparameters,)),
        tuple(np.mean(pair, axis=0) for pair in pairs),
    )


def _split(forward: RollingOriginPredictions) -> list[Floats]:
    return np.split(forward.log_odds, np.cumsum(forward.sizes)[:-1])
