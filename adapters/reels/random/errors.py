"""What the random source may raise.

::

    ReelsError
    └── RandomSourceFailed      the source has latched failed: stop dealing until the process is restarted
"""

from adapters.reels.errors import ReelsError


class RandomSourceFailed(ReelsError):
    """A self-test or a health test failed, or the operating system gave no entropy: nothing may be dealt.

    ``reason`` is a fixed short word for metrics (``known_answer``, ``seed_health``, ``entropy``, ``stuck_output``).
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
