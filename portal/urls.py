from __future__ import annotations

from django.contrib import admin
from django.urls import path, re_path
from django.views.generic import RedirectView

from maintenance.api import caddy
from maintenance.api.interface import api
from maintenance.domain.caddy import ADDRESS

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/v1/", api.urls),
    # As Caddy's admin API, which the recipe's curl talks to.
    re_path(rf"^{ADDRESS[1:]}/?$", caddy.value_view),
    re_path(r"^config/", caddy.other_view),
    path("load", caddy.load_view),
    path("", RedirectView.as_view(pattern_name="admin:index")),
]
