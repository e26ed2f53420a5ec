"""Names of columns, values and activity types, as readers of each language see them.

A name comes from `[labels]` of the settings; else, for fields and activities that every CRM has,
from the catalogue of the language; else it is the CRM's own, made readable.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from features.language import Language
from features.language import translatable as _


def readable(column: str) -> str:
    """Return a CRM's column name as a reader sees it.

    Examples
    --------
    >>> readable("Landing_Page__c")
    'Landing Page'
    """
    name = re.sub(r"__c$", "", column).replace("_", " ")
    if " " not in name.strip():
        name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return " ".join(name.split()) or column


def activity_label(kind_of_activity: str) -> str:
    """Return an activity type as a reader sees it.

    Examples
    --------
    >>> activity_label("demo_request")
    'demo request'
    """
    return " ".join(kind_of_activity.replace("_", " ").replace("-", " ").split())


def name_column(column: str, language: Language) -> str:
    """Return the name of a column, whether it comes as in the CRM or made readable.

    Examples
    --------
    >>> from features.language import language
    >>> name_column("LeadSource", language("es")), name_column("Coverage__c", language("es"))
    ('Origen del lead', 'Coverage')
    """
    return _name("column", readable(column), language)


def name_activity(kind_of_activity: str, language: Language) -> str:
    """Return the name of an activity type.

    Examples
    --------
    >>> from features.language import language
    >>> name_activity("pricing_page_view", language("es"))
    'visita a la página de precios'
    """
    return _name("activity", activity_label(kind_of_activity), language)


def name_value(column: str, value: str, language: Language) -> str:
    """Return the name of a column's value; without one in `[labels]` the value itself."""
    return language.names.get(("value", readable(column), value), value)


def name_gaps(gaps: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """Return what fills the gaps of a feature's label, its column and activity by their names."""
    named = dict(gaps)
    if "column" in named:
        named["column"] = name_column(str(named["column"]), language)
    if "activity" in named:
        named["activity"] = name_activity(str(named["activity"]), language)
    return named


def _name(kind: str, shown: str, language: Language) -> str:
    named = language.names.get((kind, shown))
    if named is not None:
        return named
    known = KNOWN[kind].get(shown.casefold().replace(" ", ""))
    if known is None:
        return shown
    translated = language.text(known)
    if translated == known:
        return shown
    return translated[:1].upper() + translated[1:] if shown[:1].isupper() else translated


def _list(*names: str) -> dict[str, str]:
    return {name.casefold().replace(" ", ""): name for name in names}


KNOWN: Mapping[str, Mapping[str, str]] = {
    "column": _list(
        _("lead source"),
        _("lead status"),
        _("original source"),
        _("latest source"),
        _("landing page"),
        _("campaign"),
        _("campaign name"),
        _("channel"),
        _("industry"),
        _("title"),
        _("job title"),
        _("role"),
        _("department"),
        _("company"),
        _("company name"),
        _("company size"),
        _("number of employees"),
        _("annual revenue"),
        _("country"),
        _("state"),
        _("region"),
        _("city"),
        _("postal code"),
        _("website"),
        _("e-mail"),
        _("email"),
        _("phone"),
        _("mobile phone"),
        _("rating"),
        _("priority"),
        _("product"),
        _("budget"),
        _("language"),
        _("owner"),
        _("lead owner"),
        _("created"),
        _("created date"),
        _("create date"),
        _("created on"),
        _("last activity date"),
        _("has opted out of email"),
        _("comments"),
        _("message"),
        _("street"),
    ),
    "activity": _list(
        _("page view"),
        _("pricing page view"),
        _("website visit"),
        _("demo request"),
        _("contact request"),
        _("trial start"),
        _("form submit"),
        _("form submission"),
        _("content download"),
        _("whitepaper download"),
        _("webinar registered"),
        _("webinar attended"),
        _("event visit"),
        _("email open"),
        _("email click"),
        _("email reply"),
        _("unsubscribe"),
        _("chat"),
        _("call"),
        _("meeting"),
    ),
}
"""What every CRM has, by kind and by its name in small letters without blanks."""
