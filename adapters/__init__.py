"""Provider adapters: one folder each, the contract they keep, the kit that certifies them, and the mocks."""
