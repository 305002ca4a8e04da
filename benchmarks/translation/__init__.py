"""What it takes to translate a call between the wire formats, beside passing it on, and beside LiteLLM, in one run.

``python -m benchmarks translation`` does all of it (`run`). The load, the model server and the peers are those of
``benchmarks.gateway``. `conversations` has what is asked, `ways` who asks whom, `page` the table.
"""
