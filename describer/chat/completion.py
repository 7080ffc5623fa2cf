"""What an endpoint answers, as far as we read it; everything else it said is kept beside."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from describer.lib.lenient_json import as_count, as_dict, as_list, as_text
from describer.lib.limits import CHOICES, TOOL_CALLS

Reading = Literal["stop", "length", "filter", "tool", "broken"]
"""Our reading of a finish_reason; None where it is missing or a word of the endpoint's own."""

_HIGHEST_INDEX = 32_767  # of a choice; more is no index, and no column holds it
_LONGEST_NAME = 255
_LONGEST_REASON = 64
TEXT_PARTS = ("text", "output_text", None)
_READINGS: dict[str, Reading] = {
    "stop": "stop", "end_turn": "stop", "eos": "stop", "eos_token": "stop", "stop_sequence": "stop",
    "end": "stop", "complete": "stop", "completed": "stop", "finished": "stop", "normal": "stop",
    "length": "length", "max_tokens": "length", "max_length": "length", "model_length": "length",
    "max_output_tokens": "length", "model_context_window_exceeded": "length", "token_limit": "length",
    "content_filter": "filter", "content_filtered": "filter", "safety": "filter", "sensitive": "filter",
    "guardrail_intervened": "filter", "prohibited_content": "filter", "blocklist": "filter", "spii": "filter",
    "recitation": "filter", "image_safety": "filter", "image_prohibited_content": "filter", "language": "filter",
    "image_recitation": "filter", "model_armor": "filter", "refusal": "filter", "error_toxic": "filter",
    "content_policy": "filter", "content_policy_violation": "filter", "moderation": "filter", "risk": "filter",
    "insufficient_system_resource": "broken", "network_error": "broken", "abort": "broken", "aborted": "broken",
    "error": "broken", "server_error": "broken", "internal_error": "broken", "upstream_error": "broken",
    "malformed_model_output": "broken", "malformed_function_call": "broken", "cancelled": "broken",
    "canceled": "broken", "user_cancel": "broken", "interrupted": "broken", "timeout": "broken", "failed": "broken",
    "error_limit": "length",
    "tool_calls": "tool", "tool_use": "tool", "tool_call": "tool", "function_call": "tool",
}  # fmt: skip


def reading(finish_reason: str | None) -> Reading | None:
    """Return stop, length, filter, tool or broken where the word is clear, in any letter case; else None.

    Relays put a class before the word (`FinishReason.SAFETY`), or the word behind their own (`content_filter: RECITATION`).
    """
    words = re.split(r"[.:]", (finish_reason or "").lower().replace("-", "_"))
    plain = [word.strip().removeprefix("finish_reason_").replace(" ", "_") for word in words]
    return _READINGS.get(plain[-1]) or _READINGS.get(plain[0])


@dataclass(frozen=True)
class Usage:
    """Tokens as the endpoint reported them; None is "not reported" and never 0.

    `details` holds all else of its usage object, as it came. Cached and image tokens are inside prompt_tokens,
    reasoning tokens inside completion_tokens: never to be added on top.
    """

    prompt_tokens: int | None
    completion_tokens: int | None
    total_tokens: int | None
    details: Mapping[str, Any] = field(default_factory=dict)
    estimated: bool = False

    @property
    def counts(self) -> dict[str, int | None]:
        """Return the three numbers by name, without details."""
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "total_tokens": self.total_tokens,
        }

    @property
    def is_zero(self) -> bool:
        """Tell whether all numbers are 0: beside a real answer this is a missing count, not a free answer."""
        return not (self.prompt_tokens or self.completion_tokens or self.total_tokens)

    @property
    def output_tokens(self) -> int | None:
        """Return the tokens that output is priced at; some endpoints count thinking only in the total."""
        if self.prompt_tokens is None or self.total_tokens is None:
            return self.completion_tokens
        return max(self.completion_tokens or 0, self.total_tokens - self.prompt_tokens)

    @property
    def cached_tokens(self) -> int | None:
        return as_count(as_dict(self.details.get("prompt_tokens_details")).get("cached_tokens"))

    @property
    def reasoning_tokens(self) -> int | None:
        return as_count(as_dict(self.details.get("completion_tokens_details")).get("reasoning_tokens"))


@dataclass(frozen=True)
class CompletionChoice:
    """One answer. `content` is the text exactly as it came, None where there was none.

    `reading` is ours, `finish_reason` the endpoint's. `parts` are the parts of a content list that are no text.
    """

    index: int
    content: str | None
    finish_reason: str | None = None
    refusal: str | None = None
    tool_calls: tuple[dict[str, Any], ...] = ()
    reasoning: str | None = None
    parts: tuple[Any, ...] = ()

    @property
    def reading(self) -> Reading | None:
        return reading(self.finish_reason)


@dataclass(frozen=True)
class Completion:
    """A chat completion; id, object and model are "" and created None where the endpoint left them out."""

    id: str
    object: str
    created: int | None
    model: str
    choices: tuple[CompletionChoice, ...]
    usage: Usage | None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Reply:
    """One answered call: `raw` is the endpoint's body, storable but else unchanged; seconds from send to last byte."""

    completion: Completion
    raw: dict[str, Any]
    http_status: int
    request_id: str = ""
    seconds: float = 0.0
    limits: Mapping[str, str] = field(default_factory=dict)


