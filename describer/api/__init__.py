"""The REST interface for scripts, under /api/.

A bearer key is the only way in, so there is no cookie and no CSRF token.
"""
