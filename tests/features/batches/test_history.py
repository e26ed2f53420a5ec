"""Earlier hand-overs of the leads to score: as counted for all leads at once in memory."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import pytest

from features.batches import history
from features.batches.history import collect_earlier
from features.contract.partition import store_keys, to_arrow
from features.matrix.history import count_history
from features.settings.schema import DecisionSettings, TableSettings
from features.simulation.company import simulate
from features.sources.duckdb_relation import Relation, from_arrow
from features.sources.file import ROW
from features.sources.tables import SourceTable
from tests.tables import make_settings, make_table, tables_of_world

DECISION = DecisionSettings(
    column="said", accepted=("yes",), rejected=("no",), recycled=("later",), decided_at="day"
)
WORDS = {"accepted": "yes", "rejected": "no", "recycled": "later"}


def put(frame: pd.DataFrame, beside: Relation) -> SourceTable:
    numbered = frame.assign(**{ROW: np.arange(1, len(frame) + 1)})
    stored = from_arrow(to_arrow(numbered), beside.connection)
    return SourceTable("leads", stored, "leads.csv", (), ())


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("at_once", [50_000, 9])
def test_history_is_that_of_all_leads_in_memory(
    flat: bool, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "_LEADS_AT_ONCE", at_once)
    episodes = tables_of_world(simulate(n_leads=1_500)).episodes
    settings = make_settings(leads={"id": "lead_id", "handed_over_at": "handed_over_at"})
    decisions = None if flat else "decisions.csv"
    settings = settings.model_copy(
        update={
            "decision": DECISION,
            "tables": TableSettings(leads="leads.csv", decisions=decisions),
        }
    )
    said = pd.DataFrame({"said": episodes["decision"].map(WORDS), "day": episodes["decided_at"]})
    keys = store_keys(episodes, None)
    own = episodes[["lead_id", "handed_over_at"]]
    table = None
    if flat:
        own = pd.concat([own, said], axis=1)
    else:
        answers = pd.concat([own["lead_id"], said], axis=1)[said["said"].notna()]
        table = put(answers.sort_values("day"), keys)
    plan = make_table({})
    found = collect_earlier(put(own, keys), table, keys, settings=settings, plan=plan)
    expected = count_history(episodes, episodes, episodes.index)
    assert expected["earlier rejections"].sum() > 20
    counted = count_history(episodes, found.to_arrow().to_pandas(), episodes.index)
    pd.testing.assert_frame_equal(counted, expected)


def test_where_no_lead_comes_again_nothing_is_known() -> None:
    settings = make_settings(leads={"id": "lead_id", "handed_over_at": "handed_over_at"})
    settings = settings.model_copy(update={"decision": DECISION})
    keys = from_arrow(
        to_arrow(pd.DataFrame({"lead_id": ["new"], "handed_over_at": [pd.Timestamp("2025-01-01")]}))
    )
    assert isinstance(keys.connection, duckdb.DuckDBPyConnection)
    own = pd.DataFrame(
        {
            "lead_id": ["old"],
            "handed_over_at": ["2024-01-01"],
            "said": ["no"],
            "day": ["2024-01-02"],
        }
    )
    found = collect_earlier(put(own, keys), None, keys, settings=settings, plan=make_table({}))
    assert found.count() == 0
