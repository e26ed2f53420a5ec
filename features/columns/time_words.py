"""Times in words: SQL of DuckDB that writes months, weekdays and halves of the day one way."""

from __future__ import annotations

import re
from collections.abc import Mapping

from features.columns.sql import list_literals
from features.sources.sql import literal

MONTHS: Mapping[str, str] = {
    "Jan": (
        "january enero ene janeiro janvier janv januar jänner jän gennaio gen январь января янв"
    ),
    "Feb": (
        "february febrero fevereiro fev février févr fév februar feber febbraio "
        "февраль февраля февр фев"
    ),
    "Mar": "march marzo março marco mars märz maerz mär mrz март марта мар",
    "Apr": "april abril abr avril avr aprile апрель апреля апр",
    "May": "may mayo maio mai maggio mag май мая",
    "Jun": "june junio junho juin juni giugno giu июнь июня июн",
    "Jul": "july julio julho juillet juil juli luglio lug июль июля июл",
    "Aug": "august agosto ago août aout aoû август августа авг",
    "Sep": (
        "september sept septiembre setiembre set septembre setembro settembre sett "
        "сентябрь сентября сент сен"
    ),
    "Oct": "october octubre outubro out octobre oktober okt ottobre ott октябрь октября окт",
    "Nov": "november noviembre novembro novembre ноябрь ноября нояб ноя",
    "Dec": (
        "december diciembre dic dezembro dez décembre déc decembre dezember dicembre "
        "декабрь декабря дек"
    ),
}
"""Names of months and their abbreviations, by what English programs write."""

_FULL: Mapping[str, str] = {key: names.split()[0].capitalize() for key, names in MONTHS.items()}
_WEEKDAYS = (
    "monday mon tuesday tues tue wednesday wed thursday thurs thu friday fri saturday sat sunday "
    "sun lunes lun martes miércoles miercoles mié jueves jue viernes vie sábado sabado sáb sab "
    "domingo dom segunda-feira segunda seg terça-feira terça ter quarta-feira quarta qua "
    "quinta-feira quinta qui sexta-feira sexta sex lundi mardi mercredi mer jeudi jeu vendredi ven "
    "samedi sam dimanche dim montag mo dienstag di mittwoch mi donnerstag do freitag fr samstag sa "
    "sonnabend sonntag so lunedì lunedi martedì martedi mercoledì mercoledi giovedì giovedi gio "
    "venerdì venerdi sabato domenica понедельник пн вторник вт среда ср четверг чт пятница пт "
    "суббота сб воскресенье вс el le am"
).split()
_JOINING = "de del di do da of the a à às as at um ore alle klo kl em в".split()
# Offsets that RFC 2822 gives.
_ZONES = {"est": 5, "edt": 4, "cst": 6, "cdt": 5, "mst": 7, "mdt": 6, "pst": 8, "pdt": 7}
_END = r"($|[^\p{L}])"
_STEPS = (
    (r" ?\([^()]*\)$", ""),  # a zone's name
    (rf"([0-9])(?:er|ère|st|nd|rd|th|º|ª|°){_END}", r"\1\2"),
    (r"([0-9]) ?h ?([0-9]{2})", r"\1:\2"),
    (rf"^(?:(?:{'|'.join(_WEEKDAYS)})[.,]* )+", ""),
    (r"^mar[.,]* ([0-9]{1,2}[. ]+(?:de )?\p{L})", r"\1"),  # Tuesday, as another month follows
    (r" (?:uhr|hrs?|h)(?:\.|$)", ""),
    (r"([0-9]) ?г(?:\.|ода)?,?(?: в)?(?: |$)", r"\1 "),
    # As C writes times, the year at the end.
    (r"^(\p{L}+ [0-9]{1,2}) ([0-9:]+)((?: [+-]?\w+)?) ([0-9]{4})$", r"\1 \4 \2\3"),
    (r" (?:gmt|utc|ut)([+-][0-9])", r" \1"),
    (r" (?:gmt|utc|ut|z)$", ""),
    (r"(^| )([0-9]{1,2}) (am|pm)", r"\1\2:00 \3"),
)
_AFTER = (
    (r"(\p{L})\.", r"\1"),
    (r"([0-9])\. ", r"\1 "),
    (r",? +", " "),
)
_HALVES = {"am": r"a\.? ?m\.?", "pm": r"p\.? ?m\.?"}


