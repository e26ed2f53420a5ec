"""Derived classes of personal fields; raw values stop here.

Names, e-mail addresses, phone numbers and streets are read here and dropped here. What leaves
this module is a small class: the kind of e-mail domain, whether a phone is present, whether a
company name looks real, the seniority and the function in a job title.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import numpy as np
import pandas as pd

from features.columns.categories import combine, convert_distinct, to_objects

PERSONAL_SHARE = 0.3
"""Share of e-mail addresses or phone numbers from which a column counts as holding them."""

FREE_DOMAINS = frozenset(
    """126.com 163.com aol.com bluewin.ch bol.com.br btinternet.com comcast.net fastmail.com free.fr
    googlemail.com hey.com icloud.com laposte.net libero.it mac.com mail.com mail.ru me.com
    naver.com orange.fr pm.me proton.me protonmail.com qq.com rediffmail.com rocketmail.com
    sbcglobal.net t-online.de telefonica.net terra.es uol.com.br verizon.net wanadoo.fr web.de
    zoho.com""".split()
)
# These give out addresses under many countries' endings.
_FREE_EVERYWHERE = re.compile(
    r"(gmail|gmx|hotmail|live|msn|outlook|yahoo|yandex|ymail)\.(com?(\.[a-z]{2})?|[a-z]{2}|net)"
)
DISPOSABLE_DOMAINS = frozenset(
    """10minutemail.com dispostable.com fakeinbox.com getairmail.com getnada.com guerrillamail.com
    mailcatch.com maildrop.cc mailinator.com mailnesia.com mintemail.com mohmal.com sharklasers.com
    spamgourmet.com temp-mail.org tempmail.com tempr.email throwawaymail.com trashmail.com
    yopmail.com""".split()
)
_EDUCATION = re.compile(
    r"(^|\.)(edu|ac)(\.[a-z]{2})?$|(^|[.-])(univ|universidad|universitat|university|school)[.-]|"
    r"(^|\.)uni-"
)
_GOVERNMENT = re.compile(r"(^|\.)(gov|gob|gouv|govt|mil)(\.[a-z]{2})?$")
_ADDRESS = re.compile(r"[^@\s]+@([^\W_](?:[\w-]*[^\W_])?(?:\.[^\W_][\w-]*)+)")

_UNREAL_COMPANIES = frozenset(
    """test testing tester teste prueba pruebas asd asdf qwe qwerty xx x abc no na nil null unknown
    nothing none self me myself private privado particular personal home student estudiante
    freelance freelancer autonomo company empresa ninguna ninguno desempleado desempleada
    unemployed individual nope foo bar""".split()
) | {"n a", "my company", "mi empresa", "self employed", "not applicable", "no company"}
_KEYBOARD_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
# One letter over and over, or one syllable: "aaaa", "asdasd", "lalala"; Tata and Otto are real.
_TYPED_AT_RANDOM = re.compile(r"(\w)\1{2,}|(\w{2})\2{2,}|(\w{3,4})\3+")

# The first match wins. After those who assist somebody senior, the order is from the most to the
# least senior.
_SENIORITY = (
    (
        "junior",
        r"\b(assistant|asst|pa|secretary|secretari[oa]|asistente|ayudante|auxiliar) "
        r"(to|of|for|de|del|al?)\b|\b(assistant|asst|asistente|secretary|secretari[oa])$",
    ),
    (
        "executive",
        r"\b(c[defimort]o|cmo|cso|cpo|chro|ciso|chief|(?<!vice )president|founder|co ?founder|"
        r"(?<!product )(?<!process )(?<!system )(?<!data )owner|managing director|md|"
        r"((managing|senior|founding|general|equity) |^)partner(?! (manager|marketing|success))|"
        r"general manager|"
        r"director general|directora general|gerente general|(?<!vice )president[ea]|duen[oa]|"
        r"fundador|fundadora|soci[oa]|propietari[oa]|geschaftsfuhrer(in)?|"
        r"consejer[oa] delegad[oa])\b",
    ),
    ("vice president", r"\b(vp|svp|evp|avp|vice ?president[ea]?)\b"),
    (
        "director",
        r"\b(dir|director|directora|direccion|head|jef[ea]|responsable|resp|leiter(in)?)\b",
    ),
    (
        "manager",
        r"\b(mgr|manager|mngr|lead(?! gen)|supervisor|supervisora|gerente|coordinator|"
        r"coordinador|coordinadora|encargad[oa]|principal)\b",
    ),
    (
        "student",
        r"\b(student|intern|internship|trainee|estudiante|becari[oa]|practicas|practicante|phd|"
        r"undergraduate|apprentice|aprendiz)\b",
    ),
    ("junior", r"\b(jr|junior|assistant|asst|auxiliar|asistente|ayudante|entry)\b"),
    (
        "specialist",
        r"\b(sr|senior|specialist|especialista|analyst|analista|engineer|ingenier[oa]|consultant|"
        r"consultor|consultora|developer|desarrollador|desarrolladora|architect|executive|"
        r"ejecutiv[oa]|administrator|administrador|administradora|administrativ[oa]|officer|agent|"
        r"agente|rep|representative|representante|associate|designer|scientist|technician|"
        r"tecnic[oa]|accountant|contable|buyer|comprador|compradora|planner|expert|advisor|asesor|"
        r"asesora|vendedor|vendedora)\b",
    ),
)
_FUNCTION = (
    (
        "marketing",
        r"\b(marketing|mktg|mkt|mktng|mercadotecnia|mercadeo|brand|growth|demand|lead gen\w*|"
        r"content|seo|publicidad|market research|cmo)\b",
    ),
    (
        "sales",
        r"\b(sales|sls|ventas|vendedor|vendedora|account executive|business development|bizdev|bd|"
        r"comercial|revenue|vertrieb|cso|cro)\b",
    ),
    (
        "human resources",
        r"\b(hr|human resources|recursos humanos|rrhh|talent|talento|people|recruit\w*|chro|"
        r"training|(?<!machine )learning|formacion)\b",
    ),
    (
        "information technology",
        r"\b(it|ict|tic?|information technology|infrastructure|systems?|sistemas|devops|sysadmin|"
        r"network|database|security|seguridad|informatic[oa]|tecnologia|technology|cio|cto|ciso|"
        r"helpdesk)\b",
    ),
    (
        "engineering",
        r"\b(engineering|engineer|ingenieria|ingenier[oa]|software|developer|development|"
        r"desarrollador|desarrolladora|desarrollo|r ?& ?d|i d( i)?|research|architect|product|"
        r"producto|data|datos|machine learning|cdo|cpo)\b",
    ),
    (
        "finance",
        r"\b(finance|financial|fin|finanzas|financier[oa]|accounting|accountant|contable|"
        r"contabilidad|controller|treasury|tesoreria|cfo|audit|auditor|auditora)\b",
    ),
    (
        "purchasing",
        r"\b(purchasing|procurement|buyer|compras|comprador|compradora|adquisiciones|sourcing|"
        r"supply|einkauf)\b",
    ),
    (
        "operations",
        r"\b(operations|operaciones|ops|logistics|logistica|production|produccion|plant|planta|"
        r"manufacturing|warehouse|almacen|quality|calidad|coo|facilities|maintenance|"
        r"mantenimiento)\b",
    ),
    ("legal", r"\b(legal|lawyer|counsel|abogad[oa]|compliance|attorney)\b"),
    (
        "customer service",
        r"\b(customer|support|service|atencion al cliente|soporte|success|clientes)\b",
    ),
    ("education", r"\b(teacher|professor|profesor|profesora|lecturer|faculty|dean|docente)\b"),
    (
        "general management",
        r"\b(ceo|general manager|managing director|managing partner|founder|"
        r"(?<!product )(?<!process )owner|(?<!vice )president[ea]?|gerente general|"
        r"director general|directora general|duen[oa]|fundador|fundadora|propietari[oa]|"
        r"consejer[oa] delegad[oa])\b",
    ),
)


_DOT_OF_ONE_LETTER = re.compile(r"(?<=\b\w)\.")
_PUNCTUATION = re.compile(r"[^\w&]+")


def plain(text: str) -> str:
    """Return text in lower case, without accents, with punctuation as single spaces."""
    if text.isascii():
        letters = text.lower()
    else:
        stripped = unicodedata.normalize("NFKD", text)
        letters = "".join(char for char in stripped if not unicodedata.combining(char)).casefold()
    # The dots of "C.E.O." belong to the word; that of "Sr.Manager" parts two.
    whole = _DOT_OF_ONE_LETTER.sub("", letters) if "." in letters else letters
    return " ".join(_PUNCTUATION.sub(" ", whole).split())


def classify_title(titles: pd.Series) -> pd.DataFrame:
    """Return the seniority and the function a job title names.

    Parameters
    ----------
    titles : Series of str
        Job titles as typed; missing stays missing.

    Returns
    -------
    DataFrame
        Columns ``seniority`` and ``function``; "not recognised" where a title says neither.
    """
    return pd.DataFrame(
        {
            "seniority": convert_distinct(titles, lambda title: _first(title, _SENIORITY)),
            "function": convert_distinct(titles, lambda title: _first(title, _FUNCTION)),
        }
    )


def classify_email(emails: pd.Series) -> pd.Series:
    """Return the class of each e-mail address's domain.

    Parameters
    ----------
    emails : Series of str
        Addresses as typed; missing stays missing.

    Returns
    -------
    Series of object
        "free", "company", "education", "government", "disposable" or "not an address".
    """
    return convert_distinct(emails, _email_class)


def looks_real(companies: pd.Series) -> pd.Series:
    """Return "yes" or "no": does a company name look like one; missing stays missing."""
    return convert_distinct(companies, _company_class)


def is_present(values: pd.Series) -> pd.Series:
    """Return "yes" where something was entered and "no" where not."""
    found = combine(values.notna().to_numpy().astype(np.int8), ["no", "yes"])
    if isinstance(values.dtype, pd.CategoricalDtype):
        return pd.Series(found, index=values.index)
    return pd.Series(to_objects(found), index=values.index, dtype=object)


def looks_like_email(values: pd.Series) -> bool:
    """Tell whether many of the distinct values are e-mail addresses, whatever the column's name."""
    return _share_matching(values, r"^\s*[^@\s]+@[^@\s]+\.[A-Za-z]{2,}\s*$") > PERSONAL_SHARE


