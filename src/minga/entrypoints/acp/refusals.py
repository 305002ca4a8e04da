"""Error codes of the Agent Client Protocol beside those of JSON-RPC."""

AUTH_REQUIRED = -32000
RESOURCE_NOT_FOUND = -32002
REQUEST_CANCELLED = -32800
