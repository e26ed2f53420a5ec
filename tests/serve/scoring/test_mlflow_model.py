"""The MLflow model: raw leads in, the command's scores out, wherever it is loaded."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from features.errors import DataRefused
from features.settings.load import load_settings
from features.simulation.company import simulate
from models.registry.champion import load_champion, registered_name
from pipelines import score, train
from pipelines.console import SilentConsole
from serve.scoring.mlflow_model import (
    ACTIVITIES,
    EARLIER,
    NUMBERS,
    PACKAGES,
    TEXTS,
    RawLeadModel,
    Reading,
    _load_pyfunc,
)
from tests.mlflow_server import find_port, is_healthy
from tests.models.conftest import mlflow_at
from tests.pipelines.conftest import write_project

READING = Reading("MQL_Date__c", None, (), "en")


@dataclass(frozen=True)
class Served:
    """A trained company, its model as MLflow keeps it, and what the command says of new leads."""

    folder: Path
    model: Path
    new: pd.DataFrame
    scores: pd.DataFrame

    @property
    def rows(self) -> pd.DataFrame:
        """The new leads with what they did, as a client would send them."""
        files = (self.folder / "data" / "activities").glob("*.csv")
        did = pd.concat(map(pd.read_csv, files)).rename(columns={"Type": "type"})
        did = did.rename(columns={"CreatedDate": "at"}).groupby("LeadId")[["type", "at"]]
        found = {lead: rows.to_json(orient="records") for lead, rows in did}
        return self.new.assign(**{ACTIVITIES: [found.get(lead, "[]") for lead in self.new["Id"]]})


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    folder = tmp_path_factory.mktemp("company")
    config = write_project(folder, simulate(n_leads=2_000, seed=5))
    train.run(SilentConsole(), config=config)
    settings = load_settings(config)
    with mlflow_at(f"sqlite:///{settings.home / 'tracking.db'}") as mlflow:
        local = mlflow.artifacts.download_artifacts(
            artifact_uri=f"models:/{registered_name(settings)}@champion",
            dst_path=str(tmp_path_factory.mktemp("downloaded")),
        )
    leads = pd.read_csv(folder / "data" / "leads.csv")
    # A lead that came before has a history that only the project's tables hold.
    new = leads[~leads["Id"].duplicated(keep=False)].tail(40).reset_index(drop=True)
    new.to_csv(folder / "new.csv", index=False)
    out = folder / "scored.parquet"
    score.run(SilentConsole(), config=config, leads=str(folder / "new.csv"), out=out)
    return Served(folder, Path(local), new, pd.read_parquet(out))


@pytest.fixture(scope="module")
def loaded(served: Served) -> Any:
    import mlflow

    return mlflow.pyfunc.load_model(str(served.model))


def as_sent(rows: pd.DataFrame, signature: Any) -> pd.DataFrame:
    """The columns of the signature, as doubles and texts."""
    columns = {}
    for spec in signature.inputs:
        if spec.name in rows:
            column = rows[spec.name]
            text = str(spec.type) == "DataType.string"
            columns[spec.name] = column.astype(object if text else "float64")
            if text:
                columns[spec.name] = column.map(str, na_action="ignore").astype(object)
    frame = pd.DataFrame(columns)
    return frame.where(frame.notna(), None)


def test_probabilities_are_those_of_the_command(served: Served, loaded: Any) -> None:
    given = loaded.predict(as_sent(served.rows, loaded.metadata.signature))
    np.testing.assert_array_equal(given[list(NUMBERS)], served.scores[list(NUMBERS)])
    assert given["grade"].tolist() == served.scores["grade"].tolist()
    for name in ("reason_1", "against_5"):
        assert given[name].tolist() == served.scores[name].fillna("").tolist()
    assert (given["rejected"] == "").all()


def test_spark_gives_raw_rows_the_same_scores(served: Served, loaded: Any, spark: Any) -> None:
    import mlflow
    from pyspark.sql import functions

    signature = loaded.metadata.signature
    rows = as_sent(served.rows, signature).assign(Title=None)  # a text that no lead has
    table = pa.Table.from_pandas(rows, preserve_index=False)
    texts = {name: pa.string() for name in table.schema.names if pa.types.is_null(table[name].type)}
    table = table.cast(
        pa.schema([(field.name, texts.get(field.name, field.type)) for field in table.schema])
    )
    score = mlflow.pyfunc.spark_udf(
        spark,
        str(served.model),
        env_manager="local",
        result_type=", ".join(
            [*(f"{name} double" for name in NUMBERS), *(f"{name} string" for name in TEXTS)]
        ),
    )
    frame = spark.createDataFrame(table)
    found = frame.select(score(functions.struct(*frame.columns)).alias("s")).select("s.*")
    expected = loaded.predict(rows)
    assert found.toArrow().to_pylist() == expected[[*NUMBERS, *TEXTS]].to_dict("records")


def test_a_lead_is_scored_by_itself(served: Served, loaded: Any) -> None:
    rows = as_sent(served.rows, loaded.metadata.signature)
    together = loaded.predict(rows)
    twice = loaded.predict(pd.concat([rows.iloc[[3]], rows.iloc[[3]]], ignore_index=True))
    for place in (0, 1):
        pd.testing.assert_series_equal(twice.iloc[place], together.iloc[3], check_names=False)


def test_everything_may_be_left_out(served: Served, loaded: Any) -> None:
    given = loaded.predict(pd.DataFrame({"LeadSource": ["Web", None]}))
    assert given["probability"].between(0, 1).all()
    assert not given.isin(["nan", "None", "NaN", "<NA>"]).any(axis=None)
    without = served.rows.drop(columns=[ACTIVITIES])
    mixed = served.rows.assign(**{ACTIVITIES: [None, *served.rows[ACTIVITIES][1:]]})
    signature = loaded.metadata.signature
    one, other = (loaded.predict(as_sent(rows, signature)) for rows in (without, mixed))
    assert one["probability"][0] == other["probability"][0]
    assert other["probability"][1] == served.scores["probability"][1]


def test_earlier_hand_overs_count(served: Served, loaded: Any) -> None:
    if EARLIER not in loaded.metadata.signature.inputs.input_names():
        pytest.skip("the model learned nothing from earlier hand-overs")
    row = as_sent(served.rows.head(1), loaded.metadata.signature)
    before = [{"handed_over_at": "2024-01-05", "decision": "rejected", "decided_at": "2024-01-09"}]
    came_back = loaded.predict(row.assign(**{EARLIER: json.dumps(before)}))
    assert came_back["probability"][0] != loaded.predict(row)["probability"][0]


def test_no_rows_are_no_fault(served: Served) -> None:
    model = RawLeadModel(load_champion(load_settings(served.folder / "leadaccord.toml")), READING)
    given = model.predict(served.new.iloc[:0])
    assert given.shape == (0, len(model.predict(served.new.iloc[:1]).columns))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "row 1, counted from 0"),
        ('{"type": "visit"}', "Got dict"),
        ('[{"type": "visit"}]', "an entry without type and at"),
        ('[{"type": "visit", "at": "soon"}]', "what is no time"),
    ],
)
def test_json_that_cannot_be_read_is_refused(served: Served, text: str, words: str) -> None:
    model = RawLeadModel(load_champion(load_settings(served.folder / "leadaccord.toml")), READING)
    rows = served.new.head(2).assign(**{ACTIVITIES: ["[]", text]})
    with pytest.raises(DataRefused, match=words):
        model.predict(rows)


def test_a_hand_over_that_is_no_time_is_said(loaded: Any, served: Served) -> None:
    rows = as_sent(served.rows.head(2), loaded.metadata.signature)
    rows.loc[1, "MQL_Date__c"] = "soon"
    given = loaded.predict(rows)
    assert given["rejected"].tolist() == ["", "the row has no time of hand-over that can be read"]
    assert given["probability"].isna().tolist() == [False, True]


def test_it_names_only_packages_that_anyone_can_install(served: Served) -> None:
    asked = (served.model / "requirements.txt").read_text("utf-8")
    assert "leadaccord" not in asked
    assert {line.split("==")[0] for line in asked.split()} == {"mlflow", *PACKAGES}


ALONE = """
import sys, mlflow, pandas
model = mlflow.pyfunc.load_model(sys.argv[1])
assert model.predict(pandas.DataFrame({"LeadSource": ["Web"]}))["probability"].notna().all()
for name in ("features", "models", "serve"):
    print(sys.modules[name].__file__)
