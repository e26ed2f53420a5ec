"""CRM test server: HTTP on loopback with tokens, planned faults and a log of what was asked."""

from __future__ import annotations

import json
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar
from urllib.parse import parse_qs

TOKEN, CLIENT_ID, CLIENT_SECRET = "tok-0123456789abcdef", "app-1", "s3cret-of-the-app"


@dataclass(frozen=True)
class Answer:
    status: int
    content: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    kind: str = "application/json"


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def line(self) -> str:
        return f"{self.method} {self.path}"

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Fault:
    """What happens to the next request whose line, such as "GET /path", holds a word.

    Attributes
    ----------
    answer : Answer or None
        Given without doing anything; None does what is asked and loses the answer.
    then : callable, optional
        Called just before the answer would be sent.
    """

    word: str
    answer: Answer | None = None
    then: Callable[[], object] | None = None


C = TypeVar("C", bound="Crm")


class Crm(ABC):
    """A CRM; a subclass says how requests are answered."""

    def __init__(self) -> None:
        self.tokens = {TOKEN}
        self.faults: list[Fault] = []
        self.log: list[Asked] = []
        self.lock = threading.RLock()
        self.host = ""

    def fail(self, word: str, answer: Answer | None = None, *, times: int = 1) -> None:
        self.faults += [Fault(word, answer)] * times

    def count(self, word: str) -> int:
        return sum(word in asked.line for asked in self.log)

    @abstractmethod
    def respond(self, asked: Asked) -> Answer:
        """Answer a request whose token holds."""

    @abstractmethod
    def refuse_token(self) -> Answer:
        """Answer a request whose token does not hold."""

    def handle(self, asked: Asked) -> Answer | None:
        """Return the answer; None where it is lost."""
        with self.lock:
            self.log.append(asked)
            fault = next((fault for fault in self.faults if fault.word in asked.line), None)
            if fault:
                self.faults.remove(fault)
                if fault.answer is not None:
                    return fault.answer
            answer = self._give_token(asked) if asked.path == "/token" else self._check(asked)
        if fault and fault.then:
            fault.then()
        return None if fault else answer

    def _check(self, asked: Asked) -> Answer:
        token = asked.headers.get("Authorization", "").removeprefix("Bearer ")
        return self.respond(asked) if token in self.tokens else self.refuse_token()

    def _give_token(self, asked: Asked) -> Answer:
        form = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
        right = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        if form.get("grant_type") != "client_credentials" or not right.items() <= form.items():
            said = {"error": "invalid_client", "error_description": f"no app {form!r}"}
            return Answer(401, said)
        token = f"{TOKEN}-{self.count('/token')}"
        self.tokens.add(token)
        return Answer(200, {"token_type": "Bearer", "expires_in": 3599, "access_token": token})


def make_handler(crm: Crm) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one packet for an answer: two would wait for each other

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            # As HTTP has it, the case of a header's name does not matter.
            headers = {name.title(): value for name, value in self.headers.items()}
            found = crm.handle(Asked(self.command, self.path, headers, body))
            if found is None:
                self.close_connection = True
                return
            plain = found.content is None or isinstance(found.content, bytes)
            content = found.content or b"" if plain else json.dumps(found.content).encode()
            self.send_response(found.status)
            for name, value in {"Content-Type": found.kind, **found.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = answer  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    return Handler


@contextmanager
def serving(crm: C) -> Iterator[C]:
    """Serve a CRM on a free port of this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), make_handler(crm))
    server.daemon_threads = True
    crm.host = f"127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield crm
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
