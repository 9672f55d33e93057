"""The game client of a mock: one HTML page with a spin button; each spin makes the real wallet calls."""

from html import escape

from adapters.mocks.tenant import Tenant
from adapters.mocks.types import MockSession
from adapters.mocks.words import text_of_micros

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<style>
body{{font-family:system-ui,sans-serif;background:#14182b;color:#f2f2f7}}
body{{display:grid;place-items:center;min-height:95vh}}
main{{text-align:center;background:#1f2540;padding:2rem 3rem;border-radius:1rem}}
#reels{{font-size:4rem;letter-spacing:.4rem;margin:1rem}}
button{{font-size:1.4rem;padding:.6rem 2rem;border-radius:.6rem}}
input{{font-size:1.1rem;width:6rem;text-align:right}}
dl{{display:grid;grid-template-columns:1fr 1fr;gap:.2rem 1rem;text-align:left}}
</style></head><body><main>
<h1>{title}</h1><p>{provider} mock, {mode}, player {player}</p>
<div id="reels">7 7 7</div>
<p><label>Bet <input id="bet" value="1.00" inputmode="decimal"></label> <button id="spin">Spin</button></p>
<dl><dt>Balance</dt><dd id="balance">{balance}</dd><dt>Win</dt><dd id="win">-</dd>
<dt>Round</dt><dd id="state">-</dd><dt>Answers</dt><dd id="codes">-</dd></dl>
<script>
const symbols = ["7", "A", "K", "Q", "J", "9"], at = id => document.getElementById(id);
at("spin").onclick = async () => {{
  at("spin").disabled = true;
  const body = JSON.stringify({{bet: at("bet").value}});
  const answer = await fetch(location.pathname + "/spin", {{method: "POST", body}});
  const round = await answer.json();
  at("spin").disabled = false;
  if (round.error) {{ at("state").textContent = round.error; return; }}
  const won = round.win !== "0.00", first = symbols[Math.floor(Math.random() * 6)];
  at("reels").textContent = won ? `${{first}} ${{first}} ${{first}}` : `${{first}} ${{first === "7" ? "A" : "7"}} 9`;
  at("balance").textContent = round.balance; at("win").textContent = round.win;
  at("state").textContent = round.state; at("codes").textContent = round.codes.join(", ");
}};
</script></main></body></html>
"""


def game_page(tenant: Tenant, session: MockSession) -> str:
    """Return the page of a session."""
    game = next((game for game in tenant.games if game.game_id == session.game_id), None)
    balance = "-" if session.balance_micros is None else text_of_micros(session.balance_micros)
    return _PAGE.format(
        title=escape(game.display_name if game else session.game_id),
        provider=escape(tenant.dialect.provider_id),
        mode="demo" if session.demo else "real money",
        player=escape(session.player_id or "nobody"),
        balance=f"{balance} {escape(session.currency_code)}",
    )
