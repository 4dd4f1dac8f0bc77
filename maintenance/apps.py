from __future__ import annotations

from django.apps import AppConfig
from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.core.checks import Tags, register


class MaintenanceConfig(AppConfig):
    name = "maintenance"
    verbose_name = "Maintenance"

    def ready(self) -> None:
        from maintenance.admin.sign_in import SignInForm
        from maintenance.checks import check_catalogues, check_proxies

        register(check_catalogues, Tags.translation)
        register(check_proxies, Tags.security, deploy=True)
        admin.site.login_form = SignInForm


class EntracteAdminConfig(AdminConfig):
    default_site = "maintenance.admin_site.EntracteAdminSite"
