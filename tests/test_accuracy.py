"""What `make accuracy` promises: fair cases, exact comparisons, runs that go on, peers named."""

from __future__ import annotations

import sys
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata
from sklearn.metrics import roc_auc_score

from tests.benchmarks import accuracy, development, peers, real_files, real_files_page
from tests.benchmarks.cases import ORIGINS, SPLIT, Case, divide, make_case, roll
from tests.benchmarks.comparison import auc_differences, mean_ranks, weighted_auc
from tests.benchmarks.document import read_sections
from tests.benchmarks.learners import OURS, list_learners
from tests.benchmarks.peer_runs import list_peers, write_problem
from tests.benchmarks.store import Store, Unavailable, digest_of
from tests.trained import draw_tables, label

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def case() -> Case:
    """A small company's oldest 75 % against the rest."""
    tables = draw_tables()
    labels = label(tables)
    _, train, test = next(divide(tables, labels))
    return make_case(tables, labels, train, test, file="small", origin=SPLIT)


def make_results(*, missing: list[str] | None = None) -> dict[str, Any]:
    """Figures of three rows on two files, the second peer there on the split only."""
    rng = np.random.default_rng(5)
    cases = []
    for file in ("olist", "bank"):
        for origin in (SPLIT, *map(str, ORIGINS)):
            names = [OURS, "logistic", *(["EBM"] if origin == SPLIT else [])]
            rows = {
                name: dict.fromkeys(real_files_page.FIGURES, rng.uniform(0.1, 0.9))
                for name in names
            }
            for name, row in rows.items():
                row |= {"seconds": rng.uniform(1, 90), "cpu_seconds": rng.uniform(1, 90)}
                if origin == SPLIT and name != OURS:
                    row |= {"low": -0.01, "high": 0.02}
            rates = {"n_train": 750, "n_test": 250, "train_rate": 0.4, "test_rate": 0.3}
            cases.append({"file": file, "origin": origin, "rows": rows, **rates})
    return {
        "cases": cases,
        "missing": missing or [],
        "seed": 20,
        "resamples": 2_000,
        "cores": 2,
        "threads": 2,
        "versions": {"lightgbm": "4"},
        "peer_versions": {"interpret-core": "0.7"},
    }


@given(st.integers(min_value=10, max_value=100_000))
def test_a_rolling_origin_trains_on_the_oldest_and_tests_on_the_next_tenth(n: int) -> None:
    rolled = list(roll(n))
    assert [int(name) for name, _, _ in rolled] == list(ORIGINS)
    for percent, (_, known, new) in zip(ORIGINS, rolled, strict=True):
        assert known.start == 0
        assert known.stop == new.start == round(percent * n / 100)
        assert abs((new.stop - new.start) - n / 10) <= 1
    assert rolled[-1][2].stop == n


def test_no_test_lead_is_older_than_a_training_lead() -> None:
    tables = draw_tables()
    times = tables.episodes["handed_over_at"].sample(frac=1, random_state=1).to_numpy()
    episodes = tables.episodes.assign(handed_over_at=times, decided_at=times)
    tables = replace(tables, episodes=episodes)
    names = []
    for origin, train, test in divide(tables, label(tables)):
        names.append(origin)
        assert len(train) and len(test)
        assert (
            episodes.loc[train, "handed_over_at"].max() < episodes.loc[test, "handed_over_at"].min()
        )
    assert names == [SPLIT, *map(str, ORIGINS)]


def test_what_sales_decided_on_the_test_leads_is_no_part_of_the_problem(case: Case) -> None:
    tables = draw_tables()
    labels = label(tables)
    _, train, test = next(divide(tables, labels))
    turned = labels.accepted.copy()
    turned[test] = 1 - turned[test]
    other = make_case(
        tables, replace(labels, accepted=turned), train, test, file="small", origin=SPLIT
    )
    assert other.answers.tolist() == (1 - case.answers).tolist()
    assert other.problem.digest == case.problem.digest


def test_features_are_planned_without_the_test_leads(case: Case) -> None:
    tables = draw_tables()
    labels = label(tables)
    _, train, test = next(divide(tables, labels))
    tables.attributes.loc[test, "LeadSource"] = "Never seen before"
    other = make_case(tables, labels, train, test, file="small", origin=SPLIT)
    assert other.problem.table.to_dict() == case.problem.table.to_dict()
    pd.testing.assert_frame_equal(other.problem.train, case.problem.train)
    assert other.problem.digest != case.problem.digest


