"""Tables of what is derived: passages, their words, vectors, mentions, statements, and candidates for a question."""
