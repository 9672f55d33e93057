"""What an adapter may raise, and nothing else. Anything that is not an ``AdapterError`` counts as *outcome unknown*.

::

    AdapterError                     outcome_known: may the other side have acted?
    ├── CapabilityNotSupported       known    not declared in the manifest
    ├── InvalidCall                  known    a field of the request is wrong
    │   └── GameNotFound             known
    ├── SignatureRefused             known    the call is not from whom it says
    ├── MalformedCall                known    the call cannot be read; nothing was done
    ├── RoundConflict                known    same round id, other content
    ├── RoundInProgress              known    the same round is being played right now: repeat it
    ├── RoundAlreadyCompleted        known    a cancel came too late
    ├── RoundNotFound                known    the provider has never seen the round
    ├── ProviderRefused              known    the provider said no, with a code of its own
    ├── ProviderUnavailable          known    nothing was sent
    ├── DeadlinePassed               unknown  the answer did not come in time
    └── OutcomeUnknown               unknown  the connection broke, or the answer was nonsense
"""


class AdapterError(Exception):
    """Root of all errors of an adapter.

    ``outcome_known`` is true when the provider certainly did nothing, so the money may be moved
    back at once; false when only ``get_round`` can tell.
    """

    outcome_known: bool = True

    def __init__(self, message: str, **facts: str) -> None:
        super().__init__(message)
        self.message = message
        self.facts = facts


class CapabilityNotSupported(AdapterError):
    """The manifest does not declare this capability."""


class InvalidCall(AdapterError):
    """A field of the request is wrong; ``facts["field"]`` names it."""


class GameNotFound(InvalidCall):
    """The provider offers no such game."""


class SignatureRefused(AdapterError):
    """The signature over the raw bytes does not hold."""


class MalformedCall(AdapterError):
    """The bytes cannot be read as a call of this protocol; ``facts["field"]`` names the place where known."""


class RoundConflict(AdapterError):
    """The round id was used before with other content."""


class RoundInProgress(AdapterError):
    """The same round is being played right now; the same request may be repeated after a moment."""


class RoundAlreadyCompleted(AdapterError):
    """The round has its outcome; it cannot be cancelled any more."""


class RoundNotFound(AdapterError):
    """The provider has never seen this round."""


class ProviderRefused(AdapterError):
    """The provider refused with a code of its own, in ``facts["provider_code"]``; nothing happened there."""


class ProviderUnavailable(AdapterError):
    """The provider could not be reached; nothing was sent."""


class DeadlinePassed(AdapterError):
    """The deadline passed while the provider may have been at work."""

    outcome_known = False


class OutcomeUnknown(AdapterError):
    """The provider may or may not have acted: connection lost, or an answer that breaks the contract."""

    outcome_known = False
