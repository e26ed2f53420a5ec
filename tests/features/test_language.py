"""Words in the reader's language: every phrase is translated, and numbers have their local form."""

from __future__ import annotations

import ast
import datetime as dt
import string
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment
from jinja2.ext import extract_from_ast

from features.language import (
    CATALOGUES,
    Language,
    Phrase,
    language,
    list_languages,
    translatable,
)

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("features", "models", "serve", "pipelines")
MARKS = {"_", "translatable", "Phrase"}

Message = str | tuple[str, ...]


def marked_in_code(tree: ast.Module) -> Iterator[str]:
    """Yield every text that is marked for translation, also those marked in a comprehension."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and is_mark(node.func) and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value
        if isinstance(node, ast.GeneratorExp | ast.ListComp) and is_marking(node.elt):
            words = ast.walk(node.generators[0].iter)
            yield from (w.value for w in words if isinstance(w, ast.Constant))


def is_marking(expression: ast.expr) -> bool:
    """Tell whether this is a call that marks a text."""
    return isinstance(expression, ast.Call) and is_mark(expression.func)


def is_mark(function: ast.expr) -> bool:
    """Tell whether this function marks its argument."""
    return isinstance(function, ast.Name) and function.id in MARKS


def marked_in_template(text: str) -> Iterator[Message]:
    """Yield every text of a template, a pair for singular and plural."""
    for _, _, found in extract_from_ast(Environment().parse(text), ("_", "plural")):  # noqa: S701
        texts = (found,) if isinstance(found, str) else tuple(t for t in found or () if t)
        if texts:
            yield texts if len(texts) > 1 else texts[0]


def messages() -> set[Message]:
    """Return everything the four packages and their templates say in the reader's language."""
    found: set[Message] = set()
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            found.update(marked_in_code(ast.parse(path.read_text("utf-8"))))
        for path in (ROOT / room).rglob("*.j2"):
            found.update(marked_in_template(path.read_text("utf-8")))
    # A CRM's own column name is the same in every language.
    return found - {"{column}"}


