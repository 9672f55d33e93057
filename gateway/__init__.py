"""The gateway: routes rounds between front ends, providers and the wallet. It owns no money and no game mathematics."""
