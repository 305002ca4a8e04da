"""Minga as an agent of the Agent Client Protocol (ACP, version 1), for editors: `minga acp`.

Translates between the protocol and a run of the pipeline, decides nothing. One entry: `server.serve`, which answers
``initialize`` before the rest of Minga is imported; everything else is `agent.Agent`. Source: agentclientprotocol.com,
schema v1.
"""
