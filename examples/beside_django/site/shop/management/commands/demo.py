"""Creates the demo users: a customer, and a clerk who may change the stock. Does not change users that exist already."""

from django.contrib.auth.models import Group, Permission
from django.core.management.base import BaseCommand
from shop.models import User

CUSTOMER = ("ada", "lovelace", "Ada")
CLERK = ("grace", "hopper", "Grace")


class Command(BaseCommand):
    help = __doc__

    def handle(self, **_):
        clerks, _ = Group.objects.get_or_create(name="Clerks")
        clerks.permissions.set(Permission.objects.filter(content_type__app_label="shop"))
        for name, password, first_name in [CUSTOMER, CLERK]:
            if not User.objects.filter(username=name).exists():
                staff = name == CLERK[0]
                user = User.objects.create_user(name, password=password, first_name=first_name, is_staff=staff)
                user.groups.set([clerks] if staff else [])
