from __future__ import annotations

from django.contrib import admin
from django.urls import path
from django.views.generic import RedirectView

from maintenance.api.interface import api

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/v1/", api.urls),
    path("", RedirectView.as_view(pattern_name="admin:index")),
]