def gaps(text: str) -> set[str]:
    """Return the named gaps of a text."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.fixture(scope="module", params=list_languages()[1:])
def catalogue(request: pytest.FixtureRequest) -> Catalog:
    """The translations into each language."""
    with (CATALOGUES / request.param / "LC_MESSAGES" / "leadaccord.po").open("rb") as file:
        return read_po(file, locale=request.param, abort_invalid=True)


def texts(value: object) -> tuple[str, ...]:
    """Return the forms of a message or a translation: one, or singular and plural."""
    return value if isinstance(value, tuple) else (str(value),)


def find_orphans(said: set[Message], translated: set[Message]) -> list[str]:
    """Name each translation whose English is said no more, with what seems said instead.

    The English text is the key of its translation, so an edit of the English leaves it behind.
    """
    waiting = {str(message): message for message in said - translated}
    told = []
    for orphan in sorted(map(str, translated - said)):
        near = get_close_matches(orphan, waiting, n=1)
        step = f"write as its msgid: {near[0]}" if near else "remove it, if nothing says it now"
        told.append(f"nothing says any more: {orphan}; {step}")
    return told


def test_every_phrase_of_the_project_is_translated(catalogue: Catalog) -> None:
    known = {message.id for message in catalogue if message.id}
    flat = known | {part for entry in known if isinstance(entry, tuple) for part in entry}
    assert len(messages()) > 150
    assert sorted(map(str, messages() - flat)) == []


def test_the_catalogue_holds_nothing_that_nobody_says(catalogue: Catalog) -> None:
    orphans = find_orphans(messages(), {message.id for message in catalogue if message.id})
    assert orphans == [], "\n".join(orphans)


def test_an_edited_sentence_names_the_translation_it_leaves_behind() -> None:
    said: set[Message] = {"{label} is {value}", ("one lead", "{count} leads"), "No answer yet"}
    before: set[Message] = {"{label} was {value}", ("one lead", "{count} leads"), "Gone"}
    assert find_orphans(said, before) == [
        "nothing says any more: Gone; remove it, if nothing says it now",
        "nothing says any more: {label} was {value}; write as its msgid: {label} is {value}",
    ]
    assert find_orphans(said, said) == []


def test_no_entry_is_empty_or_doubtful(catalogue: Catalog) -> None:
    entries = [message for message in catalogue if message.id]
    assert [m.id for m in entries if m.fuzzy or not all(texts(m.string))] == []
    if catalogue.num_plurals == 2:
        assert [m.id for m in entries if len(texts(m.id)) != len(texts(m.string))] == []


def test_translations_keep_the_gaps(catalogue: Catalog) -> None:
    for message in catalogue:
        if not message.id:
            continue
        # Where a language has more forms than English, they follow the plural.
        ids = texts(message.id)
        for place, said in enumerate(texts(message.string)):
            text = ids[min(place, len(ids) - 1)]
            assert gaps(said) == gaps(text), text


def test_a_phrase_without_its_translation_would_be_found() -> None:
    code = '_("no such phrase")\nwords = tuple(_(w) for w in ("nor this",))'
    found = set(marked_in_code(ast.parse(code)))
    assert found == {"no such phrase", "nor this"}
    assert set(marked_in_template('{{ _("a") }}{{ plural("b", "c", n) }}')) == {"a", ("b", "c")}


def test_english_is_its_own_translation() -> None:
    assert Language("en").text("Speaks for it") == "Speaks for it"
    assert Language("es").text("Speaks for it") == "A favor"
    assert translatable("as it is") == "as it is"


def test_a_language_is_loaded_once() -> None:
    assert language("es") is language("es")


def test_a_language_without_a_catalogue_is_not_silently_english() -> None:
    with pytest.raises(FileNotFoundError):
        Language("xx")


@pytest.mark.parametrize(
    ("code", "number", "share", "day"),
    [
        ("en", "1,234,567.5", "41%", "Mar 1, 2026"),
        ("es", "1.234.567,5", "41\N{NO-BREAK SPACE}%", "1 mar 2026"),
    ],
)
def test_numbers_shares_and_dates_have_the_local_form(
    code: str, number: str, share: str, day: str
) -> None:
    words = Language(code)
    assert words.number(1_234_567.5) == number
    assert words.percent(0.41) == share
    assert words.date(dt.date(2026, 3, 1)) == day


def test_decimals_are_as_many_as_asked_for() -> None:
    words = Language("en")
    assert words.number(0.5, digits=3) == "0.5"
    assert words.number(0.5, digits=3, fixed=True) == "0.500"
    assert words.number(1999.6, digits=0) == "2,000"
    assert words.percent(0.1234, digits=1) == "12.3%"


@pytest.mark.parametrize("value", [-0.0, -0.001, -1e-300])
def test_zero_has_no_sign(value: float) -> None:
    words = Language("en")
    assert words.number(value) == words.number(value, digits=0) == "0"
    assert words.percent(value) == "0%"


@pytest.mark.parametrize(
    ("value", "english", "spanish"),
    [(1.25e18, "1.25E18", "1,25E18"), (-9.999e20, "-1E21", "-1E21"), (4e15, "4E15", "4E15")],
)
def test_numbers_nobody_reads_are_written_by_their_power(
    value: float, english: str, spanish: str
) -> None:
    assert Language("en").number(value) == english
    assert Language("es").number(value) == spanish
    assert Language("en").scientific(2e-300) == "2E-300"


@given(st.floats(-1e9, 1e9), st.integers(0, 4))
def test_a_written_number_reads_back_in_both_languages(value: float, digits: int) -> None:
    english = Language("en").number(value, digits=digits, fixed=True).replace(",", "")
    spanish = Language("es").number(value, digits=digits, fixed=True)
    assert spanish.replace(".", "").replace(",", ".") == english
    assert float(english) == pytest.approx(value, abs=0.51 * 10**-digits)


@pytest.mark.parametrize(
    ("code", "one", "many"), [("en", "lead", "leads"), ("es", "lead", "leads")]
)
def test_the_count_chooses_the_form(code: str, one: str, many: str) -> None:
    words = Language(code)
    assert words.plural("{count} lead", "{count} leads", 1) == f"1 {one}"
    assert words.plural("{count} lead", "{count} leads", 0) == f"0 {many}"
    assert words.plural("{count} lead", "{count} leads", 12_345).endswith(f"345 {many}")


@given(st.text(max_size=40))
def test_what_fills_a_gap_is_taken_as_it_is(text: str) -> None:
    assert Language("en").text("Lead {lead}", lead=text) == f"Lead {text}"
    assert Language("es").text("Lead {lead}", lead=text) == f"Lead {text}"


def test_a_phrase_inside_a_phrase_is_rendered_in_the_same_language() -> None:
    inner = Phrase("days from {column} to hand-over", {"column": "Created"})
    outer = Phrase("{label}: never", {"label": inner})
    assert Language("es").phrase(outer) == "días desde Created hasta la entrega: nunca"


@given(
    st.recursive(
        st.builds(Phrase, st.text(), st.dictionaries(st.text(), st.integers() | st.text())),
        lambda inner: st.builds(Phrase, st.text(), st.dictionaries(st.text(), inner)),
        max_leaves=4,
    )
)
def test_a_phrase_survives_storage(phrase: Phrase) -> None:
    assert Phrase.from_dict(phrase.to_dict()) == phrase
