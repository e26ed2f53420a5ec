"""Words and sentences that several pages share."""

from __future__ import annotations

from features.language import Language, Phrase
from features.language import translatable as _
from features.text import printable

RULE_WORDS = {
    "missing_id": _("No lead id"),
    "duplicate": _("The same hand-over again"),
    "missing_hand_over": _("No time or order of hand-over"),
    "hand_over_in_future": _("Handed over in the future"),
    "before_since": _("Handed over before the first day asked for"),
    "decision_before_hand_over": _("Decided before it was handed over"),
    "not_matured": _("Too young for sales to have answered"),
    "untouched": _("No decision"),
}

BEFORE_ANSWER = _("before sales' answer was known: {score}")
"""Names the second score of a lead whose answer the model in use has learned from."""


def write_sentence(phrase: Phrase, language: Language) -> str:
    """Return a phrase as a sentence, with what strangers typed fit for one line."""
    text = printable(language.phrase(phrase))
    return text[:1].upper() + text[1:]
