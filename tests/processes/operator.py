"""An operator at a portal's real address: cookies, forms and all."""

from __future__ import annotations

import re
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

from tests.processes.copy import PASSWORD

_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')
_SECONDS = 30


class Operator:
    """Signed in at one portal; `portal` may become another's address."""

    def __init__(self, portal: str, *, name: str = "admin") -> None:
        self.portal = portal
        # As names of this machine, the default policy would drop the cookies.
        self._cookies = CookieJar(DefaultCookiePolicy(strict_ns_domain=0))
        self._opener = build_opener(HTTPCookieProcessor(self._cookies))
        page = self.post("/admin/login/?next=/admin/", username=name, password=PASSWORD)
        assert "Log out" in page, page

    def get(self, path: str) -> str:
        return self._open(Request(self.portal + path))  # noqa: S310  our own address

    def post(self, path: str, **fields: Any) -> str:
        """Send the form of a page, and return the page that it leads to."""
        token = _TOKEN.search(self.get(path))
        assert token, f"{path} has no form."
        fields["csrfmiddlewaretoken"] = token[1]
        data = urlencode(fields, doseq=True).encode()
        return self._open(Request(self.portal + path, data))  # noqa: S310  the same

    def _open(self, request: Request) -> str:
        with self._opener.open(request, timeout=_SECONDS) as answer:
            html: str = answer.read().decode()
        return html
