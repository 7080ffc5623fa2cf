"""What is not here: other routes of OpenAI's API, and base URLs that lack their end. Each answer says what there is."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from describer.api.errors import error
from describer.engine.submit import Refusal
from describer.lib.route_traits import SCRIPT, route

_HERE = "here are POST /v1/chat/completions, also with pictures, and GET /v1/models."
_ASK_SO = (
    "ask by POST /v1/chat/completions instead (openai SDK: client.chat.completions; AI SDK: createOpenAICompatible, or "
    'provider.chat(...); Agents SDK: set_default_openai_api("chat_completions")).'
)
_SENTENCES = {
    "responses": f"The Responses API is not served here; {_ASK_SO}",
    "completions": f"Completions of a bare prompt are not served here; {_ASK_SO}",
    "messages": f"Anthropic's Messages API is not served here; {_ASK_SO}",
    "embeddings": f"No embeddings are made here; {_HERE}",
    "images": f"No pictures are made or changed here, they are described; {_HERE}",
    "audio": f"Neither speech nor transcripts are made here; {_HERE}",
    "moderations": f"Nothing is moderated here; {_HERE}",
    "files": f"No files are kept here: a picture goes into the message, as a data URL or a link; {_HERE}",
    "uploads": f"No files are kept here: a picture goes into the message, as a data URL or a link; {_HERE}",
    "batches": f"Batches are not served here: many pictures can be asked about in one call by POST /api/descriptions/each; {_HERE}",
    "assistants": f"Assistants and threads are not served here; {_ASK_SO}",
    "threads": f"Assistants and threads are not served here; {_ASK_SO}",
    "v1": f"The base URL ends in /v1 once, not twice; {_HERE}",
    "realtime": f"The Realtime API is not served here; {_ASK_SO}",
}


@route(SCRIPT)
@csrf_exempt
async def unknown_url(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Refuse any other path under /v1, and say what there is instead."""
    sentence = _SENTENCES.get(rest.partition("/")[0], f"There is nothing at this address; {_HERE}")
    return error(Refusal(sentence, code="unknown_url", status=404))


@route(SCRIPT)
@csrf_exempt
def without_v1(request: HttpRequest) -> HttpResponse:
    """Refuse /chat/completions: a base URL that lacks its end."""
    message = "There is nothing at this address: the base URL must end in /v1."
    return error(Refusal(message, code="unknown_url", status=404))
