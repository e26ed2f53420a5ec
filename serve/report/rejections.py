"""Why sales rejected, by where the leads came from."""

from __future__ import annotations

import pandas as pd

from features.language import Language
from features.language import translatable as _
from serve.report.fields import Fields, name_levels
from serve.report.ledger import Ledger
from serve.report.redaction import HIDDEN
from serve.report.shape import Rejections

MAX_REASONS = 8
MAX_SOURCES = 12


def count_rejections(ledger: Ledger, fields: Fields, language: Language) -> Rejections | None:
    """Count rejected leads by reason and source.

    Parameters
    ----------
    ledger : Ledger
    fields : Fields
        Of the same hand-overs; without a source there is one row for all.
    language : Language

    Returns
    -------
    Rejections or None
        None where sales gave no reason. Of many sources the ones with most rejected leads; the
        rest share a row.
    """
    rejected = ledger.entries[ledger.entries["decision"] == "rejected"]
    told = name_levels(rejected["reason"])
    told = told.mask(told == HIDDEN, language.text(_("(written by hand, not shown)")))
    given = told[told.notna()]
    if given.empty:
        return None
    others = language.text(_("(all others)"))
    reasons = fold_rare(given, MAX_REASONS, others)
    if "source" in fields.frame:
        source = fields.frame.loc[given.index, "source"]
        source = source.where(source.notna(), language.text(_("(not given)")))
        source = fold_rare(source, MAX_SOURCES, others)
    else:
        source = pd.Series(language.text(_("All leads")), index=given.index, dtype=object)
    columns, rows = rank(reasons, others), rank(source, others)
    table = pd.crosstab(source.to_numpy(), reasons.to_numpy()).reindex(
        index=rows, columns=columns, fill_value=0
    )
    return Rejections(
        reasons=tuple(columns),
        sources=tuple(
            (name, tuple(int(count) for count in counts))
            for name, counts in zip(rows, table.to_numpy(), strict=True)
        ),
        without=int(told.isna().sum()),
    )


def fold_rare(values: pd.Series, most: int, others: str) -> pd.Series:
    """Return the values with all but the `most` most frequent ones made one."""
    kept = rank(values, others)[:most]
    return values.where(values.isin(kept), others) if values.nunique() > most else values


def rank(values: pd.Series, others: str) -> list[str]:
    """Return the different values, most frequent first, those that stand for all others last."""
    counts = values.value_counts()
    return sorted(counts.index, key=lambda name: (name == others, -int(counts[name]), name))
