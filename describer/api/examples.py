"""One call with curl for each operation of the interface; tests run them all."""

import re
from typing import Any

ID = "/api/descriptions/{description_id}"
WEBHOOK = "/api/webhooks/{webhook_id}"
CALLS = {
    "POST /api/descriptions": '-H "Idempotency-Key: harbour-1" -F image=@harbour.jpg -F question="What is in this picture?"',
    "POST /api/descriptions/each": "-F image=@harbour.jpg -F image=@lighthouse.jpg -F question='One sentence, please.'",
    "GET /api/descriptions": "-G -d status=open -d from=2026-01-01 -d limit=50",
    f"GET {ID}": "",
    f"DELETE {ID}": "-X DELETE",
    f"POST {ID}/cancel": "-X POST",
    f"POST {ID}/again": "-F temperature=0.9 -F max_tokens=500",
    "GET /api/descriptions.jsonl": "-G -d status=done -o descriptions.jsonl",
    "GET /api/descriptions.csv": "-G -d from=2026-01-01 -d to=2026-01-31 -o january.csv",
    "GET /api/usage": "-G -d by=model -d from=2026-01-01 -d to=2026-12-31",
    "GET /api/webhooks": "",
    "POST /api/webhooks": """-H "Content-Type: application/json" -d '{"url": "https://receiver.example.org/"}'""",
    f"DELETE {WEBHOOK}": "-X DELETE",
    f"POST {WEBHOOK}/test": "-X POST",
    f"GET {WEBHOOK}/deliveries": "-G -d state=given_up",
}


def with_examples(schema: dict[str, Any]) -> dict[str, Any]:
    """The OpenAPI with each operation's call below its description."""
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            call = CALLS.get(f"{method.upper()} {path}", "")
            operation["description"] += f"\n\n```sh\n{_curl(call, path)}\n```"
    return schema


def _curl(call: str, path: str) -> str:
    address = re.sub(r"\{\w+\}", "$ID", path)
    lines = ['curl -H "Authorization: Bearer $KEY"', *([call] if call else []), f'"$SITE{address}"']
    return " \\\n  ".join(lines)
