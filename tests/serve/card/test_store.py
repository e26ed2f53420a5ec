"""Model cards on disk: what they record."""

from __future__ import annotations

from serve.card.store import describe_data, list_software


def test_what_is_told_of_software_and_data() -> None:
    assert {"leadaccord", "lightgbm", "scipy"} <= set(list_software())
    assert describe_data({"window": [None, None]}, "d") == {"leadaccord.data_digest": "d"}
    assert describe_data({"window": ["a", "b"]}, "d")["leadaccord.window"] == "a to b"
