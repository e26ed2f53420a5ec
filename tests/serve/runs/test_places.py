from __future__ import annotations

from pathlib import Path

import pytest

from features.errors import UsageError
from serve.runs.places import STANDARD_INPUT, find_places, refuse_inputs
from tests.tables import make_settings


def test_all_lies_beside_a_file(tmp_path: Path) -> None:
    out = tmp_path / "out" / "scored.csv"
    target = find_places(str(out), name=str(out), rejects=None, home=tmp_path / "home")
    assert target.rejects == out.with_name("scored.csv.rejects.csv")
    assert target.record == out.with_name("scored.csv.run.json")
    assert target.folder == out.with_name(".scored.csv.leadaccord")
    assert target.written == [out, target.rejects, target.record]


def test_for_a_table_all_lies_in_the_home_but_the_rejects(tmp_path: Path) -> None:
    out = "postgres://ana:secret@host/crm?table=sales.scores"
    target = find_places(out, name="postgres://ana@host/crm", rejects=None, home=tmp_path)
    assert target.rejects == Path("scores.rejects.csv")
    assert target.record is None and target.result is None
    assert target.folder.parent == tmp_path / "spool"
    assert target.refused == Path("scores.refused.csv")
    named = find_places(out, name="x", rejects=tmp_path / "bad.csv", home=tmp_path)
    assert named.written == [tmp_path / "bad.csv"]


def test_a_link_and_its_file_keep_each_other_out(tmp_path: Path) -> None:
    real, link = tmp_path / "folder" / "real.csv", tmp_path / "out.csv"
    link.symlink_to(real)
    places = [find_places(str(p), name="", rejects=None, home=tmp_path) for p in (real, link)]
    assert places[0].folder == places[1].folder == real.with_name(".real.csv.leadaccord")
    assert places[1].rejects == tmp_path / "out.csv.rejects.csv"
    settings = make_settings().model_copy(update={"root": tmp_path})
    taken = settings.tables.model_copy(update={"leads": "folder/*.csv"})
    with pytest.raises(UsageError, match="next run would read"):
        refuse_inputs(settings.model_copy(update={"tables": taken}), [link])


def test_what_the_teams_noted_is_an_input_too(tmp_path: Path) -> None:
    settings = make_settings()
    noted = settings.tables.model_copy(update={"corrections": "noted/*.csv"})
    settings = settings.model_copy(update={"root": tmp_path, "tables": noted})
    with pytest.raises(UsageError, match="next run would read"):
        refuse_inputs(settings, [tmp_path / "noted" / "report.csv"])


def test_an_input_is_never_replaced_nor_added_to(tmp_path: Path) -> None:
    settings = make_settings().model_copy(update={"root": tmp_path, "file": tmp_path / "x.toml"})
    leads = tmp_path / settings.tables.leads
    leads.parent.mkdir(parents=True, exist_ok=True)
    leads.write_text("Id\n1\n")
    with pytest.raises(UsageError, match="would replace what it is made from"):
        refuse_inputs(settings, [leads])
    other = tmp_path / "today" / "a.csv"
    for place in (other, tmp_path / "today" / "scored.csv.rejects.csv"):
        with pytest.raises(UsageError, match="next run would read the result as leads"):
            refuse_inputs(settings, [place], str(tmp_path / "today" / "*.csv"))
    refuse_inputs(settings, [tmp_path / "out.csv"], str(tmp_path / "today" / "*.csv"))
    refuse_inputs(settings, [tmp_path / "out.csv"], STANDARD_INPUT)
