"""Commits, heads, keys and audit rows in PostgreSQL. Knows nothing of pregnancy, HTTP or who may see what."""
