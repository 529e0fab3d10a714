"""The organisation's queue over HTTP: what it has to look at afterwards, what women have reported. No clinical content."""
