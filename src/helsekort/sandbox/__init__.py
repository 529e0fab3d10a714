"""Stand-ins for the national services on loopback, fictional women with stories, and an EHR simulator."""
