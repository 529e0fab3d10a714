"""Code systems as data: one canonical URI each, every spelling in use accepted at the edge."""
