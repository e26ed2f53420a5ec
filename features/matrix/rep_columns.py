"""Rep columns: who has the lead, by the column's name or by values that follow a rep's."""

from __future__ import annotations

import pandas as pd

from features.crm.block_lists import is_owner, roles

SAME = 0.97
"""Share of leads for which each column says which value the other has."""
MIN_LEADS = 50
MIN_REPS = 4
MAX_REP_SHARE = 0.2


def find_rep_columns(attributes: pd.DataFrame) -> dict[str, str]:
    """Return the columns that say who has the lead, and why.

    Parameters
    ----------
    attributes : DataFrame of shape (n_leads, n_columns)

    Returns
    -------
    dict of str to str
        Those named so, and those whose values go one to one with those of one named so: a
        rep's alias, team code or e-mail address under a name that says nothing. A column that
        is known to be a country, an industry or the like stays, though each may have its rep.
    """
    named = [name for name in attributes.columns if is_owner(name)]
    found = dict.fromkeys(named, "the rep is never a feature")
    known = roles(list(attributes.columns))
    for name in attributes.columns:
        if name in found or name in known:
            continue
        rep = next((r for r in named if _go_together(attributes[name], attributes[r])), None)
        if rep is not None:
            found[name] = f"goes one to one with {rep}: the rep is never a feature"
    return found


def _go_together(one: pd.Series, rep: pd.Series) -> bool:
    """Return whether each of two columns says, for nearly all leads, what the other holds."""
    both = one.notna() & rep.notna()
    leads = int(both.sum())
    if leads < MIN_LEADS or leads < 0.5 * int(one.notna().sum()):
        return False
    first, second = (values[both].astype(str) for values in (one, rep))
    counts = (first.nunique(), second.nunique())
    if min(counts) < MIN_REPS or max(counts) > MAX_REP_SHARE * leads:
        return False
    pairs = pd.crosstab(first, second).to_numpy()
    return bool(min(pairs.max(axis=1).sum(), pairs.max(axis=0).sum()) >= SAME * leads)
