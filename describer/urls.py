"""The routes. View name = URL name = template name = test file name."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from describer.api.errors import unknown_url
from describer.api.v1.elsewhere import unknown_url as v1_unknown_url
from describer.api.v1.elsewhere import without_v1
from describer.web.account import account, account_key_revoke, account_keys, account_password
from describer.web.answer import answer
from describer.web.ask import ask, card
from describer.web.bulk import bulk
from describer.web.comparison import comparison, comparison_column, ladder, winner
from describer.web.comparisons import comparisons
from describer.web.description import again, cancel, delete, description, description_words
from describer.web.first_visit import first_visit
from describer.web.follow_up import follow_up
from describer.web.health import healthz, readyz
from describer.web.history import history, history_tile
from describer.web.history_found import history_export, history_found
from describer.web.images import images, original, sent, sent_copy, thumbnail
from describer.web.live import live
from describer.web.login import login, logout
from describer.web.marks import marks
from describer.web.metrics import metrics
from describer.web.saved_views import saved_view, saved_views
from describer.web.shares import share_ended, share_made, shared, shared_picture, single_file
from describer.web.texts import text
from describer.web.theme import theme
from describer.web.trash import trash, trash_delete, trash_restore
from describer.web.usage import usage
from describer.web.webhooks import account_webhook_remove, account_webhook_test, account_webhooks

urlpatterns = [
    path("v1/", include("describer.api.v1.urls")),  # first: of all it is asked the most often by programs
    path("", ask, name="ask"),
    path("images/", images, name="images"),
    path("images/<int:pk>/", original, name="original"),
    path("images/<int:pk>/thumbnail/", thumbnail, name="thumbnail"),
    path("images/<int:pk>/sent/", sent, name="sent"),
    path("descriptions/<int:pk>/card/", card, name="card"),
    path("descriptions/<int:pk>/sent/<int:position>/", sent_copy, name="sent_copy"),
    path("history/", history, name="history"),
    path("history/bulk/", bulk, name="bulk"),
    path("history/found/", history_found, name="history_found"),
    path("history/export.<slug:kind>", history_export, name="history_export"),
    path("history/views/", saved_views, name="saved_views"),
    path("history/views/<int:pk>/", saved_view, name="saved_view"),
    path("trash/", trash, name="trash"),
    path("trash/restore/", trash_restore, name="trash_restore"),
    path("trash/delete/", trash_delete, name="trash_delete"),
    path("descriptions/<int:pk>/", description, name="description"),
    path("descriptions/<int:pk>/words/", description_words, name="description_words"),
    path("descriptions/<int:pk>/again/", again, name="again"),
    path("descriptions/<int:pk>/follow-up/", follow_up, name="follow_up"),
    path("descriptions/<int:pk>/cancel/", cancel, name="cancel"),
    path("descriptions/<int:pk>/delete/", delete, name="delete"),
    path("descriptions/<int:pk>/ladder/", ladder, name="ladder"),
    path("comparisons/", comparisons, name="comparisons"),
    path("comparisons/<int:pk>/", comparison, name="comparison"),
    path("comparisons/<int:pk>/<int:variant>/", comparison_column, name="comparison_column"),
    path("comparisons/<int:pk>/winner/", winner, name="winner"),
    path("descriptions/<int:pk>/marks/", marks, name="marks"),
    path("descriptions/<int:pk>/share/", share_made, name="share"),
    path("descriptions/<int:pk>/share/<int:share>/end/", share_ended, name="share_end"),
    path("descriptions/<int:pk>/page.html", single_file, name="single_file"),
    path("s/<slug:token>/", shared, name="shared"),
    path("s/<slug:token>/<int:position>/", shared_picture, name="shared_picture"),
    path("descriptions/<int:pk>/tile/", history_tile, name="history_tile"),
    path("descriptions/<int:pk>/answers/<int:index>/", answer, name="answer"),
    path("descriptions/<int:pk>/text/<slug:part>/", text, name="text"),
    path("usage/", usage, name="usage"),
    path("account/", account, name="account"),
    path("account/keys/", account_keys, name="account_keys"),
    path("account/keys/<int:pk>/revoke/", account_key_revoke, name="account_key_revoke"),
    path("account/webhooks/", account_webhooks, name="account_webhooks"),
    path("account/webhooks/<int:pk>/test/", account_webhook_test, name="account_webhook_test"),
    path("account/webhooks/<int:pk>/remove/", account_webhook_remove, name="account_webhook_remove"),
    path("account/password/", account_password, name="account_password"),
    path("login/", login, name="login"),
    path("logout/", logout, name="logout"),
    path("first-visit/", first_visit, name="first_visit"),
    path("api", unknown_url),
    path("api/", include("describer.api.urls")),
    path("v1", v1_unknown_url),
    path("chat/completions", without_v1),
    path("chat/completions/", without_v1),
    path("admin/", admin.site.urls),
    path("live/", live, name="live"),
    path("theme/", theme, name="theme"),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    # Browsers ask for it beside a picture or JSON, which can name no icon.
    path("favicon.ico", RedirectView.as_view(url=f"{settings.STATIC_URL}icons/favicon.ico")),
]
