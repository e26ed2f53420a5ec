"""Settings text: a proposal as the text of a settings file, with its reasons as comments."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Sequence

from features.language import list_languages
from features.proposal.candidates import Candidate
from features.proposal.proposal import Proposal

_WIDTH = 96
_MAX_VALUES = 8
_QUESTIONS = {
    "decision": ("column", "Several columns could be what sales decided; remove the # of one:"),
    "handed_over_at": (
        "handed_over_at",
        "Several dates could be the moment sales got the lead; remove the # of one:",
    ),
}


def to_toml(proposal: Proposal) -> str:
    """Return the proposal as the text of a settings file, with what to look at as comments."""
    sections = (
        ["# Proposed by looking at the export. Read it once: what is wrong here stays wrong."],
        ["[project]", f'language = "en"                 # {" or ".join(list_languages())}'],
        ["[tables]", f"leads = {_quote(proposal.leads)}"],
        list(_write_leads(proposal)),
        list(_write_decision(proposal)),
        list(_write_features(proposal)),
    )
    return "\n\n".join("\n".join(lines) for lines in sections) + "\n"


def describe_candidate(candidate: Candidate) -> str:
    """Return a candidate in one line: its name, and its commonest values with their rows."""
    if not candidate.counts:
        return ", ".join((candidate.column, *candidate.evidence))
    listed = [f"{value}: {count}" for value, count in list(candidate.counts.items())[:_MAX_VALUES]]
    more = ["..."] if len(candidate.counts) > _MAX_VALUES else []
    return f"{candidate.column} ({', '.join([*listed, *more])})"


def _write_leads(p: Proposal) -> Iterator[str]:
    yield "[leads]"
    if p.preset:
        yield f"preset = {_quote(p.preset)}"
    yield f"id = {_quote(p.id)}" if p.id else "# no id found: the row's number is used"
    yield from _write_question(p, "handed_over_at")
    if p.handed_over_at:
        yield f"handed_over_at = {_quote(p.handed_over_at)}   # the moment sales got the lead?"
    elif p.order == "file":
        yield 'order = "file"                  # no time found: are the rows oldest first?'
    else:
        yield f"order = {_quote(p.order)}      # no time found: does it rise with time?"
    yield from _explain(p, "handed_over_at")
    if p.missing:
        yield f"missing = {_list(p.missing)}"
    if p.display:
        yield f"display = {_list(p.display)}"


def _write_decision(p: Proposal) -> Iterator[str]:
    yield "[decision]"
    yield from _write_question(p, "decision")
    if p.decision is not None:
        yield f"column = {_quote(p.decision)}"
    elif not p.asked.get("decision"):
        yield '# column = "..."              # which column says what sales decided?'
    yield from _explain(p, "decision")
    if p.closed is not None:
        yield f"closed = {_quote(p.closed)}"
        if p.closed_values:
            yield f"closed_values = {_list(p.closed_values)}"
    if p.converted is not None:
        yield f"converted = {_quote(p.converted)}"
        yield f"converted_values = {_list(p.converted_values)}"
    for meaning in ("accepted", "rejected", "recycled", "undecided"):
        if p.values.get(meaning):
            yield f"{meaning} = {_list(p.values[meaning])}"
    if p.values.get("unsure"):
        yield f"# not clear, sort these into the lists above: {_list(p.values['unsure'])}"
        yield 'others = "undecided"'
    if p.decided_at is not None:
        yield f"decided_at = {_quote(p.decided_at)}   # when sales answered?"
        yield from _explain(p, "decided_at")


def _write_features(p: Proposal) -> Iterator[str]:
    yield "[features]"
    if p.owners:
        yield from _comment(f"The rep is never learned from: {', '.join(p.owners)}")
    if not p.suspects:
        yield "exclude = []                    # columns known only after hand-over"
        return
    yield "# Filled in only after hand-over? Keep those here that sales writes."
    for name, why in p.suspects.items():
        yield from _comment(f"  {name}: {why}")
    yield f"exclude = {_list(tuple(p.suspects))}"


def _write_question(p: Proposal, key: str) -> Iterator[str]:
    asked = p.asked.get(key, ())
    if not asked:
        return
    setting, words = _QUESTIONS[key]
    yield f"# {words}"
    for candidate in asked:
        yield f"# {setting} = {_quote(candidate.column)}"
        yield from _comment(f"    {describe_candidate(candidate)}")
        if candidate.counts:
            for reason in candidate.evidence:
                yield from _comment(f"    {reason}")
            for meaning in ("accepted", "rejected", "recycled", "undecided"):
                if candidate.values.get(meaning):
                    yield f"#     {meaning} = {_list(candidate.values[meaning])}"


def _explain(p: Proposal, key: str) -> Iterator[str]:
    for note in p.notes.get(key, ()):
        yield from _comment(f"  {note}")


def _comment(text: str) -> Iterator[str]:
    """Give a text as lines of comment that no name in it can end."""
    plain = "".join(char if char.isprintable() else " " for char in text)
    indent = "# " + " " * (len(plain) - len(plain.lstrip()))
    yield from textwrap.wrap(
        plain.strip(), _WIDTH, initial_indent=indent, subsequent_indent=indent + "  "
    )


def _quote(text: str | None) -> str:
    # A JSON string is a TOML basic string, except that TOML forbids a bare DEL.
    return json.dumps(text or "", ensure_ascii=False).replace("\x7f", "\\u007f")


def _list(texts: Sequence[str]) -> str:
    return "[" + ", ".join(_quote(text) for text in texts) + "]"
