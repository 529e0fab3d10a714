"""Who calls and what they may: actor, act, token and proof checks, decisions. Pure: no I/O."""
