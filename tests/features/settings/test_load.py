"""Settings: every key is read as designed, and every mistake is told with key, line and fix."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from features.errors import SettingsError
from features.settings.load import load_settings, require_decision, settings_to_dict
from tests.features.settings_files import MINIMAL, write

# Every key there is, but for the three that exclude others: order, present_means, and since,
# which goes with handed_over_at.
FULL = """\
[project]
name = "spring-campaigns"
owner = "Data team"
language = "es"
home = "kept"

[tables]
connection = "postgres://warehouse/crm"
leads = "data/leads.csv"
activities = "data/activities/*.parquet"
decisions = "data/decisions.csv"
outcomes = "data/outcomes.csv"
corrections = "corrections/*.csv"

[csv]
separator = ";"
encoding = "latin-1"

[leads]
preset = "salesforce"
id = "Id"
handed_over_at = "MQL_Date__c"
time_format = "%d-%m-%Y %H:%M"
since = 2018-01-01
missing = ["Select", "#VALUE!", 999]
display = ["Company", "Name"]
status = "Status"
working = ["Working"]
rep_name = "Owner Name"
link = "https://crm.example.com/{id}"

[decision]
column = "Status"
accepted = ["Qualified", "Converted"]
rejected = ["Disqualified", "Junk Lead"]
recycled = ["Recycled"]
undecided = ["Open", "New"]
others = "undecided"
closed = "IsClosed"
closed_values = ["True", 1]
converted = "Is Converted"
converted_values = ["true"]
decided_at = "won_date"
matured_after_days = 90
reason = "Disqualified_Reason__c"
rep = "OwnerId"
id = "LeadId"

[activities]
id = "WhoId"
at = "CreatedDate"
type = "TaskSubtype"
sales = ["Call"]

[outcomes]
id = "LeadId"
opportunity_at = "CreatedDate"
won_at = "CloseDate"
amount = "Amount"
currency = "EUR"

[features]
exclude = ["Tags", "Lead Quality"]
fit = ["Industry", "Title"]
behaviour = ["TotalVisits"]
trust = ["Rating"]

[train]
test_share = 0.3
seed = 7

[score]
out = "scores/new.csv"
format = "hubspot"
max_rejected = 0.1
history = 5000
prior_shift = true

[bands]
hot = 80
warm = 60
cool = 30

[capacity]
leads_per_week = { Madrid = 40, Lisbon = 30.5 }
by = "Region"

[agreement]
accepted = 0.5
answered = 0.9
answer_within = 3
definitions = ["SQL: sales has met the lead"]
marketing = "Ana"
sales = "Ben"
version = "2"
agreed_on = 2026-01-31

[labels]
columns = { Source = "Origin" }
activities = { demo = { en = "asked for a demo", es = "pidi\u00f3 una demo" } }
values = { Source = { web = "Web" } }

