"""Number forms: SQL of DuckDB that reads amounts as people and programs write them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal

from features.columns.sql import (
    BLANK_AT_AN_END,
    BLANKS,
    keep_digits,
    list_literals,
    matches,
    write_text,
)
from features.sources.sql import literal

Decimal = Literal[".", ","]

_BLANK = r"[ \x{A0}\x{202F}\x{2009}]"
_SIGN = r"[+\-\x{2212}]?"
# Letters before a dollar say whose; a point after letters abbreviates and is no decimal sign.
_SYMBOLS = (
    r"(?:US|MX|AR|CL|CO|CA|AU|NZ|HK|NT|RD|R|C|A|S|B)?\$(?:US|U|MN)?|[€£¥₹₽₩₺₴₫₱₪฿₡₲₦₸]|S/\.?"
    r"|Rs\.?|kr\.?|zł|Kč|Ft|lei|Bs\.?|Fr\.?|лв\.?|руб\.?|р\.|грн\.?"
)
_CODES = (
    "USD EUR GBP JPY CHF CAD AUD NZD MXN BRL ARS CLP COP PEN UYU BOB PYG VES VEF CRC GTQ DOP HNL "
    "NIO PAB CUP SEK NOK DKK ISK PLN CZK HUF RON BGN HRK RSD RUB RUR UAH BYN KZT TRY ILS AED SAR "
    "QAR KWD BHD OMR EGP MAD TND DZD NGN KES GHS ZAR TZS UGX XOF XAF INR PKR BDT LKR CNY RMB HKD "
    "TWD KRW SGD MYR THB IDR PHP VND UF MXP"
).split()
_UNIT = rf"(?:{_SYMBOLS}|(?i:{'|'.join(_CODES)}))"
_THOUSAND, _MILLION, _BILLION = "k|tsd|тыс", "mm|mn|mio|mill|m|млн", "bn|b|mrd|mld|млрд"
_FACTORS = {"1e3": _THOUSAND, "1e6": _MILLION, "1e9": _BILLION}
_SCALE = rf"(?:(?i:{_THOUSAND}|{_MILLION}|{_BILLION})\.?)"
# Without a currency "5 m" may be metres and "3B" the name of a class.
_PLAIN_SCALE = r"(?:[kKM]|(?i:tsd|mio|mrd|bn|тыс|млн|млрд)\.?)"

# A leading zero or more than 15 digits means an id or a postal code, which is no quantity.
_WHOLE = (
    r"0|[1-9][0-9]{0,14}|[1-9][0-9]{0,2}(?:%s[0-9]{3}){1,4}"
    r"|[1-9][0-9]{0,2}(?:['’][0-9]{3}){1,4}"
)
_INDIAN = "|[1-9][0-9]?(?:,[0-9]{2}){1,4},[0-9]{3}"
# Several groups between blanks are a number only with decimals or a currency; otherwise it could
# be a phone's.
_SPACED = rf"|[1-9][0-9]{{0,2}}{_BLANK}[0-9]{{3}}"
_SPACED_MORE = rf"[1-9][0-9]{{0,2}}(?:{_BLANK}[0-9]{{3}}){{2,4}}"
_PLAIN = (
    r"^[+-]?(?:(?:0|[1-9][0-9]{{0,14}})(?:{point}[0-9]*)?|{point}[0-9]+)(?:[eE][+-]?[0-9]{{1,3}})?$"
)
_PLAINS: Mapping[Decimal, str] = {
    ".": _PLAIN.format(point=r"\."),
    ",": _PLAIN.format(point=","),
}


def _make_pattern(whole: str, point: str) -> str:
    """Return the pattern of all forms whose decimal sign is `point`."""
    around = r"[\s\x{A0}\x{FEFF}\x{202F}]*"
    signed, unsigned = (_make_amount(whole, point, sign) for sign in (_SIGN, ""))
    bracketed = rf"(?:{_UNIT}{_BLANK}?)?\({_BLANK}?{unsigned}{_BLANK}?\)(?:{_BLANK}?{_UNIT})?"
    return f"^{around}(?:{signed}|{bracketed}){around}$"


def _make_amount(whole: str, point: str, sign: str) -> str:
    body = rf"(?:(?:{whole})(?:{point}[0-9]*)?|{point}[0-9]+|{_SPACED_MORE}{point}[0-9]+)"
    exponent = r"[eE][+-]?[0-9]{1,3}"
    plain = rf"{sign}{_BLANK}?{body}(?:{exponent}|{_BLANK}?{_PLAIN_SCALE})?(?:{_BLANK}?%)?"
    amount = rf"(?:{body}|{_SPACED_MORE})(?:{_BLANK}?{_SCALE})?"
    before = rf"{sign}{_BLANK}?{_UNIT}{_BLANK}?{sign}{amount}(?:{_BLANK}?{_UNIT})?"
    return rf"(?:{plain}|{before}|{sign}{_BLANK}?{amount}{_BLANK}?{_UNIT})"


_FORMS: Mapping[Decimal, str] = {
    ".": _make_pattern(_WHOLE % "," + _INDIAN + _SPACED, r"\."),
    ",": _make_pattern(_WHOLE % r"\." + _SPACED, ","),
}
_SEPARATORS = "'’\u202f\u2009" + BLANKS
_BODY = r"[.,]?[0-9][0-9.,'’ \x{A0}\x{202F}\x{2009}]*(?:[eE][+-]?[0-9]{1,3})?"
_SCALED = (
    rf"[0-9.,]{_BLANK}?((?i:{_THOUSAND}|{_MILLION}|{_BILLION}))\.?"
    rf"(?:{_BLANK}*(?:%|\)|{_UNIT}))*[\s\x{{A0}}\x{{FEFF}}\x{{202F}}]*$"
)
_MAYBE_SCALED = rf"[0-9.,]{_BLANK}?(?i:[kmbtтм])"
_NEGATIVE = r"^[^0-9]*[\-\x{2212}(]"


def read_number(
    text: str,
    decimal: Decimal,
    missing: Collection[str] = (),
    *,
    shares: bool = False,
    plain: bool = False,
) -> str:
    """Return SQL for the numbers that text holds, null where it is not a number.

    Parameters
    ----------
    text : str
        SQL.
    decimal : {".", ","}
        The decimal sign. The other one, an apostrophe or a blank may separate thousands; before a
        decimal point also lakhs and crores.
    missing : collection of str
        Numbers that mean "nothing entered", as they are written.
    shares : bool
        Whether numbers without a percent sign are shares: 0.45 beside 45 %.
    plain : bool
        Whether only digits with a sign and a decimal sign are read, which is ten times as fast.

    Returns
    -------
    str
        A percentage is the figure before its sign. Currency signs and codes are dropped, K, M
        and their like are multiplied out, and brackets around an amount are a minus.
    """
    marked = keep_digits(missing)
    nothing = ""
    if marked:
        nothing = f"WHEN ({write_text(text, 'VARCHAR')}) IN ({list_literals(marked)}) THEN NULL "
    number = f"{nothing}WHEN {is_plain(text, decimal)} THEN {_cast(text, decimal)}"
    if plain:
        trimmed = f"trim({text}, {literal(BLANKS)})"
        blank = matches(text, BLANK_AT_AN_END)
        number += f" WHEN {blank} AND {is_plain(trimmed, decimal)} THEN {_cast(trimmed, decimal)}"
    else:
        number += f" WHEN {matches(text, _FORMS[decimal])} THEN {_unfold(text, decimal)}"
    number = f"CASE {number} END"
    return (
        f"(CASE WHEN contains({text}, '%') THEN 1 ELSE 100 END) * ({number})" if shares else number
    )


def _cast(text: str, decimal: Decimal) -> str:
    figure = text if decimal == "." else f"replace({text}, ',', '.')"
    return f"TRY_CAST({figure} AS DOUBLE)"


def is_plain(text: str, decimal: Decimal) -> str:
    """Return SQL that tells where text is digits with no more than a sign and a decimal sign."""
    return matches(text, _PLAINS[decimal])


def _unfold(text: str, decimal: Decimal) -> str:
    """Return SQL for an amount with anything around it."""
    abbreviated = f"regexp_replace({text}, '[\\p{{L}}/]\\.', '', 'g')"
    body = f"regexp_extract({abbreviated}, {literal(_BODY)}, 0)"
    drop = ("," if decimal == "." else ".") + _SEPARATORS
    # translate() turns the first sign into a point and removes the others.
    figure = f"TRY_CAST(translate({body}, {literal(decimal + drop)}, '.') AS DOUBLE)"
    sign = f"CASE WHEN {matches(text, _NEGATIVE)} THEN -1 ELSE 1 END"
    scale = f"lower(regexp_extract({text}, {literal(_SCALED)}, 1))"
    factors = " ".join(
        f"WHEN {literal(name)} THEN {factor}"
        for factor, names in _FACTORS.items()
        for name in names.split("|")
    )
    scaled = matches(text, _MAYBE_SCALED)
    factor = f"CASE WHEN {scaled} THEN CASE {scale} {factors} ELSE 1 END ELSE 1 END"
    return f"{figure} * ({sign}) * ({factor})"


_AROUND = r"[^0-9.,'’]*"
_EVIDENCE: Mapping[str, str] = {
    # With one separator before three digits either style reads them, to other numbers.
    "points": rf"^{_AROUND}[1-9][0-9]{{0,2}}\.[0-9]{{3}}{_AROUND}$",
    "commas": rf"^{_AROUND}[1-9][0-9]{{0,2}},[0-9]{{3}}{_AROUND}$",
    "dotted": r"[0-9]\.[0-9]|^[^0-9]*\.[0-9]",
    "comma_signs": r"[0-9],[0-9]|^[^0-9]*,[0-9]",
    "short": rf"^{_AROUND}[0-9]{{1,3}}{_AROUND}$",
    "long": rf"^{_AROUND}[0-9]{{4,}}{_AROUND}$",
    "percent": "%",
}
_MONEY = rf"^{_AROUND}{_UNIT}|{_UNIT}{_AROUND}$"


def count_styles(text: str, n: str) -> dict[str, str]:
    """Return SQL that counts what speaks for either style: by name, as sums of `n`."""
    money = matches(text, _MONEY)
    measures = {name: f"sum({n}) FILTER ({matches(text, p)})" for name, p in _EVIDENCE.items()}
    return measures | {
        "money": f"sum({n}) FILTER ({money} AND {is_grouped(text)})",
        "amounts": f"sum({n}) FILTER ({money} AND {matches(text, '[0-9]')})",
    }


def is_grouped(text: str) -> str:
    """Return SQL that tells where one sign stands before three digits: either style reads it."""
    return f"({matches(text, _EVIDENCE['points'])} OR {matches(text, _EVIDENCE['commas'])})"
