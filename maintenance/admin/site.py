from __future__ import annotations

from django.contrib.admin import AdminSite


class EntracteAdminSite(AdminSite):
    site_header = "Entracte"
