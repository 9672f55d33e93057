"""Copies the sample package under a new name."""

import keyword
import re
import sys
from importlib.util import find_spec
from pathlib import Path

TEMPLATES = Path(__file__).parent / "templates"
_IMPORT_ROOT = "adapters.scaffold.templates.sample_studio"
_NAME = re.compile(r"[a-z][a-z0-9_]{1,39}\Z")
_PLACES = re.compile(rf"{re.escape(_IMPORT_ROOT)}|sample_studio|SampleStudio")
_SKIPPED = {"__pycache__"}
_HIDDEN = {"gitignore": ".gitignore"}


class NameRefused(Exception):
    """The name cannot be a package, or something of that name is there already."""


def new_adapter(name: str, folder: Path) -> list[Path]:
    """Write the package ``name`` with its tests and README below ``folder``; returns the files written."""
    if not _NAME.match(name):
        raise NameRefused("a name is 2 to 40 of a-z 0-9 _ and begins with a letter")
    if keyword.iskeyword(name):
        raise NameRefused(f"{name} is a word of Python itself: nothing of that name can be imported")
    if name in sys.stdlib_module_names:
        raise NameRefused(f"{name} is a module of Python's own library: the package would stand in its way")
    root = folder / name
    if root.exists():
        raise NameRefused(f"{root} is there already")
    if name == "tests" or find_spec(name) is not None:
        raise NameRefused(f"a package {name} is there already: one of the two could not be imported")
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
    return _PLACES.sub(lambda found: title if found[0] == "SampleStudio" else name, text)
