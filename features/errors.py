"""Errors for users: each says what, where, got against expected, and what to do next."""

from __future__ import annotations

from typing import Any

from features.secrets import hide_secrets


class LeadaccordError(Exception):
    """Base of every error with a message for users.

    Parameters
    ----------
    what : str
        What is wrong, in one sentence without the full stop.
    where : str, optional
        File, line, column or first rows.
    got, expected : optional
        What was found and what would have been right; shown together.
    next_step : str, optional
        What the reader can do now.
    code : str, optional
        A stable short name of the problem, for scripts; each subclass has a default.

    Examples
    --------
    >>> raise UsageError("no such lead", where="leads.csv", got="L-7", next_step="Check the id")
    Traceback (most recent call last):
    ...
    features.errors.UsageError: No such lead (leads.csv). Got L-7. Check the id.
    """

    exit_code = 2
    default_code = "error"

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        got: Any = None,
        expected: Any = None,
        next_step: str | None = None,
        code: str | None = None,
    ) -> None:
        # Whatever was pasted as an address: no message shows its password.
        self.what = hide_secrets(what)
        self.where = _to_line(where)
        self.got = _to_line(got)
        self.expected = _to_line(expected)
        self.next_step = _to_line(next_step)
        self.code = code or self.default_code
        super().__init__(self._message())

    def __reduce__(self) -> tuple[Any, ...]:
        """Let the error pass from one process to another with all that it says."""
        return _restore, (type(self), self.__dict__)

    def _message(self) -> str:
        parts = [f"{self.what} ({self.where})" if self.where else self.what]
        contrast = [
            f"{word} {value}"
            for word, value in (("got", self.got), ("expected", self.expected))
            if value is not None
        ]
        if contrast:
            parts.append(", ".join(contrast))
        if self.next_step:
            parts.append(self.next_step.rstrip("."))
        return ". ".join(part[:1].upper() + part[1:] for part in parts) + "."


def _to_line(part: Any) -> Any:
    """Return a text of a message without secrets, and in one line: values come from leads."""
    return " ".join(hide_secrets(part).splitlines()) if isinstance(part, str) else part


def _restore(kind: type[LeadaccordError], parts: dict[str, Any]) -> LeadaccordError:
    names = ("where", "got", "expected", "next_step", "code")
    return kind(parts["what"], **{name: parts[name] for name in names})


class InternalError(LeadaccordError):
    """An internal error, which the user cannot mend."""

    exit_code = 1
    default_code = "fault"


class SettingsError(LeadaccordError):
    """The settings file is missing, malformed, or names something that does not exist."""

    default_code = "settings"


class UsageError(LeadaccordError):
    """A command was called in a way that cannot work."""

    default_code = "usage"


class DestinationError(LeadaccordError):
    """The place to write to cannot be written."""

    default_code = "destination"


class SourceError(LeadaccordError):
    """A file or table cannot be read as a table."""

    exit_code = 3
    default_code = "source"


class DataRefused(LeadaccordError):
    """The data were read and cannot be learned from or scored."""

    exit_code = 3
    default_code = "data"


class ModelError(LeadaccordError):
    """A stored model is damaged, missing a part, or made for other features."""

    exit_code = 3
    default_code = "model"
