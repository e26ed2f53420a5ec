"""What docs/retraining.md promises: its commands, schedules, codes and links are real."""

from __future__ import annotations

import ast
import configparser
import re
import shlex
import shutil
import subprocess
import sys
import threading
from http.server import HTTPServer
from pathlib import Path
from typing import Any

import pytest
import typer

from pipelines.commands import app
from pipelines.retrain import EXIT_CODES

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "retraining.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)


def parse(words: list[str]) -> None:
    """Parse a command of ours as the command line would, without running it."""
    command = typer.main.get_command(app)
    child = command.commands[words[0]]  # type: ignore[attr-defined]
    child.make_context(words[0], words[1:])


def commands(text: str) -> list[list[str]]:
    """The arguments of every `leadaccord` in a text, what a shell would fill in filled in."""
    text = re.sub(r'"?\$\(date [^)]*\)"?', "2026-03-01", text)
    text = re.sub(r"\{\{[^}]*\}\}", "2026-03-01", text)
    found = re.findall(r"leadaccord ((?:retrain|rollback)[^`\n'>]*)", text)
    return [shlex.split(words.rstrip('", ')) for words in found]


def test_every_command_is_one_of_ours() -> None:
    found = commands(PAGE)
    assert len(found) >= 6
    for words in found:
        parse([word for word in words if word != "VERSION"])


def test_the_codes_are_those_of_the_command() -> None:
    rows = dict(re.findall(r"^\| (\d) \| (\w+) \|", PAGE, flags=re.MULTILINE))
    assert {word: int(code) for code, word in rows.items()} == EXIT_CODES


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", PAGE):
        assert (ROOT / "docs" / target).exists(), target


def test_the_cron_line_is_one() -> None:
    (line,) = blocks("cron")
    *fields, command = line.strip().split(maxsplit=5)
    limits = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
    for value, (low, high) in zip(fields, limits, strict=True):
        assert value == "*" or low <= int(value) <= high
    # To cron a bare percent sign ends the command.
    assert not re.search(r"(?<!\\)%", command)
    subprocess.run(["sh", "-n", "-c", command.replace("\\%", "%")], check=True)


def test_the_units_are_whole() -> None:
    service, timer = blocks("ini")
    for name, text in (("service", service), ("timer", timer)):
        unit = configparser.ConfigParser(interpolation=None, strict=True)
        unit.optionxform = str  # type: ignore[assignment,method-assign]
        unit.read_string(text)
        assert unit["Unit"]["Description"]
        if name == "service":
            assert unit["Service"]["SuccessExitStatus"] == str(EXIT_CODES["held"])
            # To systemd a bare percent sign begins a specifier.
            assert not re.search(r"(?<!%)%(?!%)", unit["Service"]["ExecStart"])
            run = shlex.split(unit["Service"]["ExecStart"].replace("%%", "%"))
            subprocess.run([run[0], "-n", *run[1:]], check=True)
        else:
            assert unit["Timer"]["OnCalendar"] == "*-*-01 05:00:00"
            assert unit["Install"]["WantedBy"] == "timers.target"


def test_systemd_understands_the_calendar() -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed here")
    when = re.search(r"OnCalendar=(.*)", PAGE)
    assert when is not None
    subprocess.run(["systemd-analyze", "calendar", when[1]], check=True, capture_output=True)


def test_the_airflow_example_is_python_and_skips_where_the_gate_held() -> None:
    (code,) = (block for block in blocks("python") if "DAG" in block)
    calls = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    task = next(c for c in calls if isinstance(c.func, ast.Name) and c.func.id == "BashOperator")
    options = {word.arg: ast.literal_eval(word.value) for word in task.keywords}
    assert options["skip_on_exit_code"] == EXIT_CODES["held"]
    assert "{{ data_interval_end | ds }}" in options["bash_command"]


def receive(folder: Path) -> dict[str, Any]:
    """The receiver of the page, in a folder of the test, that notes what it would run."""
    (code,) = (block for block in blocks("python") if "class Receiver" in block)
    (folder / "webhook.secret").write_text("hush\n", "utf-8")
    code = code.replace("/srv/leads", str(folder))
    names: dict[str, Any] = {"__name__": "receiver"}
    exec(compile(code, "docs/retraining.md", "exec"), names)  # noqa: S102
    names["SCORE"] = [sys.executable, "-c", "open('scored', 'a').write('once ')"]
    return names


def send(url: str, secret: str, alias: str) -> int:
    """Send what MLflow's server sends, with its own code; return the answer's code."""
    from mlflow.entities.webhook import Webhook, WebhookEvent
    from mlflow.webhooks import delivery

    (name,) = re.findall(r'events=\["([^"]+)"\]', PAGE)
    event = WebhookEvent.from_str(name)
    hook = Webhook("1", "leadaccord", url, [event], 0, 0, secret=secret)
    payload: Any = {"name": "leads", "alias": alias, "version": "2"}
    session = delivery._create_webhook_session()
    return int(delivery._send_webhook_request(hook, payload, event, session).status_code)


def test_the_receiver_scores_when_the_alias_moves_and_believes_no_other_sender(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_WEBHOOK_ALLOWED_SCHEMES", "http")
    monkeypatch.setenv("MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS", "true")
    names = receive(tmp_path)
    server = HTTPServer(("127.0.0.1", 0), names["Receiver"])
    url = f"http://127.0.0.1:{server.server_address[1]}/alias"
    with server:
        listener = threading.Thread(target=server.serve_forever)
        listener.start()
        try:
            codes = [
                send(url, secret, alias)
                for secret, alias in [
                    ("hush", "challenger"),
                    ("guess", "champion"),
                    ("hush", "champion"),
                ]
            ]
        finally:
            server.shutdown()
            listener.join()
    assert codes == [204, 403, 204]
    assert (tmp_path / "scored").read_text("utf-8") == "once "
