"""For the scripts of this folder, in their own environment: run the cases of a peer and print what it saw, as JSON.

A case answers what the peer gave it; what it raises is told by the class that its users would catch.
"""

import json
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

GIVEN: dict[str, Any] = json.load(sys.stdin)
"""`url` is the base URL, `key` a good key, `limited` one of one ask a minute, `picture` a data URL, `file` the same as a path."""


def tell(*cases: Callable[[], Any], at_once: int = 1) -> None:
    with ThreadPoolExecutor(at_once) as pool:
        seen = zip(cases, pool.map(outcome, cases), strict=True)
        print(json.dumps({case.__name__: told for case, told in seen}))


def outcome(case: Callable[[], Any]) -> Any:
    try:
        return case()
    except Exception as error:
        kinds = [kind.__name__ for kind in type(error).__mro__]
        told = {name: getattr(error, name, None) for name in ("status_code", "code", "param", "request_id")}
        return {"raised": kinds[: kinds.index("Exception")], "message": str(error), **told}


def tokens(usage: Any) -> list[int]:
    return [usage.prompt_tokens, usage.completion_tokens, usage.total_tokens]
