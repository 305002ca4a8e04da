"""Models that clouds host: how Amazon and Google want to be paid the respects of their own, their paths and framing.

Each speaks one of the gateway's wires inside. It must not know of attempts, budgets or callers. Entry: `calling`, one
level up, which sends a call to a deployment of any provider.
"""
