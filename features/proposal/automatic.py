"""Automatic answers: noes that a program set after a time, told apart by their reason."""

from __future__ import annotations

import pandas as pd

from features.crm.vocabulary import to_words
from features.crm.words import is_about, phrases
from features.proposal.candidates import Candidate
from features.proposal.decision_words import MEANINGS, to_text

_FEWEST, _MOST_REASONS = 5, 30


def set_aside_automatic(answer: Candidate, frame: pd.DataFrame) -> Candidate | None:
    """Let the noes that a program set count as undecided, where their reason names it.

    Parameters
    ----------
    answer : Candidate
        An answer of nothing but yes and no.
    frame : DataFrame

    Returns
    -------
    Candidate or None
        The reason as the column, of records with a no; those with a yes are `converted`. None
        where no reason is that of a program.
    """
    said = answer.values
    if answer.closed or answer.converted or not answer.is_sorted:
        return None
    if any(said[meaning] for meaning in ("undecided", "unsure", "recycled")):
        return None
    no = frame[answer.column].map(to_text, na_action="ignore").isin(said["rejected"])
    for name in frame.columns:
        if name == answer.column or not is_about("sales_field", str(name)):
            continue
        reasons = frame.loc[no, name].map(to_text, na_action="ignore").value_counts()
        automatic = [v for v in reasons.index if phrases("automatic").within(to_words(v))]
        count = int(reasons[automatic].sum())
        if count < _FEWEST or len(reasons) > _MOST_REASONS or len(automatic) == len(reasons):
            continue
        given = tuple(str(value) for value in reasons.index if value not in automatic)
        values = {**dict.fromkeys((*MEANINGS, "unsure"), ()), "rejected": ("", *given)}
        note = (
            f"not as rejected: {count} records of which {name} is {', '.join(automatic)}, as a "
            f"program set {answer.column} and nobody in sales"
        )
        return Candidate(
            str(name),
            answer.score,
            (note, f"sales took over what {answer.column} says is {', '.join(said['accepted'])}"),
            {**values, "undecided": tuple(automatic)},
            {str(value): int(n) for value, n in reasons.items()},
            closed=answer.column,
            closed_values=said["rejected"],
            converted=answer.column,
            converted_values=said["accepted"],
        )
    return None
