"""The patient summary: what is on the card as the international and the European patient summary tell it. Pure: no I/O."""
