"""The control plane over HTTP: keys, costs, budgets, calls, providers, prices, metrics; for admins.

Translates between HTTP and the packages below, decides nothing. One entry: `application.Api`. The OpenAPI document is
made of the same table and the same records that serve a request, so it cannot say anything else.
"""
