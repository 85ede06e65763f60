from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


def choice(name: str, default: str, *others: str) -> str:
    chosen = getattr(settings, name, default)
    choices = (default, *others)
    if chosen not in choices:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(map(repr, choices))}.")
    return str(chosen)
