"""Whether a report can leave out what the settings display."""

from __future__ import annotations

from features.errors import UsageError
from features.registry import DOOR_FACETS
from features.settings import Settings
from models.bundle import ModelBundle


def check_redaction(bundle: ModelBundle, settings: Settings) -> None:
    """Refuse to redact where the model has learned from what must not be shown.

    Its reasons would tell it: that of a lead, and what drives acceptance overall.

    Parameters
    ----------
    bundle : ModelBundle
        The model in use.
    settings : Settings

    Raises
    ------
    UsageError
        When a column that `display` names now was learned from, as before it was named there.
    """
    learned = {f.column for f in bundle.table.features if f.recipe not in DOOR_FACETS}
    told = [name for name in settings.leads.display if name in learned]
    if told:
        raise UsageError(
            "--redact cannot leave out what the model in use gives as reasons",
            where="[leads] display",
            got=", ".join(f'"{name}"' for name in told),
            expected="columns that were displayed when it was trained, and so not learned from",
            next_step="Run leadaccord train, which learns from none of them, and then the report",
            code="redaction",
        )
