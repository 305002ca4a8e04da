"""What it cost: list prices, the usage of every attempt, receipts.

Entries are never updated. Entries: `prices.PriceTable`, `book.Ledger`.
"""
