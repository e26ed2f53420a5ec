"""Movers since last month: groups that sales accepts otherwise, and leads in another band."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from scipy import special

from features.language import Language
from features.language import translatable as _
from features.settings.schema import BandSettings
from models.reasons.bands import find_bands
from models.reasons.change_sentences import write_change
from serve.report.contents import KeptPromise, Leads, Mover, Since
from serve.report.fields import Fields
from serve.report.scored_hand_overs import ScoredHandOvers

MOST_SHIFTS, MOST_MOVERS = 3, 5
MIN_ANSWERED = 20
"""Answers of a group in each of the two periods."""

_ANSWERED = ("accepted", "rejected", "recycled")
_BY = ("source", "persona")
_LEVEL = 0.05
_DATED = 0.9
"""Share of the answers that must have a day for older leads to be counted as they stood."""

MORE = _(
    "{group}: sales accepted {share} of {count} leads, more than in the {days} days before "
    "({before} of {older})."
)
LESS = _(
    "{group}: sales accepted {share} of {count} leads, less than in the {days} days before "
    "({before} of {older})."
)


def summarise_since(
    scored: ScoredHandOvers,
    fields: Fields,
    leads: Leads,
    promises: Sequence[KeptPromise],
    limits: BandSettings,
    language: Language,
    *,
    days: int,
) -> Since:
    """Return what the report says of the time since last month.

    Parameters
    ----------
    scored : ScoredHandOvers
    fields : Fields
        Of the same hand-overs.
    leads : Leads
        As they are shown: what may not be is not in here either.
    promises : sequence of KeptPromise
    limits : BandSettings
    language : Language
    days : int
        Length of a month.
    """
    frame = leads.frame
    moved = frame[~frame["decision"].isin(_ANSWERED) & frame["was"].notna()]
    was = pd.Series(find_bands(moved["was"].to_numpy(dtype=float), limits), index=moved.index)
    moved = moved[was != moved["band"]]
    rise = (moved["score"] - moved["was"]).to_numpy(dtype=float)
    return Since(
        shifts=list_shifts(scored, fields, language, days=days) if scored.timed else (),
        up=int((rise > 0).sum()),
        down=int((rise < 0).sum()),
        movers=tuple(
            _describe(leads, place, int(was[place]), language)
            for place in moved.index[np.argsort(-np.abs(rise), kind="stable")[:MOST_MOVERS]]
        ),
        promises=tuple(promises),
    )


def write_lead_change(leads: Leads, place: int, language: Language) -> str:
    """Return why the score of a lead changed, in one line; empty where it did not."""
    row = leads.frame.iloc[place]
    if pd.isna(row["was"]):
        return ""
    return write_change(language, int(row["score"]), int(row["was"]), leads.changes[place])


def list_shifts(
    scored: ScoredHandOvers, fields: Fields, language: Language, *, days: int
) -> tuple[str, ...]:
    """Return the groups of which sales accepts clearly more or fewer than in the period before.

    Parameters
    ----------
    scored : ScoredHandOvers
        With times.
    fields : Fields
    language : Language
    days : int
        Length of a period.

    Returns
    -------
    tuple of str
        The clearest first. The period before is counted at the same age as this one. A share
        moved where chance alone would hardly move one among so many (Bonferroni).
    """
    now, before = _split(scored.hand_overs, days)
    found = [
        row
        for key in _BY
        if key in fields.frame
        for row in _compare(now, before, fields.frame[key])
    ]
    if not found:
        return ()
    bound = float(special.ndtri(1 - _LEVEL / 2 / len(found)))
    clear = sorted((row for row in found if abs(row[0]) > bound), key=lambda row: -abs(row[0]))
    return tuple(
        language.text(
            MORE if z > 0 else LESS,
            group=group,
            days=days,
            share=language.percent(share),
            count=language.number(count, digits=0),
            before=language.percent(older_share),
            older=language.number(older, digits=0),
        )
        for z, group, share, count, older_share, older in clear[:MOST_SHIFTS]
    )


def _split(hand_overs: pd.DataFrame, days: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the answered leads of the last period, and of the one before as it stood then."""
    answered = hand_overs[hand_overs["decision"] != "waiting"]
    if answered.empty or answered["decided_at"].notna().mean() < _DATED:
        return answered.head(0), answered.head(0)
    length = pd.Timedelta(days=days)
    end = hand_overs["handed_over_at"].max().normalize() + pd.Timedelta(days=1)
    newest = hand_overs[["handed_over_at", "decided_at"]].max().max()
    at = answered["handed_over_at"]
    then = answered[(at >= end - 2 * length) & (at < end - length)]
    return answered[at >= end - length], then[then["decided_at"] <= newest - length]


def _compare(
    now: pd.DataFrame, before: pd.DataFrame, names: pd.Series
) -> Iterator[tuple[float, str, float, int, float, int]]:
    """Give each group's difference in standard errors, its name, and both shares and counts."""
    sides = [
        (part["decision"] == "accepted").groupby(names.loc[part.index]).agg(["sum", "count"])
        for part in (now, before)
    ]
    both = pd.concat(sides, axis=1, join="inner")
    for name, accepted, count, accepted_before, older in both.itertuples():
        if min(count, older) < MIN_ANSWERED:
            continue
        share, older_share = accepted / count, accepted_before / older
        pooled = (accepted + accepted_before + 1) / (count + older + 2)
        error = float(np.sqrt(pooled * (1 - pooled) * (1 / count + 1 / older)))
        yield (share - older_share) / error, str(name), share, int(count), older_share, int(older)


def _describe(leads: Leads, place: int, was: int, language: Language) -> Mover:
    lead_id, band = str(leads.frame["lead_id"].iloc[place]), int(leads.frame["band"].iloc[place])
    shown = [text for text in leads.shown.iloc[place] if text]
    return Mover(
        lead_id=lead_id,
        title=" · ".join(shown) or lead_id,
        was=was,
        now=band,
        why=write_lead_change(leads, place, language),
    )
