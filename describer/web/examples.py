"""The same call in three ways, with this site's address and a key in it, to be copied."""

import re
from dataclasses import dataclass

_PLAIN = re.compile(r"[\w./:@+-]+")

_CURL = """\
curl BASE/chat/completions \\
  -H "Authorization: Bearer KEY" \\
  -H "Content-Type: application/json" \\
  -d @- <<END
{"model": "MODEL", "messages": [{"role": "user", "content": [
  {"type": "text", "text": "What is in this picture?"},
  {"type": "image_url", "image_url": {"url": "data:image/jpeg;base64,$(base64 < harbour.jpg | tr -d '\\n')"}}
]}]}
END
"""

_REQUESTS = """\
import base64
import requests

picture = base64.b64encode(open("harbour.jpg", "rb").read()).decode()
content = [
    {"type": "text", "text": "What is in this picture?"},
    {"type": "image_url", "image_url": {"url": "data:image/jpeg;base64," + picture}},
]
reply = requests.post(
    "BASE/chat/completions",
    headers={"Authorization": "Bearer KEY"},
    json={"model": "MODEL", "messages": [{"role": "user", "content": content}]},
    timeout=300,
)
reply.raise_for_status()
print(reply.json()["choices"][0]["message"]["content"])
"""

_OPENAI = """\
import base64
from openai import OpenAI

client = OpenAI(base_url="BASE", api_key="KEY")
picture = base64.b64encode(open("harbour.jpg", "rb").read()).decode()
content = [
    {"type": "text", "text": "What is in this picture?"},
    {"type": "image_url", "image_url": {"url": "data:image/jpeg;base64," + picture}},
]
answer = client.chat.completions.create(
    model="MODEL",
    messages=[{"role": "user", "content": content}],
)
print(answer.choices[0].message.content)
"""


@dataclass(frozen=True)
class Example:
    name: str
    title: str
    text: str


def examples(base_url: str, secret: str, model: str) -> list[Example]:
    """Write the examples, with placeholders for a key or a model that is not known.

    A model's name is an endpoint's word: a name that is no plain word could close the quotes around it.
    """
    values = {"BASE": base_url, "KEY": secret or "YOUR_KEY", "MODEL": "A_MODEL"}
    if _PLAIN.fullmatch(model):
        values["MODEL"] = model
    texts = {
        ("curl", "curl"): _CURL,
        ("requests", "Python, requests"): _REQUESTS,
        ("openai", "Python, openai"): _OPENAI,
    }
    return [Example(*names, _filled_in(text, values)) for names, text in texts.items()]


def _filled_in(text: str, values: dict[str, str]) -> str:
    return re.sub(r"\b(BASE|KEY|MODEL)\b", lambda match: values[match[0]], text)
