"""Finding: the words of descriptions in an index that both databases read alike.

The one wing that knows how words are made, kept and looked for. `words` makes them, `query` reads what a person typed,
`index` writes entries in the transaction that changes the words, `matching` narrows rows, `marking` shows what was found.
"""
