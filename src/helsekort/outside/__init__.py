"""The national services around us, one file each: HelseID, ID-porten and the registers. Only here is there an HTTP client."""
