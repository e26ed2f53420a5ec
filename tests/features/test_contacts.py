from __future__ import annotations

import pytest

from features.contacts import holds_contact, without_contacts


@pytest.mark.parametrize(
    "text",
    [
        "please call Ann at +49 170 5550 199",
        "ann.lee@x.example",
        "<mailto:ann@x>",
        "(555) 010-9999",
        "555-010-9999",
        "call 5550109999",
        "tel: 0170 5550199",
        "@annlee",
        "by Ann (@annlee)",
    ],
)
def test_ways_to_reach_somebody_are_found_and_taken_out(text: str) -> None:
    assert holds_contact(text) and not holds_contact(without_contacts(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-01-15 Webinar",
        "over 1.9, up to 3.9",
        "1.000.000 - 5.000.000",
        "100 000 000",
        "10-50",
        "00Q6dvOfvVDzEzxyf3",
        "Booth @ Berlin",
        "C++ @ 9",
        "Call back",
        "Cell biology 2026",
    ],
)
def test_what_is_no_contact_stays(text: str) -> None:
    assert not holds_contact(text) and without_contacts(text) == text
