"""JSON that scripts send to /api, weighed before it is read."""

from typing import Any

from django.http import HttpRequest
from ninja.parser import Parser

from describer.errors import Refusal
from describer.lib.json_weight import json_elements
from describer.lib.limits import FIELD_ELEMENTS


class WeighedJson(Parser):
    """Reads a body of JSON that holds no more than a form of ours would."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        if len(request.body) > FIELD_ELEMENTS and json_elements(request.body) > FIELD_ELEMENTS:
            message = f"This body holds too many values: at most {FIELD_ELEMENTS:,}."
            raise Refusal(message, code="invalid_json")
        return super().parse_body(request)
