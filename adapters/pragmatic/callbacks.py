"""Pragmatic's calls to us as pure renderings: raw bytes to ``WalletCall``, ``WalletReply`` to raw bytes."""

import json

from adapters.contract.amounts import decimal_from_micros
from adapters.contract.errors import MalformedCall
from adapters.contract.references import account_ref, split_mount_path
from adapters.contract.wallet_calls import CallIdentity, Credential, RawCall, RawReply, WalletCall, WalletReply
from adapters.pragmatic.calls import wallet_call
from adapters.pragmatic.codes import FUNDS, OK, code_of, code_of_error
from adapters.pragmatic.config import PragmaticConfig
from adapters.pragmatic.hashing import check_hash, read_form
from adapters.pragmatic.wire import MONEY_FIELDS, REPLY_FIELDS, Method, read_request, write_reply

_METHODS = {f"{method.value}.html": method for method in Method}


class PragmaticCallbacks:
    """The wallet side (``SupportsWalletCalls``)."""

    def __init__(self, config: PragmaticConfig) -> None:
        self._config = config

    def identify(self, call: RawCall) -> CallIdentity:
        """Read the brand from the path: the protocol itself does not name it."""
        return CallIdentity(brand_ref=split_mount_path(call.path)[0])

    def decode(self, call: RawCall, credential: Credential) -> WalletCall:
        """Check the hash, then read the method's fields."""
        check_hash(call.body, credential, self._config.hash_variant)
        _, name = split_mount_path(call.path)
        method = _METHODS.get(name)
        if method is None:
            raise MalformedCall("no such method", field="path")
        request = read_request(method, read_form(call.body))
        return wallet_call(method, request, credential.brand_id, self._config)

    def encode(self, call: WalletCall, reply: WalletReply) -> RawReply:
        """Render the reply with exactly the fields of its method; insufficient funds come with the balance."""
        method = Method(call.facts["method"])
        internal = self._config.internal_codes
        code = code_of(reply, method, internal)
        if code == OK and method is not Method.SESSION_EXPIRED and reply.balance_micros is None:
            code = internal.retry
        fields = REPLY_FIELDS[method] if code == OK else MONEY_FIELDS if code == FUNDS else ()
        values = self._values(call, reply)
        return self._reply(code, {name: values[name] for name in fields if name in values})

    def encode_error(self, call: RawCall, error: Exception) -> RawReply:
        """Render a failure around ``decode``."""
        return self._reply(code_of_error(error, self._config.internal_codes), {})

    def _reply(self, code: int, values: dict[str, object]) -> RawReply:
        return RawReply(200, write_reply(code, self._config.internal_codes.described(code), values))

    def _values(self, call: WalletCall, reply: WalletReply) -> dict[str, object]:
        digits = self._config.balance_decimals
        first = reply.results[0] if reply.results else None
        values: dict[str, object] = {
            "userId": account_ref(call.player_id, call.currency_code),
            "transactionId": first.wallet_transaction_id if first else "",
            "currency": call.currency_code,
        }
        if reply.balance_micros is not None:
            bonus_micros = reply.bonus_micros or 0
            values["cash"] = decimal_from_micros(reply.balance_micros - bonus_micros, digits)
            values["bonus"] = decimal_from_micros(bonus_micros, digits)
            values["usedPromo"] = decimal_from_micros(first.bonus_micros if first else 0, digits)
            values["gamesBalances"] = [
                {"gameID": game_id, "cash": values["cash"], "bonus": values["bonus"]}
                for game_id in json.loads(call.facts.get("game_ids", "[]"))
                if game_id
            ]
        return values
