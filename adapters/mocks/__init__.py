"""What every provider mock shares: control API, faults, journal, clocks, retry clock, game client, scenarios."""
