"""The wallet over gRPC: messages to the ledger's words and back."""
