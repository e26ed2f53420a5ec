"""The door: what job titles, addresses and company names tell, and nothing more."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.matrix.personal_fields import (
    DISPOSABLE_DOMAINS,
    FREE_DOMAINS,
    classify_email,
    classify_title,
    is_present,
    looks_like_email,
    looks_like_phone,
    looks_real,
    plain,
)
from features.simulation.company import simulate
from features.simulation.export import read_titles

NEITHER = "not recognised"
TITLES = [
    ("CEO", "executive", "general management"),
    ("C.E.O.", "executive", "general management"),
    ("Founder & CEO", "executive", "general management"),
    ("Co-Founder", "executive", "general management"),
    ("Owner", "executive", "general management"),
    ("Managing Director", "executive", "general management"),
    ("General Manager", "executive", "general management"),
    ("Gerente General", "executive", "general management"),
    ("Directora General", "executive", "general management"),
    ("Dueño", "executive", "general management"),
    ("Presidenta", "executive", "general management"),
    ("Geschäftsführerin", "executive", NEITHER),
    ("Managing Partner", "executive", "general management"),
    ("Partner", "executive", NEITHER),
    ("C.M.O.", "executive", "marketing"),
    ("Chief Marketing Officer", "executive", "marketing"),
    ("Chief Revenue Officer", "executive", "sales"),
    ("CFO", "executive", "finance"),
    ("Chief Information Security Officer", "executive", "information technology"),
    ("CIO", "executive", "information technology"),
    ("Chief People Officer", "executive", "human resources"),
    ("COO", "executive", "operations"),
    ("VP Mktg", "vice president", "marketing"),
    ("V.P. Sales", "vice president", "sales"),
    ("Vice-President, Finance", "vice president", "finance"),
    ("Executive Vice President", "vice president", NEITHER),
    ("Vicepresidenta de Operaciones", "vice president", "operations"),
    ("Vice presidente de Ventas", "vice president", "sales"),
    ("Head of Marketing", "director", "marketing"),
    ("HEAD OF IT", "director", "information technology"),
    ("Executive Director", "director", NEITHER),
    ("Dir.Marketing", "director", "marketing"),
    ("Directora de Compras", "director", "purchasing"),
    ("Jefe de Informática", "director", "information technology"),
    ("Responsable de RRHH", "director", "human resources"),
    ("Resp. Calidad", "director", "operations"),
    ("Director Financiero", "director", "finance"),
    ("Leiter Einkauf", "director", "purchasing"),
    ("Territory Manager", "manager", NEITHER),
    ("Digital Manager", "manager", NEITHER),
    ("IT Manager", "manager", "information technology"),
    ("I.T. Manager", "manager", "information technology"),
    ("Gerente de TI", "manager", "information technology"),
    ("Partner Manager", "manager", NEITHER),
    ("Assistant Manager, Logistics", "manager", "operations"),
    ("Product Marketing Manager", "manager", "marketing"),
    ("Learning & Development Manager", "manager", "human resources"),
    ("Coordinadora de Mercadeo", "manager", "marketing"),
    ("Encargada de Almacén", "manager", "operations"),
    ("Product Owner", NEITHER, "engineering"),
    ("HR Business Partner", NEITHER, "human resources"),
    ("Assistant to the CEO", "junior", "general management"),
    ("Executive Assistant", "junior", NEITHER),
    ("CEO's assistant", "junior", "general management"),
    ("PA to the Managing Director", "junior", "general management"),
    ("Asistente de Dirección", "junior", NEITHER),
    ("Secretaria del Director Financiero", "junior", "finance"),
    ("Marketing Assistant", "junior", "marketing"),
    ("Auxiliar de Compras", "junior", "purchasing"),
    ("Jr. Accountant", "junior", "finance"),
    ("Account Executive", "specialist", "sales"),
    ("Lead Generation Specialist", "specialist", "marketing"),
    ("Machine Learning Engineer", "specialist", "engineering"),
    ("Ingeniera de I+D", "specialist", "engineering"),
    ("Network Administrator", "specialist", "information technology"),
    ("Técnico informático", "specialist", "information technology"),
    ("Abogada", NEITHER, "legal"),
    ("Customer Success", NEITHER, "customer service"),
    ("Profesora", NEITHER, "education"),
    ("Student / part-time", "student", NEITHER),
    ("Becario de Marketing", "student", "marketing"),
    ("PhD Student", "student", NEITHER),
    ("Internal Auditor", NEITHER, "finance"),
    ("International Buyer", "specialist", "purchasing"),
    ("Pilot", NEITHER, NEITHER),
    ("...", NEITHER, NEITHER),
    ("<script>alert(1)</script>", NEITHER, NEITHER),
]


@pytest.mark.parametrize(("title", "seniority", "function"), TITLES)
def test_a_title_names_seniority_and_function(title: str, seniority: str, function: str) -> None:
    found = classify_title(pd.Series([title])).iloc[0]
    assert (found["seniority"], found["function"]) == (seniority, function)


@pytest.mark.parametrize("title", [title for title, _, _ in TITLES])
def test_case_accents_and_spaces_do_not_matter(title: str) -> None:
    spellings = pd.Series([title, title.upper(), title.lower(), plain(title), f"  {title}\n"])
    assert len(classify_title(spellings).drop_duplicates()) == 1


def test_a_missing_title_stays_missing() -> None:
    found = classify_title(pd.Series([None, "CEO", float("nan")], index=[5, 3, 9], dtype=object))
    assert list(found.index) == [5, 3, 9]
    assert found.isna().to_numpy().tolist() == [[True, True], [False, False], [True, True]]


def test_titles_of_the_simulated_crm_are_read_as_they_were_meant() -> None:
    titles = simulate(n_leads=1_000, dirty=False).leads["Title"].dropna().drop_duplicates()
    meant, found = read_titles(titles), classify_title(titles.astype(object))
    known = meant["seniority"].notna()
    assert (found["seniority"] == meant["seniority"])[known].mean() > 0.97
    assert (found["function"] == meant["function"])[known & (meant["function"] != "general")].all()


EMAILS = [
    ("ana@gmail.com", "free"),
    (" ANA@GMAIL.COM ", "free"),
    ("ana@yahoo.com.mx", "free"),
    ("ana@hotmail.co.uk", "free"),
    ("ana@live.de", "free"),
    ("ana@web.de", "free"),
    ("ana@live-well.de", "company"),
    ("ana@notgmail.com", "company"),
    ("ana@gmail.com.evil.example", "company"),
    ("o'neil+crm@altora.example", "company"),
    ("ana@müller-bau.de", "company"),
    ("ana@sub.altora.co.uk", "company"),
    ("ana@united.com", "company"),
    ("ana@academy.com", "company"),
    ("ana@mit.edu", "education"),
    ("ana@stud.northfield.edu", "education"),
    ("ana@hillcrest.ac.uk", "education"),
    ("ana@sur.edu.mx", "education"),
    ("ana@uni-bonn.example", "education"),
    ("ana@navy.mil", "government"),
    ("ana@madrid.gob.es", "government"),
    ("ana@service.gov.uk", "government"),
    ("ana@mailinator.com", "disposable"),
    ("ana at gmail.com", "not an address"),
    ("ana@localhost", "not an address"),
    ("@gmail.com", "not an address"),
    ("ana@@gmail.com", "not an address"),
    ("ana@-bad.example", "not an address"),
    ("n/a", "not an address"),
    ("", "not an address"),
]


@pytest.mark.parametrize(("address", "kind"), EMAILS)
def test_an_address_tells_the_class_of_its_domain(address: str, kind: str) -> None:
    assert classify_email(pd.Series([address])).tolist() == [kind]


def test_no_domain_is_both_free_and_disposable() -> None:
    assert not FREE_DOMAINS & DISPOSABLE_DOMAINS


@pytest.mark.parametrize(
    "name",
    "Altora Logistics|3M|HP|IBM|ABB|Otto|Tata|Visa|Test Systems Ltd|Müller & Söhne|株式会社|"
    "A. Smith|Asda|X5 Retail|Property Co|No Limits S.L.|Private Equity Partners".split("|"),
)
def test_a_real_company_looks_real(name: str) -> None:
    assert looks_real(pd.Series([name])).tolist() == ["yes"]


@pytest.mark.parametrize(
    "name",
    "test|TEST|Test 1|test123|n/a|N.A.|-|.|...|x|xxx|aaaa|asdf|ASDFGH|asdasd|lalala|qwerty|123|"
    "none|self|Self-employed|prueba|Mi empresa|estudiante|  | 1 2 ".split("|"),
)
def test_what_is_typed_to_get_past_a_form_does_not(name: str) -> None:
    assert looks_real(pd.Series([name])).tolist() == ["no"]


def test_presence_and_missing_values() -> None:
    values = pd.Series(["+34 600", None, "x"], index=[2, 0, 1], dtype=object)
    assert is_present(values).to_dict() == {2: "yes", 0: "no", 1: "yes"}
    assert looks_real(values).isna().tolist() == [False, True, False]
    assert classify_email(values).isna().tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["+34 600 111 222", "+34611222333"], True),
        (["(020) 7946 0958", "0171-555-0199"], True),
        (["600 111 222", "91 555 12 34", "n/a"], True),
        (["0034600111222", "0049301234567"], True),
        ([34600111222.0, 34600111223.0, 14155550100.0, 34600111229.0], True),
        (["28013", "08001"], False),
        (["100-500", "500-1000"], False),
        (["1.5", "2,000"], False),
        ([120.0, 4_000.0, 35.0], False),
        ([120_000_000.0, 350_000_000.0, 900_500_000.0], False),
        ([123_456_789.0] * 5, False),
        (["Madrid", "Leeds"], False),
        ([None, None], False),
    ],
)
def test_phones_are_known_by_their_shape(values: list[object], expected: bool) -> None:
    assert looks_like_phone(pd.Series(values)) is expected


def test_addresses_are_known_by_their_shape() -> None:
    assert looks_like_email(pd.Series(["a@b.example", "c@d.example", None]))
    assert looks_like_email(pd.Series(["none"] * 98 + ["a@b.example", "c@d.example"]))
    assert not looks_like_email(pd.Series(["@home", "a@b", "work"]))
    assert not looks_like_email(pd.Series([None], dtype=object))


@given(st.lists(st.one_of(st.none(), st.text(max_size=40)), max_size=20))
def test_whatever_is_typed_only_a_known_class_leaves(texts: list[str | None]) -> None:
    values = pd.Series(texts, dtype=object)
    titles = classify_title(values)
    emails = {"free", "company", "education", "government", "disposable", "not an address"}
    assert set(classify_email(values).dropna()) <= emails
    assert set(looks_real(values).dropna()) <= {"yes", "no"}
    assert set(titles["seniority"].dropna()) <= {row[1] for row in TITLES}
    assert set(titles["function"].dropna()) <= {row[2] for row in TITLES}
    assert titles["function"].isna().tolist() == values.isna().tolist()
