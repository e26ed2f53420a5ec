"""Reports made up for tests of what is drawn: plausible, hostile, large, timeless or empty."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from features.language import language
from features.settings.schema import BandSettings
from models.artifact.promises import Promise
from models.evaluation.metrics import list_metrics
from models.reasons.bands import find_bands
from models.reasons.topics import Topics
from serve.report.contents import (
    MAX_EVENTS,
    Advice,
    Change,
    Disagreements,
    Group,
    Grouping,
    KeptPromise,
    Leads,
    Mover,
    Opening,
    Rejections,
    Report,
    Share,
    Since,
)
from serve.report.fields import Fields
from serve.report.results.by_group import Results, count_results
from serve.report.results.figures import Figure
from serve.report.scored_hand_overs import ScoredHandOvers

LANGUAGES = ("en", "es")
ATTACKS = (
    "<script>window.attacked = 1</script>",
    '"><img src=x onerror="window.attacked = 1">',
    "</script><script>window.attacked = 1</script>",
    "javascript:window.attacked = 1",
    "{{ 7*7 }}{% include 'x' %}",
    "abc\u202egnp.exe",
    "=cmd|' /C calc'!A0",
    "</title><base href=//example.org><link rel=stylesheet href=https://example.org/a.css>",
    "' onfocus='window.attacked = 1' autofocus='",
    "<!-- <script> ${1} __proto__ constructor",
)
NOW = pd.Timestamp("2026-03-01 12:00")
SOURCES = ("Website", "Trade fair", "Partner", "Webinar", "")
OWNERS = ("Ana Ruiz", "Ben Okafor", "Chloé Martin", "")
COUNTRIES = ("Spain", "Germany", "France", "Portugal", "United Kingdom")
_ES = {"Website": "Web", "Trade fair": "Feria", "": ""}
_TOPICS = {
    "en": ("Demo request", "Industry", "Seniority from Title", "Lead Source", "Employees", "Visit"),
    "es": ("Petición de demo", "Sector", "Nivel según Title", "Lead Source", "Plantilla", "Visita"),
}
_EVENTS = {"en": ("Website visit", "Demo request"), "es": ("Visita a la web", "Petición de demo")}
_LABELS = {
    "en": {"source": "Lead Source", "owner": "Owner", "country": "Country"},
    "es": {"source": "Lead Source", "owner": "Responsable", "country": "País"},
}

_TOP = [
    {
        "share": share,
        "n": round(600 * share),
        "precision": {"value": value, "low": value - 0.04, "high": value + 0.04},
        "recall": recall,
        "lift": value / 0.44,
    }
    for share, value, recall in ((0.1, 0.9, 0.2), (0.2, 0.85, 0.39), (0.5, 0.68, 0.77))
]
_FIGURE = {"value": 0.83, "low": 0.82, "high": 0.84}
_JUDGED = {
    "n": 600, "base_rate": 0.44, "top": _TOP, "auc": _FIGURE, "average_precision": _FIGURE,
    "log_loss": 0.49, "log_loss_of_base_rate": 0.68, "brier": 0.17, "brier_of_base_rate": 0.246,
    "ece": 0.025, "ece_by_chance": 0.013,
}  # fmt: skip


def make_reports(n: int = 240, *, seed: int = 7, **options: Any) -> tuple[Report, ...]:
    """The same report in both languages; see `make_report`."""
    return tuple(make_report(n, code=code, seed=seed, **options) for code in LANGUAGES)


def make_report(
    n: int = 240,
    *,
    code: str = "en",
    seed: int = 7,
    hostile: bool = False,
    timed: bool = True,
    bare: bool = False,
) -> Report:
    """A report on n leads, of which two in five are waiting.

    With `hostile` every text of the CRM is an attack; without `timed` nothing has a time; a
    `bare` report has nothing but what every report must have.
    """
    rng = np.random.default_rng(seed)
    leads = make_leads(n, rng, code=code, hostile=hostile, timed=timed, bare=bare)
    wrap = hostile_text if hostile else str
    waiting = int((leads.frame["decision"] == "waiting").sum())
    surprising = leads.frame["surprise"].sort_values(ascending=False).dropna().index.to_numpy()
    decided = leads.frame["decision"].to_numpy()[surprising]
    return Report(
        language=code,
        summary=make_summary(code, wrap=wrap, timed=timed, bare=bare),
        opening=Opening(
            start=dt.date(2026, 1, 1) if timed else None,
            end=dt.date(2026, 2, 28) if timed else None,
            handed_over=1_240,
            answered=1_004,
            accepted=442,
            waiting=waiting,
            expected=0.52 if waiting else None,
            expected_low=0.47 if waiting else None,
            expected_high=0.57 if waiting else None,
            overdue=0 if bare else 12,
        ),
        days=30,
        funnel=make_funnel(bare=bare),
        advice=Advice(None, None, None) if bare else make_advice(code, wrap),
        groupings=() if bare else make_groupings(code, wrap),
        results=None if bare else make_results(leads, code),
        currency=None if bare else "EUR",
        rejections=None if bare else make_rejections(wrap),
        changes=() if bare else make_changes(code, wrap),
        leads=leads,
        disagreements=Disagreements(
            rejected=surprising[decided != "accepted"][:20],
            accepted=surprising[decided == "accepted"][:20],
            looked_at=len(surprising),
        ),
        since=Since() if bare else make_since(wrap),
        capacity=None if bare else make_capacity(wrap),
    )


def make_since(wrap: Callable[[str], str]) -> Since:
    """A group that moved, a lead in another band, a promise kept and one still open."""
    kept = Promise(
        dt.date(2025, 12, 1), dt.date(2025, 12, 30), 800, 300, 200, 0.4, 0.35, 0.45, 0.5, "m1"
    )
    later = replace(kept, start=dt.date(2026, 1, 1), end=dt.date(2026, 1, 30), aim=None)
    mover = Mover(wrap("00Q000001"), wrap("Company 1"), 2, 1, wrap("60, was 40: Visit (+20)"))
    promises = (KeptPromise(later, 0, 0, "open"), KeptPromise(kept, 150, 62, "kept"))
    return Since((wrap("Trade fair: less"), wrap("Partner: more")), 3, 1, (mover,), promises)


def make_capacity(wrap: Callable[[str], str]) -> dict[str, Any]:
    """Two owners, to one of whom no lead comes."""
    ways = ("by_score", "first_come", "practice", "over_first_come", "over_practice", "one_more")
    group = {"capacity": 30.0, "leads": 29.0, "low": 22.0, "high": 36.0, "within": 0.7}
    row = {
        "capacity": 60.0,
        "reps": 2,
        "groups": [
            {"name": wrap("Ana Ruiz"), "score": 62, **group},
            {"name": wrap("Ben Okafor"), "score": 101, **group},
        ],
        **{way: {"value": 21.4, "low": 19.6, "high": 23.1} for way in ways},
    }
    return {
        "weeks": 20, "start": "2025-10-06", "end": "2026-02-22", "judged": 900, "leads": 88.0,
        "by": "Owner", "set": True, "rows": [row],
    }  # fmt: skip


def make_funnel(*, bare: bool) -> tuple[Figure, ...]:
    """Every step, the accepted share below the agreed one; without outcomes if bare."""
    steps = (
        Figure("handed_over", 1_240.0, 1_171.0, 1_309.0, 1_240, None, 1_100.0, "above", None),
        Figure("answered", 0.81, 0.79, 0.83, 1_004, 1_240, 0.8, "near", None),
        Figure("accepted", 0.44, 0.41, 0.47, 442, 1_004, 0.49, "below", 0.5),
    )
    won = (
        Figure("opportunity", 0.25, 0.21, 0.29, 110, 442, 0.24, "near", None),
        Figure("won", 31.0, 20.0, 42.0, 31, None, 28.0, "near", None),
        Figure("amount", 1_250_000.0, 800_000.0, 1_700_000.0, 31, None, 990_000.0, "near", None),
    )
    return steps if bare else steps + won


def make_advice(code: str, wrap: Callable[[str], str]) -> Advice:
    """One sentence of each kind."""
    if code == "es":
        return Advice(wrap("No entregar"), wrap("Feria: hablar"), "Las puntuaciones aciertan")
    return Advice(wrap("Hand over no leads"), wrap("Trade fair: talk"), "The scores hold")


def hostile_text(text: str) -> str:
    """An attack in place of a text, the same for the same text, with the text behind it."""
    return f"{ATTACKS[sum(map(ord, text)) % len(ATTACKS)]} {text}"


def make_leads(
    n: int, rng: np.random.Generator, *, code: str, hostile: bool, timed: bool, bare: bool
) -> Leads:
    """The leads of a report, sorted as it asks for."""
    wrap: Callable[[str], str] = hostile_text if hostile else str
    frame = draw_frame(n, rng, timed=timed)
    source, owner, country = (
        rng.choice(np.array(words, dtype=object), n) for words in (SOURCES, OWNERS, COUNTRIES)
    )
    if code == "es":
        source = np.array([_ES.get(word, word) for word in source], dtype=object)
    texts = {"source": source, "owner": owner, "country": country}
    fields = pd.DataFrame(
        {key: [wrap(word) if word else "" for word in words] for key, words in texts.items()}
    )
    steps = rng.normal(0, 0.06, (n, len(_TOPICS[code])))
    average = 0.44
    steps[:, -1] = frame["probability"] - average - steps[:, :-1].sum(axis=1)
    n_past = 40
    frame["lead_id"] = [wrap(text) for text in frame["lead_id"]] if hostile else frame["lead_id"]
    if hostile:
        said = frame["reason"]
        frame["reason"] = [wrap(text) if isinstance(text, str) else text for text in said]
    counts = rng.integers(0, 6, n)
    return Leads(
        frame=frame,
        shown=_show(n, wrap, bare=bare),
        fields=pd.DataFrame(index=range(n)) if bare else fields,
        field_labels={} if bare else {key: wrap(text) for key, text in _LABELS[code].items()},
        reasons_for=tuple(
            tuple(_reason(code, wrap, rng, up=True) for _ in range(0 if bare else k))
            for k in counts
        ),
        reasons_against=tuple(
            tuple(_reason(code, wrap, rng, up=False) for _ in range(0 if bare else 5 - k))
            for k in counts
        ),
        changes=tuple(
            (wrap(f"{_EVENTS[code][1]} 3 May (+11)"), wrap("(-2)")) if moved else ()
            for moved in frame["was"].notna()
        ),
        topics=tuple(wrap(text) for text in _TOPICS[code]),
        steps=steps,
        average=average,
        event_types=tuple(wrap(text) for text in _EVENTS[code]),
        events=tuple(_draw_events(rng, timed and not bare) for _ in range(n)),
        events_more=rng.integers(0, 2, n) * (3 if timed and not bare else 0),
        similar=np.where(
            rng.random((n, 5)) < (0 if bare else 0.98), rng.integers(0, n_past, (n, 5)), -1
        ),
        past=draw_past(n_past, rng, wrap, timed=timed),
        missing=tuple(
            (wrap("Employees" if code == "en" else "Plantilla"),) if x and not bare else ()
            for x in rng.random(n) < 0.3
        ),
        total=n,
    )


def age(report: Report, places: Sequence[int], *, days: int) -> Report:
    """The report with some of its leads handed over so much earlier."""
    frame = report.leads.frame.copy()
    older = frame["handed_over_at"].iloc[places] - pd.Timedelta(days=days)
    frame.loc[frame.index[places], "handed_over_at"] = older
    return replace(report, leads=replace(report.leads, frame=frame))


def begin(report: Report, places: Sequence[int]) -> Report:
    """The report where it is known that sales has begun to work on some of the waiting."""
    frame = report.leads.frame.copy()
    waiting = frame["decision"] == "waiting"
    started = waiting & frame.index.isin(places)
    frame.loc[waiting, "state"] = "open"
    frame.loc[started, "state"] = "working"
    frame.loc[started, "overdue"] = False
    return replace(report, leads=replace(report.leads, frame=frame))


def draw_frame(n: int, rng: np.random.Generator, *, timed: bool) -> pd.DataFrame:
    """What is known of each lead, waiting first, then by falling score."""
    chance = rng.beta(2, 2, n).round(4)
    waiting = rng.random(n) < 0.4
    won = rng.random(n) < chance
    decision = np.where(
        waiting,
        "waiting",
        np.where(won, "accepted", np.where(rng.random(n) < 0.2, "recycled", "rejected")),
    )
    at = NOW.floor("s") - pd.to_timedelta(rng.integers(1, 90 * 86_400, n), "s")
    learned = ~waiting & (rng.random(n) < 0.5)
    kept = np.random.default_rng(n).random(n) < 0.5
    surprise = -np.log(np.where(won, chance, 1 - chance) + 1e-6)
    said = np.clip(chance + np.where(won, -0.07, 0.07), 0, 1)
    reasons = rng.choice(np.array(["No budget", "Competitor", None], dtype=object), n)
    frame = pd.DataFrame(
        {
            "lead_id": [f"00Q{i:06d}" for i in range(n)],
            "handed_over_at": at if timed else pd.NaT,
            "decision": decision,
            "state": decision,
            "decided_at": (at + pd.Timedelta(days=3)) if timed else pd.NaT,
            "reason": pd.Series(reasons, dtype=object).where(~waiting & ~won, None),
            "score": np.rint(100 * chance).astype(int),
            "band": find_bands(np.rint(100 * chance), BandSettings()),
            "probability": chance,
            "low": np.clip(chance - 0.08, 0, 1),
            "high": np.clip(chance + 0.08, 0, 1),
            "grade": rng.choice([a + b for a in "ABCD" for b in "1234"], n),
            "overdue": waiting & (rng.random(n) < 0.1),
            "learned": learned,
            "score_before": np.where(learned & kept, np.rint(100 * said), np.nan),
            "surprise": np.where(waiting | (learned & ~kept), np.nan, surprise),
            "outcome": np.where(won & ~waiting, np.arange(n) % 3, 0),
        }
    )
    moved = waiting & (np.arange(n) % 8 == 0)
    frame["was"] = np.where(moved, np.clip(frame["score"] - 9, 0, 100), np.nan)
    frame["was_at"] = pd.Series(NOW - pd.Timedelta(days=7), index=frame.index).where(moved)
    frame["won_at"] = pd.to_datetime(at if timed else pd.NaT)
    frame["won_at"] = frame["won_at"].where(frame["outcome"] == 2)
    frame["amount"] = np.where(frame["outcome"] == 2, 1_000.0 + 10 * np.arange(n), np.nan)
    frame["won_since"] = (frame["outcome"] == 2) | (np.arange(n) % 11 == 0)
    frame["decided_at"] = pd.to_datetime(frame["decided_at"]).where(~waiting)
    frame["handed_over_at"] = pd.to_datetime(frame["handed_over_at"])
    order = np.lexsort((np.arange(n), -chance, ~waiting))
    return frame.iloc[order].reset_index(drop=True)


def draw_past(
    n: int, rng: np.random.Generator, wrap: Callable[[str], str], *, timed: bool
) -> pd.DataFrame:
    """Leads that sales has decided on."""
    won = rng.random(n) < 0.5
    at = pd.Timestamp("2025-06-01") + pd.to_timedelta(np.arange(n), "D")
    return pd.DataFrame(
        {
            "lead_id": [f"00P{i:06d}" for i in range(n)],
            "handed_over_at": at if timed else pd.Series(pd.NaT, index=range(n)),
            "decision": np.where(won, "accepted", "rejected"),
            "reason": pd.Series(np.where(won, None, wrap("No budget")), dtype=object),
            "score": rng.integers(1, 99, n),
            "title": [wrap(f"Past {i}") for i in range(n)],
        }
    )


def make_groupings(code: str, wrap: Callable[[str], str]) -> tuple[Grouping, ...]:
    """One grouping of each key; the last row of the months is young."""
    month = {"en": "Month", "es": "Mes"}[code]
    source = tuple(
        _group(wrap(name), n, side)
        for name, n, side in (
            ("Website", 620, "near"),
            ("Trade fair", 410, "below"),
            ("Partner", 24, "above"),
        )
    )
    months = (_group("2026-01", 700, "near"), _group("2026-02", 540, "near", young=True))
    return (
        Grouping("source", wrap("Lead Source"), source, 2),
        Grouping("campaign", wrap("Campaign"), source[:2], 14),
        Grouping("persona", wrap("Title and Industry"), source[:1], 0),
        Grouping("month", month, months, 0),
    )


def make_results(leads: Leads, code: str) -> Results | None:
    """What came of these leads, counted as of any others."""
    frame = leads.frame
    before = np.where(frame["learned"], frame["score_before"], frame["score"]) / 100
    came = frame["outcome"] > 0
    hand_overs = frame.assign(
        before_answer=before,
        opportunity=came,
        opportunity_at=(frame["handed_over_at"] + pd.Timedelta(days=5)).where(came),
        won=frame["outcome"] == 2,
    )
    nothing = np.empty((0, 0))
    timed = bool(frame["handed_over_at"].notna().any())
    scored = ScoredHandOvers(
        hand_overs, frame, nothing, nothing, nothing, Topics((), ()), timed=timed
    )
    fields = leads.fields.where(leads.fields != "", None)
    return count_results(
        scored, Fields(fields, leads.field_labels), language(code), bands=BandSettings()
    )


def make_rejections(wrap: Callable[[str], str]) -> Rejections:
    """Three reasons of two sources."""
    return Rejections(
        reasons=tuple(map(wrap, ("No budget", "Competitor", "Student"))),
        sources=((wrap("Website"), (120, 64, 31)), (wrap("Trade fair"), (40, 81, 3))),
        sides=(("near", "below", "near"), ("near", "above", "near")),
        without=17,
    )


def make_changes(code: str, wrap: Callable[[str], str]) -> tuple[Change, ...]:
    """A clear change and one that is not."""
    words = {
        "en": "Hand over leads of {} in place of the lowest-scored of other sources",
        "es": "Traspasar leads de {} en lugar de los de menor puntuación de otras fuentes",
    }[code].format(wrap("Partner"))
    before = Share(0.44, 0.41, 0.47, 1_004)
    good, poor = Share(0.51, 0.47, 0.55, 960), Share(0.45, 0.40, 0.50, 310)
    source = wrap("Partner")
    return (
        Change(words, 1_240, before, good, 0.07, 0.03, 0.11, clear=True, source=source, below=20),
        Change(words, 1_240, before, poor, 0.01, -0.03, 0.05, clear=False, source=None, below=9),
    )


def make_summary(
    code: str, *, wrap: Callable[[str], str], timed: bool, bare: bool
) -> dict[str, Any]:
    """The model's part of the report, as `serve.report.model_summary.summarise` gives it."""
    day = dt.date if timed else lambda *_: None
    tags = wrap("Tags")
    suspect = {
        "column": tags, "action": "quarantined", "leads": 800, "accepted": 790, "evidence": tags,
    }  # fmt: skip
    return {
        "language": code,
        "project": wrap("spring"),
        "version": "m0123456789ab",
        "made": NOW.date(),
        "state": {
            "read": 3_000, "leads": 2_400, "accepted": 1_056, "share": 0.44,
            "start": day(2025, 1, 1), "end": day(2025, 12, 1),
            "skill": "good", "doubt": (), "split": "time" if timed else "shuffled",
            "n_train": 1_800, "n_test": 600, "test_from": day(2025, 10, 1),
            "test_share": 0.44, "best": _TOP[0],
        },
        "calibration": make_calibration(),
        "drivers": [] if bare else make_drivers(wrap),
        "segments": [],
        "suspects": [] if bare else [suspect],
        "set_aside": [] if bare else [wrap("Lead Quality")],
        "excluded": {} if bare else {"Too young for sales to have answered": 600},
        "terms": {
            "accepted": [wrap("Qualified")], "rejected": [wrap("Junk")], "recycled": [],
            "undecided": [wrap("Open")], "present_means": None,
            "matured_after_days": 30 if timed else None, "as_of": NOW.date() if timed else None,
        },
        "agreement": {
            "definitions": [] if bare else [(wrap("SQL"), wrap("met"))], "answer_within": 3,
            "marketing": None if bare else wrap("Ana"), "sales": None, "version": None,
            "agreed_on": None if bare else NOW.date(),
        },
        "judged": _JUDGED,
        "metrics": list_metrics(_JUDGED, _JUDGED),
        "features": 42,
    }  # fmt: skip


