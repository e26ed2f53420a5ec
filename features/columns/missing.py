"""Missing markers: what people and programs write where nothing was entered."""

from __future__ import annotations

_ERRORS = (
    *("#value!", "#n/a", "#ref!", "#div/0!", "#name?", "#null!", "#num!", "#calc!", "#spill!"),
    *("#¡valor!", "#¡ref!", "#¡div/0!", "#¿nombre?", "#¡nulo!", "#¡num!", "#n/d", "#valor!"),
    *("#nome?", "#nom?", "#valeur!", "#nul!", "#nombre!", "#nv", "#wert!", "#bezug!", "#zahl!"),
    *("#rif!", "#valore!", "#num.errato!", "#н/д", "#знач!", "#ссылка!", "#дел/0!", "#имя?"),
)
_PROGRAMS = (
    *("null", "nan", "nil", "nat", "n/a", "<na>", "<n/a>", "<null>", "<none>", "(null)", "[null]"),
    *("(none)", "(blank)", "(blanks)", "(empty)", "<blank>", "<empty>", "\\n"),
    *("(en blanco)", "(vacío)", "(vacio)", "(vacías)", "(em branco)", "(vazio)", "(vide)"),
    *("(leer)", "(vuoto)", "(пусто)", "0000-00-00", "0000-00-00 00:00:00", "00/00/0000"),
    *("00.00.0000", "000000000000000", "000000000000000aaa"),
)
_ABBREVIATIONS = (
    *("n/d", "s/d", "s/i", "n.d.", "s.d.", "n. d.", "s. d.", "n.a.", "n. a.", "n/v", "k.a."),
    *("k. a.", "n.c.", "n/c", "н/д", "н.д.", "--", "---", "----", "—", "–", "...", "…"),
)
MISSING = (*_ERRORS, *_PROGRAMS, *_ABBREVIATIONS)
"""Markers in any column, in lower case; none is a word."""

_WORDS = (
    *("na", "none", "unknown", "undefined", "tbd", "tba", "tbc", "t.b.d.", "not available"),
    *("not applicable", "not specified", "not provided", "not set", "no data", "no value"),
    *("sin datos", "sin dato", "sin información", "sin informacion", "sin definir", "sin valor"),
    *("sin especificar", "no aplica", "no disponible", "no especificado", "no informado"),
    *("no informada", "desconocido", "desconocida", "por definir", "a definir", "ninguno"),
    *("ninguna", "pendiente", "vacío", "vacio", "sd", "nd"),
    *("sem dados", "sem informação", "sem informacao", "não disponível", "nao disponivel"),
    *("não informado", "nao informado", "não se aplica", "nao se aplica", "não aplicável"),
    *("desconhecido", "nenhum", "nenhuma", "vazio"),
    *("non disponible", "non renseigné", "non renseigne", "non spécifié", "non applicable"),
    *("non communiqué", "sans objet", "inconnu", "inconnue", "aucun", "aucune", "à définir"),
    *("keine angabe", "keine angaben", "keine daten", "nicht verfügbar", "nicht angegeben"),
    *("nicht zutreffend", "nicht bekannt", "unbekannt", "ohne angabe", "entfällt", "offen", "ka"),
    *("non disponibile", "non specificato", "non applicabile", "nessun dato", "sconosciuto"),
    *("nessuno", "nessuna", "da definire", "in attesa"),
    *("нет данных", "не указано", "не указан", "не указана", "не применимо", "неизвестно"),
    *("неизвестен", "нет", "не определено", "отсутствует"),
)
MISSING_AMONG_NUMBERS = (
    *("-", "?", "??", "inf", "+inf", "-inf", "infinity", "+infinity", "-infinity"),
    *_WORDS,
)
"""Markers in columns of numbers and times only, as elsewhere they may be words that say something.

A text column keeps them, not least a decision: "No aplica" is how some sales teams reject.
"""
