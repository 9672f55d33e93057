"""Ids of freespins issues. The provider's callback names nothing but the issue, so its id says whose it is.

``8.player-7.EUR.GRANT``: the length of the player's id, the player, the currency, our grant.
"""

from adapters.contract.errors import InvalidCall, MalformedCall
from adapters.contract.ids import GrantId, PlayerId, is_valid_id
from adapters.contract.references import currency_of


def issue_id_of(player_id: str, currency_code: str, grant_id: str) -> str:
    """Make the id of an issue; raises ``InvalidCall`` when the parts are too long together."""
    issue_id = f"{len(player_id)}.{player_id}.{currency_code}.{grant_id}"
    if not is_valid_id(issue_id):
        raise InvalidCall("player, currency and grant are too long together for an issue", field="grant_id")
    return issue_id


def read_issue_id(text: str) -> tuple[PlayerId, str, GrantId]:
    """Return (player, currency, grant); raises ``MalformedCall`` for an issue that is not ours."""
    length, _, rest = text.partition(".")
    if not (length.isascii() and length.isdecimal() and len(length) <= 2):
        raise MalformedCall("the issue is not one of ours", field="issue_id")
    player_id, rest = rest[: int(length)], rest[int(length) :]
    currency_code, _, grant_id = rest[1:].partition(".")
    if rest[:1] != "." or not is_valid_id(player_id) or not is_valid_id(grant_id):
        raise MalformedCall("the issue is not one of ours", field="issue_id")
    return PlayerId(player_id), currency_of(currency_code, "issue_id"), GrantId(grant_id)


def check_issue_id(text: str) -> None:
    """Refuse (``InvalidCall``) a grant that is not named by the ``provider_grant_id`` of its report."""
    try:
        read_issue_id(text)
    except MalformedCall as error:
        raise InvalidCall("name the grant by its provider_grant_id", field="grant_id") from error
