"""What the gateway may refuse, in its own words; ``rpc/error_codes.py`` gives each its status. Everyone in
``gateway`` may import it.

What refuses a spin before the wallet has seen it (its token, the catalogue, too many at once, an adapter that only
draws, the end of its stream) is uncertain, and so is "not now" (``RoundInProgress``): nothing is stored of it, so an
earlier try, at any process, may be booked yet.

::

    GatewayError                    certain: nothing moved, unless said otherwise
    ├── InvalidRequest              a field is malformed (``field``)
    ├── GameUnknown                 the request is about a game that does not exist (``field``)
    ├── NotFound
    │   ├── GameNotFound
    │   ├── PlayerNotFound
    │   ├── RoundNotFound
    │   ├── GrantNotFound           (free rounds)
    │   └── SessionNotFound
    ├── Unauthenticated             the credentials are missing or wrong; of a spin uncertain: rotated, maybe
    ├── SessionExpired              uncertain: the session is over, an earlier try may be booked yet
    ├── PermissionDenied            foreign brand, player, session or game
    ├── GameNotEnabled              switched off for the brand (``cause``)
    ├── InsufficientFunds           (``balance_micros`` where known)
    ├── BetLimit                    stake, mode or lines not on offer (``field``)
    ├── LimitReached                a limit of the player (``limit``)
    ├── LimitWarning                stops exactly one bet (``limit``)
    ├── PlayerBlocked
    ├── CurrencyMismatch            not the session's currency (``field``)
    ├── CurrencyUnknown             not in the currency table (``field``)
    ├── RoundClosed
    ├── RoundRolledBack
    ├── StepOutOfOrder              (``next_step``)
    ├── IdempotencyKeyReused        same id, other content (``field``)
    ├── RoundInProgress             this round is running, or another of the game is open (``round_id``)
    ├── CapabilityNotSupported
    ├── ProviderUnavailable         nothing was sent, or the bet was given back
    ├── ProviderRefused             the bet was given back (``provider_code``)
    ├── FairSeedEnded               uncertain: the seed of a fair round was told before it was played
    ├── NotDealing                  random source or game failed its check
    ├── TooManyRequests             (``retry_after_ms``)
    ├── Stopping                    the server is stopping; uncertain at the end of a stream of spins
    ├── RoundInDoubt                uncertain: the provider's answer was lost
    ├── AdapterContractBroken       uncertain once a bet was booked: the provider answered nonsense
    └── WalletUnavailable           uncertain: the wallet could not say whether it committed
"""

from typing import Self


class GatewayError(Exception):
    """Root of all errors of the gateway; ``facts`` become the metadata of the answer.

    ``certain`` is false when money may have moved: only then does the caller have to ask what became of it.
    """

    certain: bool = True

    def __init__(self, message: str, **facts: str) -> None:
        super().__init__(message)
        self.message = message
        self.facts = facts

    def uncertain(self) -> Self:
        """Return the error, which then says nothing of an earlier try of the same request."""
        self.certain = False
        return self


class InvalidRequest(GatewayError):
    """A field is malformed."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}", field=field)
        self.field = field
        self.description = message


class GameUnknown(GatewayError):
    """A field names a game that does not exist; ``GameNotFound`` is for requests that ask for the game itself."""


class NotFound(GatewayError):
    """Something that the request names does not exist."""


class GameNotFound(NotFound):
    """No such game."""


class PlayerNotFound(NotFound):
    """No account of this player."""


class RoundNotFound(NotFound):
    """No such round of this player."""


class GrantNotFound(NotFound):
    """No such grant of free rounds."""


class SessionNotFound(NotFound):
    """No such session."""


class Unauthenticated(GatewayError):
    """The API key or the session token is missing or wrong."""


class SessionExpired(GatewayError):
    """The session is expired or closed.

    That says nothing of an earlier try of the same request: a spin that entered while the session was open, at any
    process, may be booked yet. Under a new session its repeat gets the stored answer, or is played.
    """

    certain = False


class PermissionDenied(GatewayError):
    """The caller may not do this."""


class GameNotEnabled(GatewayError):
    """The game is switched off for this brand or country."""


class InsufficientFunds(GatewayError):
    """The bet is larger than the balance."""


class BetLimit(GatewayError):
    """The game does not offer this stake, bet mode or number of lines."""


class LimitReached(GatewayError):
    """A limit of the player is reached."""


class LimitWarning(GatewayError):
    """A warn-once limit stops exactly this bet."""


class PlayerBlocked(GatewayError):
    """The player is blocked or excluded."""


class CurrencyMismatch(GatewayError):
    """The currency is not that of the session or account."""


class CurrencyUnknown(GatewayError):
    """The currency table does not know the code."""


class RoundClosed(GatewayError):
    """The round is complete."""


class RoundRolledBack(GatewayError):
    """The round was rolled back."""


class StepOutOfOrder(GatewayError):
    """The step is not the next one of the round."""


class IdempotencyKeyReused(GatewayError):
    """The id was used before with other content."""


class FairSeedEnded(GatewayError):
    """The server seed of a provably fair round was told before the round was played, as far as anybody knows.

    A try that began while it was not may have been on its way to the wallet for longer than anybody waits.
    """

    certain = False


class RoundInProgress(GatewayError):
    """The same step is being played right now, or another round of the game is open."""


class CapabilityNotSupported(GatewayError):
    """The provider does not do this."""


class ProviderUnavailable(GatewayError):
    """The provider cannot be reached; nothing was sent, or the bet was given back."""


class ProviderRefused(GatewayError):
    """The provider refused; the bet was given back."""


class NotDealing(GatewayError):
    """The random source or the game failed its check: nothing is dealt."""


class TooManyRequests(GatewayError):
    """Too many requests at once."""

    def __init__(self, message: str, retry_after_ms: int) -> None:
        super().__init__(message, retry_after_ms=str(retry_after_ms))
        self.retry_after_ms = retry_after_ms


class Stopping(GatewayError):
    """The server is stopping."""


class RoundInDoubt(GatewayError):
    """The outcome is not known yet; the resolver ends the round."""

    certain = False


class AdapterContractBroken(GatewayError):
    """The provider answered nonsense."""

    certain = False

    def __init__(self, message: str, *, certain: bool = False, **facts: str) -> None:
        super().__init__(message, **facts)
        self.certain = certain


class WalletUnavailable(GatewayError):
    """The wallet cannot say whether it committed, or cannot be asked."""

    certain = False
