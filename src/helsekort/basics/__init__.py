"""Values that every room needs: national identity numbers, clock, ids, JSON, refusals. No I/O."""
