from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import F
from django.utils.crypto import salted_hmac


def euros(cents):
    return f"€{cents // 100}.{cents % 100:02}"


class User(AbstractUser):
    """A user with a number that is hashed together with the password: incrementing it ends all sessions on both servers."""

    id = models.AutoField(primary_key=True)
    session_epoch = models.PositiveIntegerField(default=0)

    class Meta(AbstractUser.Meta):
        # The table of Django's own user model.
        db_table = "auth_user"

    def _get_session_auth_hash(self, secret=None):
        salt = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"
        return salted_hmac(salt, self.hashed, secret=secret, algorithm="sha256").hexdigest()

    @property
    def hashed(self):
        return f"{self.password}|{self.session_epoch}"

    def log_out_everywhere(self):
        type(self).objects.filter(pk=self.pk).update(session_epoch=F("session_epoch") + 1)


class Product(models.Model):
    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=80)
    blurb = models.TextField()
    cents = models.PositiveIntegerField(help_text="The price of one tin.")
    colour = models.CharField(max_length=7, help_text="Of the tin, such as #7a4b2a.")
    stock = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["id"]

    def __str__(self):
        return self.name

    @property
    def price(self):
        return euros(self.cents)


class Order(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    placed = models.DateTimeField(auto_now_add=True)
    note = models.TextField(blank=True)
    cents = models.PositiveIntegerField()

    @property
    def total(self):
        return euros(self.cents)


class OrderLine(models.Model):
    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    product = models.ForeignKey(Product, models.PROTECT)
    quantity = models.PositiveIntegerField()
    cents = models.PositiveIntegerField()

    @property
    def total(self):
        return euros(self.cents)
