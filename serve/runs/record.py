"""Record of a scoring run: inputs, outputs, seconds and warnings.

It names columns, codes and counts, never a value of a lead.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from features.files import follow_link, raising_resumable_error, write_durably
from features.findings import Finding
from serve.runs.journal import Journal
from serve.scoring.tally import Tally

ENDING = ".run.json"
FORMAT = 1


@dataclass(frozen=True)
class RunRecord:
    """What is kept of a run.

    Attributes
    ----------
    journal : Journal
    tally : Tally
    findings : sequence of Finding
        What was noticed while reading.
    missing_columns, new_columns : sequence of str
        What the leads lack of training's columns, and have beside them.
    seconds : mapping of str to float
        ``reading``, ``scoring``, ``delivering``: of the attempt that ended the run.
    resumed_from : int or None
        How many batches earlier attempts had scored.
    places : mapping of str to str or None
        ``out`` and ``rejects``, as they were written.
    warnings : sequence of str
    prior_shift : mapping or None
        The accepted share of the leads since the training by their scores alone; None where it
        was not asked for, or cannot be known.
    crm : mapping or None
        What a CRM was sent; None of files and tables, and where an earlier attempt had sent all.
    """

    journal: Journal
    tally: Tally
    findings: Sequence[Finding] = ()
    missing_columns: Sequence[str] = ()
    new_columns: Sequence[str] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)
    resumed_from: int | None = None
    places: Mapping[str, str | None] = field(default_factory=dict)
    warnings: Sequence[str] = ()
    prior_shift: Mapping[str, Any] | None = None
    crm: Mapping[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the record as plain types."""
        run, counts = self.journal.identity, self.tally.to_dict()
        rejected = counts.pop("rejected")
        return {
            "format": FORMAT,
            "run_id": self.journal.run_id,
            "leadaccord": find_version(),
            "model_version": run.model_version,
            "scored_at": self.journal.scored_at.isoformat(),
            "input_digest": run.digest,
            "language": run.language,
            **self.places,
            **counts,
            "rejected": sum(rejected.values()),
            "rejected_by_code": rejected,
            "missing_columns": list(self.missing_columns),
            "new_columns": list(self.new_columns),
            "batches": self.journal.count,
            "batch_rows": run.batch_rows,
            "resumed_from": self.resumed_from,
            "prior_shift": self.prior_shift,
            "crm": self.crm,
            "seconds": {name: round(value, 3) for name, value in self.seconds.items()},
            "warnings": list(self.warnings),
            "findings": [asdict(finding) for finding in self.findings],
        }


def find_version() -> str:
    """Return the version of leadaccord that runs."""
    from importlib.metadata import version

    return version("leadaccord")


def write_record(content: Mapping[str, Any], path: Path) -> None:
    """Write a record as JSON, whole or not at all.

    Parameters
    ----------
    content : mapping
        As `RunRecord.to_dict` gives it.
    path : Path
        Its folder is made if it is not there.

    Raises
    ------
    DestinationError
        When it cannot be written.
    """
    text = json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False)
    with raising_resumable_error(path):
        path = follow_link(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_durably(path, text.encode("utf-8"))
