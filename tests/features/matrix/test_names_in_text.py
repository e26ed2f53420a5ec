"""Names in free text: found in several languages and ways of writing; other words stay."""

from __future__ import annotations

import pandas as pd
import pytest

from features.matrix.names_in_text import find_names

NAMES = ["Laura Silva", "Iván García", "Jörg Weber", "Mei O'Connor", "Sofia Nunes"]
NOBODY = pd.DataFrame(index=range(200))


def write(form: str, *also: str) -> pd.Series:
    """Two hundred texts, each with one of the names."""
    forms = (form, *also)
    return pd.Series([forms[i % len(forms)].format(NAMES[i % 5]) for i in range(200)])


@pytest.mark.parametrize(
    ("form", "kept"),
    [
        ("Spoke with {} today, wants a demo", "spoke wants demo today"),
        ("{} called about pricing. Budget is approved", "called pricing budget approved"),
        ("Hola, soy {}, quiero precios y una demo", "quiero precios demo"),
        ("Bonjour, je suis {}, je voudrais un devis", "bonjour voudrais devis"),
        ("Guten Tag, mein Name ist {} und ich brauche ein Angebot", "angebot brauche"),
        ("Habe mit Herrn {} über Preise und Termine gesprochen", "preise termine gesprochen"),
    ],
)
def test_names_are_found_and_other_words_stay(form: str, kept: str) -> None:
    found = find_names(write(form), NOBODY)
    assert {"laura", "silva", "ivan", "garcia", "jorg", "weber", "nunes"} <= found
    assert not set(kept.split()) & found


def test_names_in_small_letters_are_known_from_the_leads_own_fields() -> None:
    people = pd.DataFrame({"First": [NAMES[i % 5].split()[0] for i in range(200)]})
    people["Mail"] = [f"{NAMES[i % 5].split()[1]}.7@x.example" for i in range(200)]
    texts = write("hi this is {} please send prices").str.lower()
    found = find_names(texts, people)
    assert {"laura", "silva", "ivan", "garcia"} <= found
    assert not {"please", "send", "prices", "hi"} & found


def test_names_are_known_from_an_address_in_the_text() -> None:
    texts = pd.Series(["write to ann.lee@x.example, ann lee wants a demo"] * 40)
    assert find_names(texts, pd.DataFrame(index=texts.index)) == {"ann", "lee"}


def test_a_word_that_hardly_anybody_bears_as_a_name_stays() -> None:
    texts = pd.Series(["needs a price list"] * 100)
    people = pd.DataFrame({"Name": ["Will Price"] * 3 + ["Ann Lee"] * 97})
    assert find_names(texts, people) == frozenset()


def test_capitals_say_nothing_in_titles_and_where_all_nouns_have_them() -> None:
    titles = pd.Series(["Head of Marketing", "Sales Manager", "Chief Executive Officer"] * 30)
    assert find_names(titles, pd.DataFrame(index=titles.index), cased=False) == frozenset()
    german = pd.Series(["Wir suchen eine Lösung für den Vertrieb im Ausland"] * 50)
    assert find_names(german, pd.DataFrame(index=german.index)) == frozenset()


def test_the_order_of_the_leads_does_not_matter() -> None:
    texts = write("{} called, wants a demo", "Spoke with {}. Needs pricing", "Asked for SAP")
    shuffled = texts.sample(frac=1, random_state=3)
    assert find_names(texts, NOBODY) == find_names(shuffled, NOBODY)
    assert "sap" not in find_names(texts, NOBODY)
