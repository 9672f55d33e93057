"""The wins that are shown: found by looking at lines together, and the same as by looking at each alone."""

import random

from adapters.reels.compiling.explaining import LineExplainer
from adapters.reels.compiling.game_tables import compile_game
from adapters.reels.declaration.load import load_declaration
from adapters.reels.kernel.spin_tables import WinLine
from adapters.reels.library import SHIPPED_GAMES

WINDOWS = 2_000


def test_lines_that_are_followed_together_win_what_each_wins_alone() -> None:
    generator = random.Random(11)
    tables = compile_game(load_declaration(SHIPPED_GAMES / "ember-crown.toml")).play()
    spin = next(stage.spin for stage in tables.stages.values() if stage.spin is not None and stage.spin.machine)
    paths, names = tables.context.paths, tables.context.all_names()
    assert spin.machine is not None
    explainer = LineExplainer(spin.machine, paths, names)
    paid = 0

    for _ in range(WINDOWS):
        windows = [generator.choice(layer.atoms).paying for layer in spin.layers[: spin.reel_count]]
        alone = [
            WinLine(win.side, line, win.name or names[win.symbol], win.count, win.pay)
            for line, path in enumerate(paths, 1)
            for win in spin.machine.wins_of([window[row] for window, row in zip(windows, path, strict=True)])
        ]
        paid += len(alone) > 1

        assert explainer.wins(windows) == alone

    assert paid > WINDOWS // 20
