from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest

from features.errors import DataRefused, DestinationError
from features.findings import Finding
from pipelines.console import WIDTH, Console, SilentConsole, render_findings, wrap

LONG = Finding(
    code="missing_id",
    severity="warning",
    message="no lead id, " * 20,
    next_step="Fill it in, " * 20,
    count=1_200,
    total=34_000,
    example="row 17",
)


def test_a_result_is_text_or_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    Console(as_json=False).result({"n": 1}, ["First", "Second"])
    assert capsys.readouterr().out == "First\nSecond\n"
    Console(as_json=True).result({"n": 1, "name": "Ñandú"}, ["First"])
    said = capsys.readouterr()
    assert json.loads(said.out) == {"n": 1, "name": "Ñandú"}
    assert "Ñandú" in said.out
    assert said.err == ""


def test_a_figure_that_is_no_number_is_never_written_as_json() -> None:
    with pytest.raises(ValueError, match="JSON"):
        Console(as_json=True).result({"auc": float("nan")}, [])


def test_a_part_keeps_its_result_and_shares_the_clock(capsys: pytest.CaptureFixture[str]) -> None:
    console = Console(as_json=True)
    part = console.part()
    part.result({"n": 1}, ["First"])
    part.progress("Reading")
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.endswith(" s  Reading\n")
    assert 0 <= part.elapsed() <= console.elapsed()


def test_an_error_is_told_on_standard_error_and_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    error = DataRefused("no leads", where="leads.csv", next_step="Export again", code="no_leads")
    Console(as_json=False).error(error)
    plain = capsys.readouterr()
    assert plain.out == ""
    assert plain.err == f"leadaccord: {error}\n"
    Console(as_json=True).error(error)
    assert json.loads(capsys.readouterr().out)["error"] == {
        "code": "no_leads",
        "what": "no leads",
        "where": "leads.csv",
        "next_step": "Export again",
        "message": str(error),
    }


def test_findings_fit_a_terminal_and_say_all(capsys: pytest.CaptureFixture[str]) -> None:
    lines = render_findings([LONG])
    assert all(len(line) <= WIDTH for line in lines)
    text = " ".join(line.strip() for line in lines)
    for part in ("warning", "leads", "[1,200 of 34,000]", "for example row 17", "-> Fill it in"):
        assert part in text
    Console(as_json=True).findings([LONG])
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "\n".join(lines) + "\n")


def test_a_count_that_the_message_tells_is_not_told_twice() -> None:
    told = replace(LONG, message="no lead id: 1,200 of 34,000 rows", next_step="")
    assert " ".join(render_findings([told])).count("1,200 of 34,000") == 1


def test_a_paragraph_is_wrapped_under_its_indent() -> None:
    lines = wrap("word " * 60, indent="    ")
    assert len(lines) > 1
    assert all(line.startswith("    word") and len(line) <= WIDTH for line in lines)


def test_a_short_count_says_nothing_where_nobody_watches(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Console(as_json=False).counting("batches scored", total=3) as advance:
        for _ in range(3):
            advance()
    assert capsys.readouterr() == ("", "")


def test_a_long_count_has_a_line_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.console._SECONDS_BETWEEN_LINES", 0.0)
    with Console(as_json=True).counting("batches scored", total=1_200) as advance:
        advance()
    said = capsys.readouterr()
    assert said.out == "" and said.err.endswith(" s  1 of 1,200 batches scored\n")


def test_a_terminal_gets_a_bar(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with Console(as_json=True).counting("batches scored", total=2) as advance:
        advance()
        advance()
    lines = capsys.readouterr().err.split("\r")
    assert f"[{'#' * 15}{' ' * 15}] 1 of 2 batches scored" in lines[1]
    assert lines[2].endswith(f"[{'#' * 30}] 2 of 2 batches scored\n")


def test_a_terse_console_prints_results_warnings_and_errors(
    capsys: pytest.CaptureFixture[str],
) -> None:
    console = Console(as_json=False, terse=True)
    console.progress("Reading")
    console.suggest("leadaccord train")
    with console.counting("batches", total=1) as advance:
        advance()
    assert capsys.readouterr() == ("", "")
    console.warn("odd " * 40)
    console.result({}, ["done"])
    said = capsys.readouterr()
    assert said.out == "done\n" and said.err.startswith("warning odd odd")
    assert all(len(line) <= WIDTH for line in said.err.splitlines())


def test_the_next_step_is_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    Console(as_json=False).suggest("leadaccord train")
    assert capsys.readouterr() == ("", "Next: leadaccord train\n")
    Console(as_json=False).suggest("")
    Console(as_json=True).suggest("leadaccord train")
    Console(as_json=False, quiet=True).suggest("leadaccord train")
    assert capsys.readouterr() == ("", "")


def test_a_full_standard_output_says_that_the_job_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.StringIO):
        def write(self, text: str, /) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("sys.stdout", Full())
    with pytest.raises(DestinationError, match=r"job is done.*standard output.*No space left"):
        Console(as_json=False).result({}, ["done"])


def test_a_silent_console_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    console = SilentConsole()
    console.progress("Reading")
    console.say("a line")
    odd = Finding(
        code="odd", severity="warning", message="odd", next_step="", table="leads", column=None
    )
    console.findings([odd])
    console.result({"n": 1}, ["a line"])
    with console.counting("batches", total=2) as advance:
        advance()
    assert capfd.readouterr() == ("", "")
    assert console.part().quiet


@pytest.mark.parametrize(
    ("typed", "several", "chosen"),
    [
        ("2\n", False, [1]),
        ("\n", False, []),
        ("", False, []),
        ("4\nblue\n0\n1,2\n3\n", False, [2]),
        ("1, 3\n", True, [0, 2]),
    ],
)
def test_a_question_is_asked_until_a_number_fits(
    typed: str,
    several: bool,
    chosen: list[int],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    answer = Console(as_json=False).choose("Which?", ["a", "b", "c"], several=several)
    assert answer == chosen
    said = capsys.readouterr()
    assert said.out == "" and said.err.startswith("Which?\n  1. a\n  2. b\n  3. c\n")


def test_nobody_is_asked_where_nobody_can_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not Console(as_json=False).can_ask
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert Console(as_json=False).can_ask
    assert not Console(as_json=True).can_ask
    assert not Console(as_json=False, quiet=True).can_ask


def test_no_sign_of_a_lead_commands_the_terminal_or_forges_a_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    evil = "L1\x1b[31m\x1b]0;owned\x07\x1b[2J\r\u202e\nleadaccord: forged"
    console = Console(as_json=False)
    console.result({}, [f"Lead {evil}"])
    console.error(DataRefused("wrong", got=evil))
    console.warn(evil)
    console.progress(evil)
    console.findings([replace(LONG, message=evil)])
    said = capsys.readouterr()
    assert not set(said.out + said.err) & set("\x1b\x07\r\u202e")
    assert not any(line.startswith("leadaccord: forged") for line in said.out.splitlines())
    assert "leadaccord: forged" not in said.err.splitlines()
    assert r"\x1b[31m" in said.out and r"\u202e" in said.err
