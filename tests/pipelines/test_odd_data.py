"""Odd tables: each trains, predicts and explains, or is refused in words."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from models.artifact.bundle import ModelBundle
from pipelines import train_outcome
from tests.pipelines.conftest import Leadaccord, read_scores
from tests.pipelines.odd_projects import (
    ACTIVITIES,
    ORDERS,
    SETTINGS,
    Odd,
    assert_clean,
    assert_scores,
    assert_sound,
    assert_used,
)
from tests.pipelines.odd_tables import (
    TABLES,
    Build,
    accepted_within,
    make_leads,
    sprinkle,
    with_column,
)

Write = Callable[..., "Odd"]
Trained = tuple["Odd", dict[str, Any], ModelBundle]
TrainOnce = Callable[[str, Build], Trained]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One tracking store for all: making a new one takes longer than training."""
    return tmp_path_factory.mktemp("odd") / "home"


@pytest.fixture
def write(tmp_path: Path, home: Path, leadaccord: Leadaccord) -> Write:
    """Write leads and settings; each call is a project of its own."""
    written: Iterator[int] = iter(range(100))

    def make(
        leads: pd.DataFrame, *, order: str = "time", activities: str | None = None, more: str = ""
    ) -> Odd:
        folder = tmp_path / f"project-{next(written)}"
        folder.mkdir()
        if order != "time":
            leads = leads.drop(columns="at").assign(number=range(len(leads)))
        leads.to_csv(folder / "leads.csv", index=False)
        tables = ""
        if activities is not None:
            (folder / "activities.csv").write_text(activities, "utf-8")
            tables, more = 'activities = "activities.csv"', more + ACTIVITIES
        settings = SETTINGS.format(
            name=f"{tmp_path.name}-{folder.name}",
            home=json.dumps(str(home)),
            tables=tables,
            order=ORDERS[order],
            more=more,
        )
        (folder / "leadaccord.toml").write_text(settings, "utf-8")
        return Odd(folder, leadaccord)

    return make


@pytest.fixture(scope="module")
def kept() -> dict[str, Trained]:
    """The tables that were trained on already, by their names."""
    return {}


@pytest.fixture
def train_once(write: Write, leadaccord: Leadaccord, kept: dict[str, Trained]) -> TrainOnce:
    """Train on a table that several tests look at, the first time it is asked for."""

    def run(name: str, build: Build) -> Trained:
        if name not in kept:
            odd = write(build())
            kept[name] = (odd, *odd.train())
        odd, result, bundle = kept[name]
        return replace(odd, leadaccord=leadaccord), result, bundle

    return run


def but_few_slow(names: Iterable[str], quick: tuple[str, ...]) -> list[Any]:
    """Each trains a model or more: those that say most are run every time."""
    return [name if name in quick else pytest.param(name, marks=pytest.mark.slow) for name in names]


@pytest.mark.parametrize(
    "name", but_few_slow(TABLES, ("84 leads", "infinities", "numbers at the end of the scale"))
)
def test_it_trains_predicts_and_explains(train_once: TrainOnce, tmp_path: Path, name: str) -> None:
    odd, result, bundle = train_once(name, TABLES[name])
    assert_sound(result)
    assert_scores(odd, bundle)
    if result["in_use"]:
        assert_used(odd, tmp_path)


@pytest.mark.parametrize(
    ("column", "order"),
    [
        ("size", "none"),
        *(
            pytest.param(column, order, marks=pytest.mark.slow)
            for column, order in (("size", "file"), ("source", "order"), ("source", "none"))
        ),
    ],
)
def test_one_single_column_without_times(
    write: Write, tmp_path: Path, column: str, order: str
) -> None:
    leads = make_leads()[["id", "at", "said", column]]
    odd = write(leads, order=order, more='\n[features]\nexclude = ["number"]\n')
    result, bundle = odd.train()
    assert [feature.column for feature in bundle.table.features] == [column]
    assert result["split"] == ("shuffled" if order == "none" else order)
    assert result["skill"] != "none"
    assert_sound(result)
    assert_scores(odd, bundle)
    assert_used(odd, tmp_path)
    told = "\n".join(train_outcome.describe(result))
    assert ("Expect lower figures on new leads" in told) is (order == "none")
    assert ("newer leads" in told) is (order != "none")


