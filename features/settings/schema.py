"""Settings schema of `leadaccord.toml`: checked whole, never changed afterwards."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, BaseModel, Field
from pydantic import StringConstraints as Constraints

from features.crm.presets import PRESETS
from features.files import expand_home
from features.language import SOURCE_LANGUAGE, Language, list_languages
from features.naming import activity_label, readable
from features.settings.choices import OneOf
from features.settings.fields import (
    Columns,
    OptionalColumn,
    OptionalText,
    Section,
    Since,
    Text,
    Values,
    Word,
    check_encoding,
    check_link,
    check_separator,
    check_time_format,
)


class ProjectSettings(Section):
    """`[project]`: the project's name and owner, its reports' language, the folder it keeps."""

    name: Text = "leadaccord"
    owner: OptionalText = None
    language: Annotated[Word, OneOf(list_languages)] = SOURCE_LANGUAGE
    home: Annotated[Path, Field(description="a folder, in quotes")] = Path(".leadaccord")


class TableSettings(Section):
    """`[tables]`: where the tables are: a file, a glob, or a table of the connection."""

    connection: Text = "duckdb://"
    leads: Annotated[Word, Field(description='a file, glob or table, such as "data/leads.csv"')]
    activities: OptionalText = None
    decisions: OptionalText = None
    outcomes: OptionalText = None
    corrections: OptionalText = None


class CsvSettings(Section):
    """`[csv]`: what cannot be guessed of the CSV files; None is guessed."""

    separator: Annotated[
        Annotated[str, Constraints(strict=True), AfterValidator(check_separator)] | None,
        Field(description='one character, such as ";" or "\\t"'),
    ] = None
    encoding: Annotated[
        Annotated[Word, AfterValidator(check_encoding)] | None,
        Field(description='the name of an encoding, such as "utf-8" or "latin-1"'),
    ] = None


class LeadSettings(Section):
    """`[leads]`: which columns name a lead and its hand-over."""

    preset: Annotated[Word | None, OneOf(lambda: PRESETS)] = None
    id: OptionalColumn = None
    handed_over_at: OptionalColumn = None
    order: Annotated[Word | None, Field(description='a column, or "file" for row order')] = None
    time_format: Annotated[
        Annotated[Word, AfterValidator(check_time_format)] | None,
        Field(description='a format such as "%d-%m-%Y %H:%M"'),
    ] = None
    since: Annotated[
        Since | None, Field(description="a date without quotes, such as 2018-01-01")
    ] = None
    missing: Values = ()
    display: Columns = ()
    status: OptionalColumn = None
    working: Values = ()
    rep_name: OptionalColumn = None
    link: Annotated[
        Annotated[Word, AfterValidator(check_link)] | None,
        Field(
            description="an address that begins with https:// and has {id} once behind the "
            'server\'s name, such as "https://crm.example.com/{id}"'
        ),
    ] = None

    @property
    def shown(self) -> tuple[str, ...]:
        """The columns shown in reports, which are never learned from."""
        return self.display if self.rep_name is None else (*self.display, self.rep_name)


class DecisionSettings(Section):
    """`[decision]`: the column of sales' decision and the meaning of its values."""

    column: OptionalColumn = None
    accepted: Values = ()
    rejected: Values = ()
    recycled: Values = ()
    undecided: Values = ()
    others: Annotated[
        Literal["error", "undecided"], Field(description='"error" or "undecided"')
    ] = "error"
    closed: OptionalColumn = None
    closed_values: Values = ()
    converted: OptionalColumn = None
    converted_values: Values = ()
    decided_at: OptionalColumn = None
    reason: OptionalColumn = None
    rep: OptionalColumn = None
    id: OptionalColumn = None
    present_means: Annotated[
        Literal["accepted", "rejected"] | None, Field(description='"accepted" or "rejected"')
    ] = None
    matured_after_days: Annotated[
        Annotated[int, Field(strict=True, ge=0)] | Literal["auto"],
        Field(description='a whole number of days, 0 or more, or "auto"'),
    ] = "auto"

    @property
    def named(self) -> dict[str, str]:
        """Columns that say what was decided, when, why and by whom, by key."""
        keys = ("column", "closed", "converted", "decided_at", "reason", "rep")
        return {key: name for key in keys if (name := getattr(self, key)) is not None}


