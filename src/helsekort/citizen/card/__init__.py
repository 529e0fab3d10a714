"""Her card: the week, the due dates, the ten sections, each value with who registered it and when."""
