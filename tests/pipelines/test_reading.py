from __future__ import annotations

from features.settings.load import load_settings
from models.registry.champion import load_champion
from pipelines.reading import read_own
from tests.pipelines.conftest import Project


def test_columns_are_read_as_in_training(trained: Project) -> None:
    settings = load_settings(trained.config)
    bundle = load_champion(settings)
    tables = read_own(settings, bundle)
    known = {name: kind for name, kind in bundle.table.kinds.items() if name in tables.columns}
    assert known
    assert {name: tables.columns[name].kind for name in known} == known
    assert len(tables.episodes) == len(trained.read_leads())
