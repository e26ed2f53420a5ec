from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from features.errors import UsageError
from features.proposal import proposal
from features.settings.load import load_settings
from pipelines import check, init, train
from pipelines.console import Console
from tests.pipelines.conftest import Leadaccord, Project, Run

AFTER_HAND_OVER = {"Tags", "Lead Quality", "Lead Profile"}


def quiet() -> Console:
    return Console(as_json=True, quiet=True)


def propose(leads: Path, folder: Path) -> dict[str, Any]:
    return init.run(quiet(), leads=leads, out=folder / "leadaccord.toml", force=False)


def propose_anyhow(leads: Path, folder: Path) -> dict[str, Any]:
    """Propose where something stays unclear, and return what was found all the same."""
    with pytest.raises(UsageError, match="not complete"):
        propose(leads, folder)
    frame, columns = init.read_export(leads)
    return init.to_result(proposal.propose(frame, columns, leads=leads.name))


@pytest.mark.real
def test_x_education(real_data: Path, tmp_path: Path) -> None:
    found = propose(real_data / "xeducation_leads.csv", tmp_path)
    assert found["id"] == "Prospect ID"
    assert found["handed_over_at"] is None
    assert found["order"] == "Lead Number"
    assert found["decision"] == "Converted"
    assert found["values"]["accepted"] == ["1"]
    assert found["values"]["rejected"] == ["0"]
    assert found["missing"] == ["Select"]
    assert set(found["leak_suspects"]) >= AFTER_HAND_OVER
    assert "Total Time Spent on Website" not in found["leak_suspects"]
    settings = load_settings(tmp_path / "leadaccord.toml")
    assert set(settings.features.exclude) >= AFTER_HAND_OVER
    assert check.run(quiet(), config=settings.file)["used"] == 9_240


@pytest.mark.real
@pytest.mark.slow
def test_x_education_trains_on_what_was_proposed(real_data: Path, tmp_path: Path) -> None:
    propose(real_data / "xeducation_leads.csv", tmp_path)
    result = train.run(quiet(), config=tmp_path / "leadaccord.toml")
    assert result["split"] == "order"
    assert result["skill"] == "good"
    assert 0.85 <= result["auc"] <= 0.95
    assert result["in_use"]


@pytest.mark.real
def test_bank(real_data: Path, tmp_path: Path) -> None:
    found = propose(real_data / "bank_additional_full.csv", tmp_path)
    assert found["id"] is None
    assert found["handed_over_at"] is None
    assert found["order"] == "file"
    assert found["decision"] == "y"
    assert found["values"]["accepted"] == ["yes"]
    assert found["values"]["rejected"] == ["no"]
    assert load_settings(tmp_path / "leadaccord.toml").leads.order == "file"


@pytest.mark.real
def test_olist_has_no_decision_among_its_leads(
    real_data: Path, tmp_path: Path, leadaccord: Leadaccord
) -> None:
    found = propose_anyhow(real_data / "olist_marketing_qualified_leads_dataset.csv", tmp_path)
    assert found["id"] == "mql_id"
    assert found["handed_over_at"] == "first_contact_date"
    assert found["decision"] is None
    run = leadaccord("check", "--config", tmp_path / "leadaccord.toml")
    assert run.code == 2
    assert "[decision]" in run.err


def test_the_simulated_crm(untrained: Project) -> None:
    found = propose(untrained.leads, untrained.folder / "data")
    assert found["preset"] == "salesforce"
    assert found["id"] == "Id"
    assert found["handed_over_at"] == "MQL_Date__c"
    assert found["decision"] == "Status"
    assert found["values"]["accepted"] == ["Qualified"]
    assert found["values"]["rejected"] == ["Disqualified"]
    assert found["values"]["recycled"] == ["Recycled"]
    assert set(found["values"]["undecided"]) == {"Open", "Working"}
    assert "Rating" in found["leak_suspects"]
    settings = load_settings(untrained.folder / "data" / "leadaccord.toml")
    assert settings.tables.leads == "leads.csv"
    assert settings.leads.display == ("Company",)


