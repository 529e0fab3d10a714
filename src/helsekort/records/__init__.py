"""The one door: decide, do, audit, in one database transaction. Nobody reaches a record but through here."""
