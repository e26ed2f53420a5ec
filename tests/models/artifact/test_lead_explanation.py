"""Explanations of leads: the model's contributions under the names that readers know."""

from __future__ import annotations

import numpy as np

from features.language import language
from models.artifact.lead_explanation import explain_leads
from models.reasons.sentences import label_of
from tests.trained import train_once


def test_leads_are_explained_by_what_readers_know() -> None:
    tables, trained = train_once()
    bundle = trained.bundle
    values = bundle.table.compute(tables).head(60)
    found = explain_leads(bundle, values, language("en"))
    matrix = bundle.table.encode(values)
    contributions = bundle.model.contributions(matrix)
    np.testing.assert_array_equal(found.values, contributions[:, :-1])
    np.testing.assert_array_equal(found.base_values, contributions[:, -1])
    np.testing.assert_array_equal(found.data, matrix)
    names = dict(zip(bundle.table.names, found.feature_names, strict=True))
    assert len(set(names.values())) == len(names)
    place = bundle.table.names.index("LeadSource")
    assert names["LeadSource"] == label_of(bundle.table.features[place], language("en"))
    assert found.display_data[:, place].tolist() == values["LeadSource"].tolist()


def test_names_come_in_the_language_asked_for() -> None:
    tables, trained = train_once()
    values = trained.bundle.table.compute(tables).head(2)
    spanish = explain_leads(trained.bundle, values, language("es"))
    english = explain_leads(trained.bundle, values, language("en"))
    assert spanish.feature_names != english.feature_names