def test_an_unclear_export_gives_settings_to_be_filled_in(
    tmp_path: Path, leadaccord: Leadaccord
) -> None:
    rows = pd.DataFrame({"a": range(50), "b": ["x", "y"] * 25})
    rows.to_csv(tmp_path / "leads.csv", index=False)
    out = tmp_path / "leadaccord.toml"
    run = leadaccord("init", tmp_path / "leads.csv", "--out", out)
    assert run.code == 2
    assert "decision    not found" in run.out
    assert "no column looks like what sales decided" in run.err
    assert '# column = "..."' in out.read_text("utf-8")


def test_equals_are_listed_and_never_guessed(tmp_path: Path, leadaccord: Leadaccord) -> None:
    answers = {"Converted": [1, 0] * 60, "Response": [1, 1, 0] * 40}
    pd.DataFrame({"Id": range(120), **answers}).to_csv(tmp_path / "leads.csv", index=False)
    out = tmp_path / "leadaccord.toml"
    for arguments in ((), ("--yes",)):
        run = leadaccord("init", tmp_path / "leads.csv", "--out", out, "--force", *arguments)
        assert run.code == 2
        assert "1. Converted (1: 60, 0: 60)" in run.err
        assert "2. Response (1: 80, 0: 40)" in run.err
        text = out.read_text("utf-8")
        assert '# column = "Converted"' in text and '# column = "Response"' in text
    named = ("--force", "--decision", "Response")
    assert leadaccord("init", tmp_path / "leads.csv", "--out", out, *named).code == 0
    assert load_settings(out).decision.column == "Response"
    wrong = leadaccord("init", tmp_path / "leads.csv", "--out", out, "--force", "--decision", "No")
    assert wrong.code == 2 and '"No"' in wrong.err