def read_completion(raw: Mapping[str, Any]) -> Completion:
    """Read any JSON object as a completion; odd values are converted where nothing is lost, else left out."""
    known = {"id", "object", "created", "model", "choices", "usage"}
    return Completion(
        id=as_text(raw.get("id"), _LONGEST_NAME),
        object=as_text(raw.get("object"), _LONGEST_REASON),
        created=as_count(raw.get("created")),
        model=as_text(raw.get("model"), _LONGEST_NAME),
        choices=_read_choices(raw.get("choices")),
        usage=_read_usage(usage_in(raw)),
        extra={key: value for key, value in raw.items() if key not in known},
    )


def usage_in(body: Mapping[str, Any]) -> Any:
    """Return the usage of a body or chunk, also where Groq's streams have it, or the first choice of a relay."""
    if body.get("usage") is not None:
        return body["usage"]
    beside = as_dict(body.get("x_groq")).get("usage")
    if beside is not None:
        return beside
    choices = (as_dict(choice).get("usage") for choice in as_list(body.get("choices")))
    return next((usage for usage in choices if usage is not None), None)


def _read_usage(raw: Any) -> Usage | None:
    """Return None where no number of the three is readable; a missing total is the sum of the other two."""
    usage = as_dict(raw)
    prompt = _first_count(usage, "prompt_tokens", "input_tokens")
    answer = _first_count(usage, "completion_tokens", "output_tokens")
    total = as_count(usage.get("total_tokens"))
    if prompt is None and answer is None and total is None:
        return None
    if total is None and prompt is not None and answer is not None:
        total = as_count(prompt + answer)
    counted = {"prompt_tokens", "completion_tokens", "total_tokens"}
    return Usage(prompt, answer, total, {key: value for key, value in usage.items() if key not in counted})


def _first_count(usage: Mapping[str, Any], *names: str) -> int | None:
    counts = (as_count(usage.get(name)) for name in names)
    return next((count for count in counts if count is not None), None)


def _read_choices(raw: Any) -> tuple[CompletionChoice, ...]:
    """Read a list of choices, or a bare choice; where an index is missing, comes twice or is beyond all reason, order counts."""
    if isinstance(raw, dict):
        raw = [raw]
    listed = [choice for choice in as_list(raw) if isinstance(choice, dict)][:CHOICES]
    indexes = [as_count(choice.get("index")) for choice in listed]
    plausible = [index for index in indexes if index is not None and index <= _HIGHEST_INDEX]
    if len(set(plausible)) < len(indexes):
        indexes = list(range(len(listed)))
    choices = [_read_choice(choice, index or 0) for choice, index in zip(listed, indexes, strict=True)]
    return tuple(sorted(choices, key=lambda choice: choice.index))


def _read_choice(raw: Mapping[str, Any], index: int) -> CompletionChoice:
    message = _as_message(raw)
    content, parts = _read_content(message.get("content"))
    return CompletionChoice(
        index=index,
        content=content,
        finish_reason=as_text(raw.get("finish_reason"), _LONGEST_REASON) or None,
        refusal=_read_text(message.get("refusal")) or _refusal_in(parts),
        tool_calls=_read_tool_calls(message),
        reasoning=_read_reasoning(message, parts),
        parts=tuple(part for part in parts if as_dict(part).get("type") != "refusal"),
    )


def _as_message(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Look where relays put it: `message`, a stream's `delta`, or the bare `text` of old completions."""
    for name in ("message", "delta"):
        if isinstance(raw.get(name), dict):
            return dict(raw[name])
    if isinstance(raw.get("message"), str):
        return {"content": raw["message"]}
    return {"content": raw.get("text")}


def _read_text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _read_content(value: Any) -> tuple[str | None, list[Any]]:
    """Return the text, its parts joined with nothing between, and the parts of a list that are no text."""
    if not isinstance(value, list):
        return _read_text(value), []
    texts: list[str] = []
    others: list[Any] = []
    for part in value:
        text = _text_of_part(part)
        if text is None:
            others.append(part)
        else:
            texts.append(text)
    if not texts:
        return None, others
    return "".join(texts), others


def _text_of_part(part: Any) -> str | None:
    if isinstance(part, str):
        return part
    members = as_dict(part)
    if members.get("type") not in TEXT_PARTS:
        return None
    return _read_text(members.get("text"))


def _refusal_in(parts: list[Any]) -> str | None:
    refusals = [as_dict(part).get("refusal") for part in parts if as_dict(part).get("type") == "refusal"]
    return "".join(text for text in refusals if isinstance(text, str)) or None


def _read_tool_calls(message: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
    """Return the calls as they came; the older single `function_call` is put in the same shape."""
    calls = [call for call in as_list(message.get("tool_calls")) if isinstance(call, dict) and call]
    old = as_dict(message.get("function_call"))
    if not calls and old.get("name"):
        calls = [{"type": "function", "function": old}]
    return tuple(calls[:TOOL_CALLS])


def _read_reasoning(message: Mapping[str, Any], parts: list[Any]) -> str | None:
    for name in ("reasoning_content", "reasoning", "thinking"):
        if text := _read_text(message.get(name)):
            return text
    kept = [*as_list(message.get("reasoning_details")), *parts]
    return "".join(_thought(part) for part in kept if isinstance(part, dict)) or None


def _thought(part: Mapping[str, Any]) -> str:
    """Return the text of a part of type thinking or reasoning, however the part names its text."""
    if not as_text(part.get("type"), 40).startswith(("thinking", "reasoning")):
        return ""
    text, _ = _read_content(part.get("thinking") or part.get("text") or part.get("summary"))
    return text or ""
