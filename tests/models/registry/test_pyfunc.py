"""The model behind MLflow's loader: the same probabilities, whatever types a server makes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

from models.registry.champion import CHAMPION, registered_name
from models.registry.pyfunc import OUTPUTS, LeadQualityPyfunc, coerce_values, make_example
from tests.models.conftest import Recorded, mlflow_at
from tests.tables import make_table
from tests.trained import train_once


@pytest.fixture(scope="module")
def served(recorded: Recorded) -> Iterator[Any]:
    """The model in use as MLflow's loader gives it."""
    with mlflow_at(recorded.uri) as mlflow:
        name = registered_name(recorded.settings)
        yield mlflow.pyfunc.load_model(f"models:/{name}@{CHAMPION}")


def values() -> pd.DataFrame:
    tables, trained = train_once()
    return trained.bundle.table.compute(tables)


def oracle(frame: pd.DataFrame) -> np.ndarray:
    """Probability and interval straight from the model, shape (n, 3)."""
    bundle = train_once()[1].bundle
    matrix = bundle.table.encode(frame)
    low, high = bundle.model.predict_interval(matrix)
    return np.column_stack([bundle.model.predict_proba(matrix)[:, 1], low, high])


def numbers() -> list[str]:
    return [f.name for f in train_once()[1].bundle.table.features if f.form == "number"]


def test_the_loader_gives_the_models_probabilities(served: Any) -> None:
    frame = values()
    given = served.predict(frame)
    assert list(given.columns) == list(OUTPUTS)
    assert given.to_numpy().tobytes() == oracle(frame).tobytes()
    assert (given["probability_low"] <= given["probability"]).all()
    assert (given["probability"] <= given["probability_high"]).all()


def test_whole_numbers_serve_as_doubles(served: Any) -> None:
    frame = values()
    frame[numbers()] = frame[numbers()].fillna(3).round()
    whole = frame.astype(dict.fromkeys(numbers(), "int32"))
    np.testing.assert_array_equal(served.predict(whole).to_numpy(), oracle(frame))


@pytest.mark.parametrize("kind", ["Int64", "Float64", "string[float]", object])
def test_other_types_of_numbers_give_the_same(kind: Any) -> None:
    frame = values()
    frame[numbers()] = frame[numbers()].round()
    other = frame.copy()
    for name in numbers():
        if kind == "string[float]":
            other[name] = frame[name].map(str, na_action="ignore").astype("string")
        else:
            other[name] = frame[name].astype(kind)
    model = LeadQualityPyfunc(train_once()[1].bundle)
    np.testing.assert_array_equal(model.predict(other).to_numpy(), oracle(frame))


@pytest.mark.parametrize("kind", ["string", "category", object])
def test_other_types_of_text_give_the_same(kind: str) -> None:
    frame = values()
    frame.loc[::7, "LeadSource"] = None
    model = LeadQualityPyfunc(train_once()[1].bundle)
    given = model.predict(frame.astype({"LeadSource": kind}))
    np.testing.assert_array_equal(given.to_numpy(), oracle(frame))


def test_columns_that_are_not_there_count_as_missing(served: Any) -> None:
    frame = values()
    for name in ("LeadSource", "NumberOfEmployees"):
        without = frame.assign(**{name: np.nan if name in numbers() else None})
        given = served.predict(frame.drop(columns=name))
        np.testing.assert_array_equal(given.to_numpy(), oracle(without))


def test_order_and_further_columns_do_not_matter(served: Any) -> None:
    frame = values()
    other = frame[frame.columns[::-1]].assign(Company="Acme")
    np.testing.assert_array_equal(served.predict(other).to_numpy(), oracle(frame))


def test_rows_keep_their_index_and_no_row_is_no_fault() -> None:
    model = LeadQualityPyfunc(train_once()[1].bundle)
    frame = values().iloc[[5, 3]].set_axis(["b", "a"])
    assert list(model.predict(frame, params={}).index) == ["b", "a"]
    assert model.predict(frame.iloc[:0]).shape == (0, 3)


def test_the_example_can_be_scored(served: Any) -> None:
    example = make_example(train_once()[1].bundle.table)
    assert served.predict(example)["probability"].between(0, 1).all()


def test_categories_are_read_as_the_source_writes_them() -> None:
    table = make_table({"Plan": ["1", "true", "gold"]}, ["Size"])
    plans = [1, 1.0, np.float64(1), True, np.bool_(True), " gold ", "", "  ", None, np.nan]
    frame = pd.DataFrame({"Plan": pd.Series(plans, dtype=object), "Size": "7"})
    read = coerce_values(frame, table)
    assert read["Plan"].tolist()[:6] == ["1", "1", "1", "true", "true", "gold"]
    assert read["Plan"].isna().tolist() == [False] * 6 + [True] * 4
    assert read["Size"].tolist() == [7.0] * len(plans)
    assert table.encode(read)[:, 0].tolist() == [2, 2, 2, 3, 3, 4, 0, 0, 0, 0]


def test_text_in_a_number_is_missing() -> None:
    table = make_table({}, ["Size"])
    read = coerce_values(pd.DataFrame({"Size": ["12", "many", None, "1e3"]}), table)
    assert read["Size"].tolist()[:2] == [12.0, pytest.approx(np.nan, nan_ok=True)]
    assert read["Size"].isna().tolist() == [False, True, True, False]


def test_a_category_without_known_levels_has_an_example() -> None:
    assert make_example(make_table({"Plan": []}))["Plan"].tolist() == ["(other)"]
