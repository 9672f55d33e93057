"""``reelgate operator``, ``brand`` and ``key``: who may call, and with what. They work on the database itself."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from adapters.contract.ids import is_valid_id
from gateway.clock import SystemClock, SystemIds
from gateway.config import Settings
from gateway.sessions.tokens import hash_of
from gateway.storage.credential_store import NewCredential, SqlCredentialStore
from gateway.storage.database import migrate, open_engine
from gateway.storage.operator_store import ApiKey, Brand, Operator, SqlOperatorStore

operator_app = typer.Typer(no_args_is_help=True)
brand_app = typer.Typer(no_args_is_help=True)
key_app = typer.Typer(no_args_is_help=True)
Database = Annotated[str | None, typer.Option(help="sqlite:///PATH or postgresql://...")]
Answer = TypeVar("Answer")


@operator_app.command("create")
def create_operator(
    operator_id: Annotated[str, typer.Argument(help="1 to 64 of A-Z a-z 0-9 . _ : -")],
    name: Annotated[str, typer.Option(help="Its name for people.")] = "",
    database: Database = None,
) -> None:
    """Add an operator."""
    operator = Operator(_id(operator_id), name or operator_id)
    if not _on_operators(database, lambda store: store.add_operator(operator, SystemClock().now_ms())):
        _fail(f"operator {operator_id} is there already")
    Console().print(f"operator [bold]{operator_id}[/] added")


@operator_app.command("list")
def list_operators(database: Database = None) -> None:
    """List operators with their brands and keys."""

    async def read(store: SqlOperatorStore) -> list[tuple[Operator, list[Brand], list[ApiKey]]]:
        return [
            (item, await store.list_brands(item.operator_id), await store.list_keys(item.operator_id))
            for item in await store.list_operators()
        ]

    table = Table("operator", "name", "brands", "keys")
    for operator, brands, keys in _on_operators(database, read):
        live = [f"{key.key_id}{'' if key.revoked_ms is None else ' (revoked)'}" for key in keys]
        names = ", ".join(brand.brand_id for brand in brands)
        table.add_row(operator.operator_id, operator.display_name, names, ", ".join(live))
    Console().print(table)


@brand_app.command("create")
def create_brand(
    brand_id: Annotated[str, typer.Argument(help="1 to 64 of A-Z a-z 0-9 . _ : -")],
    operator: Annotated[str, typer.Option(help="Whose brand it is.")],
    name: Annotated[str, typer.Option(help="Its name for people.")] = "",
    database: Database = None,
) -> None:
    """Add a brand of an operator."""
    brand = Brand(_id(brand_id), _id(operator), name or brand_id)

    async def add(store: SqlOperatorStore) -> bool:
        if operator not in [item.operator_id for item in await store.list_operators()]:
            _fail(f"there is no operator {operator}")
        return await store.add_brand(brand, SystemClock().now_ms())

    if not _on_operators(database, add):
        _fail(f"brand {brand_id} is there already")
    Console().print(f"brand [bold]{brand_id}[/] of {operator} added")


@brand_app.command("credential")
def add_credential(
    brand_id: Annotated[str, typer.Argument(help="The brand.")],
    adapter: Annotated[str, typer.Option(help="The adapter id, e.g. hub88.")],
    brand_ref: Annotated[str, typer.Option(help="What the provider calls the brand.")],
    secret_file: Annotated[typer.FileBinaryRead, typer.Option(help="File with the secret, or our private key.")],
    public_key_file: Annotated[typer.FileBinaryRead | None, typer.Option(help="The provider's public key.")] = None,
    credential_ref: Annotated[str, typer.Option(help="Where one brand has several credentials.")] = "",
    database: Database = None,
) -> None:
    """Add a brand's key at a provider as the newest; the one before stays live, older ones are retired."""
    key_id = SystemIds().unique_id()
    public_key = b"" if public_key_file is None else public_key_file.read()
    credential = NewCredential(
        adapter, brand_ref, _id(brand_id), key_id, secret_file.read(), public_key, credential_ref
    )

    async def add(database_url: str) -> bool:
        engine = open_engine(database_url)
        try:
            await migrate(engine)
            return await SqlCredentialStore(engine).add(credential, SystemClock().now_ms())
        finally:
            await engine.dispose()

    asyncio.run(add(_url(database)))
    Console().print(f"credential [bold]{key_id}[/] of {brand_id} at {adapter} is the newest")


@key_app.command("create")
def create_key(
    operator: Annotated[str, typer.Option(help="Whose key it is.")],
    label: Annotated[str, typer.Option(help="What it is for.")] = "",
    database: Database = None,
) -> None:
    """Make an API key and show it once; only its hash is kept."""
    ids, now_ms = SystemIds(), SystemClock().now_ms()
    secret = ids.token()
    key = ApiKey(ids.unique_id(), _id(operator), label, now_ms, None)

    async def add(store: SqlOperatorStore) -> bool:
        if operator not in [item.operator_id for item in await store.list_operators()]:
            _fail(f"there is no operator {operator}")
        return await store.add_key(key, hash_of(secret))

    _on_operators(database, add)
    Console(highlight=False).print(f"key id  {key.key_id}\nAPI key [bold]{secret}[/]  (shown this once)")


@key_app.command("revoke")
def revoke_key(key_id: Annotated[str, typer.Argument(help="The key's id.")], database: Database = None) -> None:
    """End an API key; running servers forget it within a few seconds."""
    if not _on_operators(database, lambda store: store.revoke_key(key_id, SystemClock().now_ms())):
        _fail(f"there is no live key {key_id}")
    Console().print(f"key {key_id} is revoked")


def _on_operators(database: str | None, work: Callable[[SqlOperatorStore], Awaitable[Answer]]) -> Answer:
    async def run() -> Answer:
        engine = open_engine(_url(database))
        try:
            await migrate(engine)
            return await work(SqlOperatorStore(engine))
        finally:
            await engine.dispose()

    return asyncio.run(run())


def _url(database: str | None) -> str:
    return Settings().database_url if database is None else database


def _id(text: str) -> str:
    if not is_valid_id(text):
        _fail(f"{text!r} is not an id: 1 to 64 of A-Z a-z 0-9 . _ : -")
    return text


def _fail(message: str) -> None:
    Console(stderr=True).print(f"[red]{message}[/]")
    raise typer.Exit(2)
