"""`python -m benchmarks memory`: how well long-term memory finds, shortens and forgets."""
