from django.apps import AppConfig
from django.conf import settings


class DjangoSessionRsConfig(AppConfig):  # type: ignore[misc]
    name = "django_session_rs"
    verbose_name = "Sessions shared with Rust"

    def ready(self) -> None:
        from . import lifetimes

        lifetimes.connect()
        if settings.SESSION_SERIALIZER == "django_session_rs.encryption.EncryptedJSONSerializer":
            from . import encryption

            encryption.check_settings()