def make_calibration() -> dict[str, Any]:
    """Six groups of leads of which as many were accepted as was said."""
    bins = [
        {
            "mean_predicted": p,
            "n": 120,
            "accepted": {"value": p, "low": max(p - 0.08, 0), "high": min(p + 0.08, 1)},
            "kept": True,
        }
        for p in (0.08, 0.25, 0.45, 0.65, 0.74, 0.92)
    ]
    return {"bins": bins, "kept": 6, "verdict": "good", "examples": bins[::-2]}


def make_drivers(wrap: Callable[[str], str]) -> list[dict[str, Any]]:
    """Three topics with a value that is accepted more often, and one less often."""
    row = {
        "value": wrap("Steel"), "leads": 310, "accepted": 180,
        "share": 0.58, "low": 0.52, "high": 0.63, "side": "above",
    }  # fmt: skip
    lower = {"share": 0.31, "low": 0.26, "high": 0.36, "side": "below"}
    return [
        {
            "label": wrap(name), "kind": "fit", "strength": strength, "about": wrap(name),
            "rows": [row, row | {"value": wrap("Retail")} | lower], "left_out": 1,
        }
        for name, strength in (("Industry", 1.0), ("Demo request", 0.6), ("Employees", 0.3))
    ]  # fmt: skip


