"""What is written down about an act, and how it is told to her. Pure: no I/O."""
