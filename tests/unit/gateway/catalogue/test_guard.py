"""Must 7 at the gateway's border: an adapter of this process that exits ends its call, and nothing else."""

import asyncio
import logging

import pytest

from adapters.contract.errors import OutcomeUnknown, ProviderUnavailable
from adapters.loader import AdapterNotLoaded, load_adapter
from gateway.bootstrap.adapters import close_adapters, load_registry
from gateway.catalogue.guard import guarded
from gateway.catalogue.registry import Registry
from gateway.config import AdapterConfig
from tests.support.builders import a_game, a_manifest
from tests.support.fakes import FakeAdapter
from tests.unit.gateway.callbacks.paper import Bench, PaperAdapter

LOADED_FROM = "tests.unit.gateway.catalogue.test_guard"


class Own(BaseException):
    """Of a studio's own, and no ``Exception``."""


LEAVING = [SystemExit(3), KeyboardInterrupt(), Own("whatever"), asyncio.CancelledError()]


class Leaver:
    """Leaves every call with one and the same."""

    constant = 7

    def __init__(self, error: BaseException) -> None:
        self.error = error

    async def spin(self) -> None:
        await asyncio.sleep(0)
        raise self.error

    def decode(self) -> None:
        raise self.error

    def wired(self):
        return self.spin()


@pytest.mark.parametrize("method", ["spin", "decode", "wired"])
@pytest.mark.parametrize("error", LEAVING, ids=repr)
async def test_must_7_who_leaves_with_anything_is_an_unknown_outcome_and_is_logged(error, method, caplog):
    adapter = guarded(Leaver(error), "acme")

    async def called():
        await getattr(adapter, method)()

    with caplog.at_level(logging.ERROR), pytest.raises(OutcomeUnknown, match=f"acme in {method}") as caught:
        await called()

    assert caught.value.__cause__ is error
    assert not caught.value.outcome_known
    assert [record.exc_info[1] for record in caplog.records] == [error]


@pytest.mark.parametrize("error", [ProviderUnavailable("down"), ValueError("a bug"), TimeoutError()], ids=repr)
async def test_what_is_an_exception_stays_what_it_is(error):
    adapter = guarded(Leaver(error), "acme")

    with pytest.raises(type(error)) as awaited_one:
        await adapter.spin()
    with pytest.raises(type(error)) as plain_one:
        adapter.decode()

    assert awaited_one.value is plain_one.value is error


async def test_a_cancellation_that_was_asked_for_stays_one():
    class Waiting:
        async def spin(self):
            await asyncio.Event().wait()

    task = asyncio.create_task(guarded(Waiting(), "acme").spin())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await guarded(Waiting(), "acme").spin()
    assert task.cancelled()


async def test_an_adapter_that_exits_because_it_is_cancelled_does_not_exit():
    class Stubborn:
        async def spin(self):
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                raise SystemExit(1) from None

    with pytest.raises(OutcomeUnknown):
        async with asyncio.timeout(0.01):
            await guarded(Stubborn(), "acme").spin()


async def test_a_guarded_adapter_has_what_the_adapter_has_and_nothing_more():
    adapter = guarded(Leaver(ValueError()), "acme")

    assert adapter.constant == 7
    assert hasattr(adapter, "decode")
    assert not hasattr(adapter, "keep_state")


async def test_a_call_that_nobody_waits_for_any_more_can_be_closed():
    class Waiting:
        async def spin(self):
            await asyncio.sleep(60)

    call = guarded(Waiting(), "acme").spin()
    call.send(None)

    call.close()  # a guard that swallowed GeneratorExit would raise here


async def test_every_adapter_of_a_registry_is_guarded():
    adapter = FakeAdapter(a_manifest(), (a_game(),))
    adapter.lookup_error = SystemExit(1)
    registry = Registry([(adapter.manifest, adapter)])
    (_, _, listed), (_, found) = registry.all()[0], registry.adapter_of_provider(adapter.manifest.provider_id)

    for each in (listed, found):
        with pytest.raises(OutcomeUnknown):
            await each.get_round("r1")


@pytest.mark.parametrize("word", ["identify", "decode", "encode", "encode_error"])
async def test_a_wallet_call_whose_adapter_exits_is_answered_as_uncertain(word):
    class Leaving(PaperAdapter):
        pass

    def leave(self, *_):
        raise SystemExit(2)

    setattr(Leaving, word, leave)
    bench = Bench(adapter=guarded(Leaving(), "paper"))

    response = await bench.post(key="forged" if word == "encode_error" else "new")

    assert (response.status_code, response.text) in ((400, "uncertain OutcomeUnknown"), (500, ""))


def exiting(config):
    raise SystemExit(4)


def shy(config):
    adapter = FakeAdapter(a_manifest(), ())
    adapter.describe = exits  # type: ignore[method-assign]
    return adapter


async def exits():
    raise SystemExit(5)


async def test_an_adapter_that_exits_while_it_is_made_is_told_as_not_loaded():
    with pytest.raises(AdapterNotLoaded, match="exits instead of making an adapter"):
        load_adapter(f"{LOADED_FROM}:exiting", {})
    with pytest.raises(AdapterNotLoaded, match="does not describe itself"):
        await load_registry([AdapterConfig(factory=f"{LOADED_FROM}:shy", config={})])


def test_a_module_that_exits_when_it_is_imported_is_told_as_not_loaded(tmp_path, monkeypatch):
    (tmp_path / "exits_on_import.py").write_text("raise SystemExit(1)\n")
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(AdapterNotLoaded, match="its module exits"):
        load_adapter("exits_on_import:create_adapter", {})


async def test_an_adapter_that_fails_to_close_keeps_no_other_from_closing():
    class Clinging(FakeAdapter):
        async def aclose(self):
            raise SystemExit(1)

    first, second = Clinging(a_manifest(), ()), FakeAdapter(a_manifest(provider_id="b", adapter_id="b"), ())

    await close_adapters(Registry([(first.manifest, first), (second.manifest, second)]))

    assert second.closed
