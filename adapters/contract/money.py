"""Money as the contract speaks it: a currency code and an int of micros, never a float."""

from adapters.contract.value import value

MICROS_PER_UNIT = 1_000_000
MICROS_MAX = 2**63 - 1


@value(frozen=True, slots=True)
class Money:
    """An exact amount: ``micros`` millionths of one unit of ``currency_code`` (ISO 4217 or a gaming denomination)."""

    currency_code: str
    micros: int

    def __post_init__(self) -> None:
        if type(self.micros) is not int:
            raise TypeError(f"micros must be an int, not {type(self.micros).__name__}")
        if not -MICROS_MAX <= self.micros <= MICROS_MAX:
            raise ValueError(f"micros {self.micros} does not fit into 64 bits")
