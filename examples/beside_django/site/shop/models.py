from django.conf import settings
from django.db import models


def euros(cents):
    return f"€{cents // 100}.{cents % 100:02}"


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
