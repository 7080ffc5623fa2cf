"""How endpoints word what they refuse: the codes and phrases that were seen, kind by kind."""

import re

from describer.chat.error_text import ErrorText
from describer.chat.parameters import NAMES


def any_of(*phrases: str) -> re.Pattern[str]:
    return re.compile("|".join(phrases), re.IGNORECASE)


CREDIT_CODES = {
    "insufficient_quota", "insufficient_user_quota", "insufficient_balance", "insufficient_credits",
    "insufficient_funds", "credit_balance_exhausted", "billing_hard_limit_reached", "billing_not_active",
    "billing_error", "payment_required", "pre_consume_token_quota_failed", "arrearage",
}  # fmt: skip
CREDIT = any_of(
    r"quota", r"\bcredits?\b", r"(?<!load )\bbalance\b", r"\bbilling\b", r"余额", r"额度", r"欠费"
)
SHORTAGE = any_of(
    r"insufficient[ _](user[ _])?(quota|credits?|balance|funds)", r"\bquota\b", r"\bcredits?\b", r"\bbilling\b",
    r"(account|credit|your) balance", r"余额", r"额度", r"欠费",
)  # fmt: skip
FEWER_TOKENS = any_of(
    r"max_tokens", r"max_completion_tokens", r"can(not| only)? (only )?afford",
    r"(fewer|less|lower|reduce|smaller).{0,30}tokens",
)  # fmt: skip
RATE = any_of(
    r"rate[ _-]?limit", r"too many requests", r"\bqps\b", r"request limit", r"频率", r"限流", r"并发"
)
WAITING = any_of(
    r"per[ _-]?(second|minute|hour|day)", r"rate[ _-]?limit", r"\b[rt]p[mds]\b", r"(retry|try again) in"
)

MODEL_CODES = {
    "model_not_found",
    "model_not_available",
    "unknown_model",
    "invalid_model",
    "no_available_channel",
}
MODEL = any_of(
    r"\bmodel\b.{0,100}(not exist|not found|not available|unavailable|not (currently )?served|not a valid|is unknown)",
    r"(unknown|invalid|no such|unrecognized|unsupported) model", r"not a valid model", r"no endpoints found", r"no allowed providers",
    r"模型.{0,60}(不存在|不可用|未找到)",
)  # fmt: skip
A_MODEL = any_of(r"\bmodel\b", r"模型")
MODEL_ACCESS_CODES = {
    "key_model_access_denied", "team_model_access_denied", "user_model_access_denied", "org_model_access_denied",
    "project_model_access_denied", "model_permission_blocked_project", "model_permission_blocked_org",
    "model_access_denied", "model_not_allowed", "model_terms_required", "model_not_accessible",
}  # fmt: skip
NO_ACCESS = any_of(
    r"not (allowed|permitted|authori[sz]ed|enabled|available|entitled|subscribed|accessible)",
    r"(no|not have|n't have|lacks?|without)( \w{1,20}){0,2} (access|permission)", r"(access|permission).{0,60} denied",
    r"\bblocked\b", r"can only access", r"only (allowed|available|accessible)", r"requires? .{0,40}(plan|tier|subscription|access)",
    r"accept( \w{1,20}){0,3} terms", r"(may|can|could) ?not (use|access|call)", r"无权", r"没有权限", r"未开通",
)  # fmt: skip
UNVERIFIED = any_of(
    r"must be verified", r"verify (your )?organi[sz]ation", r"organi[sz]ation.{0,30}not verified"
)
NO_CHANNEL = any_of(r"no (available channels?|channels? available)", r"无可用渠道", r"没有可用渠道")

