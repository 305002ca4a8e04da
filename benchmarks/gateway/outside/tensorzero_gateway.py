"""TensorZero's gateway as its Python client starts it: ``python tensorzero_gateway.py CONFIG``, until it is stopped.

Runs in TensorZero's own environment; `bindport.c` gives it its port.
"""

import signal
import sys

import tensorzero
from openai import OpenAI

client = OpenAI(api_key="x")
tensorzero.patch_openai_client(client, config_file=sys.argv[1], async_setup=False)
print(client.base_url, flush=True)
signal.pause()
