"""What was learned: passages of sessions and notes, found again with where they are known from. Derived from the log,
and made anew from it; never the truth itself. Knows nothing of how sessions are stored: `domain.memory.Log` is its way
to them."""