[gate]
mode = "dry-run"
top_share = 0.1
min_leads = 300
better = ["auc", "log_loss"]
auc_drop = 0.02
average_precision_drop = 0.03
log_loss_rise = 0.04
top_precision_drop = 0.05
segment_drop = 0.06
calibration_error = 0.07
auc_fall = 0.2
acceptance_factor = 3
changed_inputs = ["Region"]
"""

FULL_READ: dict[str, dict[str, Any]] = {
    "project": {"name": "spring-campaigns", "owner": "Data team", "language": "es", "home": "kept"},
    "tables": {
        "connection": "postgres://warehouse/crm",
        "leads": "data/leads.csv",
        "activities": "data/activities/*.parquet",
        "decisions": "data/decisions.csv",
        "outcomes": "data/outcomes.csv",
        "corrections": "corrections/*.csv",
    },
    "csv": {"separator": ";", "encoding": "latin-1"},
    "leads": {
        "preset": "salesforce",
        "id": "Id",
        "handed_over_at": "MQL_Date__c",
        "order": None,
        "time_format": "%d-%m-%Y %H:%M",
        "since": "2018-01-01",
        "missing": ["Select", "#VALUE!", "999"],
        "display": ["Company", "Name"],
        "status": "Status",
        "working": ["Working"],
        "rep_name": "Owner Name",
        "link": "https://crm.example.com/{id}",
    },
    "decision": {
        "column": "Status",
        "accepted": ["Qualified", "Converted"],
        "rejected": ["Disqualified", "Junk Lead"],
        "recycled": ["Recycled"],
        "undecided": ["Open", "New"],
        "others": "undecided",
        "closed": "IsClosed",
        "closed_values": ["True", "1"],
        "converted": "Is Converted",
        "converted_values": ["true"],
        "decided_at": "won_date",
        "reason": "Disqualified_Reason__c",
        "rep": "OwnerId",
        "id": "LeadId",
        "present_means": None,
        "matured_after_days": 90,
    },
    "activities": {
        "id": "WhoId",
        "at": "CreatedDate",
        "type": "TaskSubtype",
        "sales": ["Call"],
    },
    "outcomes": {
        "id": "LeadId",
        "opportunity_at": "CreatedDate",
        "won_at": "CloseDate",
        "amount": "Amount",
        "currency": "EUR",
    },
    "features": {
        "exclude": ["Tags", "Lead Quality"],
        "fit": ["Industry", "Title"],
        "behaviour": ["TotalVisits"],
        "trust": ["Rating"],
    },
    "train": {"test_share": 0.3, "seed": 7},
    "score": {
        "out": "scores/new.csv",
        "format": "hubspot",
        "max_rejected": 0.1,
        "history": 5000,
        "prior_shift": True,
    },
    "bands": {"hot": 80, "warm": 60, "cool": 30},
    "capacity": {"leads_per_week": {"Madrid": 40.0, "Lisbon": 30.5}, "by": "Region"},
    "agreement": {
        "accepted": 0.5,
        "answered": 0.9,
        "answer_within": 3,
        "definitions": ["SQL: sales has met the lead"],
        "marketing": "Ana",
        "sales": "Ben",
        "version": "2",
        "agreed_on": "2026-01-31",
    },
    "labels": {
        "columns": {"Source": "Origin"},
        "activities": {"demo": {"en": "asked for a demo", "es": "pidi\u00f3 una demo"}},
        "values": {"Source": {"web": "Web"}},
    },
    "gate": {
        "mode": "dry-run",
        "top_share": 0.1,
        "min_leads": 300,
        "better": ["auc", "log_loss"],
        "auc_drop": 0.02,
        "average_precision_drop": 0.03,
        "log_loss_rise": 0.04,
        "top_precision_drop": 0.05,
        "segment_drop": 0.06,
        "calibration_error": 0.07,
        "auc_fall": 0.2,
        "acceptance_factor": 3.0,
        "changed_inputs": ["Region"],
    },
}


def test_every_key_is_read(tmp_path: Path) -> None:
    assert settings_to_dict(load_settings(write(tmp_path, FULL))) == FULL_READ


def test_the_example_names_every_key_there_is(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path, FULL))
    left_out = {
        (section, key)
        for section, values in settings_to_dict(settings).items()
        for key in values
        if key not in getattr(settings, section).model_fields_set
    }
    assert left_out == {("leads", "order"), ("decision", "present_means")}


def test_defaults(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path, MINIMAL))
    assert (settings.project.name, settings.project.language) == ("leadaccord", "en")
    assert settings.tables.connection == "duckdb://"
    assert settings.decision.others == "error"
    assert settings.decision.matured_after_days == "auto"
    assert (settings.train.test_share, settings.train.seed) == (0.25, 20)
    assert settings.leads.handed_over_at is None
    assert settings.features.exclude == ()


@pytest.mark.parametrize(
    "link",
    [
        "http://crm.example.com/{id}",
        "javascript:alert('{id}')",
        "https://{id}.example.com/",
        "https://crm.example.com",
        "https://crm.example.com/lead",
        "https://crm.example.com/{id}/{id}",
        "https://user@crm.example.com/{id}",
        "https://crm.example.com/{ID}",
        "https://crm.example.com/a b/{id}",
        'https://crm.example.com/\\"{id}',
        "https:///{id}",
    ],
)
def test_a_link_that_leads_elsewhere_is_refused(tmp_path: Path, link: str) -> None:
    with pytest.raises(SettingsError, match="link") as refused:
        load_settings(write(tmp_path, f'{MINIMAL}[leads]\nlink = "{link}"\n'))
    assert "https://crm.example.com/{id}" in str(refused.value)


def test_a_link_may_have_a_port_and_a_question(tmp_path: Path) -> None:
    link = "https://eu-1.crm.example.com:8443/lightning/r/Lead/view?id={id}&tab=1#top"
    assert load_settings(write(tmp_path, f'{MINIMAL}[leads]\nlink = "{link}"\n')).leads.link == link


def test_order_may_be_a_column_or_the_file(tmp_path: Path) -> None:
    for order in ("file", "Lead Number"):
        settings = load_settings(write(tmp_path, f'{MINIMAL}[leads]\norder = "{order}"\n'))
        assert settings.leads.order == order


def test_present_means_needs_no_values(tmp_path: Path) -> None:
    text = """\
