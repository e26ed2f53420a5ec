"""Judge of proposals: right, asked about, or silently wrong."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from features.proposal.proposal import Proposal, propose
from pipelines.init import read_export
from pipelines.init_questions import list_open_questions
from tests.exports.generator import Export, write_export


@dataclass(frozen=True)
class Verdict:
    """What became of one export.

    Attributes
    ----------
    export : Export
    asked : bool
        Whether `init` ends with a question.
    wrong : tuple of str
        What is proposed wrongly without a question.
    """

    export: Export
    asked: bool
    wrong: tuple[str, ...]

    @property
    def right(self) -> bool:
        return not self.asked and not self.wrong


def judge(export: Export, folder: Path) -> Verdict:
    """Write an export, propose its settings as `init` does, and compare."""
    path = write_export(export, folder / "leads.csv")
    frame, columns = read_export(path)
    proposal = propose(frame, columns, leads=path.name)
    return Verdict(
        export,
        asked=bool(list_open_questions(proposal)),
        wrong=tuple(compare(export, proposal)),
    )


def compare(export: Export, proposal: Proposal) -> list[str]:
    """Return what a proposal says that is not right for the export."""
    one = export.layout
    decided_at = one.closed_at or None
    pairs = {
        "id": (proposal.id, one.id),
        "time": (proposal.handed_over_at, one.created),
        "decision": (proposal.decision, one.decision),
        "decided_at": (proposal.decided_at, decided_at),
    }
    wrong = [f"{key}: {found}" for key, (found, right) in pairs.items() if found != right]
    if proposal.decision == one.decision:
        for meaning in ("accepted", "rejected", "recycled"):
            found = set(proposal.values.get(meaning, ()))
            if not found <= set(getattr(one, meaning)):
                wrong.append(f"{meaning}: {sorted(found)}")
        for meaning in ("accepted", "rejected"):
            if set(getattr(one, meaning)) - set(proposal.values.get(meaning, ())):
                wrong.append(f"{meaning} lacks: {proposal.values.get('unsure')}")
    excluded = {*proposal.suspects, *proposal.owners}
    if lacking := export.excluded - excluded:
        wrong.append(f"not excluded: {sorted(lacking)}")
    if lost := export.honest & excluded:
        wrong.append(f"excluded though honest: {sorted(lost)}")
    if one.owner and one.owner not in proposal.owners:
        wrong.append(f"no owner: {one.owner}")
    return wrong
