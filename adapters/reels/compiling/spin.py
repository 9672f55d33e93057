"""Compile one kind of spin: reels to layers, pays to components, counters to their meaning."""

import json
from collections.abc import Sequence
from fractions import Fraction

from adapters.reels.compiling.context import Context
from adapters.reels.compiling.explaining import Explainer, Scatters
from adapters.reels.compiling.line_rules import line_rules
from adapters.reels.compiling.reels import alphabets_of, reel_layers
from adapters.reels.compiling.spin_plan import SpinPlan, wild_rules
from adapters.reels.kernel.automaton import build_transitions
from adapters.reels.kernel.components import Component, LinesComponent
from adapters.reels.kernel.finals import Award, Final, Finals
from adapters.reels.kernel.line_machine import LineMachine, build_line_machine
from adapters.reels.kernel.registers import Registers
from adapters.reels.kernel.spin_tables import SpinTables

LINE_GAMES = "games"


def compile_spin(context: Context, plan: SpinPlan) -> SpinTables:
    """Build the tables of one spin."""
    registers = Registers()
    wilds = wild_rules(context, plan)
    scatters = Scatters(context, plan, registers)
    layers = reel_layers(context, plan, wilds, scatters)
    machine = _machine(context, plan, layers, wilds)
    components: list[Component] = []
    if machine is not None:
        components.append(LinesComponent(machine, context.paths, _game_unit(plan, machine, context, registers)))
    judge = _Judge(context, plan, registers, scatters)
    explainer = Explainer(context, plan, machine, scatters)
    return SpinTables(
        plan.name,
        tuple(layers),
        tuple(build_transitions(layers, components)),
        registers,
        Finals(judge.final),
        explainer.wins,
        len(context.rows),
        _identity(context, plan),
        line_labels=machine,
    )


def _machine(context: Context, plan: SpinPlan, layers: Sequence, wilds: dict) -> LineMachine | None:  # type: ignore[type-arg]
    lines = context.declaration.lines
    if lines is None:
        return None
    rules = line_rules(context, plan, wilds)
    return build_line_machine(rules, alphabets_of(layers), len(context.alphabet.names))


def _game_unit(plan: SpinPlan, machine: LineMachine, context: Context, registers: Registers) -> int:
    largest = max((win.games for layer in machine.wins for wins in layer for win in wins or ()), default=0)
    return registers.allocate(LINE_GAMES, largest * len(context.paths)) if largest else 0


def _identity(context: Context, plan: SpinPlan) -> bytes:
    facts = [plan.name, context.alphabet.names, context.paths, context.rows, context.cost_units, context.scale]
    return json.dumps(facts).encode()


class _Judge:
    """Says what the counters of a spin mean."""

    def __init__(self, context: Context, plan: SpinPlan, registers: Registers, scatters: Scatters) -> None:
        self.context = context
        self.plan = plan
        self.registers = registers
        self.scatters = scatters

    def final(self, total: int) -> Final:
        counts = self.scatters.counts(total)
        wins = self.scatters.wins(counts)
        awards: list[Award] = []
        for trigger in self.plan.triggers:
            awards += trigger.awards_at(counts[trigger.scatter])
        if LINE_GAMES in self.registers.fields and self.plan.game_entry is not None:
            games = self.registers.read(total, LINE_GAMES)
            awards += [(self.plan.game_entry, games)] if games else []
        return Final(Fraction(1), sum(win.pay for win in wins), wins, tuple(awards))
