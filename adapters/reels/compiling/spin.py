"""Compile one kind of spin: reels to layers, pays to components, counters to their meaning."""

import json
from collections.abc import Sequence

from adapters.reels.compiling.boards import compile_board
from adapters.reels.compiling.context import Context
from adapters.reels.compiling.counters import Counters
from adapters.reels.compiling.explaining import Explainer, ExplainPart, LineExplainer
from adapters.reels.compiling.judging import LINE_GAMES, Judge
from adapters.reels.compiling.line_rules import line_rules
from adapters.reels.compiling.other_pays import AnywherePays, WaysPays
from adapters.reels.compiling.reels import ReelFaces, alphabets_of, chance_layers
from adapters.reels.compiling.spin_plan import SpinPlan, wild_rules
from adapters.reels.kernel.arrays import Board
from adapters.reels.kernel.automaton import AutomatonTooLarge, build_transitions
from adapters.reels.kernel.components import Component, LinesComponent
from adapters.reels.kernel.finals import Finals
from adapters.reels.kernel.layers import ReelLayer
from adapters.reels.kernel.line_machine import LineMachine, build_line_machine
from adapters.reels.kernel.registers import Registers
from adapters.reels.kernel.runs import WildRule
from adapters.reels.kernel.screens import FullScreenComponent
from adapters.reels.kernel.spin_tables import SpinTables


def compile_spin(context: Context, plan: SpinPlan) -> SpinTables:
    """Build the tables of one spin."""
    registers = Registers()
    wilds = wild_rules(context, plan)
    counters = Counters(context, plan, registers)
    layers = ReelFaces(context, plan, wilds, counters).layers()
    parts = _Parts(context, plan, wilds, layers, registers)
    layers += chance_layers(plan, counters)
    judge = Judge(context, plan, registers, counters)
    try:
        transitions = tuple(build_transitions(layers, parts.components))
    except (AutomatonTooLarge, OverflowError) as error:
        context.refuse(plan.path, f"too much to follow from reel to reel: {error}")
    return SpinTables(
        plan.name,
        tuple(layers),
        transitions,
        registers,
        Finals(judge.final),
        Explainer(parts.explainers).wins,
        len(context.rows),
        _identity(context, plan, parts.machine),
        machine=parts.machine,
        board=_board(context, plan, wilds, parts.machine),
    )


def _board(context: Context, plan: SpinPlan, wilds: dict[int, WildRule], machine: LineMachine | None) -> Board | None:
    if plan.cascade is None and context.declaration.clusters is None:
        return None
    return compile_board(context, plan, wilds, machine)


class _Parts:
    """The components of a spin and what explains them."""

    def __init__(
        self,
        context: Context,
        plan: SpinPlan,
        wilds: dict[int, WildRule],
        layers: Sequence[ReelLayer],
        registers: Registers,
    ) -> None:
        self.components: list[Component] = []
        self.explainers: list[ExplainPart] = []
        self.machine = _machine(context, plan, layers, wilds)
        if self.machine is not None:
            unit = _game_unit(self.machine, context, registers)
            self.components.append(LinesComponent(self.machine, context.paths, unit))
            self.explainers.append(LineExplainer(self.machine, context.paths, context.all_names()).wins)
        if context.declaration.ways is not None:
            ways = WaysPays(context, plan, wilds)
            self.components += ways.components()
            self.explainers.append(ways.wins)
        if context.declaration.anywhere is not None:
            anywhere = AnywherePays(context, plan, wilds)
            self.components.append(anywhere.component(layers))
            self.explainers.append(anywhere.wins)
        for place, screen in enumerate(plan.full_screen):
            path = f"{plan.path}.full_screen[{place}].symbols"
            symbols = frozenset(context.alphabet.number(name, path) for name in screen.symbols)
            unit = registers.allocate(f"full screen {place}", 1)
            self.components.append(FullScreenComponent(symbols, unit, len(context.rows)))


def _machine(
    context: Context, plan: SpinPlan, layers: Sequence[ReelLayer], wilds: dict[int, WildRule]
) -> LineMachine | None:
    if context.declaration.lines is None:
        return None
    rules = line_rules(context, plan, wilds)
    alphabets, symbol_count = alphabets_of(layers), len(context.all_names())
    key = (repr(rules), *(tuple(sorted(alphabet)) for alphabet in alphabets), symbol_count)
    machine = context.machines.get(key)
    if machine is None:
        machine = context.machines[key] = build_line_machine(rules, alphabets, symbol_count)
    return machine


def _game_unit(machine: LineMachine, context: Context, registers: Registers) -> int:
    largest = max((win.games for layer in machine.wins for wins in layer for win in wins or ()), default=0)
    return registers.allocate(LINE_GAMES, largest * len(context.paths)) if largest else 0


def _identity(context: Context, plan: SpinPlan, machine: LineMachine | None) -> bytes:
    facts = [plan.name, context.all_names(), context.paths, context.rows, context.cost_units, context.scale]
    return json.dumps([facts, repr(plan), repr(machine)]).encode()
