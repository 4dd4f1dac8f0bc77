"""The portal's settings. Every choice is an environment variable.

Secure unless told otherwise: HTTPS, named hosts, no debug pages, a secret key.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dj_database_url
import django_stubs_ext
from csp.constants import NONE, SELF

from portal import env, storage

# Lets classes say what they are of: ModelAdmin[Reason].
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
PORTAL_DATA_DIR = storage.data_dir()


# Security

DEBUG = False
SECRET_KEY_PATH = PORTAL_DATA_DIR / "secret_key"


def _secret_key() -> str:
    """Return the key, which `make run` puts beside the database."""
    if SECRET_KEY_PATH.exists() and not env.secret("PORTAL_SECRET_KEY", default=""):
        return env.secret_file("secret key", SECRET_KEY_PATH)
    key = env.secret("PORTAL_SECRET_KEY")
    if len(key) < 32:
        raise env.SettingError("PORTAL_SECRET_KEY: use at least 32 random characters.")
    return key


SECRET_KEY = _secret_key()

ALLOWED_HOSTS = env.words("PORTAL_ALLOWED_HOSTS", default="localhost,127.0.0.1,[::1]")
if "*" in ALLOWED_HOSTS:
    raise env.SettingError("PORTAL_ALLOWED_HOSTS='*': name the portal's hosts.")

# False only where no TLS stands before the portal, as in `make run`.
PORTAL_HTTPS = env.flag("PORTAL_HTTPS", default=True)
SECURE_SSL_REDIRECT = PORTAL_HTTPS
# A program would send its token in clear before each redirect: it gets an error.
SECURE_REDIRECT_EXEMPT = [r"^api/", r"^config/", r"^load$"]
SESSION_COOKIE_SECURE = PORTAL_HTTPS
CSRF_COOKIE_SECURE = PORTAL_HTTPS
CSRF_COOKIE_HTTPONLY = True
SECURE_HSTS_SECONDS = 31_536_000 if PORTAL_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = PORTAL_HTTPS
SECURE_HSTS_PRELOAD = PORTAL_HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SESSION_EXPIRE_AT_BROWSER_CLOSE = False
SESSION_COOKIE_AGE = 12 * 3600
X_FRAME_OPTIONS = "DENY"
CSRF_TRUSTED_ORIGINS = env.words("PORTAL_TRUSTED_ORIGINS")
# How many proxies stand before the portal and append to X-Forwarded-For.
PORTAL_PROXY_COUNT = env.integer(
    "PORTAL_PROXY_COUNT", default=0, at_least=0, at_most=10
)
if PORTAL_PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# How long a client may take to send a request, and then to take the answer.
PORTAL_CLIENT_TIMEOUT_SECONDS = env.number(
    "PORTAL_CLIENT_TIMEOUT_SECONDS", default=30, at_least=1, at_most=3600
)
# What anybody may send at once, before the portal knows who it is. The largest are
# a theme's form with two images of 2 MiB, and a declared document of 4 MiB.
PORTAL_MAX_BODY_BYTES = (
    1024
    * 1024
    * env.integer("PORTAL_MAX_BODY_MIB", default=5, at_least=2, at_most=1024)
)
# The same for Django, which would write more than that to a temporary folder.
DATA_UPLOAD_MAX_MEMORY_SIZE = PORTAL_MAX_BODY_BYTES
FILE_UPLOAD_MAX_MEMORY_SIZE = PORTAL_MAX_BODY_BYTES

CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "frame-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}


# Application

INSTALLED_APPS = [
    "maintenance.apps.EntracteAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    # For the static files of the pages that explain the API.
    "ninja",
    "maintenance.apps.MaintenanceConfig",
]

MIDDLEWARE = [
    # First: probes come by address, without TLS.
    "portal.probes.ProbeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "portal.problems.ProblemMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    # Before anything that reads a form, after what adds headers to every answer.
    "portal.refusals.RefusalMiddleware",
    "maintenance.admin.zone.ReaderZoneMiddleware",
    # Last, as its documentation asks.
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "maintenance.admin.context.portal_status",
            ],
        },
    },
]


# Database

DATABASE_URL = env.secret(
    "DATABASE_URL", default=f"sqlite:///{PORTAL_DATA_DIR / 'portal.sqlite3'}"
)


_BAD_DATABASE_URL = (
    "DATABASE_URL cannot be read: use postgresql://USER:PASSWORD@HOST/NAME, "
    "or sqlite:///FILE."
)


def _database() -> dict[str, Any]:
    try:
        database: dict[str, Any] = dict(dj_database_url.parse(DATABASE_URL))
    except ValueError as exc:
        # The address may hold a password: neither it nor the cause is repeated.
        raise env.SettingError(_BAD_DATABASE_URL) from exc
    match database["ENGINE"]:
        case "django.db.backends.sqlite3":
            database["ENGINE"] = "portal.sqlite"
            # Without IMMEDIATE and WAL, four writers met 57 "database is locked"
            # in 240 transactions; with them none (measured 2026-11).
            database["OPTIONS"] = {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                # In memory: a container has no folder for temporary files.
                "init_command": (
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; "
                    "PRAGMA temp_store=MEMORY;"
                ),
            }
        case "django.db.backends.postgresql":
            database["CONN_MAX_AGE"] = 60
            database["CONN_HEALTH_CHECKS"] = True
            # libpq would wait two minutes for a machine that is gone.
            database["OPTIONS"] = {"connect_timeout": 5} | database.get("OPTIONS", {})
        case _:
            raise env.SettingError(_BAD_DATABASE_URL)
    return database


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


# Accounts

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
# For create_first_admin, which makes a password where none is given.
PORTAL_ADMIN_PASSWORD = env.secret("PORTAL_ADMIN_PASSWORD", default="")

# Five wrong passwords for one name from one address cost a quarter of an hour.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
# Else whoever shares the address could keep a name locked out for good.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_LOCKOUT_CALLABLE = "maintenance.admin.sign_in.locked_out"
AXES_CLIENT_IP_CALLABLE = "portal.clients.address"
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False


# What each process remembers, such as who tried wrong tokens: bounded, and lost
# when it ends.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    }
}


# Languages and time. The portal itself speaks English; pages speak many languages.

LANGUAGE_CODE = "en-gb"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
LOCALE_PATHS = [BASE_DIR / "locale"]


# Files

STORAGES = {
    "default": storage.default_storage(),
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"


# Logging: one JSON line an event, to standard error

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "format": "%(levelname)s %(name)s %(message)s",
            "timestamp": "time",
            # The page server's names.
            "rename_fields": {"levelname": "level", "name": "logger"},
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        # Lines about every request and query would drown the ones that matter.
        "axes": {"level": "WARNING"},
        "botocore": {"level": "WARNING"},
        # It warns of every HEAD request, whose body it rightly leaves out.
        "gunicorn.http": {"level": "ERROR"},
    },
}
