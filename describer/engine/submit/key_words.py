"""What a key that is limited to some models may send beside `model`: relays know many words that choose another one.

Such words are the relays' own, and new ones come with each release. So a key with limits sends the words that are known
here to choose nothing, those that name models are judged like `model`, and all others are refused. Keys without
limits send what they like.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from describer.chat.parameters import NAMES
from describer.errors import Refusal
from describer.models import ApiKey

KNOWN = frozenset(
    {
        *NAMES, "audio", "chat_template_kwargs", "enable_thinking", "function_call", "functions", "guided_json", "logprobs",
        "max_completion_tokens", "metadata", "min_p", "modalities", "parallel_tool_calls", "prediction", "prompt_cache_key",
        "reasoning_effort", "repetition_penalty", "safety_identifier", "service_tier", "stop_token_ids", "store",
        "stream_options", "top_k", "top_logprobs", "verbosity", "web_search_options",
    }
)  # fmt: skip
NAMING = ("models", "fallbacks")
_CHOOSING = ("model", *NAMING, "provider", "route", "plugins", "extra_body")
_TOOLS = ("function", "custom")


def check_words(
    key: ApiKey | None, parameters: Mapping[str, Any], messages: Sequence[Mapping[str, Any]]
) -> None:
    """Raise Refusal where a key with limits sends a word that may choose another model or service."""
    if key is None or not key.model_names:
        return
    for name, value in parameters.items():
        if name in NAMING:
            _check_models(key, name, value)
        elif name not in KNOWN:
            raise _unknown(name)
    _check_metadata(parameters.get("metadata"))
    _check_tools(parameters.get("tools") or ())
    for number, message in enumerate(messages):
        _check_members(message, f"messages[{number}]")


def _check_models(key: ApiKey, name: str, value: Any) -> None:
    """Judge a list of models like the model that is asked."""
    if not isinstance(value, list) or not all(isinstance(model, str) for model in value):
        message = f"With this API key, which is limited to models, {name} is a list of their names."
        raise Refusal(message, code="invalid_type", param=name)
    for model in value:
        if not key.may_ask(model):
            message = f"This API key may not ask {model[:200]}; it may ask {', '.join(key.model_names)}."
            raise Refusal(message, code="permission_denied", param=name, status=403)


def _check_metadata(metadata: Any) -> None:
    """Let texts by name pass, as the contract has them: relays read lists and objects there as their own words."""
    if isinstance(metadata, dict) and not all(isinstance(value, str) for value in metadata.values()):
        raise _unknown("metadata")
    _check_members(metadata, "metadata")


def _check_tools(tools: Iterable[Any]) -> None:
    for number, tool in enumerate(tools):
        if isinstance(tool, dict) and tool.get("type") not in _TOOLS:
            raise _unknown(f"tools[{number}].type")
        _check_members(tool, f"tools[{number}]")


def _check_members(value: Any, place: str) -> None:
    if isinstance(value, Mapping):
        for name in value.keys() & set(_CHOOSING):
            raise _unknown(f"{place}.{name}")


def _unknown(param: str) -> Refusal:
    message = f"{param[:100]} may choose another model or service, and this API key is limited to models. "
    message += "Leave it out, or use a key without such a limit."
    return Refusal(message, code="unknown_parameter", param=param[:100])
