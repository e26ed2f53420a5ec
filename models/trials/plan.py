"""Trial plan: question, groups and size, fixed before the first lead and kept in the project."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from features.errors import DataRefused, SettingsError, UsageError
from features.settings.schema import Settings
from features.stored_json import parse_json
from models.trials.evidence import Design
from models.trials.size import find_loss, find_size

Outcome = Literal["accepted", "opportunity", "won"]
HOLD_OUT = ("score", "hold-out")
FOLDER, PLAN, PAGE = "trials", "plan.json", "plan.html"
PACE_DAYS = 90
MIN_LEADS = 200
MOST_WEEKS = 520
_BASE_LEADS = 20_000
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_SEAL = 12


class Alternative(BaseModel):
    """Another difference, with the leads and weeks that finding it takes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    effect: float
    size: int
    weeks: float


class TrialPlan(BaseModel):
    """What both teams sign; nothing of it changes once the first lead is in.

    Attributes
    ----------
    name : str
        Also the key by which groups are drawn.
    groups : tuple of str
        The group of the score first. In a trial of two models, their versions.
    outcome : {"accepted", "opportunity", "won"}
        What has to come of a lead within `days` of hand-over.
    share : float
        Of the leads in the first group.
    base_rate : float
        Of leads with the outcome before the trial, of `base_leads`.
    effect : float
        The difference worth finding.
    size : int
        Leads in both groups together by which it is found in 80 % of trials.
    per_week : float
        New leads handed over of late; `weeks` at this pace until `size` is reached.
    noticed_loss : float or None
        The least share of a group's leads whose loss the ratio check notices.
    alternatives : tuple of Alternative
        Sizes of smaller and larger differences.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=_NAME.pattern)
    design: Literal["hold-out", "scores"]
    groups: tuple[str, str]
    outcome: Outcome
    days: int = Field(ge=1)
    share: float = Field(ge=0.05, le=0.95)
    start: date
    base_rate: float = Field(gt=0, lt=1)
    base_leads: int
    effect: float = Field(gt=0, lt=1)
    size: int = Field(ge=1)
    per_week: float = Field(gt=0)
    weeks: float
    noticed_loss: float | None
    alternatives: tuple[Alternative, ...]

    @property
    def seal(self) -> str:
        """Return the first signs of a checksum of all that was planned: another plan, another."""
        content = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:_SEAL]

    @property
    def evidence(self) -> Design:
        """Return what the confidence sequence needs to know."""
        return Design(self.share, self.base_rate, self.effect)

    @property
    def full(self) -> pd.Timestamp:
        """Return the day on which the groups will be full at the planned pace."""
        return pd.Timestamp(self.start) + pd.Timedelta(days=int(np.ceil(7 * self.weeks)))


def make_plan(
    arrivals: pd.DataFrame,
    *,
    now: pd.Timestamp,
    name: str,
    groups: tuple[str, str],
    outcome: Outcome,
    days: int,
    share: float,
    effect: float | None,
    start: date,
) -> TrialPlan:
    """Return the plan of a trial, from what happened to the leads before it.

    Parameters
    ----------
    arrivals : DataFrame
        As `models.trials.arrivals.list_arrivals` returns it, over the time before.
    now : Timestamp
        The newest moment of the data.
    name, groups, outcome, days, share, start
        As `TrialPlan` has them.
    effect : float or None
        The difference to find; a tenth of the base rate if None.

    Raises
    ------
    DataRefused
        When too few leads are old enough, or all or none had the outcome.
    UsageError
        When the trial begins before its plan, the rate cannot rise by so much, or the trial would
        take longer than ten years.
    """
    if pd.Timestamp(start) <= now:
        raise UsageError(
            "the trial would begin before its plan",
            got=f"--start {start}",
            expected=f"a day after {now:%Y-%m-%d}, the newest day of the data",
            next_step="Choose a later day; the leads before it are in no group",
        )
    rate, leads = _measure_rate(arrivals, now - pd.Timedelta(days=days), outcome, days)
    recent = arrivals[arrivals["at"] > now - pd.Timedelta(days=PACE_DAYS)]
    per_week = max(len(recent), 1) * 7 / PACE_DAYS
    design = Design(share, rate, rate / 10 if effect is None else effect)
    size = _find_possible_size(design, per_week)
    others = [replace(design, effect=design.effect * factor) for factor in (0.5, 1.5)]
    sizes = {one.effect: find_size(one) for one in others if rate + one.effect < 1}
    return TrialPlan(
        name=check_name(name),
        design="hold-out" if groups == HOLD_OUT else "scores",
        groups=groups,
        outcome=outcome,
        days=days,
        share=share,
        start=start,
        base_rate=rate,
        base_leads=leads,
        effect=design.effect,
        size=size,
        per_week=per_week,
        weeks=size / per_week,
        noticed_loss=find_loss(design, size),
        alternatives=tuple(
            Alternative(effect=rise, size=found, weeks=found / per_week)
            for rise, found in sizes.items()
        ),
    )


def _measure_rate(
    arrivals: pd.DataFrame, until: pd.Timestamp, outcome: str, days: int
) -> tuple[float, int]:
    """Return the share of leads handed over until a day that had the outcome, and their number."""
    old = arrivals[arrivals["at"] <= until].tail(_BASE_LEADS)
    if len(old) < MIN_LEADS or not 0 < old["outcome"].mean() < 1:
        raise DataRefused(
            f"no trial can be planned: the share of leads that become {outcome} is not known",
            got=f"{int(old['outcome'].sum()):,} of {len(old):,} leads handed over {days} days ago "
            "or earlier",
            expected=f"{MIN_LEADS} such leads, some with the outcome and some without",
            next_step="Choose another --outcome, or fewer --days",
            code="no_base_rate",
        )
    return float(old["outcome"].mean()), len(old)


def _find_possible_size(design: Design, per_week: float) -> int:
    """Return the leads that a trial takes, or say that there is no such trial."""
    if design.centre + design.effect >= 1:
        raise UsageError(
            "--effect is more than there is to gain",
            got=f"{design.effect:g}",
            expected=f"less than {1 - design.centre:.2f}, as {design.centre:.0%} have the outcome "
            "today",
            next_step="Give the smallest rise worth finding, such as 0.05 for five points",
        )
    size = find_size(design)
    if size > MOST_WEEKS * per_week:
        raise UsageError(
            "so small a rise cannot be found here",
            got=f"{design.effect:.3g}, which takes {size:,} leads, {per_week:,.0f} a week",
            expected="a trial of ten years at most",
            next_step="Give a larger --effect, or an --outcome that more leads have",
        )
    return size


def check_name(name: str) -> str:
    """Return a trial's name, which is also a folder's.

    Raises
    ------
    UsageError
        When it is not one to forty small letters, digits and hyphens.
    """
    if _NAME.fullmatch(name) is None:
        raise UsageError(
            "a trial cannot have this name",
            got=f'"{name}"',
            expected="small letters, digits and hyphens, such as autumn-2026",
            next_step="Choose another name",
        )
    return name


def plan_folder(settings: Settings, name: str) -> Path:
    """Return the folder of a trial, beside the settings: it goes where they go."""
    return settings.root / FOLDER / check_name(name)


def load_plan(settings: Settings, name: str) -> TrialPlan:
    """Read the plan of a trial.

    Parameters
    ----------
    settings : Settings
    name : str

    Raises
    ------
    UsageError
        When there is no such trial.
    SettingsError
        When the plan was altered or damaged since it was made.
    """
    path = plan_folder(settings, name) / PLAN
    if not path.is_file():
        known = sorted(other.parent.name for other in path.parents[1].glob(f"*/{PLAN}"))
        raise UsageError(
            "no such trial was planned",
            where=str(path.parents[1]),
            got=f'"{name}"',
            expected=", ".join(known) or None,
            next_step="Name one of them"
            if known
            else f"Plan it first: leadaccord trial plan {name}",
        )
    try:
        content = parse_json(path.read_bytes())
        seal = content.pop("seal")
        plan = TrialPlan.model_validate(content)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _make_altered(path, got=_describe_damage(error)) from None
    if (plan.name, plan.seal) != (name, seal):
        raise _make_altered(path, got=f"seal {seal} on what gives {plan.seal}")
    return plan


def to_json(plan: TrialPlan) -> str:
    """Return the plan as it is kept, with its seal."""
    return json.dumps({**plan.model_dump(mode="json"), "seal": plan.seal}, indent=2) + "\n"


def _describe_damage(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first: Any = error.errors()[0]
        return ".".join(map(str, first["loc"])) + ": " + str(first["msg"])
    return "what is no plan"


def _make_altered(path: Path, *, got: str) -> SettingsError:
    return SettingsError(
        "the plan of the trial is not as it was made, so the trial cannot be read by it",
        where=str(path),
        got=got,
        next_step="Take the file back from version control or a backup; the seal is on the "
        "signed page",
        code="plan_altered",
    )
