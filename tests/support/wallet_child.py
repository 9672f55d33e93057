"""A wallet in a process of its own that plays and tells what it sends and what it is answered, until it is killed."""

import base64
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence

from tests.support.wallet_load import Sent

TIMEOUT_S = 90


def live(
    database_url: str,
    seed: int,
    *,
    wrap: Sequence[str] = (),
    load: Sequence[str] = (),
    kill_after_s: float = TIMEOUT_S,
    has_enough: Callable[[int], bool] = lambda uncertain: False,
) -> tuple[list[Sent], int]:
    """Run a child behind ``wrap`` and kill it; return what it told, and how many answers were uncertain.

    It lives ``kill_after_s`` from the moment when it plays, or until ``has_enough(uncertain)``.
    """
    command = [*wrap, sys.executable, "-m", "tests.faults.wallet_process", database_url, str(seed), *load]
    history: dict[object, Sent] = {}
    uncertain = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        killer = None
        for line in process.stdout:
            if killer is None:  # it plays
                killer = threading.Timer(kill_after_s, process.send_signal, [signal.SIGKILL])
                killer.start()
            uncertain += _note(line, history)
            if has_enough(uncertain):
                process.kill()
        if killer is not None:
            killer.cancel()
            killer.join()
    return list(history.values()), uncertain


def _note(line: str, history: dict[object, Sent]) -> int:
    """Note what a line tells; return 1 for an uncertain answer."""
    word, _, text = line.partition(" ")
    if not text.endswith("\n"):
        return 0  # cut by the kill
    value = pickle.loads(base64.b64decode(text))
    if word == "sent":
        history[value] = Sent(value)
    elif word == "answered":
        history[value[0]].reply = value[1]
    return int(word == "uncertain")
