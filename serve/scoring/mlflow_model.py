"""MLflow model: raw rows of leads in, scores with their reasons out.

What goes in has the columns of the leads export, all of them optional. What a lead did may come
with it as JSON, and so may its earlier hand-overs: a server has no tables to look them up in.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from features.columns.kinds import Kind
from features.errors import DataRefused, ModelError
from features.settings.schema import Settings
from models.artifact.bundle import ModelBundle
from models.artifact.folder import MANIFEST, load_bundle
from models.registry.champion import models_folder
from models.registry.training_runs import LoggedModel
from serve.scoring.raw_leads import score_rows, to_table, write_table
from serve.scoring.scorer import SENTENCES

if TYPE_CHECKING:
    from mlflow.models import ModelSignature

FORMAT = 1
READING = "reading.json"
ACTIVITIES = "activities_json"
EARLIER = "earlier_hand_overs_json"
NUMBERS = ("probability", "probability_low", "probability_high", "score")
TEXTS = ("grade", *SENTENCES, "rejected")

PACKAGES = """
babel duckdb filelock lightgbm numba numpy pandas pyarrow pydantic scikit-learn scipy
sqlalchemy threadpoolctl
""".split()
"""What the code that is stored with a model imports; `leadaccord` itself is on no index."""

_ID, _AT = "leadaccord_row", "leadaccord_handed_over_at"


@dataclass(frozen=True)
class Reading:
    """How raw rows are read where the project's settings are not.

    Attributes
    ----------
    handed_over_at : str or None
        The column with the time of hand-over; None where the model knows none.
    time_format : str or None
        How it is written, where guessing is ambiguous.
    missing : tuple of str
        Values that mean that nothing was entered.
    language : str
        Of the reasons.
    """

    handed_over_at: str | None
    time_format: str | None
    missing: tuple[str, ...]
    language: str


class RawLeadModel:
    """Scores raw rows of leads, each by itself.

    Parameters
    ----------
    bundle : ModelBundle
    reading : Reading
    """

    def __init__(self, bundle: ModelBundle, reading: Reading) -> None:
        self._bundle, self._reading = bundle, reading

    def predict(
        self, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """Score leads.

        Parameters
        ----------
        model_input : DataFrame
            The columns of the leads export, numbers as doubles and the rest as text; each may be
            missing. A lead without a time of hand-over counts as handed over now.
            ``activities_json``: a list of ``{"type": ..., "at": ...}``; missing where nothing is
            known of what the lead did, ``[]`` where it did nothing.
            ``earlier_hand_overs_json``: a list of ``{"handed_over_at": ..., "decision": ...,
            "decided_at": ...}`` with "accepted", "rejected" or "recycled" as decision.
        params : dict, optional
            Accepted for MLflow's sake; there are none.

        Returns
        -------
        DataFrame
            With the same index: ``probability``, ``probability_low``, ``probability_high``,
            ``score``, ``grade``, the reasons for and against, "" where there are no more, and
            ``rejected``, which says why a lead has no score and is "" otherwise.

        Raises
        ------
        DataRefused
            When JSON cannot be read; with the number of the row.
        """
        rows = model_input.reset_index(drop=True)
        parts = [self._score(rows.loc[group]) for group in self._group(rows)]
        empty = pd.DataFrame({**dict.fromkeys(NUMBERS, 0.0), **dict.fromkeys(TEXTS, "")}, index=[])
        found = pd.concat(parts).sort_index() if parts else empty
        return found.set_axis(model_input.index)

    def _group(self, rows: pd.DataFrame) -> Iterator[pd.Index]:
        """Yield rows that are alike in whether activities and a time of hand-over are given."""
        known, dated = _is_given(rows, ACTIVITIES), _is_given(rows, self._reading.handed_over_at)
        for _, group in rows.groupby([known, dated]):
            yield group.index

    def _score(self, rows: pd.DataFrame) -> pd.DataFrame:
        now = pd.Timestamp.now("UTC").tz_localize(None)
        with tempfile.TemporaryDirectory(prefix="leadaccord-") as name:
            folder = Path(name)
            settings = self._write(rows, folder, now)
            found = score_rows(settings, self._bundle, str(folder / "new.parquet"), now=now)
        found = found.set_axis(rows.index)
        numbers = found[list(NUMBERS)].astype("float64")
        texts = found[list(TEXTS)].astype(object)
        return pd.concat([numbers, texts.where(texts.notna(), "")], axis=1)

    def _write(self, rows: pd.DataFrame, folder: Path, now: pd.Timestamp) -> Settings:
        """Write the tables of a small project and return its settings."""
        at = self._reading.handed_over_at
        leads = rows.drop(columns=[ACTIVITIES, EARLIER], errors="ignore")
        leads = leads.assign(**{_ID: rows.index.astype(str)})
        if at is not None and not _is_given(rows, at).any():
            leads[at] = now
        write_table(to_table(leads), folder / "new.parquet")
        write_table(to_table(list_earlier(rows, at or _AT)), folder / "own.parquet")
        tables = {"leads": "own.parquet"}
        if _is_given(rows, ACTIVITIES).any():
            write_table(to_table(list_activities(rows)), folder / "activities.parquet")
            tables["activities"] = "activities.parquet"
        return self._settings(folder, tables)

    def _settings(self, folder: Path, tables: Mapping[str, str]) -> Settings:
        reading = self._reading
        return Settings.model_validate(
            {
                "project": {"language": reading.language, "home": folder / "home"},
                "tables": tables,
                "leads": {
                    "id": _ID,
                    "handed_over_at": reading.handed_over_at,
                    "order": "file" if reading.handed_over_at is None else None,
                    "time_format": reading.time_format,
                    "missing": reading.missing,
                },
                "decision": {
                    "column": "decision",
                    "accepted": ["accepted"],
                    "rejected": ["rejected"],
                    "recycled": ["recycled"],
                    "others": "undecided",
                    "decided_at": "decided_at",
                },
                "activities": {"id": "lead_id", "at": "at", "type": "type"},
                "file": folder / "leadaccord.toml",
                "root": folder,
            }
        )


def list_activities(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the activities that rows carry as a table: ``lead_id``, ``at``, ``type``.

    Parameters
    ----------
    rows : DataFrame
        With ``activities_json``.

    Raises
    ------
    DataRefused
        When JSON cannot be read.
    """
    # A table without rows has no types; this activity belongs to no lead.
    found: list[dict[str, Any]] = [{"lead_id": "", "type": "none", "at": pd.Timestamp(0)}]
    for row, entries in _read_json(rows, ACTIVITIES, ("type", "at")):
        found += [
            {"lead_id": str(row), "type": str(entry["type"]), "at": _time(entry, "at", row)}
            for entry in entries
        ]
    return pd.DataFrame(found)


