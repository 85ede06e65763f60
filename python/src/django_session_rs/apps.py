from django.apps import AppConfig


class DjangoSessionRsConfig(AppConfig):  # type: ignore[misc]
    name = "django_session_rs"
    verbose_name = "Sessions shared with Rust"

    def ready(self) -> None:
        from . import lifetimes

        lifetimes.connect()