@pytest.mark.parametrize("name", list_learners())
def test_each_row_predicts_each_test_lead_by_itself(case: Case, name: str) -> None:
    learner, problem = list_learners()[name], case.problem
    p = learner.predict(problem)
    assert p.shape == case.answers.shape
    assert ((p >= 0) & (p <= 1)).all()
    assert roc_auc_score(case.answers, p) > 0.6
    backwards = replace(problem, test=problem.test[::-1])
    np.testing.assert_allclose(learner.predict(backwards)[::-1], p, rtol=1e-9)


@given(st.integers(min_value=0, max_value=2**32 - 1))
def test_the_auc_of_a_resample_is_that_of_the_leads_it_drew(seed: int) -> None:
    rng = np.random.default_rng(seed)
    y = np.r_[0.0, 1.0, rng.integers(0, 2, 30)]
    p = rng.integers(0, 6, 32) / 5  # many ties
    times = rng.multinomial(32, np.full(32, 1 / 32), size=4).T
    for i, auc in enumerate(weighted_auc(y, p, times)):
        drawn = np.repeat(np.arange(32), times[:, i])
        if 0 < y[drawn].sum() < len(drawn):
            assert auc == pytest.approx(roc_auc_score(y[drawn], p[drawn]))
        else:
            assert np.isnan(auc)


def test_intervals_of_differences_are_paired_and_seeded() -> None:
    rng = np.random.default_rng(2)
    y = (rng.random(400) < 0.4).astype(float)
    p = y + rng.normal(0, 1.5, 400)
    others = {"same": p, "order alone": np.exp(p), "noise": rng.random(400)}
    ends = auc_differences(y, p, others, seed=7, resamples=500)
    assert ends == auc_differences(y, p, others, seed=7, resamples=500)
    assert ends["same"] == ends["order alone"] == (0.0, 0.0)
    low, high = ends["noise"]
    assert 0 < low < roc_auc_score(y, p) - roc_auc_score(y, others["noise"]) < high


@given(
    st.lists(
        st.lists(st.sampled_from([0.1, 0.2, 0.3]), min_size=3, max_size=3), min_size=1, max_size=6
    ),
    st.booleans(),
)
def test_mean_ranks_are_scipys(values: list[list[float]], highest_first: bool) -> None:
    ranks = mean_ranks(
        [dict(zip("abc", row, strict=True)) for row in values], highest_first=highest_first
    )
    expected = np.mean(
        [rankdata(np.array(row) * (-1 if highest_first else 1)) for row in values], 0
    )
    assert list(ranks.values()) == pytest.approx(expected.tolist())


def test_a_row_missing_from_one_case_is_not_ranked() -> None:
    ranks = mean_ranks([{"a": 0.5, "b": 0.9, "c": 0.7}, {"a": 0.5, "c": 0.7}], highest_first=True)
    assert ranks == {"a": 2.0, "c": 1.0}


def test_a_result_is_measured_once_for_the_same_grounds(tmp_path: Path) -> None:
    measured: list[int] = []

    def measure() -> dict[str, Any]:
        measured.append(1)
        return {"n": len(measured)}

    def remember(grounds: object, *, fresh: bool = False) -> Any:
        return Store(tmp_path, fresh=fresh).remember("s", "a b", rests_on=grounds, measure=measure)

    assert remember({"x": 1, "y": 2}) == remember({"y": 2, "x": 1}) == {"n": 1}
    assert remember({"x": 2}) == {"n": 2}
    assert remember({"x": 2}, fresh=True) == {"n": 3}
    assert remember({"x": 2}) == {"n": 3}


def test_a_fresh_store_finds_what_it_kept_itself(tmp_path: Path) -> None:
    Store(tmp_path).keep("s", "old", rests_on=1, result={"n": 1})
    store = Store(tmp_path, fresh=True)
    assert store.recall("s", "old", rests_on=1) is None
    store.keep("s", "old", rests_on=1, result={"n": 2})
    assert store.recall("s", "old", rests_on=1) == {"n": 2}


