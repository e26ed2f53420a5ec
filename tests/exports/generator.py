"""Generator of exports: one file of a layout, written as one CRM or spreadsheet would write it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np
import pandas as pd

from tests.exports.layouts import CAMPAIGNS, LAYOUTS, Layout

ROWS = 150
TOWNS = ("Lima", "Porto", "Lyon", "Bern", "Pisa", "Kazan", "Leeds")
SEGMENTS = ("A", "B", "C", "D")
SOURCES = ("Web", "Fair", "Referral", "Ads", "Partner")
REPS = ("Ana Ruiz", "Ben Ode", "Cleo Marks", "Dan Fox")
REMARKS = ("price", "timing", "no budget", "rival")

DAY_ZERO = pd.Timestamp("1899-12-30")
MONTHS = (
    *("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre"),
    *("octubre", "noviembre", "diciembre"),
)

DATES: dict[str, Callable[[pd.Timestamp], str]] = {
    "ISO": lambda at: f"{at:%Y-%m-%d %H:%M:%S}",
    "ISO 8601": lambda at: f"{at:%Y-%m-%dT%H:%M:%SZ}",
    "day first": lambda at: f"{at:%d/%m/%Y %H:%M}",
    "month first": lambda at: f"{at:%m/%d/%Y %I:%M %p}",
    "dots": lambda at: f"{at:%d.%m.%Y %H:%M}",
    "day only": lambda at: f"{at:%Y-%m-%d}",
    "Zoho": lambda at: f"{at:%d %b, %Y %H:%M:%S}",
    "day numbers": lambda at: f"{(at - DAY_ZERO) / pd.Timedelta(days=1):.5f}",
    "Spanish words": lambda at: f"{at.day} de {MONTHS[at.month - 1]} de {at.year} {at:%H:%M}",
}
MONEY: dict[str, Callable[[float], str]] = {
    "plain": lambda amount: f"{amount:.2f}",
    "comma groups": lambda amount: f"{amount:,.2f}",
    "point groups": lambda amount: f"{amount:,.2f}".translate(str.maketrans(",.", ".,")),
    "code": lambda amount: f"EUR {amount:.2f}",
    "sign": lambda amount: f"${amount:,.0f}",
}
OPEN_SHARES = (0.0, 0.3, 0.7)
FILES: dict[str, tuple[str, str]] = {  # separator and encoding
    "comma, UTF-8": (",", "utf-8"),
    "comma, UTF-8 with mark": (",", "utf-8-sig"),
    "semicolon, UTF-8": (";", "utf-8"),
    "tab, UTF-16": ("\t", "utf-16"),
}


@dataclass(frozen=True)
class Export:
    """One export, and the settings that are right for it.

    Attributes
    ----------
    layout : Layout
    dates, money, decision, file : str
        Keys of the forms above.
    open_share : float
        Records that are neither won nor lost.
    footer : bool
        Whether a line of totals follows the records.
    planned_close : bool
        Whether open records have a closing date too, as a plan.
    seed : int
    """

    layout: Layout
    dates: str
    money: str
    decision: str
    file: str
    open_share: float
    footer: bool
    planned_close: bool
    seed: int

    @property
    def name(self) -> str:
        return (
            f"{self.layout.name} ({self.dates}, {self.money}, {self.decision}, {self.file}, "
            f"{self.open_share:.0%} open{', footer' * self.footer}, {self.seed})"
        )

    @property
    def has_flags(self) -> bool:
        return self.decision == "status and flags" and bool(self.layout.won or self.layout.closed)

    @property
    def excluded(self) -> set[str]:
        """The columns that nobody knew at hand-over, beside the date of the decision."""
        one = self.layout
        flags = (one.won, one.closed) if self.has_flags else ()
        return {name for name in (*one.sales, one.planned, one.changed, *flags) if name}

    @property
    def honest(self) -> set[str]:
        return {*self.layout.honest, self.layout.amount} - {""}


def list_exports(per_layout: int, *, seed: int) -> list[Export]:
    """Return exports of every layout, each in several of all combinations of forms."""
    rng = np.random.default_rng(seed)
    forms = (list(DATES), list(MONEY), list(FILES), list(OPEN_SHARES))
    exports = []
    for layout in LAYOUTS:
        for place in range(per_layout):
            dates, money, file, share = (form[rng.integers(len(form))] for form in forms)
            exports.append(
                Export(
                    layout=layout,
                    dates=dates,
                    money=money,
                    decision=("status", "status and flags")[place % 2],
                    file=file,
                    open_share=share,
                    footer=bool(rng.random() < 0.2),
                    planned_close=bool(rng.random() < 0.4),
                    seed=1_000 * seed + place,
                )
            )
    return exports


def list_campaigns() -> list[Export]:
    """Return exports of plain campaign files, which have an answer with two values."""
    dates, files = list(DATES), list(FILES)
    return [
        Export(
            layout=layout,
            dates=dates[place % len(dates)],
            money="plain",
            decision="status",
            file=files[place % len(files)],
            open_share=0.0,
            footer=False,
            planned_close=False,
            seed=place,
        )
        for place, layout in enumerate(CAMPAIGNS)
    ]


def write_export(export: Export, path: Path) -> Path:
    """Write an export as a file."""
    separator, encoding = FILES[export.file]
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator="\r\n")
    columns = make_columns(export)
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    if export.footer:
        writer.writerow([f"Total: {ROWS}", *[""] * (len(columns) - 1)])
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def make_columns(export: Export) -> dict[str, list[str]]:
    """Return the columns of an export, in the order in which they are written."""
    one, rng = export.layout, np.random.default_rng(export.seed)
    state = _draw_states(rng, export.open_share)
    created = pd.Timestamp("2023-02-03 08:17") + pd.to_timedelta(
        np.sort(rng.uniform(0, 500, ROWS)), unit="D"
    )
    closed = created + pd.to_timedelta(rng.uniform(2, 60, ROWS), unit="D")
    write = DATES[export.dates]
    values = {"yes": one.accepted, "no": one.rejected, "open": one.undecided}
    values["recycled"] = one.recycled or one.rejected

    def dated(times: pd.DatetimeIndex, there: np.ndarray) -> list[str]:
        return [write(at) if is_there else "" for at, is_there in zip(times, there, strict=True)]

    everywhere, decided = np.full(ROWS, True), state != "open"
    later = created + pd.to_timedelta(rng.uniform(70, 90, ROWS), unit="D")
    prefix = "" if one.id.lower().startswith("id") else "X"
    shown: dict[str, list[str]] = {
        one.id: [f"{prefix}{4_000_000 + 13 * n}" for n in range(ROWS)],
        one.closed_at: dated(closed, everywhere if export.planned_close else decided),
        one.planned: dated(created + pd.Timedelta(days=30), everywhere),
        one.changed: dated(later, everywhere),
        one.created: dated(created, everywhere),
        one.owner: _pick(rng, REPS),
        one.decision: [str(rng.choice(values[word])) for word in state],
        one.amount: [MONEY[export.money](amount) for amount in rng.gamma(2, 9_000, ROWS)],
        **dict(zip(one.honest, map(_pick, _again(rng), (SOURCES, SEGMENTS, TOWNS)), strict=False)),
    }
    for name in one.sales:
        remarks = _pick(rng, REMARKS)
        shown[name] = [r if word == "no" else "" for r, word in zip(remarks, state, strict=True)]
    if export.has_flags:
        shown[one.won] = [one.yes if word == "yes" else one.no for word in state]
        shown[one.closed] = [one.no if word == "open" else one.yes for word in state]
    for name in one.questions:
        shown[name] = _pick(rng, (one.accepted[0], one.rejected[0]))
    shown.pop("", None)
    return shown


def _draw_states(rng: np.random.Generator, open_share: float) -> np.ndarray:
    """Return for each record "yes", "no", "recycled" or "open", each there often enough."""
    share = (1 - open_share) / 20
    return rng.choice(
        ["yes", "no", "recycled", "open"],
        size=ROWS,
        p=[8 * share, 11 * share, share, open_share],
    )


def _pick(rng: np.random.Generator, among: tuple[str, ...]) -> list[str]:
    return [str(value) for value in rng.choice(among, size=ROWS)]


def _again(rng: np.random.Generator) -> Iterator[np.random.Generator]:
    for _ in count():
        yield rng
