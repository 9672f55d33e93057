"""The two ways in which a gateway may send a step to a server; where both are declared, spin cases run by each."""

from enum import StrEnum


class Way(StrEnum):
    """Named as the method of ``ProviderService`` that carries the step."""

    OPEN_CALL = "SpinStream"
    UNARY = "Spin"
