from __future__ import annotations

import pandas as pd
import pytest

from pipelines.explain import CHANGE
from serve.scoring.scorer import SCORE_COLUMNS
from tests.pipelines.conftest import Leadaccord, Project, Scored


@pytest.fixture(scope="module")
def lead_ids(trained: Project) -> list[str]:
    """Leads that came once, and one that came back."""
    leads = trained.read_leads()
    good = leads[(leads["Id"] != "") & leads["MQL_Date__c"].between("2", "2030")]
    good = good.drop_duplicates(["Id", "MQL_Date__c"])
    back = good["Id"][good.duplicated("Id")]
    once = good["Id"][~good["Id"].isin(back)]
    return [*once.iloc[[0, 400, -1]], back.iloc[0]]


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_explanation_fits_a_terminal(
    project: Project, lead_ids: list[str], leadaccord: Leadaccord, language: str
) -> None:
    project.edit_settings(('language = "en"', f'language = "{language}"'))
    headings = {
        "en": ("Speaks for it", "Speaks against it"),
        "es": ("A favor", "En contra"),
    }[language]
    for lead in lead_ids[-2:]:
        run = leadaccord("explain", lead, "--config", project.config)
        assert run.code == 0
        assert all(len(line) <= 80 for line in run.out.splitlines())
        assert lead in run.out.splitlines()[0]
        for heading in headings:
            assert heading in run.out
        assert "  - " in run.out


def test_json_holds_the_score_as_score_gives_it(
    trained: Project, scored: Scored, lead_ids: list[str], leadaccord: Leadaccord
) -> None:
    for lead in lead_ids[:2]:
        told = leadaccord("explain", lead, "--json", "--config", trained.config).json
        assert list(told) == [*SCORE_COLUMNS, "doubt", "score_before_answer", *CHANGE]
        assert all(told[name] is None for name in CHANGE)
        row = scored.scores[scored.scores["lead_id"] == lead].iloc[0]
        for name in SCORE_COLUMNS[:-1]:
            written = (
                row[name].removeprefix("'") or None if isinstance(row[name], str) else row[name]
            )
            assert told[name] == written, name
        assert isinstance(told["score"], int)


def test_of_several_hand_overs_the_latest_is_explained(
    trained: Project, lead_ids: list[str], leadaccord: Leadaccord
) -> None:
    leads = trained.read_leads()
    mine = leads["MQL_Date__c"][leads["Id"] == lead_ids[-1]]
    assert mine.nunique() > 1
    told = leadaccord("explain", lead_ids[-1], "--json", "--config", trained.config).json
    assert pd.Timestamp(told["handed_over_at"]) == pd.Timestamp(mine.max())


def test_an_unknown_lead_is_told(trained: Project, leadaccord: Leadaccord) -> None:
    run = leadaccord("explain", "00Qnobody", "--config", trained.config, "--json")
    assert run.code == 2
    assert run.json["error"]["code"] == "lead_unknown"
    assert "There is no lead with this id" in run.err
    assert 'Got "00Qnobody"' in run.err


def test_a_lead_that_cannot_be_scored_is_told_why(trained: Project, leadaccord: Leadaccord) -> None:
    leads = trained.read_leads()
    undated = leads["Id"][(leads["MQL_Date__c"] == "") & (leads["Id"] != "")].iloc[0]
    run = leadaccord("explain", undated, "--config", trained.config)
    assert run.code == 2
    assert "no time of hand-over" in run.err


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_changed_score_says_why(
    project: Project, lead_ids: list[str], leadaccord: Leadaccord, language: str
) -> None:
    project.edit_settings(('language = "en"', f'language = "{language}"'))
    leads = project.read_leads()
    now = leads["Title"].where(leads["Id"] != lead_ids[2], "Student")
    leads[leads["Id"] == lead_ids[2]].to_csv(project.folder / "one.csv", index=False)
    for _ in range(2):  # scored again, it still knows what was said before
        out = project.folder / "one_scored.csv"
        run = leadaccord(
            "score", project.folder / "one.csv", "--out", out, "--config", project.config
        )
        assert run.code == 0
    leads.assign(Title=now).to_csv(project.leads, index=False)
    run = leadaccord("explain", lead_ids[2], "--config", project.config)
    heading, student = {
        "en": ("Why it changed since", "student, was"),
        "es": ("Por qué cambió desde el", "estudiante, antes"),
    }[language]
    assert heading in run.out and student in " ".join(run.out.split())
    assert all(len(line) <= 80 for line in run.out.splitlines())
    told = leadaccord("explain", lead_ids[2], "--json", "--config", project.config).json
    assert told["previous_score"] != told["score"]
    assert told["change_reason"].startswith(str(told["score"]))
