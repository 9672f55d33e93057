"""Evolution OneWallet: JSON calls under an ``authToken``, bets grouped by ``refId``."""
