"""Score history: bounded, under a keyed hash, and gone when it is asked to be."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.artifact.score_history import (
    KEY,
    HistoryError,
    ScoreHistory,
    add_scores,
    find_secret,
    forget_lead,
    key_leads,
    merge,
    read_history,
    sum_history,
)

OLD, NEW = "m000000000001", "m000000000002"
JUNE = pd.Timestamp("2026-06-01")
SECRET = b"s" * 32


def rows(
    leads: Sequence[str],
    *,
    day: int = 0,
    handed: int | None = 0,
    score: float = 0.5,
    secret: bytes = SECRET,
) -> pd.DataFrame:
    """Scores of leads on a day, with two features."""
    at = pd.NaT if handed is None else JUNE + pd.Timedelta(days=handed)
    return pd.DataFrame(
        {
            "lead": key_leads(leads, secret),
            "handed_over_at": pd.Series([at] * len(leads), dtype="datetime64[us]"),
            "scored_at": pd.Series([JUNE + pd.Timedelta(days=day)] * len(leads)),
            "probability": score,
            "0": np.arange(len(leads), dtype=float),
            "1": np.nan,
        }
    )


def find(history: ScoreHistory, lead: str) -> list[tuple[str, float]]:
    found = history.find(key_leads([lead], SECRET))
    return list(zip(found["version"], found["probability"], strict=True))


def follow(*runs: tuple[str, pd.DataFrame], limit: int = 100) -> ScoreHistory:
    history = ScoreHistory({}, SECRET)
    for version, scored in runs:
        history = ScoreHistory(merge(history, version, scored, limit=limit), SECRET)
    return history


def test_the_last_score_and_the_one_before_are_kept() -> None:
    history = follow(
        (OLD, rows(["a", "b"], day=1, score=0.2)),
        (OLD, rows(["a"], day=2, score=0.4)),
        (NEW, rows(["a"], day=3, score=0.6)),
    )
    assert find(history, "a") == [(NEW, 0.6), (OLD, 0.4)]
    assert find(history, "b") == [(OLD, 0.2)]
    assert find(history, "c") == []


def test_the_same_score_again_does_not_push_out_the_one_before() -> None:
    runs = [(OLD, rows(["a"], day=day, score=0.2 if day < 2 else 0.4)) for day in range(6)]
    history = follow(*runs)
    assert find(history, "a") == [(OLD, 0.4), (OLD, 0.2)]
    assert history.find(key_leads(["a"], SECRET))["scored_at"].max() == JUNE + pd.Timedelta(days=5)


def test_an_older_hand_over_does_not_replace_a_newer_one() -> None:
    history = follow(
        (OLD, rows(["a"], day=1, handed=5, score=0.2)),
        (OLD, rows(["a"], day=2, handed=3, score=0.9)),
    )
    assert find(history, "a") == [(OLD, 0.2)]
    both = pd.concat([rows(["a"], handed=5, score=0.2), rows(["a"], handed=3, score=0.9)])
    assert find(follow((OLD, both)), "a") == [(OLD, 0.2)]


def test_leads_without_times_are_kept_as_well() -> None:
    history = follow(
        (OLD, rows(["a"], day=1, handed=None, score=0.2)),
        (OLD, rows(["a"], day=2, handed=None, score=0.2)),
        (OLD, rows(["a"], day=3, handed=None, score=0.3)),
    )
    assert find(history, "a") == [(OLD, 0.3), (OLD, 0.2)]


RUNS = st.lists(
    st.tuples(
        st.sampled_from([OLD, NEW]),
        st.lists(st.sampled_from("abcdef"), unique=True, min_size=1),
        st.sampled_from([0.2, 0.4]),
    ),
    max_size=5,
)


@given(RUNS, st.integers(0, 4))
def test_no_more_leads_are_kept_than_asked_for(
    runs: list[tuple[str, list[str], float]], limit: int
) -> None:
    scored = [
        (version, rows(leads, day=day, score=score))
        for day, (version, leads, score) in enumerate(runs)
    ]
    notes = follow(*scored, limit=limit).notes()
    assert notes["lead"].nunique() <= limit
    assert (notes.groupby("lead").size() <= 2).all()
    last = {lead: day for day, (_, leads, _) in enumerate(runs) for lead in leads}
    if last and limit:
        newest = [lead for lead, day in last.items() if day == max(last.values())]
        kept = set(notes["lead"]) & set(key_leads(newest, SECRET))
        assert len(kept) == min(limit, len(newest))


def test_of_one_run_the_newest_hand_overs_are_kept() -> None:
    scored = pd.concat([rows([name], handed=day) for day, name in enumerate("abcd")])
    history = follow((OLD, scored), limit=2)
    assert [len(find(history, name)) for name in "abcd"] == [0, 0, 1, 1]


def test_what_is_added_is_read_again(tmp_path: Path) -> None:
    secret = find_secret(tmp_path)
    assert len(secret) == 32 and find_secret(tmp_path) == secret
    assert (tmp_path / KEY).stat().st_mode & 0o077 == 0
    assert sum_history(tmp_path) == ""
    add_scores(tmp_path, OLD, rows(["a", "b"], secret=secret), limit=10)
    before = sum_history(tmp_path)
    history = read_history(tmp_path)
    assert history.secret == secret
    found = history.find(key_leads(["b"], secret))
    assert history.matrix(OLD, found["place"].to_numpy()).tolist()[0][0] == 1.0
    add_scores(tmp_path, NEW, rows(["a", "b"], day=1, secret=secret), limit=10)
    assert sum_history(tmp_path) != before
    # Once both states are of the new model, nothing of the old one is left.
    add_scores(tmp_path, NEW, rows(["a", "b"], day=2, score=0.7, secret=secret), limit=10)
    assert list(read_history(tmp_path).rows) == [NEW]


def test_no_id_stands_in_what_is_kept(tmp_path: Path) -> None:
    secret = find_secret(tmp_path)
    add_scores(tmp_path, OLD, rows(["00QveryLongId42"], secret=secret), limit=10)
    assert all(b"00Qvery" not in path.read_bytes() for path in tmp_path.iterdir())
    assert key_leads(["a"], SECRET)[0] != key_leads(["a"], secret)[0]


def test_a_lead_is_forgotten_and_no_other(tmp_path: Path) -> None:
    assert forget_lead(tmp_path / "none", "a") == 0 and not (tmp_path / "none").exists()
    secret = find_secret(tmp_path)
    add_scores(tmp_path, OLD, rows(["a"], secret=secret), limit=10)
    add_scores(tmp_path, NEW, rows(["a", "b"], day=1, secret=secret), limit=10)
    assert forget_lead(tmp_path, "a") == 2
    assert forget_lead(tmp_path, "a") == 0
    history = read_history(tmp_path)
    assert history.notes()["lead"].tolist() == key_leads(["b"], secret).tolist()
    assert not (tmp_path / f"{OLD}.parquet").exists()


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    find_secret(tmp_path)
    (tmp_path / f"{OLD}.parquet").write_bytes(b"PAR1 no more")
    with pytest.raises(HistoryError, match="cannot be read") as caught:
        read_history(tmp_path)
    assert f"{OLD}.parquet" in str(caught.value)
    pd.DataFrame({"lead": [1]}).to_parquet(tmp_path / f"{OLD}.parquet")
    with pytest.raises(HistoryError, match="other columns"):
        add_scores(tmp_path, OLD, rows(["a"]), limit=10)


def test_what_a_killed_run_left_half_written_is_not_read(tmp_path: Path) -> None:
    secret = find_secret(tmp_path)
    add_scores(tmp_path, OLD, rows(["a"], secret=secret), limit=10)
    draft = tmp_path / ".leadaccord-draft-x"
    draft.mkdir()
    (draft / f"{NEW}.parquet").write_bytes(b"half")
    assert list(read_history(tmp_path).rows) == [OLD]


@pytest.mark.parametrize("left", [b"", b"short", None])
def test_what_was_kept_under_a_lost_key_goes(tmp_path: Path, left: bytes | None) -> None:
    secret = find_secret(tmp_path)
    add_scores(tmp_path, OLD, rows(["a"], secret=secret), limit=9)
    if left is None:
        (tmp_path / KEY).unlink()
    else:
        (tmp_path / KEY).write_bytes(left)
    # Nothing is hashed without a key, and nothing found by it.
    assert read_history(tmp_path).notes().empty
    assert forget_lead(tmp_path, "a") == 0
    assert not list(tmp_path.glob("*.parquet"))
    made = find_secret(tmp_path)
    assert len(made) == 32 and made != secret
    assert find_secret(tmp_path) == made


def test_a_new_key_begins_a_new_history(tmp_path: Path) -> None:
    add_scores(tmp_path, OLD, rows(["a"], secret=find_secret(tmp_path)), limit=9)
    (tmp_path / KEY).write_bytes(b"short")
    find_secret(tmp_path)
    assert not list(tmp_path.glob("*.parquet"))