_NAMES_OF_MONTHS = frozenset([*" ".join(MONTHS.values()).split(), *map(str.lower, MONTHS)])
_OTHER_WORDS = re.compile(r"\d\s?(?:[ap]\.?\s?m\b|h\s?\d\d|uhr\b)", re.I)


def holds_time_words(value: str) -> bool:
    """Tell whether a value holds digits and a month, an hour or a half of the day in letters.

    Parameters
    ----------
    value : str
    """
    words = re.findall(r"[^\W\d_]+", value.lower())
    named = not _NAMES_OF_MONTHS.isdisjoint(words) and re.search(r"\d", value) is not None
    return named or _OTHER_WORDS.search(value) is not None


def write_plainly(text: str) -> str:
    """Return SQL for a time without the words around it, its month as English programs write it.

    Parameters
    ----------
    text : str
        SQL.

    Returns
    -------
    str
        "lunes, 2 de enero de 2023, 4:00 p. m." becomes "2 Jan 2023 4:00 pm", "Mon Jan 02 2023
        15:04:05 GMT+0100 (CET)" becomes "Jan 02 2023 15:04:05 +0100".
    """
    plain = write_halves(_replace(f"lower({text})", r"[\s\x{A0}\x{202F}]+", " ", everywhere=True))
    for pattern, instead in _STEPS:
        plain = _replace(plain, pattern, instead)
    joining = rf"(?:[., ] ?(?:{'|'.join(_JOINING)})(?: (?:las|la|ore))?)+ "
    plain = write_month(_replace(plain, joining, " ", everywhere=True), "%b")
    for pattern, instead in _AFTER:
        plain = _replace(plain, pattern, instead, everywhere=True)
    return _write_zone(f"trim({plain})")


def write_month(text: str, directive: str) -> str:
    """Return SQL for a time whose month has the English name.

    Parameters
    ----------
    text : str
        SQL.
    directive : {"%b", "%B"}
        Whether the month is abbreviated.
    """
    keys = {name: key for key, names in MONTHS.items() for name in [key.lower(), *names.split()]}
    ordered = sorted(keys, key=len, reverse=True)
    pattern = rf"(?i)(?:^|[^\p{{L}}])({'|'.join(ordered)})(?:$|[^\p{{L}}])"
    cases = " ".join(
        f"WHEN lower(word) IN ({list_literals([name for name in keys if keys[name] == key])})"
        f" THEN {literal(_FULL[key] if directive == '%B' else key)}"
        for key in MONTHS
    )
    named = f"CASE {cases} END"
    replaced = f"coalesce(replace(written, word, {named}), written)"
    word = f"regexp_extract(written, {literal(pattern)}, 1)"
    return bind(text, "written", bind(word, "word", replaced))


def write_halves(text: str) -> str:
    """Return SQL for a time whose half of the day is "am" or "pm", however it was written."""
    for half, pattern in _HALVES.items():
        text = _replace(text, rf"([0-9]) ?(?i:{pattern}){_END}", rf"\1 {half}\2")
    return text


def _write_zone(text: str) -> str:
    cases = " ".join(f"WHEN '{zone}' THEN '-0{hours}00'" for zone, hours in _ZONES.items())
    zone = "regexp_extract(zoned, ' ([a-z]{3})$', 1)"
    named = f"coalesce(left(zoned, -3) || CASE {zone} {cases} END, zoned)"
    return bind(text, "zoned", named)


def _replace(text: str, pattern: str, instead: str, *, everywhere: bool = False) -> str:
    options = ", 'g'" if everywhere else ""
    return f"regexp_replace({text}, {literal(pattern)}, {literal(instead)}{options})"


def bind(text: str, name: str, query: str) -> str:
    """Return SQL that uses a value by name, so that it is computed once."""
    return f"list_transform([{text}], lambda {name}: {query})[1]"
