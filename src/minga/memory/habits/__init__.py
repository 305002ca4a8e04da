"""What a user does again and again, and how it ends: learned from what was done, never from what a text claims was
done; and what its user says again and again of the work of agents (`remarks`). It fades with time, and faster where it
fails. Functions over records, and nothing here reads a clock; entries: `observed.observed`, `habits.habits`,
`telling.told`."""