def looks_like_phone(values: pd.Series) -> bool:
    """Tell whether many of the distinct values are phone numbers, whatever the column's name.

    Few digits are not enough: a number of employees is made of digits too. International
    prefixes, the usual groups of digits, or nine digits and more that are not rounded and hardly
    ever occur twice have to show.
    """
    if pd.api.types.is_numeric_dtype(values):
        known = values.dropna()
        long = known[(known >= 1e8) & (known < 1e15) & (known % 1 == 0)]
        mostly = len(long) >= 0.9 * len(known) >= 1 and long.nunique() >= 0.8 * len(known)
        # Amounts of that size are rounded; the last digit of a phone number is any.
        return bool(mostly and (long % 10 == 0).mean() < 0.5)
    shape = (
        r"^\s*(?:\+\d[\d\s().-]{7,18}|\(?\d{2,4}\)?[\s.-]\d{2,4}(?:[\s.-]\d{2,4}){1,3}|"
        r"0\d{8,14})\s*$"
    )
    return _share_matching(values, shape) > PERSONAL_SHARE


def _share_matching(values: pd.Series, pattern: str) -> float:
    """Return the share of the distinct values that have a shape; 0 where there are none."""
    distinct = pd.Series(values.dropna().unique(), dtype=object).astype(str)
    return float(distinct.str.contains(pattern).mean()) if len(distinct) else 0.0