EMPTY = "id,on,kind\n"
DEEDS: dict[str, tuple[str, str]] = {
    "no rows": (EMPTY, "the table has no rows"),
    "other leads'": (EMPTY + "X1,2025-01-01 10:00,visit\n", "no lead of the activities"),
    "all after hand-over": (EMPTY + "L1,2026-01-01 10:00,visit\n", "no activity is dated before"),
    "no time": (EMPTY + "L1,,visit\n", "no time: 1 of 1 activities"),
    "no type": (EMPTY + "L9,2025-01-01 10:00,\n", ""),
}


@pytest.mark.parametrize("name", DEEDS)
def test_activities_that_tell_nothing(write: Write, name: str) -> None:
    activities, said = DEEDS[name]
    odd = write(make_leads(), activities=activities)
    trained, findings = odd.learn()
    assert said in " ".join(finding.to_dict()["message"] for finding in findings)
    assert trained.bundle.figures["skill"] != "none"
    assert_scores(odd, trained.bundle)


def test_a_project_whose_activities_have_no_rows_is_used(write: Write, tmp_path: Path) -> None:
    odd = write(make_leads(), activities=EMPTY)
    result, bundle = odd.train()
    assert DEEDS["no rows"][1] in " ".join(found["message"] for found in result["findings"])
    assert_scores(odd, bundle)
    assert_used(odd, tmp_path)


SAME: dict[str, tuple[Build, float]] = {
    "empty columns": (lambda: make_leads().assign(nothing="", blank="  ", null="NULL"), 0),
    "constant columns": (lambda: make_leads().assign(word="x", one=1), 0),
    "thousands and decimals": (with_column("size", lambda d: [f"{s:,.2f}" for s in d["size"]]), 0),
    "decimal commas": (
        with_column("size", lambda d: [f"{s:.2f}".replace(".", ",") for s in d["size"]]),
        0,
    ),
    "other units": (with_column("size", lambda d: d["size"] * 1024), 1e-6),
}


@pytest.mark.parametrize("name", SAME)
def test_what_says_nothing_more_changes_nothing(write: Write, name: str) -> None:
    build, tolerance = SAME[name]
    expected, got = learn_and_score(write(make_leads())), learn_and_score(write(build()))
    columns = ["probability", "probability_low", "probability_high"]
    np.testing.assert_allclose(got[columns], expected[columns], atol=tolerance, rtol=0)


def learn_and_score(odd: Odd) -> pd.DataFrame:
    return odd.score(odd.learn()[0].bundle).scores


def test_an_infinity_is_read_as_nothing_entered(write: Write) -> None:
    sizes = with_column("size", sprinkle("inf", "Infinity"))(), with_column("size", sprinkle(""))()
    infinite, missing = map(learn_and_score, map(write, sizes))
    np.testing.assert_array_equal(infinite["probability"], missing["probability"])


NONE = ("400 levels", "no column but the hand-over")


@pytest.mark.slow
@pytest.mark.parametrize("name", NONE)
def test_where_nothing_can_be_learned_there_is_no_skill(train_once: TrainOnce, name: str) -> None:
    _, result, _ = train_once(name, TABLES[name])
    assert result["skill"] == "none"
    assert not result["in_use"]
    assert "may be no better than chance" in " ".join(train_outcome.describe(result))


