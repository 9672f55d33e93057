"""The pure half of the wallet: actions, states, ``decide(state, command)``. No I/O, clock or random here."""