class ActivitySettings(Section):
    """`[activities]`: the columns of the activities table."""

    id: OptionalColumn = None
    at: OptionalColumn = None
    type: OptionalColumn = None
    sales: Values = ()


class OutcomeSettings(Section):
    """`[outcomes]`: the columns of the outcomes table."""

    id: OptionalColumn = None
    opportunity_at: OptionalColumn = None
    won_at: OptionalColumn = None
    amount: OptionalColumn = None
    currency: Annotated[
        Annotated[str, Constraints(strict=True, pattern="^[A-Z]{3}$")] | None,
        Field(description='three capital letters, such as "EUR"'),
    ] = None


class FeatureSettings(Section):
    """`[features]`: columns to learn from, and columns to leave out."""

    exclude: Columns = ()
    fit: Columns = ()
    behaviour: Columns = ()
    trust: Columns = ()


class TrainSettings(Section):
    """`[train]`: the share of the newest matured leads kept for the test, and the seed."""

    test_share: Annotated[
        float, Field(strict=True, gt=0.05, le=0.5, description="a share over 0.05, at most 0.5")
    ] = 0.25
    seed: Annotated[
        int, Field(strict=True, ge=0, lt=2**31, description="a whole number, 0 to 2147483647")
    ] = 20


class ScoreSettings(Section):
    """`[score]`: where scores go, how many rows may be rejected, how many leads' scores stay."""

    out: str = Field("scored.csv", min_length=1)
    # Which formats there are is known where they are written: `check` and `score` ask there.
    format: OptionalText = None
    max_rejected: Annotated[
        float, Field(strict=True, ge=0, le=1, description="a share from 0.0 to 1.0")
    ] = 0.5
    history: Annotated[
        int, Field(strict=True, ge=0, description="a whole number of leads, 0 or more")
    ] = 100_000
    prior_shift: Annotated[bool, Field(strict=True, description="true or false")] = False


_Limit = Annotated[
    int, Field(strict=True, ge=1, le=100, description="a whole score from 1 to 100, such as 75")
]


class BandSettings(Section):
    """`[bands]`: the score from which on a lead is hot, warm or cool; below, it is cold."""

    hot: _Limit = 75
    warm: _Limit = 50
    cool: _Limit = 25


_Room = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class CapacitySettings(Section):
    """`[capacity]`: the leads that sales can work in a week, in all or by team or owner."""

    leads_per_week: Annotated[
        _Room | dict[Word, _Room] | None,
        Field(
            description="a number over 0, or one for each value of by: { Madrid = 40, Lisbon = 30 }"
        ),
    ] = None
    by: OptionalColumn = None


_Share = Annotated[
    float | None, Field(strict=True, gt=0, le=1, description="a share over 0, at most 1")
]


class AgreementSettings(Section):
    """`[agreement]`: what marketing and sales agreed on, shown on the report and measured there."""

    accepted: _Share = None
    answered: _Share = None
    answer_within: Annotated[
        int | None, Field(strict=True, ge=0, description="a whole number of days")
    ] = None
    definitions: Annotated[
        tuple[Word, ...],
        Field(description='a list of texts, such as ["SQL: sales has met the lead"]'),
    ] = ()
    marketing: OptionalText = None
    sales: OptionalText = None
    version: OptionalText = None
    agreed_on: Annotated[
        Annotated[date, Field(strict=True)] | None,
        Field(description="a date without quotes, such as 2026-01-31"),
    ] = None


Measure = Literal["auc", "average_precision", "log_loss", "top_precision"]
"""What the gate compares two models by; the margin of each is a key of `[gate]`."""

_Margin = Annotated[float, Field(ge=0, le=1, description="a number from 0 to 1, such as 0.02")]


