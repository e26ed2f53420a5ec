"""Secrets in addresses and messages: passwords and tokens, hidden however they were pasted."""

from __future__ import annotations

import re
from urllib.parse import unquote

HIDDEN = "***"
_ANSWER = "an answer that repeats the password"
_HARMLESS = {"host", "hostaddr", "port", "user", "dbname", "service", "table", "sslmode"}

# A password may hold any sign, so that everything up to the last @ of the line belongs to it.
_LOGIN = re.compile(r"(?<![\w.])([A-Za-z][\w+.-]+:/*[^\s:/@\"'?]*):[^\n]*@")
_BARE = re.compile(
    r"(?<![\w.%+-])([\w.%+-]{2,}|[\w.%+-](?=:[^\\/])):(?!//)[^\s@]*[^\n\s\"']*@(?=[\w\[])"
)
_TOKEN = re.compile(r"(https?:/+)[^\s/:@]+@")
_NAMED = re.compile(
    r"(?i)((?:^|[?&;\s,(\"'])[\w.-]*(?:pass|pwd|token|secret|credential|api_?key|access_?key)[\w.-]*=)"
    r"[^&;\s\"']+"
)
_CLEAN = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?:(?P<user>[^:/?#@\s]*)(?::[^:/?#@\s]*)?@)?"
    r"(?P<host>[\w.-]*|\[[\da-fA-F:.]+\])(?::(?P<port>\d{1,5}))?(?P<path>/[^?#@]*)?(?:\?[^@#]*)?"
)
_SCHEME = re.compile(r"[a-z][a-z0-9+]{1,19}(?=://)")


def hide_secrets(text: str) -> str:
    """Return a text without the passwords of addresses and of options in it.

    Parameters
    ----------
    text : str

    Examples
    --------
    >>> hide_secrets("no answer from postgres://ana:s3cret/1@host/crm?password=s3cret")
    'no answer from postgres://ana:***@host/crm?password=***'
    """
    for pattern in (_LOGIN, _BARE):
        text = pattern.sub(rf"\1:{HIDDEN}@", text)
    text = _TOKEN.sub(rf"\1{HIDDEN}@", text)
    return _NAMED.sub(rf"\1{HIDDEN}", text)


def show_address(url: str) -> str:
    """Return an address as messages may show it: without password and query.

    Parameters
    ----------
    url : str
        Where it cannot be read for sure, its scheme alone is shown.

    Examples
    --------
    >>> show_address("postgres://ana:s3cret@host:1/crm?sslmode=require")
    'postgres://ana:***@host:1/crm'
    >>> show_address("postgres://ana:s3c@ret@host/crm")
    'postgres://...'
    """
    if url.startswith(("sqlite:///", "file:")) and not holds_secret(url):
        return url.partition("?")[0]
    read = _CLEAN.fullmatch(url)
    if read is None:
        scheme = _SCHEME.match(url)
        return f"{scheme[0]}://..." if scheme else "..."
    # A name without a password may be a token, as servers for HTTP take them.
    user = "***" if read["scheme"].startswith("http") else read["user"]
    login = f"{user}:{HIDDEN}@" if ":" in url.partition("@")[0][len(read["scheme"]) + 1 :] else user
    login = "" if read["user"] is None else login if login.endswith("@") else f"{login}@"
    port = f":{read['port']}" if read["port"] else ""
    return f"{read['scheme']}://{login}{read['host']}{port}{read['path'] or ''}"


def holds_secret(text: str) -> bool:
    """Return whether a text looks as if it held a password."""
    return hide_secrets(text) != text


def hide_answer(message: str, url: str) -> str:
    """Return the first line of an answer from an address, unless it repeats a secret of it.

    Parameters
    ----------
    message : str
    url : str
        What was asked.
    """
    line = message.strip().partition("\n")[0]
    if any(secret in line for secret in list_secrets(url)):
        return _ANSWER
    return hide_secrets(line)


def list_secrets(url: str) -> set[str]:
    """Return every piece of an address that may be secret, as it stands and unescaped."""
    place = re.sub(r"^[A-Za-z][\w+.-]*:/+", "", url)
    login = place.rpartition("@")[0].partition(":")[2]
    pieces = {login, *re.split(r"[@/?#:&=;\s]", login)} if login else set()
    if url.startswith("http") and "@" in place:
        pieces.add(place.partition("@")[0].partition(":")[0])
    for name, value in re.findall(r"(?:^|[?&;\s])([\w.-]+)\s*=\s*([^&;\s]+)", url):
        if name not in _HARMLESS:
            pieces |= {value, *value.split("@")}
    pieces |= {unquote(piece) for piece in pieces}
    return {piece for piece in pieces if len(piece) > 2}
