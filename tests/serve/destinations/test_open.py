"""Destinations: told by their names, and refused where it cannot be told what is meant."""

from __future__ import annotations

import pytest

from features.errors import UsageError
from serve.destinations.api.destination import CrmDestination
from serve.destinations.api.hubspot import HubSpot
from serve.destinations.api.salesforce import Salesforce
from serve.destinations.crm import CRM_FORMATS
from serve.destinations.duckdb import DuckdbTable
from serve.destinations.files import FileDestination
from serve.destinations.open import open_destination
from serve.destinations.postgres import PostgresTable
from serve.destinations.sqlite import SqliteTable
from tests.tables import make_settings


@pytest.mark.parametrize(
    ("out", "kind"),
    [
        ("scored.csv", FileDestination),
        ("folder/scored.PARQUET", FileDestination),
        ("scored.xlsx", FileDestination),
        ("sqlite://scores.db?table=scores", SqliteTable),
        ("duckdb://scores.duckdb?table=scores", DuckdbTable),
        ("postgres://me:s3cret@host/db?table=scores", PostgresTable),
    ],
)
def test_the_place_is_told_by_its_name_and_nothing_is_opened(out: str, kind: type) -> None:
    place = open_destination(out, settings=make_settings(), timed=True)
    assert isinstance(place, kind)
    assert place.name == out.replace(":s3cret", "")


def test_tables_know_whether_hand_overs_have_times() -> None:
    for timed in (True, False):
        place = open_destination(
            "sqlite://scores.db?table=scores", settings=make_settings(), timed=timed, wait=3
        )
        assert isinstance(place, SqliteTable)
        assert ("handed_over_at" in place.key) == timed and place.wait == 3


def test_a_format_is_one_of_those_known_and_for_files_that_its_crm_takes() -> None:
    settings = make_settings()
    place = open_destination("a.csv", settings=settings, timed=True, format="salesforce")
    assert isinstance(place, FileDestination) and place.crm == CRM_FORMATS["salesforce"]
    place = open_destination("a.txt", settings=settings, timed=True, format="parquet")
    assert isinstance(place, FileDestination) and place.kind == ".parquet"
    for out, format, words in (
        ("a.csv", "sugar", "no such format.*csv or .*salesforce or hubspot or dynamics"),
        ("a.xlsx", "salesforce", r"expected \.csv, which salesforce imports"),
        ("sqlite://a.db?table=t", "hubspot", "A format is for files"),
    ):
        with pytest.raises(UsageError, match=words):
            open_destination(out, settings=settings, timed=True, format=format)


@pytest.mark.parametrize("out", ["scored", "scored.json", "mysql://h/db?table=t", "sqlite://a.db"])
def test_what_cannot_be_told_is_refused(out: str) -> None:
    with pytest.raises(UsageError):
        open_destination(out, settings=make_settings(), timed=True)


DYNAMICS = "dynamics://Contoso.crm4.dynamics.com?table=msdyn_predictivescore"


def test_a_crm_is_named_by_its_host_and_its_table() -> None:
    place = open_destination(DYNAMICS, settings=make_settings(), timed=True)
    assert isinstance(place, CrmDestination) and not place.dry_run
    assert place.vendor.host == "contoso.crm4.dynamics.com"
    assert place.name == DYNAMICS
    dry = open_destination(DYNAMICS, settings=make_settings(), timed=True, dry_run=True)
    assert isinstance(dry, CrmDestination) and dry.dry_run
    for out, words in (
        (DYNAMICS.replace("msdyn_predictivescore", "lead"), "table of their own.*msdyn_pred"),
        (DYNAMICS.partition("?")[0], "names no table"),
        (DYNAMICS.replace("://", "://ana:s3cret@"), "tokens are read from the environment alone"),
        (DYNAMICS.replace("?", "/api/data?"), "expected dynamics://HOST"),
        (DYNAMICS.replace("Contoso", "con toso"), "cannot be read"),
    ):
        with pytest.raises(UsageError, match=f"(?i){words}") as error:
            open_destination(out, settings=make_settings(), timed=True)
        assert "s3cret" not in str(error.value)


@pytest.mark.parametrize(
    ("out", "vendor"),
    [
        ("salesforce://a.b.com?table=Lead", Salesforce("a.b.com", "Lead")),
        ("salesforce://h?table=Lead&key=Our_Id__c", Salesforce("h", "Lead", "Our_Id__c")),
        ("hubspot://api.hubapi.com?table=contacts", HubSpot("api.hubapi.com", "contacts")),
        ("salesforce://h?table=Lead/x", None),
        ("salesforce://h?table=Lead&key=a%20b", None),
        ("salesforce://h?table=sales.Lead", None),
        ("hubspot://h?table=contacts&key=email", None),
        ("hubspot://h?table=contacts&token=s3cret", None),
    ],
)
def test_an_address_says_which_records_of_a_crm_are_meant(out: str, vendor: object) -> None:
    if vendor is None:
        with pytest.raises(UsageError) as error:
            open_destination(out, settings=make_settings(), timed=True)
        assert "s3cret" not in str(error.value)
        return
    place = open_destination(out, settings=make_settings(), timed=True)
    assert isinstance(place, CrmDestination) and place.vendor == vendor and place.name == out


@pytest.mark.parametrize("out", ["a.csv", "sqlite://a.db?table=t"])
def test_a_dry_run_is_for_crms(out: str) -> None:
    with pytest.raises(UsageError, match=r"sent to a CRM.*Leave out --dry-run"):
        open_destination(out, settings=make_settings(), timed=True, dry_run=True)


def test_a_name_that_is_not_utf8_is_refused() -> None:
    with pytest.raises(UsageError, match="not UTF-8"):
        open_destination("o\udcff.csv", settings=make_settings(), timed=True)
