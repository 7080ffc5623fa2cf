"""The server's edge, where a request arrives: limits on heads and bodies, the pools of threads, the edge of /v1.

application        the layers in their order; vision_site/asgi.py names it by its dotted path
protocol           heads: uvicorn's HTTP with limits
body_limit         bodies, counted while they arrive; form_part is what a form's part counts
admission          whose bodies are taken
sound_request      no NUL in addresses, queries and cookies
login_line         a short line before logins, in the order of suspicion
upload             where a form's files lie while it is read
pages              middleware and view in one hop to a pool
endpoint           what holds for every answer under /v1; endpoint_handler runs its views
"""
