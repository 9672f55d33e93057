"""One word per thing: protos and public names use the words of the README's glossary and not their cousins."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# The cousin, and the word that is used in its place. Providers' own field names live in their folders and are exempt.
COUSINS = {
    "customer": "player",
    "gambler": "player",
    "vendor": "provider",
    "supplier": "provider",
    "merchant": "operator",
    "licensee": "operator",
    "skin": "brand",
    "tenant": "brand",
    "connector": "adapter",
    "plugin": "adapter",
    "payout": "win",
    "refund": "rollback",
    "void": "rollback",
    "reconcile_round": "resolve_round",
    "cents": "micros",
}
PROTOS = sorted((ROOT / "protos" / "reelgate").rglob("*.proto"))
CODE = [
    path
    for folder in ("gateway", "wallet", "adapters/contract", "protos/wire")
    for path in sorted((ROOT / folder).rglob("*.py"))
]


def words(name: str) -> set[str]:
    """Split ``snake_case``, ``CamelCase`` and ``UPPER_CASE`` into lower-case words."""
    return {part.lower() for part in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


def public_names(path: Path) -> set[str]:
    """Return the names of classes, functions and fields that others may use."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
    return {name for name in names if not name.startswith("_")}


@pytest.mark.parametrize("path", PROTOS, ids=lambda path: "/".join(path.parts[-3:]))
def test_protos_speak_the_glossary(path: Path) -> None:
    text = re.sub(r"//.*", "", path.read_text())
    names = set(re.findall(r"\b[A-Za-z_]{3,}\b", text))

    assert {name: COUSINS[word] for name in names for word in words(name) if word in COUSINS} == {}


def test_public_names_speak_the_glossary() -> None:
    found = {
        f"{path.relative_to(ROOT)}: {name}": COUSINS[word]
        for path in CODE
        for name in public_names(path)
        for word in words(name)
        if word in COUSINS
    }

    assert found == {}
