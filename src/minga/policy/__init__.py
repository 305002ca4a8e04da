"""What may pass: limits and budgets of virtual keys. Must not know providers or wires. Entry: `limits.Limits.begin`."""
