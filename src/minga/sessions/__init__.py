"""Sessions, turns and their events: what was asked, done and answered, durable before it is shown.

Must not run agents. Entry: `store.Sessions`.
"""