BLIND = any_of(
    r"(image|vision|picture|multi-?modal)\w{0,20}( \w{1,40}){0,5} (is|are) not (currently )?(supported|enabled|available)",
    r"(does not|doesn't|do not|cannot|can't|not able to) (support|accept|process|handle|see|read|take)( \w{1,40}){0,4} "
    r"(image|vision|visual|picture|multi-?modal|media)",
    r"no endpoints found that support image", r"not a (multi-?modal|vision) model", r"mmproj",
    r"image_url.{0,20} is only supported", r"only (supports )?text (content|messages|input)", r"text[- ]only",
    r"unknown variant .?image_url", r"content.{0,40}(must be|should be|expected) a(nd?)? ?(valid )?string",
    r"value must be a string", r"single text element", r"expected (a )?string.{0,20}(got|found|but) (a )?(list|array|sequence)",
    r"messages?\S{0,20}content.{0,60}(valid string|string_type|not of type .?string)", r"invalid type: sequence, expected a string",
    r"不支持.{0,10}(图片|图像|图文|视觉|多模态)",
)  # fmt: skip
MANY_PICTURES = any_of(
    r"(image|picture|photo)(\(s\)|s\b)", r"(image|picture|photo)[ _](count|number|limit)",
    r"(number|count) of (image|picture|photo)", r"\b(one|single|1) (image|picture|photo)\b", r"(图片|图像).{0,10}(数量|张)",
)  # fmt: skip
TOO_MANY = any_of(
    r"too many (image|picture|photo)", r"(number|count) of (image|picture|photo)\w*.{0,40}(exceed|limit|maximum|too (many|large))",
    r"more than (one|1) (image|picture|photo)", r"(only|just) (one|1|a single) (image|picture|photo)", r"multiple (image|picture)s.{0,30}not",
    r"(image|picture) (count|number).{0,30}exceed", r"图片.{0,10}(数量|张).{0,10}(超|限|多)",
)  # fmt: skip
_UNIT = r"(?![\d.,]*\d)(?!\s*(?:[kmg]i?b\b|bytes?|px|pixels?|mp\b|mega|tokens?|x\s*\d|×|%|dpi|sec|ms\b|s\b|characters?))"
_MOST_PICTURES = (
    re.compile(r"\d{1,3}(?: \+ \d{1,3})? > (\d{1,3})" + _UNIT),
    re.compile(
        r"(?:at most|maximum|\bmax\b|up to|no more than|limit(?:ed)?|exceeds?|only|supports?|allowed|超过|最多)"
        r"[^\d.;]{0,40}?(?<!\d)(\d{1,3})" + _UNIT,
        re.IGNORECASE,
    ),
    re.compile(
        r"(?<!\d)(\d{1,3})\s?(?:image|picture|photo|张)\S{0,4} (?:\w+ ){0,4}(?:allowed|maximum|max|limit|at most)",
        re.IGNORECASE,
    ),
)
_ONE_PICTURE = any_of(
    r"(only|just|at most|more than|supports?|accepts?) (one|a single) (image|picture|photo)",
    r"multiple (image|picture)s.{0,30}not",
)


def pictures_in(message: str) -> int | None:
    """Return how many pictures a sentence says that a model takes at once, None where it names no number."""
    for pattern in _MOST_PICTURES:
        if (found := pattern.search(message)) and int(found[1]) > 0:
            return int(found[1])
    if _ONE_PICTURE.search(message):
        return 1
    return None


PICTURE_FORM = any_of(
    r"format",
    r"media[ _]?type",
    r"mime",
    r"\b(jpe?g|png|webp|gif|tiff|bmp|heic|avif|svg)\b",
    r"size",
    r"dimension",
)
PICTURE_LARGE = any_of(r"too (large|big)", r"exceed", r"larger than", r"at most", r"maximum")
IMAGE_FAULT = any_of(
    r"(image|picture|base64|media[ _]type)\b.{0,80}(invalid|unsupported|not (supported|valid)|corrupt|too (large|big|many|small)"
    r"|exceed|dimension|could not|couldn't|cannot|unable|fail|error)",
    r"(invalid|unsupported|corrupt|could not|couldn't|cannot|unable|fail|error|too many).{0,80}(image|picture|base64|media[ _]type)",
    r"(error|failed|timeout|unable).{0,10} (while|to) download",
    r"图片.{0,20}(失败|无效|错误|不支持|过大)",
)  # fmt: skip

FILTER_CODES = {
    "content_filter", "content_policy_violation", "responsibleaipolicyviolation", "data_inspection_failed",
    "datainspectionfailed", "sensitive_words_detected", "moderation_blocked", "prompt_blocked",
}  # fmt: skip
FILTER = any_of(
    r"content[ _](management|filter|policy|moderation)", r"responsible ?ai", r"safety (system|filter|polic|setting)",
    r"\bflagged\b", r"inappropriate content", r"sensitive words?", r"敏感", r"违规",
)  # fmt: skip

LONG_CODES = {"context_length_exceeded", "exceed_context_size_error", "context_window_exceeded"}
LONG = any_of(
    r"context[ _](length|window|size|limit)", r"(prompt|input|request)( \w{1,40}){0,3} too long", r"too many (input |prompt )?tokens",
    r"exceed.{0,60}(max_model_len|maximum (input|sequence|prompt)|token limit)", r"maximum model length",
    r"上下文", r"reduce the length",
)  # fmt: skip

