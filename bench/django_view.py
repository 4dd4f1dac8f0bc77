"""The plainest Django project that answers every request with one page."""

from __future__ import annotations

import os
from pathlib import Path

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import re_path

PAGE = Path(os.environ["PAGE"]).read_bytes()


def page(_: HttpRequest) -> HttpResponse:
    return HttpResponse(PAGE, status=503, headers={"Retry-After": "300"})


urlpatterns = [re_path("", page)]
settings.configure(
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["*"],
    MIDDLEWARE=["django.middleware.gzip.GZipMiddleware"],
)
django.setup()
application = get_wsgi_application()
