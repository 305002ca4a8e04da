"""Questions of the memory that a model answers: it reads what was recalled, and what its quotes bear out counts."""
