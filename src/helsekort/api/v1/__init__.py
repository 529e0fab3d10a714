"""The national JSON contract, version 1, exactly as it is documented; where that is silent, docs/adr/0008 says what we chose."""
