"""What may pass: limits of virtual keys, and budgets. Must not know providers or wires. Entries: `limits.Limits.begin`,
`budgets.Budgets`."""
