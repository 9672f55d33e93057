"""Ways to break a real disk under a real process, as far as this machine allows them.

``file_size``: the kernel refuses to let a file grow (RLIMIT_FSIZE, as for a full quota); works everywhere.
``full_tmpfs``: a small file system of its own that is really full (ENOSPC); needs the right to mount.
``failing_sync``: every n-th fsync or fdatasync ends with EIO (``strace -e inject``); needs strace and ptrace.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

BLOCK_BYTES = 512
MEGABYTE = 1024 * 1024


def file_size(bytes_max: int) -> tuple[str, ...]:
    """Return what runs a command whose files may not grow beyond ``bytes_max``."""
    return ("/bin/sh", "-c", 'ulimit -S -f "$0"; exec "$@"', str(bytes_max // BLOCK_BYTES))


def failing_sync(log: Path, first: int, every: int, calls: str = "fsync,fdatasync") -> tuple[str, ...]:
    """Return what runs a command whose syncs fail with EIO; each of its threads counts its own."""
    inject = f"inject={calls}:error=EIO:when={first}+{every}"
    return ("strace", "-D", "-f", "-qq", "-o", str(log), "-e", f"trace={calls}", "-e", inject)


def injected_count(log: Path) -> int:
    """Return how many system calls were made to fail."""
    return log.read_text(errors="replace").count("INJECTED") if log.exists() else 0


@dataclass(frozen=True)
class SmallDisk:
    """A mounted tmpfs."""

    folder: Path

    def fill(self, left_bytes: int) -> None:
        """Leave only this much room."""
        room = shutil.disk_usage(self.folder).free - left_bytes
        (self.folder / "ballast").write_bytes(bytes(max(0, room)))

    def make_room(self) -> None:
        """Take the ballast away."""
        (self.folder / "ballast").unlink(missing_ok=True)


@contextmanager
def small_disk(megabytes: int) -> Iterator[SmallDisk]:
    """Mount a small tmpfs."""
    folder = Path(tempfile.mkdtemp(prefix="rg-disk-"))
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0777", "tmpfs", str(folder)]
    subprocess.run(mount, check=True, capture_output=True)
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "-l", folder], check=True, capture_output=True)
        folder.rmdir()


def _can_mount() -> str:
    try:
        with small_disk(1):
            return ""
    except (OSError, subprocess.CalledProcessError) as error:
        return f"mount: {getattr(error, 'stderr', b'').decode().strip() or error}"


def _can_trace() -> str:
    if shutil.which("strace") is None:
        return "strace: not installed"
    done = subprocess.run(["strace", "-f", "-qq", "-e", "trace=none", "true"], capture_output=True, text=True)
    return "" if done.returncode == 0 else f"strace: {done.stderr.strip()}"


def obstacles() -> dict[str, str]:
    """Return the methods, each with what stands in its way here; nothing: it works."""
    return {"file_size": "", "full_tmpfs": _can_mount(), "failing_sync": _can_trace()}
