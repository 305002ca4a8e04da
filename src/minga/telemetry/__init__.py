"""What an operator sees of the gateway: metrics, spans and log lines, made of the calls that have ended.

It reads `CallSeen` and nothing else, so that no content can get here; it decides nothing and keeps no call. One entry a
kind: `metrics.Metrics`, `spans.Spans`, `call_log.CallLog`. How spans and lines leave the process is `infrastructure`'s.
"""
