"""Ways in. Each translates between the outside's form and the domain's records, and decides nothing."""
