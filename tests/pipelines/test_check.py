from __future__ import annotations

import pandas as pd

from features.labels import read_labelled
from features.settings.load import load_settings
from tests.pipelines.conftest import Leadaccord, Project


def test_a_real_export_is_described(leadaccord: Leadaccord, untrained: Project) -> None:
    run = leadaccord("check", "--json", "--config", untrained.config)
    assert run.code == 0
    result = run.json
    assert result["leads"] == len(untrained.read_leads())
    assert result["used"] == result["accepted"] + result["rejected"]
    assert result["used"] + sum(result["excluded"].values()) == result["leads"]
    assert result["order"] == "time"
    found = {finding["code"]: finding for finding in result["findings"]}
    leads = untrained.read_leads()
    assert found["missing_id"]["severity"] == "warning"
    assert found["missing_id"]["count"] == (leads["Id"] == "").sum()
    assert found["missing_hand_over"]["count"] == (leads["MQL_Date__c"] == "").sum()
    assert found["activity_without_lead"]["severity"] == "note"
    assert not [finding for finding in result["findings"] if finding["severity"] == "error"]
    severities = [finding["severity"] for finding in result["findings"]]
    assert severities == sorted(severities, key=["error", "warning", "note"].index)


def test_each_severity_is_shown(leadaccord: Leadaccord, untrained: Project) -> None:
    fine = leadaccord("check", "--config", untrained.config)
    assert fine.code == 0
    assert "warning leads: no lead id" in fine.out
    assert "\nnote " in fine.out
    assert all(len(line) <= 80 for line in fine.out.splitlines())
    untrained.edit_settings(('rejected = ["Disqualified"]', 'rejected = ["No"]'))
    refused = leadaccord("check", "--config", untrained.config)
    assert refused.code == 3
    assert "\nerror " in refused.out
    assert "unknown_decision" in refused.err
    assert "Disqualified" in refused.err


def test_refused_data_are_one_json_object(leadaccord: Leadaccord, untrained: Project) -> None:
    decisions = untrained.folder / "data" / "decisions.csv"
    rows = pd.read_csv(decisions, dtype=str)
    rows[rows["Status"] == "Qualified"].to_csv(decisions, index=False)
    run = leadaccord("check", "--json", "--config", untrained.config)
    assert run.code == 3
    assert set(run.json["error"]["code"].split(",")) == {"one_class", "too_few_rejected"}


def test_clean_data_need_no_words(leadaccord: Leadaccord, untrained: Project) -> None:
    folder = untrained.folder / "clean"
    folder.mkdir()
    rows = pd.DataFrame(
        {
            "id": [f"L{i}" for i in range(400)],
            "at": pd.date_range("2025-01-01", periods=400, freq="D").strftime("%Y-%m-%d %H:%M"),
            "size": [i % 7 for i in range(400)],
            "said": ["yes" if i % 3 else "no" for i in range(400)],
        }
    )
    rows.to_csv(folder / "leads.csv", index=False)
    config = folder / "leadaccord.toml"
    config.write_text(
        '[tables]\nleads = "leads.csv"\n[leads]\nid = "id"\nhanded_over_at = "at"\n'
        '[decision]\ncolumn = "said"\naccepted = ["yes"]\nrejected = ["no"]\n'
        "matured_after_days = 0\n"
    )
    run = leadaccord("check", "--config", config)
    assert run.code == 0
    assert "Leads not used: none" in run.out
    assert "error" not in run.out


def test_a_misspelt_column_is_not_silently_learned_from(
    leadaccord: Leadaccord, untrained: Project
) -> None:
    fine = leadaccord("check", "--json", "--config", untrained.config).json
    assert "unknown_column" not in {finding["code"] for finding in fine["findings"]}
    with untrained.config.open("a", encoding="utf-8") as file:
        file.write('\n[features]\nexclude = ["Industri", "Company"]\n')
    run = leadaccord("check", "--json", "--config", untrained.config)
    found = {finding["code"]: finding for finding in run.json["findings"]}["unknown_column"]
    assert found["severity"] == "warning"
    assert '"Industri"' in found["message"]
    assert '"Company"' not in found["message"]
    assert 'Did you mean "Industry"?' in found["next_step"]


def test_corrections_are_counted_and_wrong_ones_refused(
    leadaccord: Leadaccord, untrained: Project
) -> None:
    untrained.edit_settings(("[tables]\n", '[tables]\ncorrections = "noted/*.csv"\n'))
    before = leadaccord("check", "--json", "--config", untrained.config).json
    assert before["corrected"] == 0  # nobody has noted anything yet
    noted = untrained.folder / "noted"
    noted.mkdir()
    leads, used = noted / "week-1.csv", usable(untrained)
    used["decision"] = used["decision"].map({"accepted": "rejected"}).fillna("accepted")
    used["verdict"] = "=1+1"
    used.head(12).to_csv(leads, index=False)
    run = leadaccord("check", "--json", "--config", untrained.config)
    assert run.code == 0 and run.json["corrected"] == 12
    change = (used.head(12)["decision"] == "accepted").map({True: 1, False: -1}).sum()
    assert run.json["accepted"] == before["accepted"] + change
    shown = leadaccord("check", "--config", untrained.config)
    assert "\n12 decisions were corrected by the teams\n" in shown.out
    assert "decisions that the teams corrected: 12" in " ".join(shown.out.split())
    (noted / "week-2.csv").write_text("lead_id,decision,noted_at\nnobody,accepted,\n", "utf-8")
    refused = leadaccord("check", "--json", "--config", untrained.config)
    assert refused.code == 3 and refused.json["error"]["code"] == "correction_without_lead"
    assert 'row 13, lead "nobody"' in refused.err


def usable(project: Project) -> pd.DataFrame:
    """Hand-overs that may be learned from, with what sales decided."""
    tables, labels = read_labelled(load_settings(project.config))
    return tables.episodes.loc[labels.used, ["lead_id", "handed_over_at", "decision"]]


def test_a_format_that_cannot_be_written_is_found_before_scoring(
    untrained: Project, leadaccord: Leadaccord
) -> None:
    with untrained.config.open("a", encoding="utf-8") as file:
        file.write('\n[score]\nformat = "sugar"\n')
    run = leadaccord("check", "--config", untrained.config)
    assert run.code == 2
    assert "[score] format" in run.err and '"sugar"' in run.err and '"csv"' in run.err
