"""What can be done with a description: cancel it, take it out of the trash, ask it again."""

from django.http import HttpRequest, HttpResponse
from ninja import Router, Status

from describer.api.access import own, reach, usable, visible
from describer.api.ask import read_changes
from describer.api.auth import asking, caller
from describer.api.descriptions import NOT_BORN, REFUSED, created
from describer.api.errors import Error
from describer.api.idempotency_key import read_idempotency_key
from describer.api.openapi_forms import IDEMPOTENCY_KEY, changes_body
from describer.desk.trash import restore
from describer.engine import events
from describer.engine.submit import ask_again
from describer.models import Via
from describer.serializers import DescriptionOut, serialize

router = Router(tags=["Descriptions"])


@router.post(
    "/descriptions/{int:description_id}/cancel",
    auth=asking,
    response={200: DescriptionOut, 404: Error, 409: Error} | REFUSED,
    summary="Cancel a description",
)
def cancel(request: HttpRequest, description_id: int) -> DescriptionOut:
    """Cancel a description and answer with it as it stands then; one that is at its end stays as it is.

    A call that is under way cannot be called back: its answer is thrown away, its usage is kept.
    """
    row = usable(caller(request), description_id)
    if row.cancel():
        events.publish(row)
    else:
        row.refresh_from_db()
    return serialize([row])[0]


@router.post(
    "/descriptions/{int:description_id}/restore",
    auth=asking,
    response={200: DescriptionOut, 404: Error} | REFUSED,
    summary="Restore a description",
)
def description_restore(request: HttpRequest, description_id: int) -> DescriptionOut:
    """Take a description out of the trash and answer with it; one that is not there stays as it is.

    It is restored with its tags and shares. What was cancelled because it was put there stays cancelled.
    """
    key = caller(request)
    restore(reach(key, description_id))
    return serialize([visible(key, description_id)])[0]


@router.post(
    "/descriptions/{int:description_id}/again",
    auth=asking,
    response={202: DescriptionOut, 404: Error, 409: Error} | NOT_BORN,
    summary="Ask again",
    openapi_extra={"requestBody": changes_body(), "parameters": [IDEMPOTENCY_KEY]},
)
def again(request: HttpRequest, response: HttpResponse, description_id: int) -> Status[DescriptionOut]:
    """Ask the same question about the same pictures once more, as a new description of your own.

    `model` and parameters replace those of the old one; a parameter that is sent empty is not set any more.
    """
    key = caller(request)
    old = own(key, description_id)
    changes = read_changes(request, old)
    born = ask_again(old, via=Via.API, key=key, token=read_idempotency_key(request.headers), **changes)
    return Status(202, created(response, born))
