"""The protos say what they promise: every RPC its idempotency and its table, every reason its code."""

import re
from pathlib import Path

import pytest

PROTOS = Path(__file__).parents[2] / "protos" / "reelgate"
SERVICES = sorted(PROTOS.rglob("*_service.proto"))
CODES = (
    "OK INVALID_ARGUMENT NOT_FOUND ALREADY_EXISTS PERMISSION_DENIED UNAUTHENTICATED RESOURCE_EXHAUSTED "
    "FAILED_PRECONDITION ABORTED OUT_OF_RANGE UNIMPLEMENTED INTERNAL UNAVAILABLE DEADLINE_EXCEEDED"
).split()


def rpcs(path: Path) -> list[tuple[str, list[str]]]:
    """Return each RPC of a file with the lines of its comment."""
    found, comment = [], []
    for line in path.read_text().splitlines():
        text = line.strip()
        if text.startswith("//"):
            comment.append(text[2:].strip())
            continue
        match = re.match(r"rpc (\w+)\(", text)
        if match:
            found.append((match[1], comment))
        comment = []
    return found


def reasons(folder: str) -> set[str]:
    """Return the reasons of an area, without prefix."""
    text = (PROTOS / folder / "v1" / "error_reason.proto").read_text()
    return set(re.findall(r"ERROR_REASON_(\w+) = [1-9]", text))


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: f"{path.parts[-3]}.{path.stem}")
def test_each_rpc_says_purpose_idempotency_and_table(path: Path) -> None:
    for name, comment in rpcs(path):
        text = " ".join(comment)

        assert re.search(r"Idempotent|Has no effect|same idempotency", text), (
            f"{name} does not say whether it may be repeated"
        )
        assert any(re.match(r"Condition\s+\| Code\s+\| Reason\s+\| Caller does", line) for line in comment), name


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: f"{path.parts[-3]}.{path.stem}")
def test_each_row_has_a_canonical_code_and_a_known_reason(path: Path) -> None:
    known = reasons(path.parts[-3])
    for name, comment in rpcs(path):
        for row in (line for line in comment if line.count("|") == 3 and not line.startswith("Condition")):
            _, codes, row_reasons, action = (cell.strip() for cell in row.split("|"))

            assert all(code in CODES for code in re.findall(r"[A-Z_]{2,}", codes)), f"{name}: {row}"
            assert set(re.findall(r"[A-Z_]{2,}", row_reasons)) <= known, f"{name}: {row}"
            assert action, f"{name}: {row}"


@pytest.mark.parametrize("area", ["gateway", "wallet", "provider"])
def test_each_reason_names_its_code(area: str) -> None:
    text = (PROTOS / area / "v1" / "error_reason.proto").read_text()
    blocks = re.findall(r"((?:  //.*\n)+)  ERROR_REASON_(\w+) = ([1-9]\d*);", text)

    assert len(blocks) == len(reasons(area))
    for comment, name, _ in blocks:
        assert any(f"Code {code}" in comment for code in CODES), f"{area} {name} names no code"
