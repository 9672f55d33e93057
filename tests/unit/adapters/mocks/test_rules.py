"""The retry clock's pauses, spans and amounts of the control words, seeded ids and outcomes."""

import pytest
from pydantic import ValidationError

from adapters.mocks.ids import IdSource
from adapters.mocks.outcomes import OutcomeSource
from adapters.mocks.types import Outcome, RetryRule
from adapters.mocks.words import OutcomeWords, micros_of, span_ms_of, text_of_micros


def test_pauses_grow_up_to_their_cap() -> None:
    rule = RetryRule(1_000, 500, pause_ms=1_000, growth_percent=200, pause_max_ms=5_000)

    assert [rule.pause_after_ms(attempt) for attempt in (1, 2, 3, 4, 400)] == [1_000, 2_000, 4_000, 5_000, 5_000]
    assert (rule.allows(499), rule.allows(500)) == (True, False)


def test_a_table_of_pauses_repeats_its_last_one() -> None:
    rule = RetryRule(1_000, 0, pauses_ms=(1, 2, 3))

    assert [rule.pause_after_ms(attempt) for attempt in (1, 3, 9)] == [1, 3, 3]
    assert rule.allows(10**6)


SPANS = [("250ms", 250), ("30s", 30_000), ("48h", 172_800_000), ("30d", 2_592_000_000)]


@pytest.mark.parametrize(("text", "span_ms"), SPANS)
def test_spans_of_time_are_read(text: str, span_ms: int) -> None:
    assert span_ms_of(text) == span_ms


@pytest.mark.parametrize("text", ["", "5", "5 weeks", "-1s"])
def test_other_spans_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        span_ms_of(text)


def test_amounts_go_both_ways_and_nonsense_is_refused() -> None:
    assert (micros_of("1.25"), micros_of("-0.5"), text_of_micros(-1_500_000)) == (1_250_000, -500_000, "-1.50")
    with pytest.raises(ValueError):
        micros_of("1,25")


def test_forced_results_come_first_then_the_seeded_sequence_repeats_after_a_reset() -> None:
    source = OutcomeSource(7)
    drawn = [source.next(100) for _ in range(20)]
    source.reset()
    source.force(lambda bet_micros: Outcome((42,)))

    assert source.next(100) == Outcome((42,))
    assert [source.next(100) for _ in range(20)] == drawn


def test_the_seeded_slot_returns_about_what_it_says() -> None:
    source = OutcomeSource(3)

    won = sum(sum(source.next(100).wins_micros) for _ in range(20_000))

    assert 800_000 < won < 3_000_000


def test_a_big_win_is_a_multiple_of_the_bet() -> None:
    assert OutcomeWords(big_win=500).outcome(2_000_000).wins_micros == (1_000_000_000,)
    with pytest.raises(ValidationError):
        OutcomeWords.model_validate({"bigwin": 5})


def test_ids_repeat_in_another_run_and_differ_after_a_reset() -> None:
    first, second = IdSource(1), IdSource(1)
    run = [first.uuid(), first.number()]

    assert [second.uuid(), second.number()] == run
    first.reset()
    assert first.uuid() != run[0]
