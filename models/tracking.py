"""What is recorded of a training: the run with all it shows, and the registered model.

Both are MLflow's, see `models.champion` for where they are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from features.settings import Settings
from models.bundle import ModelBundle
from models.champion import VERSION_TAG, Registered, models_folder, registered_name
from models.promotion import CHALLENGER, put_version_in_use
from models.tracking_store import ARTIFACTS, open_mlflow, uses_file

_LIBRARIES = ("lightgbm", "numpy", "pandas", "pyarrow", "scipy", "leadaccord")


@dataclass(frozen=True)
class Account:
    """What is told of a model beside its figures.

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
    """

    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    digest: str = ""
    dataset: str = "leads"
    challenger: bool = False


def log_training(
    settings: Settings,
    bundle: ModelBundle,
    *,
    parameters: Mapping[str, Any],
    metrics: Mapping[str, float],
    tags: Mapping[str, str],
    artifacts: Path,
    put_in_use: bool,
    account: Account | None = None,
) -> Registered:
    """Record a training run, register its model and, if asked, make it the champion.

    The alias moves last, in one step: until then the model in use is the one it was.

    Parameters
    ----------
    settings : Settings
    bundle : ModelBundle
        Already stored under `models_folder`.
    parameters, metrics, tags : mapping
        What the run shows.
    artifacts : Path
        A folder of plots and tables to keep with the run.
    put_in_use : bool
        Whether the alias "champion" moves to this model.
    account : Account, optional
        What else is told of the model.

    Returns
    -------
    Registered

    Raises
    ------
    TrackingError
        When the store does not answer.
    """
    account = account or Account()
    # Asked before MLflow is opened: it writes its address into the environment.
    own = own_artifacts(settings)
    with open_mlflow(settings) as mlflow:
        run_tags = {**tags, **account.tags}
        with mlflow.start_run(
            experiment_id=find_experiment(mlflow, settings, own),
            run_name=bundle.version,
            tags=run_tags,
            description=account.description or None,
        ):
            mlflow.log_params(dict(parameters))
            mlflow.log_metrics(dict(metrics))
            mlflow.log_artifacts(str(artifacts))
            if account.digest:
                log_dataset(mlflow, account)
            info = _log_model(mlflow, settings, bundle)
        client = mlflow.MlflowClient()
        name, number = registered_name(settings), str(info.registered_model_version)
        for key, value in {VERSION_TAG: bundle.version, **account.tags}.items():
            client.set_model_version_tag(name, number, key, value)
        if account.description:
            client.update_model_version(name, number, account.description)
        if account.challenger:
            client.set_registered_model_alias(name, CHALLENGER, number)
        if put_in_use:
            put_version_in_use(client, name, number)
    return Registered(name, number, bundle.version)


def log_refusal(settings: Settings, account: Account, texts: Mapping[str, str]) -> None:
    """Record a run that made no model.

    Parameters
    ----------
    settings : Settings
    account : Account
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
            tags=dict(account.tags),
            description=account.description,
        ):
            for name, text in texts.items():
                mlflow.log_text(text, name)


def log_dataset(mlflow: Any, account: Account) -> None:
    """Show in the run what was learned from, by name and digest; the data stay where they are."""
    from mlflow.data.code_dataset_source import CodeDatasetSource
    from mlflow.data.meta_dataset import MetaDataset

    source = CodeDatasetSource(tags={"leadaccord.dataset": account.dataset})
    data: Any = MetaDataset(source, name=account.dataset, digest=account.digest)  # type: ignore[abstract]
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


def _log_model(mlflow: Any, settings: Settings, bundle: ModelBundle) -> Any:
    from importlib.metadata import version

    from models.pyfunc import make_example, make_signature

    return mlflow.pyfunc.log_model(
        name="model",
        loader_module="models.pyfunc",
        data_path=str(models_folder(settings) / bundle.version),
        signature=make_signature(bundle.table),
        input_example=make_example(bundle.table),
        pip_requirements=[f"{name}=={version(name)}" for name in _LIBRARIES],
        registered_model_name=registered_name(settings),
    )
