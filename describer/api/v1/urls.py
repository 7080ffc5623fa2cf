"""Everything under /v1/, with and without a slash at the end: a redirected POST becomes a GET."""

from django.urls import path

from describer.api.v1.chat_completions import chat_completions
from describer.api.v1.elsewhere import unknown_url
from describer.api.v1.models import model, models

app_name = "v1"
urlpatterns = [
    path("chat/completions", chat_completions, name="chat_completions"),
    path("chat/completions/", chat_completions),
    path("models", models, name="models"),
    path("models/", models),
    path("models/<path:name>/", model),
    path("models/<path:name>", model, name="model"),
    path("", unknown_url),
    path("<path:rest>", unknown_url),
]
