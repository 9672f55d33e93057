"""A word that nothing can fit is refused, wherever a tester writes one: a step must not prove itself by a slip."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from adapters.mocks.faults import Fault, FaultKind, checked_fault
from adapters.mocks.journal import Journal
from adapters.mocks.loop_target import LoopTarget, loop_for
from adapters.mocks.scenario import ScenarioResult, run_scenario
from adapters.mocks.scenario_words import DoWords, Scenario, load_scenario
from adapters.mocks.words import OutcomeWords, SpinWords, VerifyWords

SPIN = {"spin": {"bet": "1.00", "win": "2.00"}}


async def played(*steps: dict[str, Any]) -> ScenarioResult:
    scenario = Scenario.model_validate({"name": "s", "proves": "it", "provider": "hub88", "steps": steps})
    loop = loop_for(scenario)
    try:
        return await run_scenario(scenario, loop.tenant, LoopTarget(loop))
    finally:
        await loop.aclose()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({"match": {"knid": "bet"}, "count": 0}, "'knid' is none of .* .did you mean kind"),
        ({"match": {"kind": "bett"}, "count": 0}, "match.kind: 'bett' is none of .*bet.* .did you mean bet"),
        ({"match": {"side": "walet"}, "count": 0}, "match.side: 'walet' is none of"),
        ({"match": {"answer": "refusd"}, "count": 0}, "match.answer: 'refusd' is none of"),
        ({"order": [{"kind": "bet"}, {"kind": "wim"}]}, "match.kind: 'wim'"),
        ({"order": [{"kind": "bet"}], "count": 0}, "order stands alone"),
        ({"order": [], "at_least": 0}, "either match or order"),
        ({"match": {"kind": "bet"}, "count": 1, "at_most": 3}, "count says it all"),
        ({"match": {"kind": "bet"}, "count": True}, "count"),
        ({"match": {"kind": "bet"}, "at_least": 0}, "any count fits"),
        ({}, "either match or order"),
    ],
)
def test_a_verification_by_what_no_exchange_has_is_refused(words: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        VerifyWords.model_validate(words)


def test_a_search_by_what_no_exchange_has_is_refused_even_in_an_empty_journal() -> None:
    journal = Journal()

    with pytest.raises(ValueError, match="did you mean round_id"):
        journal.find({"round_di": "r1"})
    with pytest.raises(ValueError, match="'bett' is none of"):
        journal.verify_count({"kind": "bett"}, 0, 0)
    with pytest.raises(ValueError, match="'bett' is none of"):
        journal.verify_order([{"kind": "bett"}])
    assert Journal(values={}).find({"kind": "user_bet"}) == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({"kind": "lost_reply", "match": {"kind": "bett"}}, "match.kind: 'bett' .* .did you mean bet"),
        ({"kind": "lost_reply", "match": {"rond": "r1"}}, "cannot be matched by rond"),
        ({"kind": "rollback_first", "match": {"kind": "bet"}}, "'bet' is none of round"),
        ({"kind": "late_win", "delay_ms": 5, "match": {"transaction": "t1"}}, "cannot be matched by transaction"),
        ({"kind": "maintenance"}, "cannot lie there .on: wallet"),
        ({"kind": "drop_request", "on": "operator_api"}, "cannot lie there .on: operator_api"),
        ({"kind": "delay", "delay_ms": 5, "on": "wallets"}, "did you mean wallet"),
        ({"kind": "delay"}, "delay needs delay_ms"),
        ({"kind": "clock_skew"}, "clock_skew needs skew_ms"),
        ({"kind": "set_fields"}, "set_fields needs fields"),
        ({"kind": "lost_reply", "delay_ms": 5}, "lost_reply has no use for delay_ms"),
        ({"kind": "delay", "delay_ms": 5, "copies": 3}, "delay has no use for copies"),
        ({"kind": "reset", "nth": 3, "every": 2}, "nth is one call"),
        ({"kind": "reset", "probability_ppm": 0}, "probability_ppm"),
        ({"kind": "reset", "nth": True}, "nth"),
        ({"kind": "duplicate", "copies": True}, "copies"),
    ],
)
def test_a_fault_that_would_never_strike_or_change_nothing_is_refused(words: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        DoWords.model_validate({"fault": words})


@pytest.mark.parametrize("kind", FaultKind)
def test_every_kind_of_fault_can_be_armed_somewhere(kind: FaultKind) -> None:
    needs = {"clock_skew": {"skew_ms": 1}, "set_fields": {"fields": {"a": 1}}, "change_reply": {"fields": {"a": 1}}}
    needs |= {name: {"delay_ms": 1} for name in ("delay", "delay_lognormal", "late_win")}
    on = "operator_api" if kind is FaultKind.MAINTENANCE else "wallet"

    assert checked_fault(Fault.model_validate({"kind": kind, "on": on} | needs.get(kind, {})))


def test_a_fault_of_the_play_wallet_lies_on_its_answers_alone() -> None:
    with pytest.raises(ValueError, match="the play wallet"):
        checked_fault(Fault(kind=FaultKind.HOLD), of_wallet=True)
    with pytest.raises(ValueError, match="cannot be matched by kind; it has method, path"):
        checked_fault(Fault(kind=FaultKind.RESET, match={"kind": "bet"}), of_wallet=True)


@pytest.mark.parametrize(
    "step",
    [
        {"spin": None, "expect": {"balance": "100.00"}},
        {**SPIN, "expect": {"balance": None}},
        {**SPIN, "expect": {}},
        {**SPIN, "expect": {"state": "setled"}},
        {**SPIN, "expect": {"attempts": {"bett": 1}}},
        {"expect": {"answer": "don"}},
        {**SPIN, "steps": [SPIN]},
        {"repeat": 3},
        {"repeat": True, "steps": [SPIN]},
        {"operator": {}},
        {"operator": {"block_player": False}},
        {"clear_faults": False},
        {"finish_open": False},
        {"at_once": []},
        {"settle": "soon"},
        {"settle": "4000d"},
        {"spin": {"session": "other"}},
        {"send": {"kind": "bet", "session": "other"}},
        {"grant": {"count": True}},
    ],
)
def test_a_step_that_does_or_expects_nothing_is_refused(step: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        DoWords.model_validate(step)


@pytest.mark.parametrize("words", [{"win": "1", "big_win": 5}, {"wins": ["1"], "win": "2"}, {"big_win": True}])
def test_a_result_is_said_once_and_as_a_number(words: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        OutcomeWords.model_validate(words)
    with pytest.raises(ValidationError):
        SpinWords.model_validate({"bet": True})


def test_a_word_said_twice_in_a_file_is_refused_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_text(
        "proves: it\nprovider: hub88\nsteps:\n"
        '  - spin: {bet: "1.00"}\n    expect: {balance: "1.00"}\n    expect: {state: settled}\n'
    )

    with pytest.raises(ValueError, match="line 6: 'expect' is said twice"):
        load_scenario(file)


async def test_a_fault_that_met_no_call_fails_its_scenario() -> None:
    never = {"fault": {"kind": "lost_reply", "match": {"kind": "rollback"}, "nth": 7}}

    at_the_end = await played(never, SPIN)
    when_cleared = await played(never, SPIN, {"clear_faults": True})

    assert len(at_the_end.failures) == len(when_cleared.failures) == 1
    assert "'nth': 7} met no call" in at_the_end.failures[0]


async def test_a_replay_that_shows_nothing_fails() -> None:
    none = await played({"replay": ["balance"]})
    slip = await played(SPIN, {"replay": ["balanc"]})

    assert none.failures == ["step 1: ValueError: there is no recorded call to send again"]
    assert "'balanc' is none of" in slip.failures[0]
    assert "did you mean balance" in slip.failures[0]


async def test_finishing_a_round_that_is_not_open_fails() -> None:
    assert (await played(SPIN, {"finish_open": True})).failures == ["step 2: finish_open: no round is open"]


async def test_what_an_adapter_refuses_fails_its_step_and_the_run_goes_on() -> None:
    result = await played({"grant": {"count": 5_000}}, {"spin": {"bet": "abc"}}, SPIN)

    assert [failure.partition(":")[0] for failure in result.failures] == ["step 1", "step 2"]
    assert "'abc' is not an amount" in result.failures[1]
    assert result.step_count == 3


async def test_a_big_win_is_so_many_times_the_bet_of_its_own_round() -> None:
    result = await played(
        {"force": {"big_win": 100}},
        {"spin": {"bet": "0.20", "draw": True}, "expect": {"state": "settled", "balance": "119.80"}},
    )

    assert result.failures == []


async def test_a_big_win_in_a_free_round_is_so_many_times_the_stake_of_the_grant() -> None:
    result = await played(
        {"grant": {"bet": "0.20", "count": 1}},
        {"spin": {"bet": "5.00", "big_win": 10}, "expect": {"state": "settled", "balance": "102.00"}},
    )

    assert result.failures == []


def test_on_and_no_are_words_and_only_true_and_false_are_truth_values(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_text(
        "proves: it\nprovider: hub88\ngiven: {country: NO, demo: true}\nsteps:\n"
        "  - fault: {kind: maintenance, on: operator_api}\n"
    )

    scenario = load_scenario(file)

    assert (scenario.given.country, scenario.given.demo) == ("NO", True)
    assert scenario.steps[0].fault is not None
    assert scenario.steps[0].fault.on == "operator_api"


async def test_a_step_that_the_protocol_does_not_have_is_named_before_money_moves() -> None:
    adjust = await played({"send": {"kind": "adjust", "round": "r1", "transaction": "t1", "amount": "1.00"}})
    scenario = {"name": "s", "proves": "it", "provider": "softswiss.a8r"}
    steps = [{"fault": {"kind": "rotate_token"}}, {**SPIN, "expect": {"balance": "100.00"}}]
    loop = loop_for(rotating := Scenario.model_validate(scenario | {"steps": steps}))

    result = await run_scenario(rotating, loop.tenant, LoopTarget(loop))

    assert adjust.failures == ["step 1: ValueError: hub88 has no adjust call"]
    assert result.failures == ["step 2: ValueError: softswiss-a8r has no check call"]
    assert await LoopTarget(loop).balance_micros() == 100_000_000
    await loop.aclose()


async def test_an_expected_error_must_come() -> None:
    maintenance = {"fault": {"kind": "maintenance", "on": "operator_api"}}

    came = await played(maintenance, {"grant": {}, "expect": {"error": "OutcomeUnknown"}})
    other = await played(maintenance, {"grant": {}, "expect": {"error": "ProviderRefused"}})
    none = await played({"grant": {}, "expect": {"error": "OutcomeUnknown"}})

    assert came.failures == []
    assert other.failures[0].startswith("step 2: OutcomeUnknown: ")
    assert none.failures == ["step 1: nothing was refused, expected OutcomeUnknown"]
    with pytest.raises(ValidationError, match="did you mean OutcomeUnknown"):
        DoWords.model_validate({"grant": {}, "expect": {"error": "OutcomeUnkown"}})


async def failures_with(options: dict[str, str], *steps: dict[str, Any]) -> list[str]:
    words = {"name": "s", "proves": "it", "provider": "hub88", "steps": steps, "given": {"options": options}}
    scenario = Scenario.model_validate(words)
    loop = loop_for(scenario)
    try:
        return (await run_scenario(scenario, loop.tenant, LoopTarget(loop))).failures
    finally:
        await loop.aclose()


async def test_an_option_that_nobody_asks_for_fails_its_scenario() -> None:
    assert await failures_with({"paths": "caleta"}, SPIN) == []
    assert await failures_with({"loss": "silent"}, {"advance": "1s"}) == [
        "step end: nobody asked for the option 'loss': it is of no use here"
    ]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"pats": "caleta"}, "options: 'pats' is none of loss, paths (did you mean paths?)"),
        ({"paths": "calita"}, "options.paths: 'calita' is none of caleta, hub88 (did you mean caleta?)"),
    ],
)
async def test_an_option_that_the_protocol_does_not_have_fails_its_scenario_at_the_start(
    options: dict[str, str], says: str
) -> None:
    assert await failures_with(options, SPIN) == [f"step given: {says}"]
