"""Model cards on disk: what they record."""

from __future__ import annotations

from serve.card.store import list_software, tell_data


def test_what_is_told_of_software_and_data() -> None:
    assert {"leadaccord", "lightgbm", "scipy"} <= set(list_software())
    assert tell_data({"window": [None, None]}, "d") == {"leadaccord.data_digest": "d"}
    assert tell_data({"window": ["a", "b"]}, "d")["leadaccord.window"] == "a to b"