def test_names_that_differ_in_punctuation_are_kept_apart(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.keep("s", "a b", rests_on=1, result={"n": 1})
    store.keep("s", "a-b", rests_on=1, result={"n": 2})
    assert store.recall("s", "a b", rests_on=1) == {"n": 1}


def test_an_interrupted_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    asked: list[str] = []

    def run(stop_at: str | None) -> None:
        for name in "abc":

            def measure(name: str = name) -> dict[str, Any]:
                if name == stop_at:
                    raise KeyboardInterrupt
                asked.append(name)
                return {}

            Store(tmp_path).remember("s", name, rests_on=1, measure=measure)

    with pytest.raises(KeyboardInterrupt):
        run("b")
    run(None)
    assert asked == ["a", "b", "c"]


def test_rows_are_run_once_and_peers_not_at_all_where_only_kept_ones_count(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADACCORD_PEERS", str(tmp_path / "nowhere"))
    monkeypatch.setenv("LEADACCORD_PEERS_KEPT", "1")
    installed = {"EBM": {"versions": {"interpret-core": "1"}, "settings": {}}}
    said: list[str] = []
    first = real_files.run_rows(case, installed, Store(tmp_path), said.append)
    assert said == [f"small split: {name}" for name in list_learners()]
    assert list(first) == list(list_learners())
    assert real_files.run_rows(case, installed, Store(tmp_path), said.append) == first
    assert len(said) == len(first)
    grounds = {"problem": case.problem.digest, "seed": case.problem.seed, **installed["EBM"]}
    kept = Store(tmp_path).keep(
        real_files.NAME, "small split EBM", rests_on=grounds, result=first["logistic"]
    )
    again = real_files.run_rows(case, installed, Store(tmp_path), said.append)
    assert again == {**first, "EBM": kept}


def test_digests_tell_grounds_apart() -> None:
    assert digest_of({"a": [1, 2]}) == digest_of({"a": (1, 2)}) != digest_of({"a": [2, 1]})


def test_without_their_environment_no_peer_is_there(tmp_path: Path) -> None:
    assert list_peers(tmp_path / "bin" / "python") == {}


def test_a_peer_is_there_when_all_its_packages_are() -> None:
    def installed(package: str) -> bool:
        try:
            return bool(version(package))
        except PackageNotFoundError:
            return False

    expected = {name for name, peer in peers.PEERS.items() if all(map(installed, peer.packages))}
    assert set(list_peers(Path(sys.executable))) == expected


def test_a_missing_peer_is_named_with_what_to_do() -> None:
    text = real_files.render(make_results(missing=["CatBoost", "EBM"]))
    assert "Not run here: CatBoost, EBM. `make peers`" in text
    assert "Not run here" not in real_files.render(make_results())


def test_peers_are_given_the_same_problem_without_answers(case: Case, tmp_path: Path) -> None:
    gap = case.problem.train.copy()
    gap.loc[gap.index[0], case.problem.categories[0]] = None
    problem = replace(case.problem, train=gap)
    write_problem(problem, tmp_path, n_threads=3)
    read = peers.read_problem(tmp_path)
    pd.testing.assert_frame_equal(read.train, problem.train.reset_index(drop=True))
    pd.testing.assert_frame_equal(read.test, problem.test.reset_index(drop=True))
    assert read.train[problem.categories[0]].iloc[0] is None
    assert read.accepted.tolist() == problem.accepted.tolist()
    assert (read.categories, read.seed, read.threads) == (problem.categories, problem.seed, 3)
    assert len(list(tmp_path.iterdir())) == 3


def test_every_row_is_described() -> None:
    assert set(real_files_page.ROWS) == {*list_learners(), *peers.PEERS}
    assert next(iter(list_learners())) == OURS


def test_the_section_shows_the_figures_it_was_given() -> None:
    results = make_results()
    text = real_files.render(results)
    assert text.startswith("## ")
    first = results["cases"][0]["rows"]["logistic"]
    row = next(line for line in text.splitlines() if line.startswith("| logistic "))
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[1] == f"{first['auc']:.4f}".lstrip("0")
    assert cells[-1] == "-.010 to +.020"
    ranked = text.split("### Rolling origins")[1].split("###")[0]
    assert f"| {OURS} " in ranked
    assert "| EBM " not in ranked
    assert "Not run on all of these, so not ranked: EBM." in ranked


def test_tables_line_up_and_fit_a_terminal() -> None:
    lines = [line for line in real_files.render(make_results()).splitlines() if line[:1] == "|"]
    assert lines
    assert max(map(len, lines)) <= accuracy.WIDTH
    shown = accuracy.for_terminal(real_files.render(make_results()))
    assert max(map(len, shown.splitlines())) <= accuracy.WIDTH


def test_the_text_says_where_it_is_behind() -> None:
    results = make_results()
    split = results["cases"][0]["rows"]
    split[OURS] |= {"auc": 0.70, "log_loss": 0.30}
    split["logistic"] |= {"auc": 0.72, "log_loss": 0.29, "low": -0.03, "high": -0.01}
    split["EBM"] |= {"auc": 0.71, "log_loss": 0.31, "low": -0.02, "high": 0.01}
    text = real_files.render(results)
    assert "ahead in AUC: logistic by 0.0200 (beyond chance), EBM by 0.0100;" in text
    assert "in log-loss: logistic by 0.0100." in text


class Whole:
    """A section that can be measured anywhere."""

    NAME, TITLE = "whole", "Whole"

    def measure(self, store: Store, progress: Any) -> dict[str, Any]:
        return store.remember("whole", "one", rests_on=1, measure=lambda: {"auc": 0.75})

    def render(self, results: Any) -> str:
        return f"## {self.TITLE}\n\nAUC {results['auc']}"


class Lacking(Whole):
    """A section whose data are not there."""

    NAME, TITLE = "lacking", "Lacking"

    def measure(self, store: Store, progress: Any) -> dict[str, Any]:
        raise Unavailable("its data are not there")


def run_sections(
    monkeypatch: pytest.MonkeyPatch, folder: Path, *arguments: str, sections: list[Any]
) -> int:
    monkeypatch.setattr(accuracy, "sections", lambda: sections)
    document = ["--document", str(folder / "accuracy.md"), "--folder", str(folder / "kept")]
    return accuracy.main([*document, *arguments])


def test_the_document_holds_every_section(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_sections(monkeypatch, tmp_path, sections=[Whole()]) == 0
    text = (tmp_path / "accuracy.md").read_text("utf-8")
    assert text.startswith("# Accuracy\n")
    assert "## Whole\n\nAUC 0.75\n" in text
    assert "AUC 0.75" in capsys.readouterr().out


def test_without_its_data_a_section_is_named_and_stays_as_it_was(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "accuracy.md"
    page.write_text("# Accuracy\n\n## Lacking\n\nAUC 0.7, last year\n", "utf-8")
    assert run_sections(monkeypatch, tmp_path, sections=[Whole(), Lacking()]) == 1
    text = page.read_text("utf-8")
    assert text.endswith("## Whole\n\nAUC 0.75\n\n## Lacking\n\nAUC 0.7, last year\n")
    printed = capsys.readouterr()
    assert "as it was: Lacking" in printed.out
    assert "its data are not there" in printed.err


def test_one_section_alone_leaves_the_others(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    page = tmp_path / "accuracy.md"
    page.write_text("# Accuracy\n\n## Lacking\n\nAUC 0.7, last year\n", "utf-8")
    sections = [Whole(), Lacking()]
    assert run_sections(monkeypatch, tmp_path, "--only", "whole", sections=sections) == 0
    assert "AUC 0.7, last year" in page.read_text("utf-8")


def test_random_quarters_are_of_every_lead_and_have_no_order(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    pd.DataFrame(
        {
            "ID": range(400),
            "age": rng.integers(20, 60, 400),
            "channel": rng.choice(["web", "event"], 400),
            "status": rng.integers(0, 2, 400),
        }
    ).to_csv(tmp_path / "extraalearn.csv", index=False)
    cases = list(development.make_cases("extraalearn", tmp_path))
    assert [case.problem.seed for case in cases] == list(development.SEEDS)
    for case in cases:
        assert (len(case.problem.accepted), len(case.answers)) == (300, 100)
        assert not case.problem.ordered
        assert list(case.problem.train.columns) == ["age", "channel"]
    tested = [frozenset(case.problem.test.index) for case in cases]
    assert len(set(tested)) == len(cases)


def test_the_page_of_random_quarters_says_where_the_model_is_behind() -> None:
    results = make_results(missing=["FLAML 60 s"]) | {"seeds": [20, 21]}
    ahead = {"auc": 0.8, "log_loss": 0.5}
    for case in results["cases"]:
        case["rows"] = {name: case["rows"][name] | ahead for name in (OURS, "logistic")}
        if case["file"] == "bank":
            case["rows"]["logistic"] |= {"auc": 0.81, "log_loss": 0.49}
    text = development.render(results)
    assert "Not run: FLAML 60 s." in text
    rows = [[c.strip() for c in line.split("|")[1:-1]] for line in text.splitlines()]
    assert ["bank", "logistic", "-.010", "logistic", "+2.0%"] in rows
    assert ["olist", OURS, "+.000", OURS, "+0.0%"] in rows
    assert "of the best row on 1 of 2 files." in text


def test_sections_have_names_of_their_own() -> None:
    names = [section.NAME for section in accuracy.sections()]
    assert len(set(names)) == len(names)
    titles = [section.TITLE for section in accuracy.sections()]
    # The page as it stands is found again by these.
    assert list(read_sections(accuracy.DOCUMENT.read_text("utf-8"))) == titles
    assert real_files.NAME in names
