"""Reasons by source beside a plain count."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from features.language import language
from serve.report.fields import Fields
from serve.report.rejections import MAX_REASONS, count_rejections, fold_rare, rank
from tests.serve.report.conftest import Company


def test_reasons_are_counted_by_source(company: Company) -> None:
    entries, fields = company.ledger.entries, company.fields
    found = count_rejections(company.ledger, fields, language("en"))
    assert found is not None
    rejected = entries[entries["decision"] == "rejected"]
    reason = rejected["reason"].str.lower()
    assert found.without == reason.isna().sum()
    assert found.reasons[0].lower() == "no need"
    assert sorted(name.lower() for name in found.reasons) == ["no need", "student", "wrong data"]
    source = fields.frame.loc[rejected.index, "source"].fillna("(not given)")
    for name, counts in found.sources:
        mine = reason[source == name]
        assert counts == tuple((mine == text.lower()).sum() for text in found.reasons)
    total = sum(sum(counts) for _, counts in found.sources)
    assert total == reason.notna().sum()
    sizes = [sum(counts) for name, counts in found.sources if name != "(all others)"]
    assert sizes == sorted(sizes, reverse=True)


def test_without_a_source_there_is_one_row(company: Company) -> None:
    fields = Fields(company.fields.frame.drop(columns="source"), company.fields.labels)
    found = count_rejections(company.ledger, fields, language("en"))
    assert found is not None
    assert [name for name, _ in found.sources] == ["All leads"]


def test_without_reasons_there_is_nothing_to_show(company: Company) -> None:
    entries = company.ledger.entries.assign(reason=None)
    ledger = replace(company.ledger, entries=entries)
    assert count_rejections(ledger, company.fields, language("en")) is None


def test_rare_reasons_become_one_and_come_last() -> None:
    values = pd.Series([f"r{i}" for i in range(12) for _ in range(12 - i)])
    folded = fold_rare(values, MAX_REASONS, "rest")
    assert rank(folded, "rest") == [*(f"r{i}" for i in range(MAX_REASONS)), "rest"]
    assert (folded == "rest").sum() == 4 + 3 + 2 + 1
    assert fold_rare(values[:12], MAX_REASONS, "rest").nunique() == 1
