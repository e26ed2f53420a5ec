"""Rules over several keys: each contradiction is told at its line, with the way out."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.settings.load import load_settings
from tests.features.settings_files import message_of, write

DECISION = '[decision]\ncolumn = "Status"\naccepted = ["yes"]\nrejected = ["no"]\n'
FLAT = '[tables]\nleads = "leads.csv"\n' + DECISION
PRESENT = """\
[tables]
leads = "leads.csv"
decisions = "deals.csv"
[decision]
present_means = "accepted"
"""


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        pytest.param(
            FLAT + '[leads]\nhanded_over_at = "At"\norder = "Number"\n',
            ["[leads] order and handed_over_at are both given (FILE, line 9)", "one of them"],
            id="two orders",
        ),
        pytest.param(
            FLAT + '[leads]\norder = "file"\nsince = 2018-01-01\n',
            ["[leads] since needs the time of the hand-over", "line 9"],
            id="since without a time",
        ),
        pytest.param(
            PRESENT.replace('decisions = "deals.csv"\n', ""),
            ["[decision] present_means needs a table of decisions (FILE, line 4)"],
            id="present nowhere",
        ),
        pytest.param(
            PRESENT + 'column = "Status"\n',
            ["[decision] column and present_means are both given (FILE, line 6)"],
            id="present and a column",
        ),
        pytest.param(
            PRESENT + 'rejected = ["no"]\n',
            ["[decision] rejected and present_means are both given (FILE, line 6)"],
            id="present and values",
        ),
        pytest.param(
            FLAT + "[bands]\nhot = 50\n",
            ["[bands] hot does not lie above warm (FILE, line 8)", "hot = 50, warm = 50"],
            id="bands that do not fall",
        ),
        pytest.param(
            FLAT + '[capacity]\nby = "Team"\n',
            ["[capacity] leads_per_week is missing (FILE, line 7)"],
            id="a capacity of nothing",
        ),
        pytest.param(
            FLAT + "[capacity]\nleads_per_week = { Madrid = 3 }\n",
            ["by names no column that holds them (FILE, line 8)", 'Add by = "COLUMN"'],
            id="capacities of nobody",
        ),
        pytest.param(
            FLAT + 'converted_values = ["True"]\n',
            ["[decision] converted is missing", "or remove converted_values"],
            id="converted values of no column",
        ),
        pytest.param(
            FLAT + 'closed_values = ["True"]\n',
            ["[decision] closed is missing", "or remove closed_values"],
            id="values of no column",
        ),
        pytest.param(
            FLAT.replace('column = "Status"\n', ""),
            ["[decision] column is missing (FILE, line 3)", 'Add column = "Status"'],
            id="no column",
        ),
        pytest.param(
            FLAT.replace('accepted = ["yes"]', "accepted = []"),
            ["[decision] accepted is missing (FILE, line 5)", "the values that mean yes"],
            id="nothing accepted",
        ),
        pytest.param(
            FLAT.replace('rejected = ["no"]\n', ""),
            ["[decision] rejected is missing (FILE, line 3)", "the values that mean no"],
            id="nothing rejected",
        ),
        pytest.param(
            FLAT.replace(DECISION, ""),
            ["[decision] is missing or empty (FILE)", "Add [decision] with column"],
            id="no decision",
        ),
        pytest.param(
            FLAT.replace('["yes"]', "[1]").replace('["no"]', '["1.0", 1.0]'),
            ['[decision] accepted and rejected share a value (FILE, line 6). Got "1".'],
            id="one value, two meanings",
        ),
        pytest.param(
            FLAT + 'recycled = ["no"]\n',
            ['[decision] rejected and recycled share a value (FILE, line 7). Got "no".'],
            id="rejected and recycled",
        ),
        pytest.param(
            FLAT.replace('["no"]', '["no", " "]'),
            ["[decision] rejected holds an empty value", "line 6"],
            id="empty value",
        ),
        pytest.param(
            FLAT + '[features]\nexclude = ["Tags"]\nfit = ["Tags"]\n',
            ['[features] fit and exclude name the same column (FILE, line 9). Got "Tags".'],
            id="excluded and used",
        ),
        pytest.param(
            FLAT + '[features]\nexclude = ["Tags"]\ntrust = ["Tags"]\n',
            ["[features] trust and exclude name the same column (FILE, line 9)"],
            id="excluded and trusted",
        ),
        pytest.param(
            FLAT + '[features]\nfit = ["Visits"]\nbehaviour = ["Visits"]\n',
            ["[features] behaviour and fit name the same column (FILE, line 9)"],
            id="two kinds",
        ),
        pytest.param(
            FLAT + '[leads]\nstatus = "Stage"\n',
            ["[leads] status is named, and no value of it means that sales is at work"],
            id="a status without values",
        ),
        pytest.param(
            '[tables]\nleads = "l.csv"\ndecisions = "d.csv"\n[leads]\nworking = ["New"]\n'
            '[decision]\ncolumn = "Outcome"\naccepted = ["yes"]\nrejected = ["no"]\n',
            ["[leads] working has values, and no column of leads holds them"],
            id="values of no column",
        ),
        pytest.param(
            FLAT + '[activities]\nsales = ["Call"]\n',
            ["[activities] sales names types, and no table of activities is named"],
            id="acts of no table",
        ),
        pytest.param(
            FLAT + '[leads]\ndisplay = ["Company"]\n[features]\nfit = ["Company"]\n',
            ["[features] fit and [leads] display name the same column (FILE, line 10)"],
            id="shown and learned from",
        ),
    ],
)
def test_a_contradiction_is_told(tmp_path: Path, text: str, parts: list[str]) -> None:
    message = message_of(tmp_path, text)
    assert "\n" not in message
    for part in parts:
        assert part in message


@pytest.mark.parametrize("text", [FLAT, PRESENT, FLAT + 'undecided = ["", "open"]\n'])
def test_what_is_right_passes(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, text)
    assert load_settings(path).file == path
