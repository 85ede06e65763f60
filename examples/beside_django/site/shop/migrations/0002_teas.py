from django.db import migrations

TEAS = [
    ("assam", "Assam", "Malty and strong. Takes milk as if made for it.", 450, "#8a3b22"),
    ("darjeeling", "Darjeeling", "First flush, light, with a scent of muscat.", 890, "#b98a2f"),
    ("earl-grey", "Earl Grey", "Black tea with the oil of Calabrian bergamots.", 520, "#34506b"),
    ("sencha", "Sencha", "Steamed green tea from Uji, fresh as cut grass.", 760, "#5d7f4e"),
    ("genmaicha", "Genmaicha", "Green tea and roasted rice. Good with rain.", 540, "#a08a52"),
    ("oolong", "Oolong", "Half way between green and black, and floral.", 980, "#6a5a7c"),
    ("rooibos", "Rooibos", "No tea at all, and no caffeine. Red and sweet.", 390, "#b4532a"),
    ("peppermint", "Peppermint", "Leaves from the garden behind the shop.", 350, "#3f7d6e"),
]


def forwards(apps, _):
    Product = apps.get_model("shop", "Product")
    Product.objects.bulk_create(
        Product(slug=slug, name=name, blurb=blurb, cents=cents, colour=colour, stock=20)
        for slug, name, blurb, cents, colour in TEAS
    )


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
