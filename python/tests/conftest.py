import django
from django.conf import settings

settings.configure(
    SECRET_KEY="current-key-of-the-site",
    SECRET_KEY_FALLBACKS=["older-key"],
    SESSION_SERIALIZER="django_session_rs.encryption.EncryptedJSONSerializer",
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django_session_rs",
    ],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    USE_TZ=True,
)
django.setup()
