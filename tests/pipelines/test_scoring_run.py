from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest

from features.errors import SettingsError, UsageError
from features.settings.load import load_settings
from features.settings.schema import ScoreSettings
from models.registry.champion import load_champion
from pipelines.scoring_run import Options, as_reference, choose_format, keep_input, open_run
from serve.runs.places import find_places
from serve.runs.spool import INPUT, Spool, open_spool
from tests.pipelines.conftest import N_NEW, Leadaccord, Project, read_scores
from tests.pipelines.test_score import DESIGNED, run

EARLY, LATE = pd.Timestamp("2026-11-01 06:00:00"), pd.Timestamp("2026-11-01 07:00:00")


@pytest.fixture
def leads(trained: Project, tmp_path: Path) -> Path:
    path = tmp_path / "new.csv"
    trained.read_leads().tail(40).to_csv(path, index=False)
    return path


@contextmanager
def attempt(
    project: Project, leads: Path, now: pd.Timestamp, told: list[str]
) -> Iterator[tuple[Spool, int]]:
    """Open a run, score its first batch that is missing, and leave it there."""
    settings, out = load_settings(project.config), leads.with_name("scored.csv")
    target = find_places(str(out), name=str(out), rejects=None, home=settings.home)
    options = Options(now=now, batch_rows=15)
    bundle = load_champion(settings)
    with (
        open_spool(target.folder, name=target.name, progress=told.append) as spool,
        open_run(settings, bundle, str(leads), spool, target, options) as batches,
    ):
        number = spool.missing()[0]
        spool.keep(number, batches.score(number))
        yield spool, number


def moments(spool: Spool) -> set[pd.Timestamp]:
    return {pd.Timestamp(at) for table in spool.scores() for at in table["scored_at"].to_pylist()}


def test_a_run_that_goes_on_keeps_its_first_moment(trained: Project, leads: Path) -> None:
    told: list[str] = []
    with attempt(trained, leads, EARLY, told) as (_, number):
        assert number == 0 and told == []
    with attempt(trained, leads, LATE, told) as (spool, number):
        assert number == 1
        assert moments(spool) == {EARLY}
    assert told == ["Going on after 1 of 3 batches"]


def test_a_run_on_other_leads_is_another_with_a_moment_of_its_own(
    trained: Project, leads: Path
) -> None:
    told: list[str] = []
    with attempt(trained, leads, EARLY, told):
        pass
    trained.read_leads().tail(39).to_csv(leads, index=False)
    with attempt(trained, leads, LATE, told) as (spool, number):
        assert number == 0
        assert moments(spool) == {LATE}
    (note,) = told
    assert "discarded, as the leads changed: 1 of 3 batches" in note


def test_standard_input_is_kept_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = b"Id\xff\x00\r\n1\n" * 1_000
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
    assert Path(keep_input(tmp_path)).read_bytes() == content
    assert [path.name for path in tmp_path.iterdir()] == [INPUT]


def test_paths_are_those_of_where_the_command_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert as_reference("new.csv") == str(tmp_path / "new.csv")
    assert as_reference("today/*") == str(tmp_path / "today" / "*")
    assert as_reference("sales_leads") == "sales_leads"
    assert as_reference("sales.leads") == "sales.leads"
    assert as_reference(None) is None


def test_a_format_that_is_not_said_is_as_set(trained: Project) -> None:
    settings = load_settings(trained.config)
    settings = settings.model_copy(update={"score": ScoreSettings(format="hubspot")})
    assert choose_format(Options(), settings, "scored.csv").format == "hubspot"
    assert choose_format(Options(format="csv"), settings, "scored.csv").format == "csv"
    assert choose_format(Options(), settings, "sqlite://a.db?table=t").format is None


def test_a_format_that_there_is_not_is_refused_before_anything_is_read(trained: Project) -> None:
    settings = load_settings(trained.config)
    with pytest.raises(UsageError, match="no such format"):
        choose_format(Options(format="sugar"), settings, "scored.csv")
    settings = settings.model_copy(update={"score": ScoreSettings(format="sugar")})
    with pytest.raises(SettingsError, match="sugar"):
        choose_format(Options(), settings, "scored.csv")


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_standard_input_is_scored_like_a_file(
    trained: Project, new: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    given = new
    if kind == "parquet":
        given = tmp_path / "new.parquet"
        pd.read_csv(new, dtype=str, keep_default_na=False).to_parquet(given)
    run(trained, given, tmp_path / "file.csv", now=EARLY)
    with given.open("rb") as file:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(file))
        run(trained, "-", tmp_path / "out" / "piped.csv", now=EARLY)
    assert (tmp_path / "out" / "piped.csv").read_bytes() == (tmp_path / "file.csv").read_bytes()
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"piped.csv", "piped.csv.run.json"}


def test_the_leads_may_be_a_glob_relative_to_where_one_stands(
    trained: Project,
    new: Path,
    tmp_path: Path,
    leadaccord: Leadaccord,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    leads = pd.read_csv(new, dtype=str, keep_default_na=False)
    (tmp_path / "today").mkdir()
    leads.head(20).to_csv(tmp_path / "today" / "1.csv", index=False)
    leads.tail(N_NEW - 20).to_csv(tmp_path / "today" / "2.csv", index=False)
    monkeypatch.chdir(tmp_path)
    assert leadaccord("score", "today/*.csv", "--config", trained.config).code == 0
    assert list(read_scores(tmp_path / "scored.csv")["lead_id"]) == list(leads["Id"])


def test_the_place_and_the_format_may_be_set(
    project: Project, new: Path, tmp_path: Path, leadaccord: Leadaccord
) -> None:
    out, other = tmp_path / "set.csv", tmp_path / "other.csv"
    with project.config.open("a") as file:
        file.write(f'[score]\nout = "{out}"\nformat = "salesforce"\n')
    ran = leadaccord("score", new, "--config", project.config, "--json")
    assert ran.code == 0 and ran.json["out"] == str(out)
    assert list(pd.read_csv(out))[:2] == ["Id", "Leadaccord_Score__c"]
    given = ("--out", other, "--format", "csv")
    assert leadaccord("score", new, "--config", project.config, *given).code == 0
    assert list(pd.read_csv(other)) == DESIGNED
