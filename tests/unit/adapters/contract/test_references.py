import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.contract import references
from adapters.contract.errors import InvalidCall, MalformedCall
from adapters.contract.ids import is_valid_id

IDS = st.from_regex(r"[A-Za-z0-9._:-]{1,40}", fullmatch=True)


@given(st.text(max_size=300))
def test_every_foreign_id_becomes_one_of_ours_always_the_same(text: str) -> None:
    assert is_valid_id(references.native_id(text))
    assert references.native_id(text) == references.native_id(text)


@given(IDS)
def test_an_id_that_fits_stays_as_it_is(text: str) -> None:
    assert references.native_id(text) == text


@given(IDS, st.sampled_from(["EUR", "mBTC", "USD"]))
def test_an_account_names_its_player_and_currency(player_id: str, currency_code: str) -> None:
    ref = references.account_ref(player_id, currency_code)

    assert references.read_account_ref(ref, "user") == (player_id, currency_code)


@pytest.mark.parametrize("text", ["", "EUR", "_EUR", "player_", "player", "p|1_EUR", "player_E1R"])
def test_what_names_no_account_is_refused(text: str) -> None:
    with pytest.raises(MalformedCall):
        references.read_account_ref(text, "user")


def test_a_session_carries_the_rest() -> None:
    assert references.read_session_ref(references.session_ref("secret", "p_EUR")) == ("secret", "p_EUR")
    assert references.read_session_ref("secret") == ("secret", "")


@pytest.mark.parametrize("token", ["", "a~b"])
def test_a_token_that_could_not_be_told_apart_is_refused(token: str) -> None:
    with pytest.raises(InvalidCall):
        references.session_ref(token, "p_EUR")


SHORT_IDS = st.from_regex(r"[A-Za-z0-9._:-]{1,20}", fullmatch=True)


@given(SHORT_IDS, st.sampled_from(["EUR", "mBTC"]), SHORT_IDS)
def test_a_grant_says_whose_it_is(player_id: str, currency_code: str, grant_id: str) -> None:
    ref = references.grant_ref(player_id, currency_code, grant_id)

    assert references.read_grant_ref(ref, "issue_id") == (player_id, currency_code, grant_id)


@given(st.text(max_size=30))
def test_a_grant_that_is_not_ours_is_refused_with_a_typed_error(text: str) -> None:
    with contextlib.suppress(MalformedCall):
        player_id, *_ = references.read_grant_ref(text, "issue_id")
        assert int(text.partition(".")[0]) == len(player_id)


def test_a_grant_whose_parts_are_too_long_together_is_refused() -> None:
    with pytest.raises(InvalidCall):
        references.grant_ref("p" * 40, "EUR", "g" * 40)
