"""Contacts in free text: e-mail addresses, telephone numbers and names of accounts."""

from __future__ import annotations

import re

_PHONE = (
    r"\+\d[\d\s().-]{6,}\d"  # international
    r"|\(\d{2,5}\)\s?\d[\d\s.-]{4,}\d"
    r"|\b\d{3}([.-])\d{3}\1\d{4}\b"
    r"|(?i:\b(?:call|phone|tel|telefono|teléfono|mobile|cell|fax|whatsapp)\b)\W{0,3}\d[\d\s.-]{5,}\d"
)
ADDRESS = re.compile(r"[^\s@]+@[^\s@]+")
CONTACT = re.compile(rf"[^\s@]+@[^\s@]+|{_PHONE}|(?<![^\s(,;:])@\w{{2,}}")
"""An address, a number to call, or the name of an account after an @."""


def holds_contact(text: str) -> bool:
    """Return whether a text holds a way to reach somebody.

    Parameters
    ----------
    text : str

    Examples
    --------
    >>> holds_contact("Invited by ann.lee@x.example"), holds_contact("2026-01 Webinar, 10-50 staff")
    (True, False)
    """
    return CONTACT.search(text) is not None


def without_contacts(text: str) -> str:
    """Return a text with a blank in the place of each contact."""
    return CONTACT.sub(" ", text)
