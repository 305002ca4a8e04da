"""What trying a cheap agent first, checking and escalating saves; and whether promised bounds are kept.

``python -m benchmarks cascade`` does all of it (`run`): `replay` on recorded outcomes of agents with their real costs,
`bound` on labels drawn a hundred times, `watch` on streams of answers. `tables` reads the data, `page` tells it.
"""
