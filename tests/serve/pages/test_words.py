"""Words of several pages: sentences begin in capitals and stay on one line."""

from __future__ import annotations

from features.labels import RULES
from features.language import Phrase, language
from serve.pages.words import RULE_WORDS, write_sentence


def test_a_sentence_begins_with_a_capital_and_fits_one_line() -> None:
    said = write_sentence(
        Phrase("of {count} leads: {what}", {"count": 2, "what": "a\n\x1bb"}), language("en")
    )
    assert said == "Of 2 leads: a b"
    assert write_sentence(Phrase(""), language("en")) == ""


def test_every_rule_that_leaves_out_leads_has_words_in_every_language() -> None:
    assert set(RULE_WORDS) == set(RULES) - {"used"}
    assert all(language("es").text(words) != words for words in RULE_WORDS.values())
