"""The database: transactions, migrations, one behaviour on SQLite and on PostgreSQL.

Knows no table of its own but the list of applied migrations; each package owns its tables. Entry: `database.Database`.
"""
