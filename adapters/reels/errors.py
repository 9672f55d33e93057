"""What the reel engine raises.

::

    ReelsError
    ├── DeclarationError    a game file is refused: names file, path inside the document and reason
    ├── BetRefused          stake, bet mode or line count that the game does not offer; names the field
    ├── ChoiceRefused       a choice that the step does not offer
    ├── StateRefused        a round state that is not of this game or cannot be read
    ├── RecordMismatch      a stored record does not replay to itself
    ├── TablesAltered       compiled tables are not what was certified: the game must not be dealt
    └── KernelDisagreement  two views of one outcome differ: dealing must stop
"""


class ReelsError(Exception):
    """Root of all errors of the reel engine."""


class DeclarationError(ReelsError):
    """A game declaration is refused; ``file``, ``path`` (inside the document) and ``reason`` say where and why."""

    def __init__(self, file: str, path: str, reason: str) -> None:
        super().__init__(f"{file}: {path}: {reason}" if path else f"{file}: {reason}")
        self.file = file
        self.path = path
        self.reason = reason


class BetRefused(ReelsError):
    """The game does not offer this bet; ``field`` names what is wrong with it."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class ChoiceRefused(ReelsError):
    """The step does not offer this choice; ``offered`` lists what it does offer."""

    def __init__(self, choice: str, offered: tuple[str, ...]) -> None:
        super().__init__(f"choice {choice!r} is not offered here; offered: {', '.join(offered) or 'none'}")
        self.choice = choice
        self.offered = offered


class StateRefused(ReelsError):
    """The state of the round is damaged, of another game or of an unknown version."""


class RecordMismatch(ReelsError):
    """A record does not replay to itself; ``field`` names the first difference."""

    def __init__(self, field: str, stored: object, replayed: object) -> None:
        super().__init__(f"{field}: stored {stored!r}, replayed {replayed!r}")
        self.field = field
        self.stored = stored
        self.replayed = replayed


class TablesAltered(ReelsError):
    """The tables that came out of compiling are not the certified ones."""

    def __init__(self, mode: str) -> None:
        super().__init__(
            f"the tables of bet mode {mode!r} are not what was certified (after a change: make certify-engine)"
        )
        self.mode = mode


class KernelDisagreement(ReelsError):
    """The explained wins do not add up to the kernel's win: the engine must not deal."""
