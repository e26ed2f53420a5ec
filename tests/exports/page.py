"""Page of exports: measures what init proposes, and writes docs/exports.md."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from features.crm.vocabulary import FIELDS, split_phrases
from features.crm.words import LANGUAGES
from tests.exports.generator import (
    DATES,
    FILES,
    MONEY,
    OPEN_SHARES,
    ROWS,
    list_campaigns,
    list_exports,
)
from tests.exports.judge import Verdict, judge
from tests.exports.layouts import CAMPAIGNS, LAYOUTS, Layout

PER_LAYOUT = 8
# Another seed than that of the tests, with which the words were chosen.
SEED = 2026
PAGE = Path(__file__).resolve().parents[2] / "docs" / "exports.md"

INTRODUCTION = """# Exports

`leadaccord init FILE` looks at an export and proposes its settings: the lead's id, the time of
hand-over, the decision with its values, the time of the decision, and the columns that are left
out. Where nothing decides between columns it asks: on a terminal by number, elsewhere as comments
in the settings, the same list in the message, and code 2. `--decision COLUMN` and
`--hand-over COLUMN` answer beforehand; `--yes` asks nothing and guesses nothing.

What holds whatever the file is:

- **Open is not rejected.** A status that says which records are open wins over an answer with two
  values that says no for them too. Where flags say whether a record is won and closed, they sort
  the values of the status, in any language. With flags alone, without a status, an answer counts
  for closed records only (`closed` under `[decision]`).
  A check box that says no (or nothing) from the beginning counts where the date of the decision
  is filled.
- **Taken over and lost later is accepted.** Where marketing and sales have a pipeline each, what
  is in that of sales counts as accepted, though its stage be the one of refused records.
- **A program decides nothing.** A no whose reason says that a program set it after a time counts
  as undecided.
- **The hand-over is no late date.** The date of an answer, a planned date and a last change are
  never proposed. Of several others the name decides, then which comes first in the rows, then a
  time of day.
- **`decided_at`** is a date that accepted and rejected leads have, not before hand-over.
- **The rep's columns** are never learned from, and the file lists them.
- **What sales fills in** (reasons, probabilities, next steps, closing flags) is excluded, with
  the reason.

What one file cannot say, `init` cannot either. Where a status means now what it did not mean at
the decision (accepted, later "Unqualified"), give the log of its changes as the table of
decisions, and the first answer after each hand-over counts:

```toml
[tables]
leads = "leads.csv"
decisions = "lead_status_history.csv"

[decision]
id = "lead_id"
column = "new_value"
accepted = ["Accepted"]
rejected = ["Unqualified"]
recycled = ["Returned"]
others = "undecided"
decided_at = "changed_at"
```

So it is with a workbook of feedback beside an export: `decisions = "feedback.xlsx"`, and `id` names
its column of the lead's id.

The words are in `features/crm/languages/`, a module for each language, and in
`features/crm/systems.py`, the fields of each CRM.
"""


def main() -> None:
    """Measure and write the page."""
    verdicts = list(_measure())
    PAGE.write_text("\n".join(_write(verdicts)) + "\n", encoding="utf-8")


def _measure() -> Iterator[Verdict]:
    with tempfile.TemporaryDirectory() as folder:
        for export in (*list_campaigns(), *list_exports(PER_LAYOUT, seed=SEED)):
            yield judge(export, Path(folder))


def _write(verdicts: Sequence[Verdict]) -> Iterator[str]:
    yield INTRODUCTION
    yield from _write_measured(verdicts)
    yield from _write_recognised((*LAYOUTS, *CAMPAIGNS))
    yield from _write_languages()


def _write_measured(verdicts: Sequence[Verdict]) -> Iterator[str]:
    right, asked = sum(v.right for v in verdicts), sum(v.asked for v in verdicts)
    yield "## Measured"
    yield ""
    yield (
        f"`make exports` writes {len(verdicts)} exports of {ROWS} rows and compares what `init` "
        f"proposes with what is right for each: {right} right ({right / len(verdicts):.1%}), "
        f"{asked} asked about, {len(verdicts) - right - asked} silently wrong. An export counts "
        "as right where the id, the hand-over, the decision and its values, the time of the "
        "decision, every excluded column and the rep's are right, and nothing honest is left out."
    )
    yield ""
    yield (
        f"Forms that are mixed: dates ({', '.join(DATES)}), money ({', '.join(MONEY)}), files "
        f"({', '.join(FILES)}), with flags beside the status or without, with a line of totals or "
        f"without, open records {' / '.join(f'{share:.0%}' for share in OPEN_SHARES)}, planned "
        "closing dates for open records or none. The layouts are made by hand after the products' "
        "own names (`tests/exports/layouts.py`), beside the lists of words: the table says how the "
        "forms fare together, not how a company's custom fields do. Those are likelier asked about."
    )
    yield ""
    yield "| CRM | language | exports | right | asked about | silently wrong |"
    yield "|---|---|---:|---:|---:|---:|"
    groups: dict[tuple[str, str], list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        groups[verdict.export.layout.crm, verdict.export.layout.language].append(verdict)
    for (crm, language), some in groups.items():
        counts = (len(some), sum(v.right for v in some), sum(v.asked for v in some))
        wrong = counts[0] - counts[1] - counts[2]
        yield f"| {crm} | {language} | {' | '.join(map(str, (*counts, wrong)))} |"
    yield ""


def _write_recognised(layouts: Iterable[Layout]) -> Iterator[str]:
    yield "## Columns and values"
    yield ""
    yield "| CRM | language | id | hand-over | decision | accepted | rejected | decided at |"
    yield "|---|---|---|---|---|---|---|---|"
    for one in layouts:
        cells = (
            *(one.crm, one.language, one.id, one.created, one.decision),
            *(", ".join(one.accepted), ", ".join((*one.rejected, *one.recycled)), one.closed_at),
        )
        yield f"| {' | '.join(cells)} |"
    yield ""


def _write_languages() -> Iterator[str]:
    yield "## Words by language"
    yield ""
    yield "| language | phrases | of these, values of a decision |"
    yield "|---|---:|---:|"
    values = ("won", "accepted", "qualified", "lost", "recycled", "still_open", "undecided")
    for words in LANGUAGES:
        counts = {about: len(split_phrases(getattr(words, about))) for about in FIELDS}
        of_values = sum(counts[about] for about in values)
        yield f"| {words.language} | {sum(counts.values())} | {of_values} |"


if __name__ == "__main__":
    main()
