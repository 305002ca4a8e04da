"""`python -m benchmarks memory`: how well long-term memory finds, shortens and forgets."""

from minga.infrastructure import numbers

numbers.prepare()  # as the product does, before anything here brings in the library for numbers
