"""The decision: found by names and values, never with open records as rejections."""

from __future__ import annotations

import pandas as pd
import pytest

from features.proposal.decision import MAX_VALUES, choose_decision, name_column, to_accepted

N = 60


def cycle(*values: object) -> list[object]:
    return [values[i % len(values)] for i in range(N)]


def decide(**columns: list[object]) -> str | None:
    return choose_decision(pd.DataFrame(columns)).column


def asked(frame: pd.DataFrame) -> list[str]:
    return [candidate.column for candidate in choose_decision(frame).asked]


@pytest.mark.parametrize(
    ("name", "yes", "no", "open_"),
    [
        ("StageName", "Closed Won", "Closed Lost", "Negotiation/Review"),
        ("dealstage", "closedwon", "closedlost", "qualifiedtobuy"),
        ("Deal Stage", "Won", "Lost", "Prospecting"),
        ("Lead Status", "Qualified", "Junk Lead", "Attempted to Contact"),
        ("STAGE_SEMANTIC_ID", "S", "F", "P"),
        ("status", "won", "lost", "open"),
        ("status_label", "Customer", "Bad Fit", "Potential"),
        ("Estado del lead", "Calificado", "Descartado", "En proceso"),
        ("Etapa", "Cerrada ganada", "Perdida", "Propuesta enviada"),
        ("Situação", "Ganho", "Perdido", "Em andamento"),
        ("Statut", "Gagné", "Perdu", "En attente"),
        ("Leadstatus", "Gewonnen", "Abgelehnt", "In Bearbeitung"),
        ("Stato", "Vinta", "Persa", "In trattativa"),
        ("Статус лида", "Качественный лид", "Некачественный лид", "Обработка"),
        ("Стадия сделки", "Сделка успешна", "Сделка провалена", "Переговоры"),
    ],
)
def test_a_status_is_found_and_sorted(name: str, yes: str, no: str, open_: str) -> None:
    choice = choose_decision(pd.DataFrame({"Plan": cycle("a", "b"), name: cycle(yes, no, open_)}))
    assert choice.chosen is not None and choice.column == name
    values = choice.chosen.values
    assert (values["accepted"], values["rejected"]) == ((yes,), (no,))
    assert values["undecided"] == (open_,)


@pytest.mark.parametrize(
    ("earlier", "answer"),
    [
        ("Ergebnis_Vorkampagne", "Reaktion"),
        ("Resultado campaña anterior", "Respuesta"),
        ("previous outcome", "response"),
    ],
)
def test_the_result_of_an_earlier_campaign_is_not_the_answer(earlier: str, answer: str) -> None:
    known = {
        earlier: cycle("success", "failure", "unknown", "unknown"),
        answer: cycle(0, 1, 0, 0, 0),
    }
    assert decide(**known) == answer


def test_a_result_with_values_not_understood_is_asked_about_beside_a_clear_answer() -> None:
    frame = pd.DataFrame(
        {"Campaign result": cycle("success", "failure", "x-17"), "Column 9": cycle(0, 1, 0, 0, 0)}
    )
    assert asked(frame) == ["Campaign result", "Column 9"]


@pytest.mark.parametrize(
    "name",
    [
        *["y", "target", "Response", "engaged", "Purchased", "converted", "is_won", "subscribed"],
        *["Convertido", "Convertida", "Converti", "Konvertiert", "Convertito"],
        *["Выиграна", "Ganado", "Gagné", "Gewonnen", "Vinta", "Qualified__c"],
    ],
)
@pytest.mark.parametrize("pair", [(1, 0), ("yes", "no"), ("TRUE", "FALSE"), ("Sí", "No")])
def test_an_answer_with_two_values_is_found(name: str, pair: tuple[object, object]) -> None:
    frame = pd.DataFrame(
        {"Do Not Call": cycle("Yes", "No"), name: cycle(pair[0], pair[1], pair[1])}
    )
    assert choose_decision(frame).column == name


def test_the_status_wins_over_an_answer_that_counts_open_records_as_no() -> None:
    frame = pd.DataFrame(
        {
            "IsWon": cycle(1, 0, 0, 0),
            "IsClosed": cycle(1, 1, 0, 0),
            "StageName": cycle("Closed Won", "Closed Lost", "Proposal", "Negotiation"),
        }
    )
    choice = choose_decision(frame)
    assert choice.column == "StageName"
    assert any("not IsWon" in note and "30 records" in note for note in choice.notes)


