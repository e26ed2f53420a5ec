"""What leads are told apart by is found by what columns are called, in any CRM."""

from __future__ import annotations

import numpy as np
import pandas as pd

from features.language import language
from serve.report.fields import find_columns, find_fields, name_levels, name_personas
from tests.serve.report.conftest import Company
from tests.tables import make_episodes, make_settings, make_tables


def find(attributes: dict[str, list[object]], **episodes: object) -> pd.DataFrame:
    frame = pd.DataFrame(attributes)
    tables = make_tables(frame, episodes=make_episodes(len(frame), **episodes))
    return find_fields(tables, frame.index, language("en")).frame


def test_the_names_of_three_crms() -> None:
    for source, campaign, country in (
        ("LeadSource", "Campaign__c", "Country"),
        ("hs_analytics_source", "utm_campaign", "country"),
        ("leadsourcecode", "campaignid", "address1_country"),
    ):
        found = find({source: ["a", "b"], campaign: ["x", None], country: ["Peru", "Peru"]})
        assert list(found.columns) == ["source", "campaign", "country"]
        assert found["source"].tolist() == ["a", "b"]
        assert found["campaign"].tolist() == ["x", None]


def test_what_is_not_there_is_absent() -> None:
    assert find({"Age": [1.0, 2.0]}).shape == (2, 0)
    assert list(find({"LeadSource": [None, None], "Age": [1, 2]}).columns) == []
    assert "persona" not in find({"Title": ["CEO", "CTO"]})


def test_a_number_is_no_campaign_unless_it_is_a_code() -> None:
    assert find({"campaign": [1.0, 2.0]}).shape == (2, 0)
    assert find({"leadsourcecode": [1.0, 2.0]})["source"].tolist() == ["1", "2"]


def test_the_fuller_of_two_columns_counts() -> None:
    frame = pd.DataFrame({"Source": ["a", None], "LeadSource": ["b", "c"], "UtmSource": ["d", "e"]})
    assert find_columns(frame) == {"source": "LeadSource"}


def test_the_owner_is_the_leads_own_or_who_decided() -> None:
    found = find({"OwnerId": ["A", "B"]}, rep=["R", "R"])
    assert found["owner"].tolist() == ["A", "B"]
    assert find({"Age": [1, 2]}, rep=["R", None])["owner"].tolist() == ["R", None]


def test_the_named_column_says_who_has_a_lead_and_by_what_name() -> None:
    tables = make_tables(
        pd.DataFrame({"Owner": ["005A", "005B"], "Their name": ["Ana Ruiz", None]}),
        settings=make_settings(leads={"rep_name": "Their name"}),
    )
    found = find_fields(tables, tables.attributes.index, language("en"))
    assert found.frame["owner"].tolist() == ["Ana Ruiz", None]
    assert found.labels["owner"] == "Their name"


def test_spellings_that_differ_by_case_and_spaces_are_one() -> None:
    values = pd.Series(["Google", "google", "Google ", " GOOGLE", None, "Bing\n", 7])
    assert name_levels(values).tolist() == ["Google"] * 4 + [None, "Bing", "7"]
    shuffled = values.sample(frac=1, random_state=2)
    pd.testing.assert_series_equal(name_levels(shuffled).sort_index(), name_levels(values))


def test_typed_text_is_fit_for_one_line() -> None:
    assert name_levels(pd.Series(["a\u202eb\x00" + "c" * 90]))[0].startswith("a b c")
    assert len(name_levels(pd.Series(["x" * 200]))[0]) <= 60


def test_personas_are_function_and_industry() -> None:
    titles = pd.Series(["VP Marketing", "cfo", None, "Zauberer", "CFO"])
    industries = pd.Series(["Steel", "steel", "Steel", "Retail", None])
    assert name_personas(titles, industries, language("en")).tolist() == [
        "Marketing, Steel",
        "Finance, Steel",
        None,
        "Not recognised, Retail",
        None,
    ]
    assert name_personas(titles, industries, language("es"))[1] == "Finanzas, Steel"


def test_every_lead_of_the_company_has_its_own(company: Company) -> None:
    frame = company.fields.frame
    assert list(frame.columns) == ["source", "campaign", "persona", "country", "owner"]
    assert set(company.fields.labels) == set(frame.columns)
    pd.testing.assert_index_equal(frame.index, company.scored.hand_overs.index)
    given = company.tables.attributes.loc[frame.index, "Country"]
    same = given.dropna().str.strip().str.lower() == frame["country"].dropna().str.lower()
    assert same.all()
    assert np.array_equal(given.isna(), frame["country"].isna())
