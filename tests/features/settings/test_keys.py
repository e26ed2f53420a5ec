"""Each key by itself: what is wrong is named, and what is right is kept all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.crm.presets import PRESETS
from features.language import list_languages
from features.settings.choices import OneOf
from features.settings.keys import read_sections
from features.settings.schema import SECTIONS, TrainSettings
from tests.features.settings_files import MINIMAL, message_of

TABLES = {"tables": {"leads": "leads.csv"}}


def test_what_is_left_out_has_its_default() -> None:
    sections, problems = read_sections(TABLES, SECTIONS)
    assert problems == []
    assert set(sections) == set(SECTIONS)
    assert sections["train"] == TrainSettings()


def test_a_wrong_key_costs_no_other_key() -> None:
    raw = {**TABLES, "train": {"seed": 7, "test_share": "a quarter"}}
    sections, problems = read_sections(raw, SECTIONS)
    assert [problem.key for problem in problems] == [("train", "test_share")]
    assert sections["train"] == TrainSettings(seed=7)


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        ({"leeds": {}}, "did you mean [leads]?"),
        ({"matured_after_days": 3}, "is outside the tables"),
        ({"zzz": {}}, "is not known"),
        ({"features": {"excluded": []}}, "exclude"),
    ],
)
def test_a_name_that_is_not_known_is_named_with_the_nearest(
    raw: dict[str, object], what: str
) -> None:
    _, problems = read_sections({**TABLES, **raw}, SECTIONS)
    assert len(problems) == 1
    told = " ".join(filter(None, [problems[0].what, problems[0].next_step]))
    assert what in told


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        pytest.param(
            MINIMAL.replace("accepted", "acepted"),
            ["[decision] acepted is not known: did you mean accepted?", "(FILE, line 6)"],
            id="unknown key",
        ),
        pytest.param(
            MINIMAL + 'handed_over_at = "At"\n',
            ["[decision] handed_over_at is not known (FILE, line 8)", "Move it below [leads]"],
            id="key of another table",
        ),
        pytest.param(
            MINIMAL + "zzz = 1\n",
            ["[decision] zzz is not known (FILE, line 8)", "Remove it; [decision] has column,"],
            id="key like no other",
        ),
        pytest.param(
            MINIMAL + "[lead]\n",
            ["[lead] is not known: did you mean [leads]? (FILE, line 8)"],
            id="unknown table",
        ),
        pytest.param(
            MINIMAL + "[zebra]\n",
            ["[zebra] is not known (FILE, line 8)", "Remove it, or use [project], [tables]"],
            id="table like no other",
        ),
        pytest.param(
            'language = "es"\n' + MINIMAL,
            ['The key "language" is outside the tables (FILE, line 1)', "below [project]"],
            id="key outside",
        ),
        pytest.param(
            'tables = "x"\n' + MINIMAL.split("\n", 2)[2],
            ["[tables] is not a table (FILE, line 1)", "Write its keys below a line [tables]"],
            id="value for a table",
        ),
        pytest.param(
            MINIMAL.replace('leads = "data/leads.csv"', 'activities = "a.csv"'),
            ["[tables] leads is missing (FILE, line 1)", 'Add leads = "FILE" below a line'],
            id="required key",
        ),
        pytest.param(
            MINIMAL.split("\n", 3)[3],
            ["[tables] leads is missing, as all of [tables] (FILE)"],
            id="required table",
        ),
        pytest.param(
            MINIMAL.replace('["Qualified"]', '"Qualified"'),
            [
                "[decision] accepted has a value that does not fit (FILE, line 6)",
                'Got "Qualified", expected a list of values',
                'Write accepted = ["Qualified"]',
            ],
            id="text for a list",
        ),
        pytest.param(
            MINIMAL.replace('["Qualified"]', "[\n  2018-01-01,\n]"),
            ["[decision] accepted has a value that does not fit (FILE, line 6)", "2018-01-01"],
            id="date in a list",
        ),
        pytest.param(
            MINIMAL + '[leads]\nsince = "2018-01-01"\n',
            ["[leads] since", "line 9", "a date without quotes", "Remove the quotes"],
            id="quoted date",
        ),
        pytest.param(
            MINIMAL + "[leads]\nsince = 0001-01-01T00:00:00+09:00\n",
            ["[leads] since", "line 9"],
            id="time before all times",
        ),
        pytest.param(
            MINIMAL + '[leads]\ntime_format = "DD/MM/YYYY"\n',
            ["[leads] time_format", "line 9", 'Got "DD/MM/YYYY"', '"%d-%m-%Y %H:%M"'],
            id="time format",
        ),
        pytest.param(
            MINIMAL + '[leads]\npreset = "sales"\n',
            ["[leads] preset", 'Got "sales"', f"expected {OneOf(lambda: PRESETS).describe()}"],
            id="preset",
        ),
        pytest.param(
            MINIMAL + '[leads]\nid = "  "\n',
            ["[leads] id", "line 9", "the name of a column"],
            id="blank name",
        ),
        pytest.param(
            MINIMAL + '[project]\nlanguage = "xx"\n',
            ["[project] language", 'Got "xx"', f"expected {OneOf(list_languages).describe()}"],
            id="language",
        ),
        pytest.param(
            MINIMAL + '[csv]\nseparator = "tab"\n',
            ["[csv] separator", 'Got "tab"', "one character"],
            id="separator",
        ),
        pytest.param(
            MINIMAL + '[csv]\nencoding = "klingon"\n',
            ["[csv] encoding", 'Got "klingon"', "an encoding"],
            id="encoding",
        ),
        pytest.param(
            MINIMAL + "matured_after_days = -1\n",
            ["[decision] matured_after_days", "line 8", "Got -1", "0 or more"],
            id="negative days",
        ),
        pytest.param(
            MINIMAL + "matured_after_days = true\n",
            ["[decision] matured_after_days", "Got true"],
            id="true is no number",
        ),
        pytest.param(
            MINIMAL + 'others = "ignore"\n',
            ["[decision] others", 'Got "ignore", expected "error" or "undecided"'],
            id="others",
        ),
        pytest.param(
            MINIMAL + "[train]\ntest_share = 0.05\n",
            ["[train] test_share", "Got 0.05", "over 0.05, at most 0.5"],
            id="test share",
        ),
        pytest.param(
            MINIMAL + "[train]\nseed = 1.5\n",
            ["[train] seed", "Got 1.5", "a whole number"],
            id="seed",
        ),
        pytest.param(
            MINIMAL + '[features]\nexclude = ["Tags", 3]\n',
            ["[features] exclude", "line 9", 'Got ["Tags", 3]', "a list of column names"],
            id="number for a column",
        ),
    ],
)
def test_a_mistake_is_told_with_key_line_and_fix(
    tmp_path: Path, text: str, parts: list[str]
) -> None:
    message = message_of(tmp_path, text)
    assert "\n" not in message
    for part in parts:
        assert part in message


def test_a_connection_is_never_repeated(tmp_path: Path) -> None:
    text = MINIMAL.replace("[tables]", '[tables]\nconnection = ["postgres://me:s3cr@host"]')
    assert "s3cr" not in message_of(tmp_path, text)


def test_three_mistakes_are_told_in_the_order_of_the_file_and_the_rest_counted(
    tmp_path: Path,
) -> None:
    text = """\
[train]
seed = "x"
[decision]
colum = "Status"
accepted = "yes"
rejected = ["no"]
[tables]
leads = 3
outcomes = 4
"""
    lines = message_of(tmp_path, text).splitlines()
    assert len(lines) == 4
    for line, start in zip(
        lines,
        ("[train] seed", "[decision] colum is", "[decision] accepted", "And 2 more problems"),
        strict=True,
    ):
        assert line.startswith(start)


def test_a_wrong_key_is_not_called_missing_too(tmp_path: Path) -> None:
    text = MINIMAL.replace("accepted", "acepted").replace('["Disqualified"]', '"no"')
    lines = message_of(tmp_path, text).splitlines()
    assert [line.split(" (")[0] for line in lines] == [
        "[decision] acepted is not known: did you mean accepted?",
        "[decision] rejected has a value that does not fit",
    ]
