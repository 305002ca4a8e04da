"""Says in one wire format what was said in another: parse, one intermediate form (`form`), emit.

A dialect reads its own format into the form and writes the form in its own format; it knows no other dialect. What the
target cannot say is told as a note (`notes`), never dropped silently. Entries: `calls.translate` for a call of the
gateway, `dialects.DIALECTS` for one format alone. It must not open a connection, nor know of keys, budgets or routes.
"""
