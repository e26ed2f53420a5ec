"""Sessions with a CRM: limits kept, tokens renewed, secrets never shown."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from email.utils import formatdate

import pytest

from features.errors import DestinationError, LeadaccordError, SettingsError, UsageError
from serve.destinations.api.session import (
    ATTEMPTS,
    Login,
    UnsureError,
    open_session,
    read_message,
    read_wait,
    url_of,
)
from tests.crm_servers.base import CLIENT_ID, CLIENT_SECRET, TOKEN, Answer, Asked, Crm, serving

PREFIX = "LEADACCORD_TEST"


class Echo(Crm):
    """Answers every request whose token is good."""

    def respond(self, asked: Asked) -> Answer:
        return Answer(200, {"path": asked.path})

    def refuse_token(self) -> Answer:
        return Answer(401, [{"errorCode": "INVALID_SESSION_ID", "message": "Session expired"}])


@pytest.fixture
def crm(monkeypatch: pytest.MonkeyPatch) -> Iterator[Echo]:
    monkeypatch.setenv(f"{PREFIX}_TOKEN", TOKEN)
    with serving(Echo()) as crm:
        yield crm


def give_credentials(
    monkeypatch: pytest.MonkeyPatch, crm: Crm, secret: str = CLIENT_SECRET
) -> None:
    monkeypatch.setenv(f"{PREFIX}_CLIENT_ID", CLIENT_ID)
    monkeypatch.setenv(f"{PREFIX}_CLIENT_SECRET", secret)
    monkeypatch.setenv(f"{PREFIX}_TOKEN_URL", f"http://{crm.host}/token")


def ask(crm: Crm, waits: list[float] | None = None, **options: bool) -> int:
    waits = [] if waits is None else waits
    with open_session(crm.host, Login(PREFIX), name="crm://here", wait=waits.append) as session:
        return session.request("POST", "/things", json={}, **options).status_code


def test_a_busy_crm_is_asked_again_after_as_long_as_it_says(crm: Echo) -> None:
    crm.fail("things", Answer(429, None, {"Retry-After": "30"}))
    crm.fail("things", Answer(503))
    waits: list[float] = []
    assert ask(crm, waits) == 200
    assert waits == [30.0, 2.0] and crm.count("things") == 3


def test_a_crm_that_stays_away_ends_the_run_in_words(crm: Echo) -> None:
    crm.fail("things", Answer(429, {"message": "limit reached"}), times=ATTEMPTS)
    waits: list[float] = []
    with pytest.raises(DestinationError, match=r"no requests.*limit reached.*later") as error:
        ask(crm, waits)
    assert waits == [1.0, 2.0, 4.0, 8.0, 16.0] and error.value.code == "throttled"
    crm.fail("things", Answer(429, None, {"Retry-After": "86400"}))
    with pytest.raises(DestinationError, match="no requests"):
        ask(crm, waits)
    assert len(waits) == 5


def test_what_must_not_be_done_twice_is_not_asked_twice(crm: Echo) -> None:
    for answer in (None, Answer(504)):
        crm.fail("things", answer)
        asked = crm.count("things")
        with pytest.raises(UnsureError):
            ask(crm, once=True)
        assert crm.count("things") == asked + 1
    crm.fail("things", Answer(429))  # was not done
    assert ask(crm, once=True) == 200


def test_an_expired_token_is_renewed_where_the_app_may_ask_for_one(
    crm: Echo, monkeypatch: pytest.MonkeyPatch
) -> None:
    crm.tokens.clear()
    with pytest.raises(DestinationError, match=rf"may have expired.*{PREFIX}_TOKEN"):
        ask(crm)
    give_credentials(monkeypatch, crm)
    assert ask(crm) == 200 and crm.count("/token") == 1
    monkeypatch.delenv(f"{PREFIX}_TOKEN")
    assert ask(crm) == 200 and crm.count("/token") == 2


def test_secrets_are_in_no_message_whatever_the_crm_answers(
    crm: Echo, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = []
    for answer in (
        Answer(403, {"error": {"code": "x", "message": f"Bearer {TOKEN} may not\x1b[31m"}}),
        Answer(401, f"token {TOKEN}".encode(), kind="text/plain"),
        Answer(302, None, {"Location": "https://evil.example"}),
    ):
        crm.fail("things", answer)
        with pytest.raises(DestinationError) as error:
            ask(crm)
        said.append(str(error.value))
    monkeypatch.delenv(f"{PREFIX}_TOKEN")
    give_credentials(monkeypatch, crm, secret="wrong-s3cret")  # noqa: S106
    with pytest.raises(DestinationError, match="gives no token") as error:
        ask(crm)
    said.append(str(error.value))
    assert not any(word in text for text in said for word in (TOKEN, "wrong-s3cret", "\x1b"))
    assert "wrong-s3cret" not in repr(Login(PREFIX)) and TOKEN not in repr(Login(PREFIX))
    # The token goes to nobody else, and where a redirect leads nobody is asked.
    assert {asked.path for asked in crm.log} == {"/things", "/token"}


def test_without_a_token_or_the_package_it_says_what_is_needed(
    crm: Echo, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(kind: type[LeadaccordError], words: str) -> None:
        with pytest.raises(kind, match=words):
            ask(crm)

    monkeypatch.delenv(f"{PREFIX}_TOKEN")
    refuse(SettingsError, f"no token.*Expected {PREFIX}_TOKEN in the environment")
    give_credentials(monkeypatch, crm)
    monkeypatch.setenv(f"{PREFIX}_TOKEN_URL", "http://login.example/token")
    refuse(UsageError, "over https alone")
    monkeypatch.setitem(sys.modules, "httpx", None)
    refuse(SettingsError, r"pip install .leadaccord\[crm\]")


@pytest.mark.parametrize("host", ["127.0.0.1:1", "localhost", "[::1]:80"])
def test_only_this_machine_is_spoken_to_in_clear(host: str) -> None:
    assert url_of(host) == f"http://{host}"
    assert url_of(f"{host}.evil.example".replace(":", "")).startswith("https://")
    assert url_of("localhost.evil.example").startswith("https://")


def test_a_wait_may_be_given_as_a_time() -> None:
    assert 20 < (read_wait(formatdate(time.time() + 30, usegmt=True)) or 0) <= 30
    assert read_wait("") is None and read_wait("-3") is None


def test_messages_of_all_shapes_are_read() -> None:
    import httpx

    for content, said in (
        ({"error": {"code": "0x1", "message": "no"}}, "0x1 no"),
        ([{"errorCode": "E", "message": "no"}], "E no"),
        ({"status": "error", "category": "V", "message": "no"}, "V no"),
        ({"error": "invalid_client", "error_description": "no"}, "no"),
        ([], "[]"),
    ):
        assert read_message(httpx.Response(400, json=content)) == said
    assert read_message(httpx.Response(400, text="plain")) == "plain"