print(*{name.split(".")[0] for name in sys.modules})
"""


def test_it_runs_on_its_own_code_and_on_the_packages_it_names(
    served: Served, tmp_path: Path
) -> None:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    ran = subprocess.run(
        [sys.executable, "-c", ALONE, str(served.model)],
        cwd=tmp_path,
        env={**kept, "MLFLOW_DISABLE_TELEMETRY": "true"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    *files, loaded = ran.stdout.splitlines()
    assert all(Path(file).is_relative_to(served.model) for file in files)
    assert not set(loaded.split()) & {"matplotlib", "shap", "typer"}


def test_a_folder_without_its_model_is_refused(served: Served, tmp_path: Path) -> None:
    data = next((served.model / "data").iterdir())
    shutil.copy(data / "reading.json", tmp_path)
    with pytest.raises(Exception, match="stored by another version"):
        _load_pyfunc(str(tmp_path))


@pytest.fixture(scope="module")
def server(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`mlflow models serve` in a folder that knows nothing of the project."""
    folder, port = tmp_path_factory.mktemp("elsewhere"), find_port()
    model = Path(shutil.copytree(served.model, folder / "model"))
    command = [sys.executable, "-m", "mlflow", "models", "serve", "--model-uri", str(model)]
    command += ["--host", "127.0.0.1", "--port", str(port), "--env-manager", "local"]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    kept = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "MLFLOW_TRACKING_URI")}
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**kept, "PATH": path, "MLFLOW_DISABLE_TELEMETRY": "true"},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            uri, deadline = f"http://127.0.0.1:{port}", time.monotonic() + 120
            while not is_healthy(uri):
                if process.poll() is not None or time.monotonic() > deadline:
                    pytest.fail((folder / "server.log").read_text()[-3000:])
                time.sleep(0.2)
            yield uri
        finally:
            os.killpg(process.pid, 15)
            process.wait(timeout=30)


def ask(uri: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Send rows as JSON and return the predictions."""
    records = json.loads(rows.to_json(orient="split", index=False))
    body = json.dumps({"dataframe_split": records}).encode()
    request = Request(  # noqa: S310
        f"{uri}/invocations", body, {"Content-Type": "application/json"}
    )
    with urlopen(request, timeout=60) as answer:  # noqa: S310
        return pd.DataFrame(json.load(answer)["predictions"])


@pytest.mark.slow
def test_it_is_served_over_http(served: Served, loaded: Any, server: str) -> None:
    rows = as_sent(served.rows, loaded.metadata.signature)
    given = ask(server, rows)
    np.testing.assert_array_equal(given["probability"], served.scores["probability"])
    assert given["reason_1"].tolist() == served.scores["reason_1"].fillna("").tolist()
    assert len(ask(server, pd.DataFrame({"LeadSource": ["Web"]}))) == 1


@pytest.mark.slow
def test_a_wrong_type_is_refused_over_http(server: str) -> None:
    with pytest.raises(HTTPError) as refused:
        ask(server, pd.DataFrame({"LeadSource": [1.5], "NumberOfEmployees": ["many"]}))
    assert refused.value.code == 400