def deals(rows: int = 120) -> pd.DataFrame:
    created = pd.Series(pd.date_range("2024-01-02 09:00", periods=rows, freq="25h"))
    stage = pd.Series(["Closed Won", "Closed Lost", "Negotiation", "Proposal"] * (rows // 4))
    closed = stage.str.startswith("Closed")
    return pd.DataFrame(
        {
            "Id": [f"D{n}" for n in range(rows)],
            "CloseDate": (created + pd.Timedelta(days=40)).where(closed),
            "CreatedDate": created,
            "StageName": stage,
            "IsClosed": closed,
            "IsWon": stage == "Closed Won",
            "Owner": ["Ana", "Ben", "Cleo"] * (rows // 3),
        }
    )


def test_open_deals_are_no_rejections(tmp_path: Path) -> None:
    deals(240).to_csv(tmp_path / "leads.csv", index=False)
    found = propose(tmp_path / "leads.csv", tmp_path)
    assert found["decision"] == "StageName"
    assert found["handed_over_at"] == "CreatedDate" and found["decided_at"] == "CloseDate"
    assert set(found["leak_suspects"]) >= {"IsClosed", "IsWon"}
    assert found["owners"] == ["Owner"]
    text = (tmp_path / "leadaccord.toml").read_text("utf-8")
    assert "120 records that are still open, and open is not rejected" in " ".join(
        text.replace("#", " ").split()
    )
    result = check.run(quiet(), config=tmp_path / "leadaccord.toml")
    assert (result["accepted"], result["rejected"]) == (60, 60)


@pytest.mark.parametrize(
    "rows",
    [
        pd.DataFrame({"Only": ["a", "b"] * 20}),
        pd.DataFrame({"Created": pd.date_range("2024-01-01", periods=40)}),
        pd.DataFrame({f"c{n}": range(40) for n in range(200)}),
    ],
    ids=["one column", "only dates", "many columns"],
)
def test_odd_exports_end_in_words(
    rows: pd.DataFrame, tmp_path: Path, leadaccord: Leadaccord
) -> None:
    rows.to_csv(tmp_path / "leads.csv", index=False)
    run = leadaccord("init", tmp_path / "leads.csv", "--out", tmp_path / "leadaccord.toml")
    assert run.code == 2
    assert "no column looks like what sales decided" in run.err
    assert "Traceback" not in run.err


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" * 20])
def test_files_that_are_no_table_are_refused(
    content: bytes, tmp_path: Path, leadaccord: Leadaccord
) -> None:
    (tmp_path / "leads.csv").write_bytes(content)
    run = leadaccord("init", tmp_path / "leads.csv", "--out", tmp_path / "leadaccord.toml")
    assert run.code == 3 and "Traceback" not in run.err
    assert not (tmp_path / "leadaccord.toml").exists()


def test_hostile_names_and_values_are_quoted(tmp_path: Path) -> None:
    rows = pd.DataFrame(
        {
            'id "of" lead\\': [f"L{i}" for i in range(200)],
            "status\n[x]": ['won "deal"', "lost\tdeal \\", "ñ\x7f = 1", "working"] * 50,
            "b # c = [": range(200),
        }
    )
    rows.to_csv(tmp_path / "leads.csv", index=False)
    found = propose(tmp_path / "leads.csv", tmp_path)
    settings = load_settings(tmp_path / "leadaccord.toml")
    assert settings.leads.id == found["id"] == 'id "of" lead\\'
    assert settings.decision.column == found["decision"]
    assert found["values"]["accepted"] == ['won "deal"']
    assert found["values"]["unsure"] == ["ñ\x7f = 1"]


def test_an_existing_file_is_not_replaced(untrained: Project, leadaccord: Leadaccord) -> None:
    before = untrained.config.read_bytes()
    arguments = ("init", untrained.leads, "--out", untrained.config)
    run = leadaccord(*arguments)
    assert run.code == 2
    assert "there is a settings file already" in run.err.lower()
    assert untrained.config.read_bytes() == before
    forced: Run = leadaccord(*arguments, "--force", "--json")
    assert forced.code == 0
    assert forced.json["out"] == str(untrained.config)
    assert load_settings(untrained.config).tables.leads == "data/leads.csv"


def test_the_leads_themselves_are_not_replaced(untrained: Project, leadaccord: Leadaccord) -> None:
    before = untrained.leads.read_bytes()
    run = leadaccord("init", untrained.leads, "--out", untrained.leads, "--force")
    assert run.code == 2
    assert untrained.leads.read_bytes() == before


def test_the_proposal_is_told_in_words(
    untrained: Project, leadaccord: Leadaccord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(untrained.folder)
    run = leadaccord("init", "data/leads.csv", "--out", "new.toml")
    assert run.code == 0
    assert all(len(line) <= 80 for line in run.out.splitlines())
    for said in ("lead id     Id", "hand-over   MQL_Date__c", "decision    Status", "Rating"):
        assert said in run.out
    assert run.out.rstrip().endswith("then run: leadaccord check --config new.toml")
    monkeypatch.chdir(untrained.folder / "data")
    run = leadaccord("init", "leads.csv")
    assert run.out.rstrip().endswith("then run: leadaccord check")


def test_flags_without_a_status_use_closed_records_alone(
    tmp_path: Path, leadaccord: Leadaccord
) -> None:
    rows = [
        f"L{i},2025-{1 + i % 9:02}-10 09:{i % 60:02},{('Web', 'Fair')[i % 2]},"
        f"{i % 3 == 0 and i % 4 > 0},{i % 4 > 0}"
        for i in range(400)
    ]
    leads = tmp_path / "deals.csv"
    leads.write_text("Id,CreatedDate,LeadSource,IsWon,IsClosed\n" + "\n".join(rows), "utf-8")
    config = tmp_path / "leadaccord.toml"
    run = leadaccord("init", leads, "--out", config, "--yes", "--json")
    assert (run.code, run.json["decision"], run.json["closed"]) == (0, "IsWon", "IsClosed")
    text = config.read_text("utf-8")
    assert 'closed_values = ["True"]' in text and "open is not rejected" in text
    decision = load_settings(config).decision
    assert (decision.accepted, decision.rejected) == (("True",), ("False",))
    assert "IsClosed" not in load_settings(config).features.exclude
    assert check.run(quiet(), config=config)["excluded"]["untouched"] == 100