TOO_BIG = any_of(
    r"(request|body|payload|entity)( \w{1,40}){0,3} (is )?too (large|big)",
    r"(request|body|payload|entity)( \w{1,40}){0,3} exceeds.{0,40}(limit|size|maximum|bytes|mb)",
    r"maximum (request|body|payload)( body)? size",
)  # fmt: skip

KEY_CODES = {"invalid_api_key", "incorrect_api_key", "missing_api_key", "api_key_invalid"}
KEY = any_of(
    r"(invalid|incorrect|missing|expired|no|bad) api[ _-]?key",
    r"api[ _-]?key( \w{1,40}){0,3} (not valid|invalid|expired|missing|not found|incorrect)", r"无效的令牌", r"令牌无效",
)  # fmt: skip

LOADING = any_of(r"\bloading\b", r"being loaded", r"warming up", r"starting up", r"cold start")

ONE_VALUE = any_of(
    r"only .{0,40}(is|are) (allowed|supported|accepted|valid|permitted)", r"may only be set to", r"only (the )?(default|value)",
    r"must be (set to |exactly |equal to )?(the default|-?\d+(\.\d+)?)(?!\d)(?! (or|to|and|-)\b)", r"only supports? (the )?(value|default|-?\d)",
    r"(can|must) only be",
)  # fmt: skip
"""A parameter that the model takes with one value alone, which is its default."""

REFUSED = any_of(
    r"unsupported", r"not (currently )?(supported|allowed|permitted|accepted|available)", r"(does not|doesn't|do not|don't) support",
    r"deprecated", r"unknown (name|parameter|field|argument|key|keyword)", r"unrecogni[sz]ed", r"extra[ _](inputs|fields|forbidden)",
    r"unexpected (keyword|parameter|field)", r"cannot (both )?be (specified|used|set)", r"不支持", r"not compatible",
)  # fmt: skip
"""A parameter that the model will not have at all, whatever its value."""
_WRONG = any_of(
    r"must be",
    r"invalid",
    r"out of range",
    r"between",
    r"too (large|small|big|high|low)",
    r"expected",
    r"greater|less",
)

_OTHERS = ("max_completion_tokens", "stream_options", "reasoning_effort", "parallel_tool_calls", "logprobs",
          "top_logprobs", "top_k", "functions", "function_call", "service_tier", "store", "metadata")  # fmt: skip
_KNOWN = (*NAMES, *_OTHERS)
_NOT_ORDINARY = tuple(name for name in _KNOWN if "_" in name or name == "temperature")
_QUOTED = re.compile(r"[`'\"“‘\[]\s*([a-z_]{1,40})\s*[`'\"”’\],]")
_LABELLED = re.compile(
    r"(?:parameters?|arguments?|fields?|inputs?|supplied|name)[:\s]+\[?[`'\"]?([a-z_]{1,40})\b", re.I
)
_LEADING = re.compile(r"(?:^|; )(?:body\.)?([a-z_]{1,40}): ")
_BARE = re.compile(rf"\b({'|'.join(sorted(_NOT_ORDINARY, key=len, reverse=True))})\b")
# "Streaming is not supported": the parameter without its name.
_STREAMING = re.compile(
    r"\bstream(ing)?( mode| output| responses?)? (is |are )?(currently )?not (yet )?(supported|allowed|available)"
    r"|\bnot (support|allow) stream(ing)?\b",
    re.I,
)


def parameters_named(text: str, known: tuple[str, ...] = _KNOWN) -> list[str]:
    """Return the parameters that a sentence names, in order.

    A word such as "stop" counts only where it is quoted or labelled.
    """
    matches = [match for pattern in (_QUOTED, _LABELLED, _LEADING, _BARE) for match in pattern.finditer(text)]
    matches.sort(key=lambda match: match.start(1))
    names = [match[1] for match in matches]
    if _STREAMING.search(text):
        names.append("stream")
    return list(dict.fromkeys(name for name in names if name in known))


def top_name(param: str) -> str:
    """Return the parameter that a path such as body.temperature or tools[0].function means."""
    path = re.split(r"[.\[\]'\"]+", param.strip("[]'\" ").removeprefix("body."))
    if path[-1] == "detail":
        return "detail"
    return path[0]


def parameter_in(error_text: ErrorText) -> str | None:
    """Return the parameter that an error is about, None where it is about something else."""
    name, message = top_name(error_text.param), error_text.message
    if name in _KNOWN:
        return name
    is_refused = any(pattern.search(message) for pattern in (REFUSED, _WRONG, ONE_VALUE))
    if error_text.param or not is_refused:
        return None
    return next(iter(parameters_named(message)), None)