def test_flags_sort_a_status_in_any_language() -> None:
    frame = pd.DataFrame(
        {
            "Stage": cycle("Kész", "Elutasítva", "Folyamatban", "Tárgyalás"),
            "Is Won": cycle("true", "false", "false", "false"),
            "Closed": cycle("true", "true", "false", "false"),
        }
    )
    chosen = choose_decision(frame).chosen
    assert chosen is not None and chosen.column == "Stage"
    assert chosen.values["accepted"] == ("Kész",) and chosen.values["rejected"] == ("Elutasítva",)
    assert set(chosen.values["undecided"]) == {"Folyamatban", "Tárgyalás"}


@pytest.mark.parametrize(("yes", "no"), [(1, 0), ("True", "False"), ("Sí", "No"), ("ja", "nein")])
def test_without_a_status_closed_records_alone_are_used(yes: object, no: object) -> None:
    frame = pd.DataFrame({"IsWon": cycle(yes, no, no), "IsClosed": cycle(yes, yes, no)})
    choice = choose_decision(frame)
    assert choice.chosen is not None and choice.column == "IsWon"
    assert (choice.chosen.closed, choice.chosen.closed_values) == ("IsClosed", (str(yes),))
    assert "open is not rejected" in choice.notes[0]
    said = to_accepted(choice.chosen, frame)
    assert said.isna().equals(frame["IsClosed"] == no)
    named = name_column("IsWon", frame)
    assert (named.closed, named.values) == ("IsClosed", choice.chosen.values)
    assert name_column("IsClosed", frame).closed is None


def test_two_answers_that_count_open_records_as_no_are_asked_about() -> None:
    flags = {"IsWon": cycle(1, 0, 0), "IsConverted": cycle(0, 1, 0), "IsClosed": cycle(1, 1, 0)}
    choice = choose_decision(pd.DataFrame(flags))
    assert choice.column is None and len(choice.asked) == 2
    assert "open is not rejected" in choice.asked[0].evidence[0]


def test_a_status_that_nobody_can_sort_makes_a_question() -> None:
    frame = pd.DataFrame(
        {"Converted": cycle(1, 0, 0), "Lead Status": cycle("Converted", "Working", "New")}
    )
    assert asked(frame) == ["Converted", "Lead Status"]


def test_a_status_of_something_else_has_no_say() -> None:
    marital = cycle("Single", "Married", "Widow", "Divorced", "Together")
    assert decide(Marital_Status=marital, Response=cycle(1, 0)) == "Response"
    assert decide(poutcome=cycle("success", "failure", "nonexistent"), y=cycle("no", "yes")) == "y"


def test_earlier_campaigns_give_way_to_this_one() -> None:
    earlier = {f"AcceptedCmp{n}": cycle(*([0] * n), 1) for n in range(1, 5)}
    assert decide(**earlier, Response=cycle(0, 1, 1)) == "Response"
    assert asked(pd.DataFrame(earlier)) == list(earlier)


def test_equals_that_say_the_same_are_one() -> None:
    label, kind = cycle("Won", "Lost", "Demo"), cycle("won", "lost", "active")
    assert decide(status_label=label, status_type=kind) == "status_label"


def test_equals_that_differ_are_asked_about() -> None:
    frame = pd.DataFrame({"Converted": cycle(1, 0), "Response": cycle(1, 1, 0)})
    assert asked(frame) == ["Converted", "Response"]


def test_questions_of_a_form_are_no_decisions() -> None:
    frame = pd.DataFrame({"Do Not Call": cycle("Yes", "No"), "Newsletter": cycle("Yes", "No")})
    assert choose_decision(frame).column is None
    assert choose_decision(frame.assign(Accepted=cycle("Yes", "No"))).column == "Accepted"
    assert choose_decision(pd.DataFrame({"a": cycle("x", "y"), "b": cycle(1, 2)})).asked == ()


def test_a_decision_has_few_values_of_both_kinds() -> None:
    many = [f"Qualified {i}" for i in range(3 * MAX_VALUES)] + ["Lost"]
    assert decide(Status=many) is None
    assert decide(Status=["Qualified"] * 5) is None
    assert decide(Status=cycle("Qualified", "Open")) is None


def test_a_column_named_by_hand_is_taken_as_it_is() -> None:
    candidate = name_column("Plan", pd.DataFrame({"Plan": cycle("b", "b", "a")}))
    assert candidate.values["unsure"] == ("b", "a") and candidate.counts == {"b": 40, "a": 20}


def test_recycled_leads_count_as_not_accepted() -> None:
    frame = pd.DataFrame({"Status": cycle("Won", "Lost", "Nurturing", "Open")})
    chosen = choose_decision(frame).chosen
    assert chosen is not None
    assert to_accepted(chosen, frame).value_counts().to_dict() == {0.0: 30, 1.0: 15}
