import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.contract.errors import MalformedCall, SignatureRefused
from adapters.contract.ids import BrandId
from adapters.contract.wallet_calls import Credential, RawCall
from adapters.softswiss.signing import check_signature, sign

BODY = b'{"user_id":"8|USDT|USD","currency":"USD","game":"acceptance:test"}'
SPACED = b'{"user_id": "8|USDT|USD","currency": "USD","game": "acceptance:test"}'


def call(body: bytes, signature: str | None) -> RawCall:
    headers = () if signature is None else (("x-request-sign", signature),)
    return RawCall("POST", "/brand/play", "", headers, body)


def credential(*secrets: bytes) -> Credential:
    return Credential(BrandId("brand"), secrets)


def test_the_public_vectors_hold() -> None:
    assert sign(b"test", BODY) == "442c4cd8926008096225416b21f5a1862fbf4fc4e5224362e3b463e85a39f40a"
    assert sign(b"test", SPACED).startswith("7376e78d")
    assert sign(b"test", SPACED).endswith("de51295")


@given(st.binary(max_size=100))
def test_w31_the_raw_bytes_are_signed_not_their_meaning(body: bytes) -> None:
    check_signature(call(body, sign(b"test", body)), credential(b"test"))
    with pytest.raises(SignatureRefused):
        check_signature(call(body + b" ", sign(b"test", body)), credential(b"test"))


def test_w31_both_live_keys_are_accepted_during_a_rotation() -> None:
    for secret in (b"new", b"old"):
        check_signature(call(BODY, sign(secret, BODY)), credential(b"new", b"old"))


@pytest.mark.parametrize(
    "signature", [None, "", "x", "\u00e4\udcff", sign(b"retired", BODY), sign(b"test", BODY).upper()]
)
def test_w31_any_other_signature_is_refused(signature: str | None) -> None:
    with pytest.raises(SignatureRefused):
        check_signature(call(BODY, signature), credential(b"test", b"old"))


def test_without_a_live_key_nothing_is_accepted() -> None:
    with pytest.raises(SignatureRefused):
        check_signature(call(BODY, sign(b"", BODY)), credential())


def test_a_body_beyond_the_cap_is_refused_before_it_is_hashed() -> None:
    with pytest.raises(MalformedCall):
        check_signature(call(b"x" * 300_000, "any"), credential(b"test"))
