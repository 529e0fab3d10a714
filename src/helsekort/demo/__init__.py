"""The demo: database, sandbox and service started together with fictional women, and stopped together."""
