"""Programs of the peers' environments: see README.md."""