def _first(title: str, table: tuple[tuple[str, str], ...]) -> str:
    words = plain(title)
    for name, pattern in table:
        if re.search(pattern, words):
            return name
    return "not recognised"


def _email_class(address: str) -> str:
    match = _ADDRESS.fullmatch(address.strip().lower())
    if match is None:
        return "not an address"
    return _domain_class(match.group(1))


@lru_cache(maxsize=10_000)
def _domain_class(domain: str) -> str:
    if domain in DISPOSABLE_DOMAINS:
        return "disposable"
    if domain in FREE_DOMAINS or _FREE_EVERYWHERE.fullmatch(domain):
        return "free"
    if _GOVERNMENT.search(domain):
        return "government"
    return "education" if _EDUCATION.search(domain) else "company"


def _company_class(name: str) -> str:
    words = plain(name)
    # "test 1" and "test123" are still tests, but 3M has one letter and is real.
    word = re.sub(r"[\s\d_]+$", "", words)
    letters = re.sub(r"[\W\d_]", "", words)
    if not letters or len(letters) == len(words) == 1 or word in _UNREAL_COMPANIES:
        return "no"
    mashed = len(letters) > 3 and any(letters in row for row in _KEYBOARD_ROWS)
    return "no" if mashed or _TYPED_AT_RANDOM.fullmatch(letters) else "yes"
