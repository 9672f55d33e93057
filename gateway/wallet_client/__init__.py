"""The wallet over gRPC, for a gateway whose wallet runs elsewhere."""
