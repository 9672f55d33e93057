"""The game client of a mock: one HTML page with a spin button; each spin makes the real wallet calls."""

from html import escape

from adapters.mocks.tenant import Tenant
from adapters.mocks.types import MockSession
from adapters.mocks.words import text_of_micros

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<style>
body{{font-family:system-ui,sans-serif;background:#14182b;color:#f2f2f7;display:grid;place-items:center;min-height:95vh}}
main{{text-align:center;background:#1f2540;padding:1.5rem 3rem;border-radius:1rem;min-width:34rem}}
#reels{{font-size:4rem;letter-spacing:.4rem;margin:.5rem}}
button{{font-size:1.3rem;padding:.5rem 2rem;border-radius:.6rem}}
input{{font-size:1.1rem;width:6rem;text-align:right}}
dl{{display:grid;grid-template-columns:8rem 1fr;gap:.2rem 1rem;text-align:left}}
dd{{margin:0}} a{{color:#9db4ff}}
table{{width:100%;text-align:left;border-collapse:collapse}} td,th{{padding:.2rem .4rem;border-top:1px solid #3a4268}}
.settled{{color:#8fe3a1}} .refused,.rolled_back,.error{{color:#ff9a8f}}
</style></head><body><main>
<h1>{title}</h1><p>{provider} mock, {mode}, player {player}</p>
<div id="reels">7 7 7</div>
<p><label>Bet <input id="bet" value="1.00" inputmode="decimal"></label>
<label>Win <input id="force" placeholder="as drawn" inputmode="decimal"></label> <button id="spin">Spin</button></p>
<dl><dt>Balance</dt><dd><span id="balance">{balance}</span> {currency}</dd><dt>Win</dt><dd id="win">-</dd>
<dt>Round</dt><dd id="state">-</dd><dt>Answers</dt><dd id="codes">-</dd></dl>
<table><thead><tr><th>Round</th><th>Bet</th><th>Win</th><th>State</th><th>Answers</th></tr></thead>
<tbody id="rounds"></tbody></table>
<p><a href="../control/journal">every call</a> · <a href="../control/rounds">every round</a> ·
<a href="../control/faults">faults</a></p>
<script>
const symbols = ["7", "A", "K", "Q", "J", "9"], at = id => document.getElementById(id);
const told = (state, codes) => {{
  at("state").textContent = state; at("state").className = state; at("codes").textContent = codes;
}};
const spin = async () => {{
  at("spin").disabled = true;
  try {{
    const words = {{bet: at("bet").value}};
    if (at("force").value) words.win = at("force").value;
    const answer = await fetch(location.pathname + "/spin", {{method: "POST", body: JSON.stringify(words)}});
    const round = await answer.json();
    if (round.error) {{ told("error", round.error); return; }}
    const won = round.win !== "0.00", first = symbols[Math.floor(Math.random() * 6)];
    at("reels").textContent = won ? `${{first}} ${{first}} ${{first}}` : `${{first}} ${{first === "7" ? "A" : "7"}} 9`;
    at("balance").textContent = round.balance; at("win").textContent = round.win;
    told(round.state, round.codes.join(", "));
    const row = at("rounds").insertRow(0);
    for (const text of [round.round_id.slice(0, 8), words.bet, round.win, round.state, round.codes.join(", ")])
      row.insertCell().textContent = text;
    row.cells[3].className = round.state;
    while (at("rounds").rows.length > 8) at("rounds").deleteRow(-1);
  }} catch (broken) {{ told("error", `the mock does not answer: ${{broken}}`); }}
  finally {{ at("spin").disabled = false; }}
}};
at("spin").onclick = spin;
const spins = Number(new URLSearchParams(location.search).get("spins") || 0);
(async () => {{ for (let i = 0; i < spins; i++) await spin(); }})();
</script></main></body></html>
"""


def game_page(tenant: Tenant, session: MockSession) -> str:
    """Return the page of a session; ``?spins=N`` behind its address spins that often by itself."""
    game = next((game for game in tenant.games if game.game_id == session.game_id), None)
    return _PAGE.format(
        title=escape(game.display_name if game else session.game_id),
        provider=escape(tenant.dialect.provider_id),
        mode="demo" if session.demo else "real money",
        player=escape(session.player_id or "nobody"),
        balance="-" if session.balance_micros is None else text_of_micros(session.balance_micros),
        currency=escape(session.currency_code),
    )