[tables]
leads = "leads.csv"
decisions = "deals.csv"
[decision]
present_means = "accepted"
decided_at = "won_date"
matured_after_days = 0
"""
    decision = load_settings(write(tmp_path, text)).decision
    assert (decision.present_means, decision.matured_after_days) == ("accepted", 0)


def test_a_preset_may_bring_the_decision(tmp_path: Path) -> None:
    text = '[tables]\nleads = "leads.csv"\n[leads]\npreset = "hubspot"\n'
    settings = load_settings(write(tmp_path, text))
    assert settings.decision.column is None
    with pytest.raises(SettingsError, match=r"\[decision\] is missing or empty"):
        require_decision(settings)


def test_require_decision_is_content_with_a_full_one(tmp_path: Path) -> None:
    require_decision(load_settings(write(tmp_path, MINIMAL)))


def test_home_is_beside_the_file_wherever_one_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, MINIMAL)
    monkeypatch.chdir(tmp_path)
    settings = load_settings(Path("leadaccord.toml"))
    monkeypatch.chdir("/")
    assert settings.file == Path("leadaccord.toml")
    assert settings.root == tmp_path
    assert settings.home == tmp_path / ".leadaccord"


def test_home_may_be_absolute(tmp_path: Path) -> None:
    home = tmp_path / "elsewhere"
    text = f"{MINIMAL}[project]\nhome = '{home}'\n"
    assert load_settings(write(tmp_path, text)).home == home


def test_settings_never_change(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path, MINIMAL))
    with pytest.raises(ValidationError):
        settings.decision.column = "Other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("true", "true"),
        ("false", "false"),
        ("1", "1"),
        ("-3", "-3"),
        ("1.0", "1"),
        ("1.5", "1.5"),
        ('" Qualified "', "Qualified"),
    ],
)
def test_values_become_text(tmp_path: Path, written: str, read: str) -> None:
    text = MINIMAL.replace('["Qualified"]', f"[{written}]")
    assert load_settings(write(tmp_path, text)).decision.accepted == (read,)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2018-01-01", date(2018, 1, 1)),
        ("2018-01-01T10:30:00", datetime(2018, 1, 1, 10, 30)),
        ("2018-01-01T10:30:00+02:00", datetime(2018, 1, 1, 8, 30)),
    ],
)
def test_since_is_a_date_or_a_time_in_utc(
    tmp_path: Path, written: str, read: date | datetime
) -> None:
    text = f'{MINIMAL}[leads]\nhanded_over_at = "At"\nsince = {written}\n'
    since = load_settings(write(tmp_path, text)).leads.since
    assert (since, type(since)) == (read, type(read))


def test_the_plain_form_is_json_and_names_no_folder_of_this_machine(tmp_path: Path) -> None:
    shown = json.dumps(settings_to_dict(load_settings(write(tmp_path, FULL))))
    assert json.loads(shown) == FULL_READ
    assert str(tmp_path) not in shown


@pytest.mark.parametrize(
    ("connection", "shown"),
    [
        ("duckdb://", "duckdb://"),
        ("postgres://me@host/crm", "postgres://me@host/crm"),
        ("postgres://me:s3cr@t/x@host/crm", "postgres://..."),
        ("snowflake://host/db?user=me&password=s3cr", "snowflake://host/db"),
        ("duckdb://md:crm?motherduck_token=s3cr", "duckdb://..."),
    ],
)
def test_no_secret_is_logged(tmp_path: Path, connection: str, shown: str) -> None:
    text = MINIMAL.replace("[tables]", f'[tables]\nconnection = "{connection}"')
    settings = load_settings(write(tmp_path, text))
    assert settings.tables.connection == connection
    assert settings_to_dict(settings)["tables"]["connection"] == shown


def test_a_folder_whose_name_is_not_utf8_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "pr\udcff"
    folder.mkdir()
    with pytest.raises(SettingsError, match="not UTF-8"):
        load_settings(write(folder, MINIMAL))


def test_no_separator_is_the_zero_byte(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="separator"):
        load_settings(write(tmp_path, MINIMAL + '\n[csv]\nseparator = "\\u0000"\n'))
