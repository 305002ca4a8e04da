"""Models that clouds host: how Amazon and Google are told who asks, their own paths, errors and framing of events.

What is inside is one of the gateway's wires. Knows nothing of attempts, budgets and callers. Entry: `calling.Calling`,
one level up, which sends a call to a deployment of any provider.
"""