def _check_languages(value: str | dict[str, str]) -> str | dict[str, str]:
    if isinstance(value, dict) and not set(value) <= set(list_languages()):
        raise ValueError(value)
    return value


_Label = Annotated[Word | dict[Word, Word], AfterValidator(_check_languages)]
_LABELS = 'text in quotes, or one for each language: { en = "Source", es = "Origen" }'


class LabelSettings(Section):
    """`[labels]`: what reports call columns, types of activity and values, in each language."""

    columns: dict[Word, _Label] = Field(default_factory=dict, description=_LABELS)
    activities: dict[Word, _Label] = Field(default_factory=dict, description=_LABELS)
    values: dict[Word, dict[Word, _Label]] = Field(default_factory=dict, description=_LABELS)


class GateSettings(Section):
    """`[gate]`: what a retrained model must show before it replaces the one in use."""

    mode: Annotated[
        Literal["on", "dry-run", "off"], Field(description='"on", "dry-run" or "off"')
    ] = "on"
    top_share: Annotated[
        float, Field(gt=0, le=1, description="a share over 0, at most 1, such as 0.2")
    ] = 0.2
    min_leads: Annotated[
        int, Field(strict=True, ge=50, description="a whole number of leads, 50 or more")
    ] = 200
    better: Annotated[
        tuple[Measure, ...],
        Field(description="a list of " + ", ".join(f'"{name}"' for name in get_args(Measure))),
    ] = ("log_loss",)
    auc_drop: _Margin = 0.01
    average_precision_drop: _Margin = 0.02
    log_loss_rise: _Margin = 0.01
    top_precision_drop: _Margin = 0.03
    segment_drop: _Margin = 0.05
    calibration_error: _Margin = 0.05
    auc_fall: _Margin = 0.1
    acceptance_factor: Annotated[
        float, Field(ge=1, description="a number of 1 or more, such as 4")
    ] = 4.0
    changed_inputs: Columns = ()


class Settings(Section):
    """All settings of a project.

    Attributes
    ----------
    file : Path
        The settings file, as it was named.
    root : Path
        The folder of the file, absolute; what the file names is relative to it.
    """

    project: ProjectSettings = ProjectSettings()
    tables: TableSettings
    csv: CsvSettings = CsvSettings()
    leads: LeadSettings = LeadSettings()
    decision: DecisionSettings = DecisionSettings()
    activities: ActivitySettings = ActivitySettings()
    outcomes: OutcomeSettings = OutcomeSettings()
    features: FeatureSettings = FeatureSettings()
    train: TrainSettings = TrainSettings()
    score: ScoreSettings = ScoreSettings()
    bands: BandSettings = BandSettings()
    capacity: CapacitySettings = CapacitySettings()
    agreement: AgreementSettings = AgreementSettings()
    labels: LabelSettings = LabelSettings()
    gate: GateSettings = GateSettings()
    file: Path
    root: Path

    @property
    def home(self) -> Path:
        """The absolute folder of models, runs and scores."""
        return self.root / expand_home(self.project.home)

    def words(self, code: str | None = None) -> Language:
        """Return a language with the names in `[labels]`; the project's own if none is named."""
        code = code or self.project.language
        labels = self.labels
        named: dict[tuple[str, ...], str | dict[str, str]] = {
            ("column", readable(column)): label for column, label in labels.columns.items()
        }
        named |= {("activity", activity_label(k)): label for k, label in labels.activities.items()}
        for column, values in labels.values.items():
            named |= {("value", readable(column), value): x for value, x in values.items()}
        chosen = {key: x if isinstance(x, str) else x.get(code) for key, x in named.items()}
        return Language(code, {key: name for key, name in chosen.items() if name is not None})

    @property
    def status(self) -> str | None:
        """The column of leads that says how far sales is: named, or that of the decision."""
        flat = self.tables.decisions is None
        return self.leads.status or (self.decision.column if flat else None)


SECTIONS: dict[str, type[BaseModel]] = {
    name: field.annotation
    for name, field in Settings.model_fields.items()
    if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
}
