"""What a card is written from survives storage, and a changed record is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from features.errors import ModelError
from serve.card.provenance import Provenance, make_provenance
from tests.serve.card.cards import any_provenance, make_comparison, make_verdict
from tests.trained import make_project


def test_an_origin_survives_storage() -> None:
    made = any_provenance(
        owner="Ana", verdict=make_verdict("on", "better"), compared=make_comparison()
    )
    stored = json.loads(json.dumps(made.to_dict(), allow_nan=False))
    assert Provenance.from_dict(stored, where="here") == made


@pytest.mark.parametrize("change", [{"more": 1}, {"project": ...}])
def test_another_record_is_told(change: dict[str, object]) -> None:
    stored = {**any_provenance().to_dict(), **change}
    stored = {name: value for name, value in stored.items() if value is not ...}
    with pytest.raises(ModelError, match=r"record behind the model card is another \(run 7\)"):
        Provenance.from_dict(stored, where="run 7")


def test_it_tells_what_the_settings_mean() -> None:
    settings = make_project(Path("/"))
    project = settings.project.model_copy(update={"owner": "Data team"})
    excluded = settings.features.model_copy(update={"exclude": ("Z", "A")})
    settings = settings.model_copy(update={"project": project, "features": excluded})
    made = make_provenance(
        settings, job="train", as_of=None, digest="d", put_in_use=True, software={}
    )
    assert (made.project, made.owner, made.set_aside) == ("spring", "Data team", ["A", "Z"])
    assert made.words["accepted"] == list(settings.decision.accepted)
    assert made.verdict is None and made.compared is None
