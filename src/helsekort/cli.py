"""The command line: `helsekort COMMAND`; each room registers its own commands."""

import argparse


def main() -> None:
    """Run the command that was asked for."""
    parser = argparse.ArgumentParser(prog="helsekort", description=__doc__)
    parser.parse_args()
