"""The control plane over HTTP: keys, costs, calls, providers, prices, metrics; for keys that have the scope admin.

Translates between HTTP and the packages below, decides nothing. One entry: `application.Api`. The OpenAPI document is
made of the same table and the same records that serve a request, so it cannot say anything else.
"""
