"""The wallet: the only owner of balances. Knows neither the gateway nor the adapters."""
