"""Public Python interface: a scikit-learn classifier, and a project opened from its settings.

Everything else in this distribution is internal and may change with any version.

Examples
--------
>>> import leadaccord
>>> leadaccord.LeadQualityClassifier(ordered=False)
LeadQualityClassifier(ordered=False)
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from features.errors import LeadaccordError

if TYPE_CHECKING:
    import pandas as pd
    import shap

    from features.settings.schema import Settings
    from models.artifact.bundle import ModelBundle
    from models.estimator.sklearn_api import LeadQualityClassifier

__all__ = ["LeadQualityClassifier", "LeadaccordError", "Project", "open_project"]

SETTINGS_FILE = "leadaccord.toml"


def open_project(path: str | Path = SETTINGS_FILE) -> Project:
    """Open a project by its settings.

    Parameters
    ----------
    path : str or Path
        The settings file, or the folder in which it is called ``leadaccord.toml``.

    Returns
    -------
    Project

    Raises
    ------
    LeadaccordError
        When there is no such file, or it says what cannot be meant.

    Examples
    --------
    >>> open_project("no-such-folder")
    Traceback (most recent call last):
        ...
    features.errors.SettingsError: ...
    """
    from features.settings.load import load_settings

    file = Path(path)
    if not file.is_file() and file.suffix != ".toml":
        file /= SETTINGS_FILE
    load_settings(file)
    return Project(file.absolute())


@dataclass(frozen=True)
class Project:
    """Project of one company: its settings, its models, and its leads.

    Every method reads the settings file and the model in use anew, as the commands do. Leads come
    as the CRM gives them: as a data frame with the columns of the leads export, or as the path of
    such a file. What leads did is taken from the activities that the settings name.

    Attributes
    ----------
    file : Path
        The settings file, absolute.

    Examples
    --------
    In the folder that ``leadaccord demo`` makes:

    >>> project = open_project("leadaccord-demo")  # doctest: +SKIP
    >>> new = pandas.read_csv("leadaccord-demo/data/leads.csv").tail(3)  # doctest: +SKIP
    >>> project.score(new)[["lead_id", "score", "reason_1"]]  # doctest: +SKIP
    >>> shap.plots.waterfall(project.explain(new)[0])  # doctest: +SKIP
    """

    file: Path

    @property
    def model(self) -> ModelBundle:
        """Return the model in use: ``version``, ``figures``, ``importance`` and the model itself.

        Raises
        ------
        LeadaccordError
            When no model is in use yet, or it is damaged.
        """
        from models.registry.champion import load_champion

        return load_champion(self._settings())

    def train(self) -> dict[str, Any]:
        """Learn from the project's decided leads, as ``leadaccord train`` does.

        Returns
        -------
        dict
            What ``leadaccord train --json`` shows: figures on newer leads, their intervals, the
            leads that each rule left out, and whether the model is in use now.

        Raises
        ------
        LeadaccordError
            When the data cannot be learned from.
        """
        from pipelines.console import SilentConsole
        from pipelines.train import run

        return run(SilentConsole(), config=self.file)

    def score(self, leads: pd.DataFrame | str | Path) -> pd.DataFrame:
        """Score leads with the model in use, as ``leadaccord score`` does.

        Parameters
        ----------
        leads : DataFrame, str or Path
            Leads as the CRM gives them; columns that are not there count as empty.

        Returns
        -------
        DataFrame of shape (n_leads, 21)
            One row for each lead, with the index of the frame: ``probability`` with its 90 %
            interval, ``score``, ``grade`` and the reasons for and against; ``rejected`` says why
            a row has no score, such as a missing id, and is missing otherwise. Nothing is
            delivered or recorded.

        Raises
        ------
        LeadaccordError
            When no model is in use, or the leads cannot be read as a table.
        """
        from serve.scoring.raw_leads import score_rows

        settings, bundle = self._settings(), self.model
        with _as_file(leads) as path:
            found = score_rows(settings, bundle, path, now=_now())
        return _index_like(found, leads)

    def features(self, leads: pd.DataFrame | str | Path) -> pd.DataFrame:
        """Compute what the model in use sees of leads.

        Parameters
        ----------
        leads : DataFrame, str or Path
            Leads as the CRM gives them.

        Returns
        -------
        DataFrame of shape (n_leads, n_features)
            Numbers (NaN is missing) and text (missing values as in any column of text), with the
            index of the frame.

        Raises
        ------
        LeadaccordError
            When no model is in use, or the leads cannot be read as a table.
        """
        return self._compute(leads, self.model)

    def explain(self, leads: pd.DataFrame | str | Path) -> shap.Explanation:
        """Explain leads by exact Shapley values.

        Parameters
        ----------
        leads : DataFrame, str or Path
            Leads as the CRM gives them.

        Returns
        -------
        shap.Explanation
            One row for each lead, in log-odds before calibration, with readable names and
            values: every plot in `shap.plots` takes it as it is.

        Raises
        ------
        LeadaccordError
            When no model is in use, or the leads cannot be read as a table.
        """
        from models.artifact.lead_explanation import explain_leads

        bundle = self.model
        words = self._settings().words()
        return explain_leads(bundle, self._compute(leads, bundle), words)

    def report(
        self,
        out: str | Path,
        *,
        lead: str | None = None,
        workbook: str | Path | None = None,
        redact: bool = False,
    ) -> Path:
        """Write the report that both teams read, as ``leadaccord report`` does.

        Parameters
        ----------
        out : str or Path
            The page to write.
        lead : str, optional
            The id of a lead; the page is then about this lead alone.
        workbook : str or Path, optional
            An Excel file to write as well, of all leads.
        redact : bool
            Leave out owners and the columns named by ``display``.

        Returns
        -------
        Path
            The page.

        Raises
        ------
        LeadaccordError
            When no model is in use, there is no such lead, or a file cannot be written.
        """
        from pipelines import report, report_lead
        from pipelines.console import SilentConsole

        page, console = Path(out).absolute(), SilentConsole()
        if lead is not None:
            report_lead.run(console, config=self.file, lead_id=lead, out=page, redact=redact)
            return page
        sheets = None if workbook is None else Path(workbook).absolute()
        report.run(console, config=self.file, out=page, workbook=sheets, redact=redact)
        return page

    def _settings(self) -> Settings:
        from features.settings.load import load_settings

        return load_settings(self.file)

    def _compute(self, leads: pd.DataFrame | str | Path, bundle: ModelBundle) -> pd.DataFrame:
        from serve.scoring.raw_leads import read_features

        with _as_file(leads) as path:
            found = read_features(self._settings(), bundle.table, path, now=_now())
        return _index_like(found, leads)


def __getattr__(name: str) -> Any:
    # Loading scikit-learn takes a second, which a program that only scores need not wait.
    if name == "LeadQualityClassifier":
        from models.estimator.sklearn_api import LeadQualityClassifier

        return LeadQualityClassifier
    raise AttributeError(f"module 'leadaccord' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)


@contextmanager
def _as_file(leads: pd.DataFrame | str | Path) -> Iterator[str]:
    from serve.scoring.raw_leads import leads_file

    if isinstance(leads, str | Path):
        yield str(Path(leads).absolute())
        return
    with leads_file(leads) as path:
        yield path


def _index_like(found: pd.DataFrame, leads: pd.DataFrame | str | Path) -> pd.DataFrame:
    return found if isinstance(leads, str | Path) else found.set_axis(leads.index)


def _now() -> pd.Timestamp:
    import pandas as pd

    return pd.Timestamp.now("UTC").tz_localize(None)
