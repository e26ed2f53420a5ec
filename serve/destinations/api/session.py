"""HTTP session with a CRM: token, retries, limits, and answers in words without secrets."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from features.errors import DestinationError, SettingsError, UsageError
from features.secrets import HIDDEN, hide_secrets
from features.text import escape_controls, fit_text

if TYPE_CHECKING:
    import httpx

Wait = Callable[[float], None]
ATTEMPTS, LONGEST_WAIT, PATIENCE = 6, 600.0, 60.0
_PASSING = {429, 500, 502, 503, 504}
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_AGAIN = "what was confirmed is kept, and the same command goes on there"


class UnsureError(Exception):
    """A request that may or may not have been done."""


class BatchRefused(Exception):
    """A batch of which nothing was taken, as one record at least is wrong."""


@dataclass
class Login:
    """A token from the environment, or one that is asked for with an app's own credentials.

    Attributes
    ----------
    prefix : str
        What the names of the variables begin with: ``PREFIX_TOKEN``, or ``PREFIX_CLIENT_ID``,
        ``PREFIX_CLIENT_SECRET`` and ``PREFIX_TOKEN_URL``.
    scope : str
        What is asked for; empty where the CRM knows.
    token : str
        Empty where none is set.
    """

    prefix: str
    scope: str = ""
    token: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        """Take the token that is there."""
        self.token = self.read("TOKEN")

    def read(self, name: str) -> str:
        """Return a variable of the environment, empty where it is not set."""
        return os.environ.get(f"{self.prefix}_{name}", "").strip()

    @property
    def can_renew(self) -> bool:
        """Whether a new token can be asked for."""
        return all(self.read(name) for name in ("CLIENT_ID", "CLIENT_SECRET", "TOKEN_URL"))

    def hide(self, message: str) -> str:
        """Return a message of the CRM for one line, without secrets and control characters."""
        for secret in (self.token, self.read("TOKEN"), self.read("CLIENT_SECRET")):
            message = message.replace(secret, HIDDEN) if secret else message
        return fit_text(escape_controls(hide_secrets(" ".join(message.split()))), 300)

    def renew(self, client: httpx.Client, where: str) -> None:
        """Ask for a new token, by the grant of client credentials (RFC 6749, section 4.4).

        Raises
        ------
        DestinationError
            When none is given.
        """
        import httpx

        form = {
            "grant_type": "client_credentials",
            "client_id": self.read("CLIENT_ID"),
            "client_secret": self.read("CLIENT_SECRET"),
            **({"scope": self.scope} if self.scope else {}),
        }
        try:
            answer = client.post(self._token_url(), data=form)
            got = f"{answer.status_code} {read_message(answer)}"
            token = answer.json().get("access_token") if answer.status_code == 200 else ""
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, AttributeError) as error:
            token, got = "", str(error) or type(error).__name__
        if not token:
            raise DestinationError(
                "the CRM gives no token for the credentials in the environment",
                where=where,
                got=self.hide(got),
                next_step=f"Look at {self.prefix}_CLIENT_ID, _CLIENT_SECRET and _TOKEN_URL; "
                + _AGAIN,
            )
        self.token = str(token)

    def _token_url(self) -> str:
        url = self.read("TOKEN_URL")
        if not url.startswith(("https://", *(f"http://{host}:" for host in _LOOPBACK))):
            raise UsageError(
                "a token is asked for over https alone",
                where=f"{self.prefix}_TOKEN_URL",
                next_step="Correct the variable",
            )
        return url


@dataclass
class Session:
    """Requests to one CRM.

    Attributes
    ----------
    client : Client
    login : Login
    name : str
        The destination, for messages.
    wait : callable
        Waits so many seconds.
    """

    client: httpx.Client
    login: Login
    name: str
    wait: Wait = time.sleep

    def request(
        self,
        method: str,
        path: str,
        *,
        once: bool = False,
        headers: Mapping[str, str] | None = None,
        **content: Any,
    ) -> httpx.Response:
        """Return the answer to a request, asked again where the CRM is busy or away.

        Parameters
        ----------
        method, path : str
        once : bool
            Whether asking twice might do it twice.
        headers : mapping, optional
        **content
            As httpx takes it.

        Raises
        ------
        UnsureError
            When the request may have been done, and it is to be done `once`.
        DestinationError
            When the CRM stays away, or does not let the token in.
        """
        import httpx

        attempt, renewed = 0, False
        while True:
            token = {"Authorization": f"Bearer {self.login.token}"}
            seconds = None
            try:
                answer = self.client.request(
                    method, path, headers={**(headers or {}), **token}, **content
                )
            except httpx.TransportError as error:
                if once:
                    raise UnsureError from None
                got = str(error) or type(error).__name__
            else:
                if answer.status_code == 401 and self.login.can_renew and not renewed:
                    self.login.renew(self.client, self.name)
                    renewed = True
                    continue
                if answer.status_code in (401, 403) or answer.is_redirect:
                    raise self.refuse(answer)
                if answer.status_code not in _PASSING:
                    return answer
                if once and answer.status_code != 429:
                    raise UnsureError
                got = f"{answer.status_code} {read_message(answer)}"
                seconds = read_wait(answer.headers.get("Retry-After", ""))
            self.pause(attempt, got=got, asked=seconds)
            attempt += 1

    def pause(self, attempt: int, *, got: str, asked: float | None = None) -> None:
        """Wait before another attempt, as long as the CRM asks for.

        Raises
        ------
        DestinationError
            After `ATTEMPTS`, or when more than `LONGEST_WAIT` seconds are asked for.
        """
        seconds = 2.0**attempt if asked is None else asked
        if attempt + 1 >= ATTEMPTS or seconds > LONGEST_WAIT:
            raise DestinationError(
                "the CRM takes no requests at present",
                where=self.name,
                got=self.login.hide(got),
                next_step=f"Run the command again later; {_AGAIN}",
                code="throttled",
            )
        self.wait(seconds)

    def get(self, path: str, **content: Any) -> Any:
        """Return what the CRM says of a path, as JSON gives it.

        Raises
        ------
        DestinationError
        """
        answer = self.request("GET", path, **content)
        if answer.status_code != 200:
            raise self.refuse(answer)
        return answer.json()

    def refuse(self, answer: httpx.Response) -> DestinationError:
        """Return in words that the CRM refuses a request as such."""
        what, step = "the CRM refused the request", "Correct what it says"
        if answer.status_code == 401:
            what = "the CRM does not accept the token; it may have expired"
            step = f"Put a new one into {self.login.prefix}_TOKEN"
        elif answer.status_code == 403:
            step = "Grant the owner of the token the rights, or wait for the limit to reset"
        got = f"{answer.status_code} {self.login.hide(read_message(answer))}"
        return DestinationError(what, where=self.name, got=got, next_step=f"{step}; {_AGAIN}")


@contextmanager
def open_session(host: str, login: Login, *, name: str, wait: Wait) -> Iterator[Session]:
    """Open a session; nothing is asked yet, but for a token where there is none.

    Raises
    ------
    SettingsError
        When httpx or the token is missing.
    """
    try:
        import httpx
    except ImportError:
        raise SettingsError(
            "sending scores to a CRM needs a package that is not installed",
            got="no httpx",
            next_step='Install it with: pip install "leadaccord[crm]"',
        ) from None
    if not login.token and not login.can_renew:
        raise SettingsError(
            "there is no token for the CRM",
            where=name,
            expected=f"{login.prefix}_TOKEN in the environment",
            next_step="Set the variable; docs/crm/ says where the token comes from",
        )
    base = url_of(host)
    with httpx.Client(
        base_url=base, timeout=PATIENCE, trust_env=base.startswith("https")
    ) as client:
        if not login.token:
            login.renew(client, name)
        yield Session(client, login, name, wait)


def url_of(host: str) -> str:
    """Return the URL of a host: https, but for this machine itself, as tests need it.

    Examples
    --------
    >>> url_of("contoso.crm4.dynamics.com"), url_of("127.0.0.1:8080")
    ('https://contoso.crm4.dynamics.com', 'http://127.0.0.1:8080')
    """
    near = host in _LOOPBACK or host.startswith(tuple(f"{name}:" for name in _LOOPBACK))
    return f"{'http' if near else 'https'}://{host}"


def refuse_missing(session: Session, fields: list[str], there: set[str]) -> None:
    """Refuse a CRM in which fields are missing.

    Raises
    ------
    DestinationError
    """
    missing = [name for name in fields if name not in there]
    if missing:
        raise DestinationError(
            "the CRM lacks fields for the scores",
            where=session.name,
            got=f"no {', '.join(missing)}",
            next_step="Make them as the CRM's page in docs/crm/ lists them, or grant the owner of "
            "the token the right to see them",
        )


def read_message(answer: httpx.Response) -> str:
    """Return what an answer says, of the shapes of the three CRMs."""
    try:
        content = answer.json()
    except ValueError:
        return answer.text
    content = content[0] if isinstance(content, list) and content else content
    if not isinstance(content, Mapping):
        return answer.text
    error = content.get("error")
    inner = error if isinstance(error, Mapping) else content
    code = inner.get("errorCode") or inner.get("code") or inner.get("category") or ""
    message = inner.get("message") or inner.get("error_description") or error or ""
    return f"{code} {message}".strip()


def read_wait(text: str) -> float | None:
    """Return the seconds that `Retry-After` asks to wait, given as such or as a time.

    Examples
    --------
    >>> read_wait("30"), read_wait("Wed, 21 Oct 2015 07:28:00 GMT"), read_wait("soon")
    (30.0, 0.0, None)
    """
    from email.utils import parsedate_to_datetime

    if text.strip().isdigit():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None