def list_earlier(rows: pd.DataFrame, handed_over_at: str) -> pd.DataFrame:
    """Return the earlier hand-overs that rows carry as a table of leads with decisions.

    Parameters
    ----------
    rows : DataFrame
        Perhaps with ``earlier_hand_overs_json``.
    handed_over_at : str
        What the column of hand-overs is called.

    Raises
    ------
    DataRefused
        When JSON cannot be read.
    """
    never = {_ID: "", handed_over_at: pd.Timestamp(0), "decision": "", "decided_at": pd.NaT}
    found: list[dict[str, Any]] = [never]
    for row, entries in _read_json(rows, EARLIER, ("handed_over_at",)):
        found += [
            {
                _ID: str(row),
                handed_over_at: _time(entry, "handed_over_at", row),
                "decision": entry.get("decision"),
                "decided_at": _time(entry, "decided_at", row),
            }
            for entry in entries
        ]
    frame = pd.DataFrame(found)
    return frame.astype({"decided_at": "datetime64[us]", handed_over_at: "datetime64[us]"})


def describe_model(
    settings: Settings, bundle: ModelBundle, folder: Path, *, handed_over_at: str | None
) -> LoggedModel:
    """Prepare a stored model for MLflow: its files, its code and what may be asked of it.

    Parameters
    ----------
    settings : Settings
    bundle : ModelBundle
        Already stored in the project's home.
    folder : Path
        An empty one, which must stay until the model is logged.
    handed_over_at : str or None
        The column of leads with the time of hand-over, as training read it.
    """
    import features
    import models
    import serve

    reading = Reading(
        handed_over_at=handed_over_at if bundle.table.order == "time" else None,
        time_format=settings.leads.time_format,
        missing=settings.leads.missing,
        language=settings.project.language,
    )
    data, code = folder / "lead_quality", folder / "code"
    shutil.copytree(models_folder(settings) / bundle.version, data / bundle.version)
    content = {"format": FORMAT, **asdict(reading)}
    (data / READING).write_text(json.dumps(content, ensure_ascii=False), "utf-8")
    for package in (features, models, serve):
        source = Path(str(package.__file__)).parent
        shutil.copytree(
            source, code / source.name, ignore=shutil.ignore_patterns("__pycache__", ".*")
        )
    return LoggedModel(
        loader_module=__name__,
        data_path=data,
        code_paths=tuple(sorted(str(path) for path in code.iterdir())),
        signature=make_signature(bundle, reading),
        input_example=make_example(bundle, reading),
        pip_requirements=tuple(f"{name}=={version(name)}" for name in PACKAGES),
    )