@pytest.mark.slow
@pytest.mark.parametrize("rate", [0.01, 0.99])
def test_a_rare_decision_is_not_rounded_away(
    train_once: TrainOnce, tmp_path: Path, rate: float
) -> None:
    name = f"{rate:.0%} accepted".replace("%", " %")
    odd, result, _ = train_once(name, TABLES[name])
    assert result["skill"] != "none"
    assert result["base_rate"] == pytest.approx(rate, abs=0.01)
    # What a coin of that rate reaches is the measure of the average precision.
    assert result["average_precision"] > result["base_rate"]
    assert result["log_loss"] < result["judged"]["log_loss_of_base_rate"]
    page = tmp_path / "report.html"
    assert odd.run("report", "--out", page).code == 0
    assert f"{rate:.1%}" in page.read_text("utf-8")
    told = odd.run("explain", "L2")
    chance = next(line for line in told.out.splitlines() if "likely to be accepted" in line)
    assert "0% to 0%" not in chance.replace("(90 % interval: ", " ")
    assert "100% to 100%" not in chance


REFUSED: dict[str, tuple[Build, str, tuple[str, ...]]] = {
    "60 leads": (
        lambda: make_leads(60, rate=0.5),
        "time",
        ("30 accepted leads can be learned from", "at least 40"),
    ),
    "accepted only in the newest fifth": (
        lambda: accepted_within(0.8, 1),
        "time",
        ("to be learned from all had the same decision", "0 accepted and 375 rejected"),
    ),
    "accepted only in the oldest fifth": (
        lambda: accepted_within(0, 0.2),
        "file",
        ("to be evaluated on all had the same decision", "0 accepted and 125 rejected"),
    ),
    "one moment": (lambda: make_leads().assign(at="2025-03-01"), "time", ("same moment",)),
    "no column at all": (
        lambda: make_leads().drop(columns=["size", "source"]),
        "file",
        ("nothing to learn from", "no column"),
    ),
    "only constants": (
        lambda: make_leads().drop(columns="source").assign(size=1, word="x", nothing=""),
        "none",
        ("nothing to learn from",),
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_too_little_is_refused_in_words(
    write: Write, snapshot: Callable[[Path], dict[str, bytes]], name: str
) -> None:
    build, order, said = REFUSED[name]
    odd = write(build(), order=order, more='\n[features]\nexclude = ["number"]\n')
    before = snapshot(odd.folder)
    run = odd.run("train")
    assert run.code == 3
    assert run.out == ""
    assert_clean(run)
    for part in said:
        assert part in run.err
    assert snapshot(odd.folder) == before


def test_a_column_missing_from_the_leads_to_score_is_named_with_its_file(
    write: Write, tmp_path: Path
) -> None:
    odd = write(make_leads())
    assert odd.run("train").code == 0
    new = tmp_path / "new.csv"
    for column, key in (("id", "[leads] id"), ("at", "[leads] handed_over_at")):
        make_leads(20).drop(columns=column).to_csv(new, index=False)
        run = odd.run("score", new, "--out", tmp_path / "scored.csv", "--json")
        assert run.code == 3
        error = run.json["error"]
        assert error["code"] == "column_missing"
        assert str(new) in error["where"]
        assert f'"{column}"' in error["what"] and key in error["what"]


def test_dates_to_score_are_read_as_those_of_training(write: Write, tmp_path: Path) -> None:
    """Days and months up to 12 only do not show which comes first; training knew."""
    leads = make_leads(2_000)
    moments = pd.to_datetime(leads["at"])
    born = moments - pd.Timedelta(days=100)
    written = leads.assign(
        at=moments.dt.strftime("%d/%m/%Y %H:%M"), born=born.dt.strftime("%m/%d/%Y")
    )
    odd = write(written)
    _, bundle = odd.train()
    assert bundle.table.time_formats == {"at": "%d/%m/%Y %H:%M", "born": "%m/%d/%Y"}
    some = (moments.dt.day <= 12) & (moments.dt.month == 5) & (born.dt.day <= 12)
    assert some.any()
    new, out = tmp_path / "new.csv", tmp_path / "scored.csv"
    written[some].to_csv(new, index=False)
    run = odd.run("score", new, "--out", out)
    assert run.code == 0, run.err
    own = odd.score(bundle).scores.set_index("lead_id")
    scored = read_scores(out).set_index("lead_id")
    np.testing.assert_allclose(
        scored["probability"], own.loc[scored.index, "probability"], atol=1e-6
    )
