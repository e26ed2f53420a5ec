"""Training runs: the MLflow run with its records, and the registered model.

Both are MLflow's, see `models.registry.champion` for where they are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from features.settings.schema import Settings
from models.artifact.bundle import ModelBundle
from models.registry.alias import CHALLENGER, put_version_in_use, replace_champion
from models.registry.champion import (
    VERSION_TAG,
    Registered,
    is_missing,
    registered_name,
)
from models.registry.last_champion import keep_champion
from models.registry.store import ARTIFACTS, open_mlflow, uses_file

COMPARED_TAG = "leadaccord.compared_with_version"
COMPARED_RUN_TAG = "leadaccord.compared_with_run"
LIBRARIES = ("lightgbm", "numpy", "pandas", "pyarrow", "scipy")


@dataclass(frozen=True)
class LoggedModel:
    """The model as MLflow is to keep it.

    Attributes
    ----------
    loader_module : str
        Module with ``_load_pyfunc``, within `code_paths`.
    data_path : Path
        A folder with all that the loader reads.
    code_paths : tuple of str
        Packages that are stored with the model, so that it loads where the project is not.
    signature, input_example
        What may be asked of it.
    pip_requirements : tuple of str
        What its code needs, with versions; each is on the public index.
    """

    loader_module: str
    data_path: Path
    code_paths: tuple[str, ...]
    signature: Any
    input_example: Any
    pip_requirements: tuple[str, ...]


@dataclass(frozen=True)
class RunNotes:
    """Notes on a training run, beside its figures.

    Attributes
    ----------
    description : str
        Of the run and of the registered version, in Markdown.
    tags : mapping of str to str
        Of the run and of the registered version.
    digest : str
        Of the data learned from; empty where none was taken.
    dataset : str
        What the data are called.
    challenger : bool
        Whether the alias "challenger" moves to this model.
    compared_with : Registered or None
        The model in use that it was compared with, which the run names as its input.
    judged : bool
        Whether it was judged beside `compared_with`, None for no model, so that it is put in use
        only instead of that.
    """

    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    digest: str = ""
    dataset: str = "leads"
    challenger: bool = False
    compared_with: Registered | None = None
    judged: bool = False


def log_training(
    settings: Settings,
    bundle: ModelBundle,
    model: LoggedModel,
    *,
    parameters: Mapping[str, Any],
    metrics: Mapping[str, float],
    tags: Mapping[str, str],
    artifacts: Path,
    put_in_use: bool,
    notes: RunNotes | None = None,
) -> Registered:
    """Record a training run, register its model and, if asked, make it the champion.

    The alias moves last, in one step: until then the model in use is the one it was.

    Parameters
    ----------
    settings : Settings
    bundle : ModelBundle
        Already stored under `models_folder`.
    model : LoggedModel
        The same for MLflow.
    parameters, metrics, tags : mapping
        What the run shows.
    artifacts : Path
        A folder of plots and tables to keep with the run.
    put_in_use : bool
        Whether the alias "champion" moves to this model.
    notes : RunNotes, optional
        Further notes on the model.

    Returns
    -------
    Registered

    Raises
    ------
    ChampionMovedError
        When it was to replace a model that is no longer in use; the alias stays.
    TrackingError
        When the store does not answer.
    """
    notes = notes or RunNotes()
    # Asked before MLflow is opened: it writes its address into the environment.
    own = own_artifacts(settings)
    with open_mlflow(settings) as mlflow:
        client = mlflow.MlflowClient()
        lineage = _find_lineage(client, notes.compared_with)
        run_tags = {**tags, **notes.tags, **lineage.tags}
        with mlflow.start_run(
            experiment_id=find_experiment(mlflow, settings, own),
            run_name=bundle.version,
            tags=run_tags,
            description=notes.description or None,
        ):
            mlflow.log_params(dict(parameters))
            mlflow.log_metrics(dict(metrics))
            mlflow.log_artifacts(str(artifacts))
            if notes.digest:
                log_dataset(mlflow, notes)
            lineage.log(mlflow)
            info = _log_model(mlflow, settings, model)
        name, number = registered_name(settings), str(info.registered_model_version)
        for key, value in {VERSION_TAG: bundle.version, **notes.tags, **lineage.tags}.items():
            client.set_model_version_tag(name, number, key, value)
        if notes.description:
            client.update_model_version(name, number, notes.description)
        if notes.challenger:
            client.set_registered_model_alias(name, CHALLENGER, number)
        if put_in_use and notes.judged:
            replace_champion(client, name, number, champion=notes.compared_with)
        elif put_in_use:
            put_version_in_use(client, name, number)
    registered = Registered(name, number, bundle.version)
    if put_in_use:
        keep_champion(settings, registered)
    return registered


@dataclass(frozen=True)
class _Lineage:
    """Run and logged model of the compared model; empty where it is gone."""

    tags: Mapping[str, str] = field(default_factory=dict)
    model: str = ""

    def log(self, mlflow: Any) -> None:
        """Link the present run to the compared model."""
        from mlflow.entities import LoggedModelInput

        if self.model:
            run = mlflow.active_run().info.run_id
            mlflow.MlflowClient().log_inputs(run, models=[LoggedModelInput(self.model)])


def _find_lineage(client: Any, champion: Registered | None) -> _Lineage:
    from mlflow.exceptions import MlflowException

    if champion is None:
        return _Lineage()
    tags = {"leadaccord.compared_with": champion.version, COMPARED_TAG: champion.number}
    try:
        found = client.get_model_version(champion.name, champion.number)
    except MlflowException as error:
        if not is_missing(error):
            raise
        return _Lineage(tags)
    # A version that was made from a logged model names it as its source.
    scheme, _, model = str(found.source).partition(":/")
    return _Lineage(
        {**tags, COMPARED_RUN_TAG: str(found.run_id)}, model if scheme == "models" else ""
    )


def log_refusal(settings: Settings, notes: RunNotes, texts: Mapping[str, str]) -> None:
    """Record a run that made no model.

    Parameters
    ----------
    settings : Settings
    notes : RunNotes
        Why; its tags and description are those of the run.
    texts : mapping of str to str
        Files to keep with the run, by name.

    Raises
    ------
    TrackingError
        When the store does not answer.
    """
    own = own_artifacts(settings)
    with open_mlflow(settings) as mlflow:
        experiment = find_experiment(mlflow, settings, own)
        with mlflow.start_run(
            experiment_id=experiment,
            run_name="refused",
            tags=dict(notes.tags),
            description=notes.description,
        ):
            for name, text in texts.items():
                mlflow.log_text(text, name)


def log_dataset(mlflow: Any, notes: RunNotes) -> None:
    """Log the training data by name and digest; the data stay where they are."""
    from mlflow.data.code_dataset_source import CodeDatasetSource
    from mlflow.data.meta_dataset import MetaDataset

    source = CodeDatasetSource(tags={"leadaccord.dataset": notes.dataset})
    data: Any = MetaDataset(source, name=notes.dataset, digest=notes.digest)  # type: ignore[abstract]
    mlflow.log_input(data, context="training")


def own_artifacts(settings: Settings) -> Path | None:
    """Return where the files of runs go; None where a server keeps them."""
    return settings.home / ARTIFACTS if uses_file() else None


def find_experiment(mlflow: Any, settings: Settings, own: Path | None) -> str:
    """Return the id of the project's experiment; `own` is as `own_artifacts` gives it."""
    name = settings.project.name
    found = mlflow.get_experiment_by_name(name)
    if found is not None:
        return str(found.experiment_id)
    folder = None if own is None else own.as_uri()
    return str(mlflow.create_experiment(name, artifact_location=folder))


def _log_model(mlflow: Any, settings: Settings, model: LoggedModel) -> Any:
    return mlflow.pyfunc.log_model(
        name="model",
        loader_module=model.loader_module,
        data_path=str(model.data_path),
        code_paths=list(model.code_paths),
        signature=model.signature,
        input_example=model.input_example,
        pip_requirements=list(model.pip_requirements),
        registered_model_name=registered_name(settings),
    )
