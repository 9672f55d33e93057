"""The cases themselves: complete, unique, and honest about what they do not run on."""

import re
from collections import Counter

from reelgate.provider.v1 import provider_service_pb2 as wire

from adapters.conformance.case import MUSTS, Fault, Tier
from adapters.conformance.cases import CASES
from adapters.contract.manifest import Capability

RPCS = {method.name for method in wire.DESCRIPTOR.services_by_name["ProviderService"].methods}
TO_ALL_METHODS = "malformed-bytes-do-no-harm"


def test_every_method_of_the_service_has_a_case_of_its_own() -> None:
    assert {rpc for case in CASES if case.case_id != TO_ALL_METHODS for rpc in case.rpcs} == RPCS


def test_every_must_has_a_case() -> None:
    assert {case.must for case in CASES} == set(MUSTS)


def test_every_fault_has_a_case() -> None:
    assert {fault for case in CASES for fault in case.faults} == set(Fault) - {Fault.NONE}


def test_every_capability_is_proven_where_declared_and_refused_where_not() -> None:
    assert {capability for case in CASES for capability in case.needs} == set(Capability)
    assert {case.without for case in CASES if case.without} == set(Capability)


def test_case_ids_are_unique_and_speak() -> None:
    ids = [case.case_id for case in CASES]

    assert [case_id for case_id, count in Counter(ids).items() if count > 1] == []
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", case_id) for case_id in ids)
    assert all(case.says for case in CASES)


def test_every_tier_has_cases() -> None:
    assert {case.tier for case in CASES} == set(Tier)


def test_musts_one_to_three_and_five_say_how_an_atomic_adapter_keeps_them() -> None:
    silent = [case.case_id for case in CASES if case.must in (1, 2, 3, 5) and Capability.FREE_ROUNDS not in case.needs]

    assert [case_id for case_id in silent if not next(case.atomic for case in CASES if case.case_id == case_id)] == []
