"""One call with curl for each operation of the interface; tests run them all."""

import re
from typing import Any

_ID = "/api/descriptions/{description_id}"
_WEBHOOK = "/api/webhooks/{webhook_id}"
CALLS = {
    "POST /api/descriptions": '-H "Idempotency-Key: harbour-1" -F image=@harbour.jpg -F question="What is in this picture?"',
    "POST /api/descriptions/each": "-F image=@harbour.jpg -F image=@lighthouse.jpg -F question='One sentence, please.'",
    "GET /api/descriptions": "-G -d status=open -d from=2026-01-01 -d limit=50",
    f"GET {_ID}": "",
    f"PATCH {_ID}": """-X PATCH -H "Content-Type: application/json" -d '{"tags": ["harbour"], "favourite": true}'""",
    f"DELETE {_ID}": "-X DELETE",
    f"POST {_ID}/cancel": "-X POST",
    f"POST {_ID}/restore": "-X POST",
    f"POST {_ID}/again": "-F temperature=0.9 -F max_tokens=500",
    "POST /api/comparisons": """-F image=@harbour.jpg -F question="How many boats?" -F 'variant={"long_side": 512}' -F 'variant={"long_side": 1024}'""",
    "GET /api/comparisons/{comparison_id}": "",
    "PATCH /api/comparisons/{comparison_id}": """-X PATCH -H "Content-Type: application/json" -d '{"winner": 1}'""",
    "GET /api/presets": "",
    "POST /api/presets": """-H "Content-Type: application/json" -d '{"label": "Boats", "question": "How many boats are in {place}?"}'""",
    "PATCH /api/presets/{name}": """-X PATCH -H "Content-Type: application/json" -d '{"model": ""}'""",
    "DELETE /api/presets/{name}": "-X DELETE",
    "GET /api/prices": "",
    "POST /api/prices": """-H "Content-Type: application/json" -d '{"model": "gpt-4o*", "input": "2.5", "cached_input": "1.25", "output": "10"}'""",
    "POST /api/prices/reprice": """-H "Content-Type: application/json" -d '{"from": "2026-01-01T00:00:00Z"}'""",
    f"POST {_ID}/share": """-H "Content-Type: application/json" -d '{"days": 7}'""",
    "DELETE /api/shares/{share_id}": "-X DELETE",
    "GET /api/descriptions.jsonl": "-G -d status=done -o descriptions.jsonl",
    "GET /api/descriptions.csv": "-G -d from=2026-01-01 -d to=2026-01-31 -o january.csv",
    "GET /api/usage": "-G -d by=model -d from=2026-01-01 -d to=2026-12-31",
    "GET /api/webhooks": "",
    "POST /api/webhooks": """-H "Content-Type: application/json" -d '{"url": "https://receiver.example.org/"}'""",
    f"DELETE {_WEBHOOK}": "-X DELETE",
    f"POST {_WEBHOOK}/test": "-X POST",
    f"GET {_WEBHOOK}/deliveries": "-G -d state=given_up",
}


def with_examples(schema: dict[str, Any]) -> dict[str, Any]:
    """Write each operation's call below its description in the OpenAPI, and return the OpenAPI."""
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            call = CALLS.get(f"{method.upper()} {path}", "")
            operation["description"] += f"\n\n```sh\n{_curl(call, path)}\n```"
    return schema


def _curl(call: str, path: str) -> str:
    address = re.sub(r"\{\w+\}", "$ID", path.replace("{name}", "boats"))
    lines = ['curl -H "Authorization: Bearer $KEY"', call, f'"$SITE{address}"']
    return " \\\n  ".join(filter(None, lines))
