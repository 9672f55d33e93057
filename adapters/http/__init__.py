"""The HTTP side that adapters of providers share: one client whose errors say whether the provider may have acted."""
