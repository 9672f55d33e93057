import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.contract.errors import MalformedCall, SignatureRefused
from adapters.contract.ids import BrandId
from adapters.contract.wallet_calls import Credential
from adapters.pragmatic.hashing import HashVariant, check_hash, hash_of, read_form, write_form

CREDENTIAL = Credential(BrandId("brand"), (b"new", b"old"))
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
FORMS = st.dictionaries(TEXTS.filter(lambda name: name != "hash"), TEXTS, min_size=1, max_size=6)
VARIANTS = st.sampled_from(list(HashVariant))


def test_the_pairs_are_sorted_joined_and_followed_by_the_secret() -> None:
    expected = hashlib.md5(b"a=1&b=2&c=x ytestKey", usedforsecurity=False).hexdigest()

    assert hash_of([("c", "x y"), ("hash", "zz"), ("a", "1"), ("b", "2")], b"testKey") == expected


def test_the_variants_differ_where_a_value_has_special_characters() -> None:
    fields = {"token": "a b/c"}

    decoded, encoded = (write_form(fields, b"s", variant) for variant in HashVariant)

    assert decoded.endswith(hashlib.md5(b"token=a b/cs", usedforsecurity=False).hexdigest().encode())
    assert encoded.endswith(hashlib.md5(b"token=a+b%2Fcs", usedforsecurity=False).hexdigest().encode())


@given(FORMS, VARIANTS, st.sampled_from([b"new", b"old"]))
def test_w31_a_form_hashed_with_a_live_key_is_accepted_and_read_back(
    fields: dict[str, str], variant: HashVariant, secret: bytes
) -> None:
    body = write_form(fields, secret, variant)

    check_hash(body, CREDENTIAL, variant)

    assert read_form(body) == fields


@given(FORMS, VARIANTS)
def test_w31_a_retired_key_or_a_changed_field_is_refused(fields: dict[str, str], variant: HashVariant) -> None:
    for body in (write_form(fields, b"retired", variant), write_form(fields, b"new", variant) + b"&zz=1"):
        with pytest.raises(SignatureRefused):
            check_hash(body, CREDENTIAL, variant)


@pytest.mark.parametrize("variant", list(HashVariant))
@pytest.mark.parametrize(
    "body", [b"", b"a=1", b"a=1&hash=", b"\xff", b"&&", b"a=%zz", b"a=1&hash=\xff", b"=&=", b"a=%ff&hash=x"]
)
def test_fuzz_what_is_no_hashed_form_is_refused_with_a_typed_error(body: bytes, variant: HashVariant) -> None:
    with pytest.raises((SignatureRefused, MalformedCall)):
        check_hash(body, CREDENTIAL, variant)


@pytest.mark.parametrize("body", [b"a=" + b"x" * 300_000, b"&".join(b"a=1" for _ in range(500))])
def test_a_form_beyond_the_caps_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedCall):
        check_hash(body, CREDENTIAL, HashVariant.DECODED)


def test_a_field_that_stands_twice_is_refused() -> None:
    with pytest.raises(MalformedCall):
        read_form(b"a=1&a=2")
