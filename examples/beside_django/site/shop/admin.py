from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from shop.models import Order, OrderLine, Product, User

admin.site.register(User, UserAdmin)


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin):
    list_display = ["name", "price", "stock"]


class OrderLines(admin.TabularInline):
    model = OrderLine
    extra = 0


@admin.register(Order)
class OrderAdmin(admin.ModelAdmin):
    list_display = ["id", "user", "placed", "total"]
    inlines = [OrderLines]
