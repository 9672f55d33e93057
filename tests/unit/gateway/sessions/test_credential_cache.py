from adapters.contract.ids import BrandId
from adapters.contract.wallet_calls import Credential
from gateway.sessions.credential_cache import CachedCredentials
from tests.support.fakes import FakeClock


class Store:
    def __init__(self):
        self.known = {"casino": Credential(BrandId("b"), (b"old",))}
        self.reads = 0

    async def find_credential(self, adapter_id, brand_ref, credential_ref=""):
        self.reads += 1
        return self.known.get(brand_ref)


async def test_a_credential_is_read_once_within_its_time():
    store = Store()
    cache = CachedCredentials(store, FakeClock(), 5.0)

    assert [await cache.find_credential("a", "casino") for _ in range(3)] == [store.known["casino"]] * 3
    assert store.reads == 1


async def test_a_new_key_counts_within_the_ttl():
    store, clock = Store(), FakeClock()
    cache = CachedCredentials(store, clock, 5.0)
    await cache.find_credential("a", "casino")
    store.known["casino"] = Credential(BrandId("b"), (b"new", b"old"))
    clock.pass_ms(5_000)

    found = await cache.find_credential("a", "casino")

    assert found is not None
    assert found.secrets == (b"new", b"old")


async def test_an_unknown_brand_is_asked_for_every_time():
    store = Store()
    cache = CachedCredentials(store, FakeClock(), 5.0)
    assert await cache.find_credential("a", "new") is None
    store.known["new"] = Credential(BrandId("b"), (b"x",))

    assert await cache.find_credential("a", "new") is store.known["new"]
