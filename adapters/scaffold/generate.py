"""Copies the sample package under a new name."""

import re
from pathlib import Path

TEMPLATES = Path(__file__).parent / "templates"
_IMPORT_ROOT = "adapters.scaffold.templates.sample_studio"
_NAME = re.compile(r"[a-z][a-z0-9_]{1,39}\Z")
_SKIPPED = {"__pycache__"}
_HIDDEN = {"gitignore": ".gitignore"}


class NameRefused(Exception):
    """The name cannot be a package, or something of that name is there already."""


def new_adapter(name: str, folder: Path) -> list[Path]:
    """Write the package ``name`` with its tests and README below ``folder``; returns the files written."""
    if not _NAME.match(name):
        raise NameRefused("a name is 2 to 40 of a-z 0-9 _ and begins with a letter")
    root = folder / name
    if root.exists():
        raise NameRefused(f"{root} is there already")
    written = []
    for source in sorted(TEMPLATES.rglob("*")):
        relative = source.relative_to(TEMPLATES)
        if source.is_dir() or _SKIPPED & set(relative.parts) or relative == Path("__init__.py"):
            continue
        plain = relative.with_suffix("") if source.suffix == ".tmpl" else relative
        target = root / _renamed(_HIDDEN.get(str(plain), str(plain)), name)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_renamed(source.read_text(encoding="utf-8"), name), encoding="utf-8")
        written.append(target)
    return written


def _renamed(text: str, name: str) -> str:
    title = "".join(part.capitalize() for part in name.split("_"))
    return text.replace(_IMPORT_ROOT, name).replace("sample_studio", name).replace("SampleStudio", title)
