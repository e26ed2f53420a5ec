"""Words that several pages use."""

from __future__ import annotations

from features.language import translatable as _

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
