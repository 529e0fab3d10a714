"""FHIRPath's functions by theme; each file registers its own."""
