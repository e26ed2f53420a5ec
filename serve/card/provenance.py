"""Provenance of a model: who made it from what, and the decision about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from features.errors import ModelError
from features.settings.schema import Settings


@dataclass(frozen=True)
class Provenance:
    """How a model came to be, kept beside it so that its card can be written again.

    It is no part of the model, whose version is made from its content alone.

    Attributes
    ----------
    project : str
    owner : str or None
        Who answers questions, as the settings name them.
    job : str
        "train" or "retrain".
    as_of : str or None
        The moment as of which the data were seen; None where nothing has a time.
    digest : str
        Of the data learned from.
    set_aside : list of str
        Columns that the settings exclude.
    words : mapping of str to list of str
        What the CRM's values mean, by "accepted", "rejected", "recycled" and "undecided".
    present_means : str or None
        What the presence of a decision means, where the settings say so.
    software : mapping of str to str
        Versions, by the name of the package.
    put_in_use : bool
        Whether the job that made it put it in use.
    verdict : mapping or None
        Of the gate, see `models.promotion.gate.Verdict.to_dict`, with its "mode"; None of "train".
    compared : mapping or None
        The model in use before under "champion", and the comparison with it where there was one.
    """

    project: str
    owner: str | None
    job: str
    as_of: str | None
    digest: str
    set_aside: list[str]
    words: Mapping[str, list[str]]
    present_means: str | None
    software: Mapping[str, str]
    put_in_use: bool
    verdict: Mapping[str, Any] | None = None
    compared: Mapping[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the provenance as plain types."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any], *, where: str) -> Provenance:
        """Return the provenance that `to_dict` wrote.

        Raises
        ------
        ModelError
            When it is another record, or was changed.
        """
        try:
            return cls(**stored)
        except TypeError as error:
            known = [field.name for field in fields(cls)]
            raise ModelError(
                "the record behind the model card is another",
                where=where,
                got=", ".join(sorted(map(str, stored))),
                expected=", ".join(known),
                next_step="Train again; every training writes a card",
            ) from error


@dataclass(frozen=True)
class Standing:
    """What the registry says of a model when its card is written.

    Attributes
    ----------
    in_use : bool
    approved_by, approved_on : str or None
        The person who approved it, and the day.
    """

    in_use: bool
    approved_by: str | None = None
    approved_on: str | None = None


def make_provenance(
    settings: Settings,
    *,
    job: str,
    as_of: str | None,
    digest: str,
    put_in_use: bool,
    software: Mapping[str, str],
    verdict: Mapping[str, Any] | None = None,
    compared: Mapping[str, Any] | None = None,
) -> Provenance:
    """Return how a model came to be; see `Provenance`.

    Parameters
    ----------
    settings : Settings
        With their preset applied, as tables carry them.
    job, as_of, digest, put_in_use, software, verdict, compared
        As in `Provenance`.
    """
    decision = settings.decision
    return Provenance(
        project=settings.project.name,
        owner=settings.project.owner,
        job=job,
        as_of=as_of,
        digest=digest,
        set_aside=sorted(settings.features.exclude),
        words={
            name: list(getattr(decision, name))
            for name in ("accepted", "rejected", "recycled", "undecided")
        },
        present_means=decision.present_means,
        software=dict(software),
        put_in_use=put_in_use,
        verdict=verdict,
        compared=compared,
    )
