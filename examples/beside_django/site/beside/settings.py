"""The settings of the site. Those that the Rust service needs too come from the environment: see ../../README.md."""

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parent.parent

SECRET_KEY = os.environ["SECRET_KEY"]
SECRET_KEY_FALLBACKS = os.environ.get("SECRET_KEY_FALLBACKS", "").split()
ALLOWED_HOSTS = ["127.0.0.1", ".localhost"]
# The Rust service overwrites this header, so a visitor cannot forge it.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

ROOT_URLCONF = "beside.urls"
INSTALLED_APPS = [
    "shop",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "shop.context.page",
            ]
        },
    }
]

# Sessions: signed_cookies, db, cached_db, cache or file.
ENGINE = os.environ.get("ENGINE", "signed_cookies")
SESSION_ENGINE = f"django.contrib.sessions.backends.{ENGINE}"
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SESSION_FILE_PATH = os.environ.get("SESSION_FILE_PATH")
CSRF_FAILURE_VIEW = "shop.views.csrf_failure"

# Encrypted sessions: off, or one of the three steps to turn encryption on. See python/README.md.
ENCRYPTION = os.environ.get("ENCRYPTION", "off")
if ENCRYPTION != "off":
    SESSION_SERIALIZER = "django_session_rs.encryption.EncryptedJSONSerializer"
    SESSION_ENCRYPTION_PLAINTEXT = {"write-plain": "write", "accept-plain": "accept", "on": "reject"}[ENCRYPTION]
    # The default storage puts messages in a cookie that is signed but not encrypted.
    MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

if "REDIS_URL" in os.environ:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": os.environ["REDIS_URL"],
        },
        "revoked": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": os.environ["REDIS_URL"],
            "KEY_FUNCTION": "django_session_rs.lifetimes.raw_key",
        },
    }
    # Django must check revoked sessions too. Otherwise it would accept a copied cookie and sign it again.
    INSTALLED_APPS.append("django_session_rs")
    after = MIDDLEWARE.index("django.contrib.sessions.middleware.SessionMiddleware") + 1
    MIDDLEWARE.insert(after, "django_session_rs.lifetimes.LifetimeMiddleware")
    MIDDLEWARE.append("shop.sessions.last_use")
    SESSION_ABSOLUTE_AGE = int(os.environ.get("ABSOLUTE_AGE", "2592000"))
    SESSION_REVOCATION_CACHE = "revoked"
    # The counterpart of ACCEPT_WHILE_REDIS_IS_DOWN in src/revocation.rs.
    SESSION_REVOCATION_FAILURE = "raise"


def database(url):
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        # Both servers write. With a write-ahead log, readers do not wait for writers.
        options = {"init_command": "PRAGMA journal_mode=WAL", "transaction_mode": "IMMEDIATE"}
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": unquote(parts.path), "OPTIONS": options}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.removeprefix("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname,
        "PORT": parts.port or 5432,
    }


DATABASES = {"default": database(os.environ["DATABASE_URL"])}
AUTH_USER_MODEL = "shop.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True

LOGIN_REDIRECT_URL = LOGOUT_REDIRECT_URL = "/"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

STATIC_URL = "/static/"
STATICFILES_DIRS = [ROOT / "static"]
