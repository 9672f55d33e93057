import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.contract.fair import FairTerms
from gateway.rounds.records import BetRecord, RecordUnreadable, RoundState, StepRecord, is_fair

MICROS = st.integers(0, 2**63 - 1)
TEXT = st.text(max_size=40)
STEPS = st.integers(0, 9999)
LINES = st.integers(0, 10_000)


@given(st.builds(BetRecord, MICROS, LINES, TEXT))
def test_a_bet_record_comes_back_as_it_was(record):
    assert BetRecord.decode(record.encode()) == record


@given(
    st.builds(
        StepRecord,
        STEPS,
        st.booleans(),
        MICROS,
        MICROS,
        MICROS,
        TEXT,
        TEXT,
        TEXT,
        st.binary(max_size=200),
        st.binary(max_size=200),
        st.lists(TEXT, max_size=5).map(tuple),
        st.none() | st.builds(FairTerms, st.just("ab" * 32), st.just("lucky-7"), st.integers(0, 2**53)),
    )
)
def test_a_step_record_comes_back_as_it_was(record):
    assert StepRecord.decode(record.encode()) == record


@given(st.builds(RoundState, STEPS, MICROS, LINES, MICROS, TEXT, st.binary(max_size=200)))
def test_a_round_state_comes_back_as_it_was(state):
    assert RoundState.decode(state.encode()) == state


@pytest.mark.parametrize("kind", [BetRecord, StepRecord, RoundState])
@given(data=st.binary(max_size=80))
def test_foreign_bytes_are_refused_or_read_but_never_break(kind, data):
    with contextlib.suppress(RecordUnreadable, UnicodeDecodeError):
        kind.decode(b"\x01" + data)


def test_a_step_record_that_was_cut_is_refused():
    whole = StepRecord(0, True, 1, 2, 2, "", "v1", "", b"reels", b"record").encode()

    for length in range(len(whole)):
        with pytest.raises(RecordUnreadable):
            StepRecord.decode(whole[:length])


def test_a_fair_step_is_told_apart_without_reading_it_and_an_ordinary_one_is_as_it_always_was():
    ordinary = StepRecord(0, True, 1, 2, 2, "", "v", "", b"shown", b"record")
    fair = ordinary._replace(fair=FairTerms("ab" * 32, "lucky-7", 3))

    assert (is_fair(ordinary.encode()), is_fair(fair.encode()), is_fair(b"")) == (False, True, False)
    assert ordinary.encode()[0] == 1


def test_malformed_terms_of_a_fair_step_are_unreadable():
    record = StepRecord(0, True, 1, 2, 2, "", "v", "", b"", b"", (), FairTerms("ab" * 32, "x", 3)).encode()

    with pytest.raises(RecordUnreadable):
        StepRecord.decode(record.replace(b"ab" * 32, b"zz" * 32))
