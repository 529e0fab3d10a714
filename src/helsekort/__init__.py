"""Helsekort: a digital maternity record for Norway."""