def list_inputs(bundle: ModelBundle, reading: Reading) -> dict[str, Kind]:
    """Return the columns that a row may have, and what each holds."""
    table = bundle.table
    names = dict.fromkeys([*table.sources, *table.complete])
    kinds = {name: table.kinds.get(name, "text") for name in names}
    dated: dict[str, Kind] = {reading.handed_over_at: "time"} if reading.handed_over_at else {}
    with_json: dict[str, Kind] = {}
    if table.needs("behaviour"):
        with_json[ACTIVITIES] = "text"
    if table.needs("history"):
        with_json[EARLIER] = "text"
    return {**dated, **kinds, **with_json}


def make_signature(bundle: ModelBundle, reading: Reading) -> ModelSignature:
    """Return MLflow's description of what goes in and what comes out.

    Parameters
    ----------
    bundle : ModelBundle
    reading : Reading

    Returns
    -------
    mlflow.models.ModelSignature
        Optional doubles and texts only: servers turn whole numbers into either.
    """
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, Schema

    inputs = [
        ColSpec(DataType.double if kind == "number" else DataType.string, name, required=False)
        for name, kind in list_inputs(bundle, reading).items()
    ]
    outputs = [ColSpec(DataType.double, name) for name in NUMBERS]
    outputs += [ColSpec(DataType.string, name) for name in TEXTS]
    return ModelSignature(Schema([*inputs]), Schema([*outputs]))


def make_example(bundle: ModelBundle, reading: Reading) -> pd.DataFrame:
    """Return one row to copy from: no lead's own values.

    Parameters
    ----------
    bundle : ModelBundle
    reading : Reading
    """
    values: dict[str, float | str] = {}
    for name, kind in list_inputs(bundle, reading).items():
        if kind == "number":
            values[name] = 1.0
        elif kind == "time":
            values[name] = "2026-01-15 09:30:00"
        else:
            # Behind the level for "not given" and the one for "other" stand the known ones.
            values[name] = next(iter(bundle.table.levels.get(name, ())[2:]), "")
    if ACTIVITIES in values:
        kind_of = next(iter(bundle.table.types), "visit")
        values[ACTIVITIES] = json.dumps([{"type": kind_of, "at": "2026-01-14 12:00:00"}])
    if EARLIER in values:
        values[EARLIER] = "[]"
    return pd.DataFrame([values])


def _is_given(rows: pd.DataFrame, name: str | None) -> pd.Series:
    if name is None or name not in rows:
        return pd.Series(False, index=rows.index)
    given: pd.Series = rows[name].notna() & (rows[name].astype(str).str.strip() != "")
    return given


def _read_json(
    rows: pd.DataFrame, name: str, needed: tuple[str, ...]
) -> Iterator[tuple[Any, list[dict[str, Any]]]]:
    """Yield each row that has JSON, by its index, with the objects of its list."""
    for row in rows.index[_is_given(rows, name)]:
        try:
            entries = json.loads(str(rows.at[row, name]))
        except (TypeError, ValueError) as error:
            raise _refuse_json(name, row, str(error)) from error
        if not isinstance(entries, list):
            raise _refuse_json(name, row, type(entries).__name__)
        for entry in entries:
            if not isinstance(entry, dict) or not set(needed) <= set(entry):
                raise _refuse_json(name, row, "an entry without " + " and ".join(needed))
        yield row, entries


def _time(entry: Mapping[str, Any], name: str, row: Any) -> pd.Timestamp:
    given = entry.get(name)
    if given is None:
        return pd.NaT  # type: ignore[return-value]
    try:
        return pd.Timestamp(pd.to_datetime(given, utc=True)).tz_localize(None)
    except (TypeError, ValueError) as error:
        raise _refuse_json(name, row, "what is no time") from error


def _refuse_json(name: str, row: Any, got: str) -> DataRefused:
    return DataRefused(
        f"{name} cannot be read",
        where=f"row {row}, counted from 0",
        got=got[:100],
        expected='a list such as [{"type": "visit", "at": "2026-01-14T12:00:00Z"}]',
        next_step="Leave it out where nothing is known",
        code="json",
    )


def _load_pyfunc(path: str) -> RawLeadModel:
    """Load the model from its folder; MLflow calls this by its name."""
    manifest = next(Path(path).glob(f"*/{MANIFEST}"), None)
    stored = json.loads((Path(path) / READING).read_text("utf-8"))
    if manifest is None or stored.pop("format", None) != FORMAT:
        raise ModelError(
            "the model was stored by another version of leadaccord",
            where=path,
            next_step="Train again with leadaccord train",
        )
    reading = Reading(**{**stored, "missing": tuple(stored["missing"])})
    return RawLeadModel(load_bundle(manifest.parent), reading)
