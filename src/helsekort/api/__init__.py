"""The service's HTTP contracts for other systems: the national JSON contract, and its small HTTP engine."""
