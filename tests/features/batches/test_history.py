"""History of batches: as counted for all leads at once in memory."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from features.batches import history
from features.batches.history import count_earlier, read_history
from features.matrix.history import count_history
from features.settings.schema import DecisionSettings, TableSettings
from features.simulation.company import simulate
from tests.features.batch_tables import connect, store, store_episodes
from tests.tables import make_settings, make_table, tables_of_world

DECISION = DecisionSettings(
    column="said", accepted=("yes",), rejected=("no",), recycled=("later",), decided_at="day"
)
WORDS = {"accepted": "yes", "rejected": "no", "recycled": "later"}


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("at_once", [50_000, 9])
def test_batches_agree_with_all_leads_in_memory(
    flat: bool, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "_LEADS_AT_ONCE", at_once)
    tables = tables_of_world(simulate(n_leads=1_500))
    episodes = tables.episodes
    settings = make_settings(leads={"id": "lead_id", "handed_over_at": "handed_over_at"})
    decisions = None if flat else "decisions.csv"
    settings = settings.model_copy(
        update={
            "decision": DECISION,
            "tables": TableSettings(leads="leads.csv", decisions=decisions),
        }
    )
    said = pd.DataFrame({"said": episodes["decision"].map(WORDS), "day": episodes["decided_at"]})
    connection, plan = connect(), make_table({})
    store_episodes(connection, tables, plan, settings)
    own = episodes[["lead_id", "handed_over_at"]]
    table = None
    if flat:
        own = pd.concat([own, said], axis=1)
    else:
        answers = pd.concat([own["lead_id"], said], axis=1)[said["said"].notna()]
        table = store(connection, "decisions", answers.sort_values("day"))
    count_earlier(store(connection, "own", own), table, settings=settings, plan=plan)
    expected = count_history(episodes, episodes, episodes.index)
    assert expected["earlier rejections"].sum() > 20
    parts = [
        read_history(connection, episodes[["row"]].iloc[k : k + 400])
        for k in range(0, len(own), 400)
    ]
    found = pd.concat(parts)
    for name in expected:
        np.testing.assert_array_equal(found[name], expected[name], err_msg=name)
