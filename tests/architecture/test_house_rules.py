"""The house rules that a linter does not know, checked on the syntax tree of the product code."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PRODUCT = [
    path
    for folder in ("gateway", "adapters", "wallet", "protos/wire")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "templates" not in path.parts and "node_modules" not in path.parts
]
FILE_LINES_MAX = 400
# Numba's cache of a function does not see changes in another file, so one kernel is one file.
LONG_FOR_A_REASON = {"adapters/reels/simulate/board_kernel.py"}

# Money lives here: no float may appear. Statistics, mathematics and display are elsewhere.
MONEY_FOLDERS = (
    "wallet/ledger",
    "wallet/settlement",
    "wallet/storage",
    "wallet/rpc",
    "gateway/rounds",
    "gateway/callbacks",
)
TIME_OR_PATH = re.compile(r"_s\b|_ms\b|monotonic|seconds|timeout|sleep|backoff|Path|folder|root /|/ \"", re.IGNORECASE)
BROAD = ("Exception", "BaseException")
PURE_FOLDERS = ("wallet/ledger", "gateway/rounds", "adapters/contract")


def _relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _trees(folders: tuple[str, ...]) -> Iterator[tuple[str, ast.Module]]:
    for path in PRODUCT:
        name = _relative(path)
        if name.startswith(folders):
            yield name, ast.parse(path.read_text())


def test_no_float_stands_near_money() -> None:
    found = []
    for name, tree in _trees(MONEY_FOLDERS):
        for node in ast.walk(tree):
            is_float = isinstance(node, ast.Constant) and type(node.value) is float
            names_float = isinstance(node, ast.Name) and node.id == "float"
            divides = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)
            if is_float or names_float or divides:
                line = (ROOT / name).read_text().splitlines()[node.lineno - 1]
                if not TIME_OR_PATH.search(line):
                    found.append(f"{name}:{node.lineno}: {line.strip()}")

    assert found == []


def test_pure_code_asks_nobody_for_time_or_chance() -> None:
    forbidden = {"time", "random", "secrets", "uuid", "datetime", "os"}
    found = []
    for name, tree in _trees(PURE_FOLDERS):
        for node in ast.walk(tree):
            modules = []
            if isinstance(node, ast.Import):
                modules = [alias.name.split(".")[0] for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                modules = [node.module.split(".")[0]]
            found += [f"{name}:{node.lineno} imports {module}" for module in modules if module in forbidden]

    assert found == []


def test_files_do_one_thing() -> None:
    lengths = {_relative(path): len(path.read_text().splitlines()) for path in PRODUCT}

    assert {
        name: lines for name, lines in lengths.items() if lines > FILE_LINES_MAX and name not in LONG_FOR_A_REASON
    } == {}


PROVIDERS = frozenset(path.name for path in (ROOT / "adapters").iterdir() if (path / "adapter.py").is_file())
DECIDING = (ast.Compare, ast.MatchValue, ast.Call, ast.Dict, ast.Subscript)
NAMES_OF_ADAPTERS = re.compile(r"(adapter|provider)_id$|^(adapter|provider)$")


def comparisons_by_name(tree: ast.Module) -> list[int]:
    """Return the lines on which a name of an adapter decides: compared, matched, looked up or tried as a prefix."""
    return sorted(node.lineno for node in ast.walk(tree) if isinstance(node, DECIDING) and _decides_by_name(node))


def _decides_by_name(node: ast.AST) -> bool:
    match node:
        case ast.Compare(left=left, comparators=others):
            sides = [left, *others]
            constant = any(_texts(side) for side in sides)
            return any(_texts(side) & PROVIDERS for side in sides) or (constant and any(map(_is_name, sides)))
        case ast.MatchValue(value=value):
            return bool(_texts(value) & PROVIDERS)
        case ast.Call(func=ast.Attribute(attr="startswith" | "endswith"), args=args):
            return any({text.rstrip(":.") for text in _texts(argument)} & PROVIDERS for argument in args)
        case ast.Dict(keys=keys):
            return any(key is not None and _texts(key) & PROVIDERS for key in keys)
        case ast.Subscript(slice=index):
            return bool(_texts(index) & PROVIDERS)
        case _:
            return False


def _texts(node: ast.expr) -> set[str]:
    """Return the texts that a side of a comparison holds (a collection holds several); an empty one names nobody."""
    items = node.elts if isinstance(node, ast.Tuple | ast.List | ast.Set) else [node]
    return {
        item.value for item in items if isinstance(item, ast.Constant) and isinstance(item.value, str) and item.value
    }


def _is_name(node: ast.expr) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return bool(NAMES_OF_ADAPTERS.search(name))


def test_the_gateway_compares_no_adapter_by_name() -> None:
    assert {"reels", "hub88", "softswiss", "pragmatic", "evolution", "swipegames"} <= PROVIDERS
    found = [
        f"{name}:{line}"
        for name, tree in _trees(("gateway/",))
        if not name.startswith("gateway/cli/demo")  # the demo plays the providers themselves
        for line in comparisons_by_name(tree)
    ]

    assert found == []


@pytest.mark.parametrize(
    "code",
    [
        'manifest.provider_id == "acme"',
        '"hub88" != name',
        'name in ("reels", "softswiss")',
        'game_id.startswith("pragmatic:")',
        'LIMITS = {"evolution": 3}',
        'limits["swipegames"]',
        'match name:\n    case "reels":\n        pass',
        'if not adapter_id in {"x", "y"}:\n    pass',
    ],
)
def test_a_comparison_by_name_is_found(code: str) -> None:
    assert comparisons_by_name(ast.parse(code)) != []


@pytest.mark.parametrize(
    "code", ["a.provider_id == b.provider_id", 'provider_id in ("", wanted)', "provider_id not in seen", 'x["facts"]']
)
def test_what_asks_no_name_is_left_alone(code: str) -> None:
    assert comparisons_by_name(ast.parse(code)) == []


def _catches_all(handler: ast.ExceptHandler) -> bool:
    broad = handler.type is None or (isinstance(handler.type, ast.Name) and handler.type.id in BROAD)
    return broad and not any(isinstance(node, ast.Raise) for node in ast.walk(handler))


def test_what_catches_everything_says_which_edge_it_is() -> None:
    found = []
    for path in PRODUCT:
        text = path.read_text()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ExceptHandler) and _catches_all(node):
                line = text.splitlines()[node.lineno - 1]
                if not re.search(r"# noqa: BLE001\W+\w+", line):
                    found.append(f"{_relative(path)}:{node.lineno}: {line.strip()}")

    assert found == []


@pytest.mark.parametrize("word", ["utils", "common", "helpers", "core", "misc"])
def test_no_folder_is_a_drawer_for_everything(word: str) -> None:
    assert [name for name in map(_relative, PRODUCT) if word in re.split(r"[/.]", name)] == []