def _group(name: str, n: int, side: Any, *, young: bool = False) -> Group:
    answered = round(0.8 * n)
    judged = Share(0.38, 0.33, 0.43, answered // 2)
    expected = {"near": 0.40, "below": 0.52, "above": 0.20}[side]
    return Group(
        name, n, answered, round(0.4 * answered), n - answered, Share(0.4, 0.36, 0.44, answered),
        expected, judged, 0.47, side, young,
    )  # fmt: skip


def _reason(code: str, wrap: Callable[[str], str], rng: np.random.Generator, *, up: bool) -> str:
    topic = wrap(_TOPICS[code][int(rng.integers(0, 6))])
    days = rng.integers(10, 300) / 10
    share = int(rng.integers(45, 90) if up else rng.integers(5, 43))
    return {
        "en": f"Last {topic} {days} days before hand-over: sales accepted {share}% of 739 leads in "
        "that range (over 1.9, up to 3.9), 44% of all",
        "es": f"{topic}: {str(days).replace('.', ',')} días antes de la entrega; ventas acepta el "
        f"{share} % de 739 leads en ese rango y el 44 % del total",
    }[code]


def _show(n: int, wrap: Callable[[str], str], *, bare: bool) -> pd.DataFrame:
    if bare:
        return pd.DataFrame(index=range(n))
    companies = [wrap(f"Company {i}") for i in range(n)]
    return pd.DataFrame({"Company": companies, wrap("Name"): [f"N. {i}" for i in range(n)]})


def _draw_events(rng: np.random.Generator, timed: bool) -> tuple[tuple[float, int], ...]:
    n = int(rng.integers(0, MAX_EVENTS)) if timed else 0
    return tuple((float(day), int(rng.integers(0, 2))) for day in np.sort(rng.uniform(0, 60, n)))
