"""Searching the journal, near misses, and verify."""

import pytest

from adapters.mocks.journal import Entry, Journal


def a_journal(*kinds: str) -> Journal:
    journal = Journal()
    for kind in kinds:
        journal.add(
            Entry(
                sequence=journal.next_sequence(),
                time_ms=0,
                side="wallet",
                kind=kind,
                method="POST",
                path=f"/{kind}",
                query="",
                request_headers={},
                request='{"round":"r-1","closed":true,"actions":[{"amount":5}]}',
                status=200,
                reply='{"status":"RS_OK"}',
                code="RS_OK",
            )
        )
    return journal


def test_entries_are_found_by_facts_and_by_fields_of_their_bodies() -> None:
    journal = a_journal("bet", "win")

    assert [entry.sequence for entry in journal.find({"kind": "win"})] == [2]
    assert len(journal.find({"request.round": "r-1", "reply.status": "RS_OK", "request.closed": "true"})) == 2
    assert len(journal.find({"request.actions.0.amount": "5"})) == 2
    assert journal.find({"request.actions.7.amount": "5"}) == []


def test_near_misses_say_what_differs_nearest_first() -> None:
    misses = a_journal("bet", "win").near_misses({"kind": "bet", "code": "RS_ERROR", "status": "200"})

    assert misses[0].entry.kind == "bet"
    assert misses[0].differences == (("code", "RS_ERROR", "RS_OK"),)


def test_a_count_holds_or_names_near_misses() -> None:
    journal = a_journal("bet", "win", "win")

    assert journal.verify_count({"kind": "win"}, 2, 2).holds
    assert journal.verify_count({"kind": "win"}, 1, None).holds
    finding = journal.verify_count({"kind": "win", "code": "X"}, 1, 1)
    assert not finding.holds
    assert finding.near_misses


def test_an_order_holds_with_others_between_and_fails_the_other_way_round() -> None:
    journal = a_journal("bet", "balance", "win")

    assert journal.verify_order([{"kind": "bet"}, {"kind": "win"}]).holds
    assert not journal.verify_order([{"kind": "win"}, {"kind": "bet"}]).holds


def test_a_body_that_is_not_json_is_searched_without_a_fault() -> None:
    journal = a_journal("bet")
    journal.entries[0].reply = "<html>"

    assert journal.find({"reply.status": "RS_OK"}) == []


def test_an_upper_bound_is_not_shown_by_a_journal_that_has_dropped_its_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.mocks.journal.ENTRIES_MAX", 20)
    journal = a_journal("rollback", *["bet"] * 20)

    assert "oldest exchanges are gone" in journal.verify_count({"kind": "rollback"}, 0, 0).message
    assert not journal.verify_count({"kind": "rollback"}, 0, 0).holds
    assert journal.verify_count({"kind": "bet"}, 5, None).holds
    journal.clear()
    assert journal.verify_count({"kind": "rollback"}, 0, 0).holds
