"""Our own endpoint: /v1/chat/completions and /v1/models, the contract of any chat completions server.

The views are asynchronous and do nothing but wait; each call's whole work is done in one thread (call.py).
"""
