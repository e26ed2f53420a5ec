"""What a delivery tells."""

from __future__ import annotations

from serve.destinations.protocol import Delivery


def test_a_delivery_without_trouble_has_neither_files_nor_warnings() -> None:
    delivery = Delivery(3)
    assert (delivery.rows, delivery.files, dict(delivery.warnings)) == (3, (), {})
