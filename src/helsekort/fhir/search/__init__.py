"""Search of FHIR R4 (https://hl7.org/fhir/R4/search.html) over a shelf: pure, and blind to whatever is not on the shelf.

`parse.parse_search` turns parameters into a `Search`, `run.run` finds, `bundle.searchset` writes the answer. One file for each
type of search parameter.
"""
