"""The visits of visits.py to sites that store sessions: with the engines db and cached_db on SQLite, and with file.

The question has the stored rows, and the answer has the rows after the visit: key, text, and expiry. A key that Django has
created is shown as "new".
"""

import atexit
import os
import re
import shutil
import tempfile
from datetime import datetime, timedelta, timezone

from django.conf import settings
from django.contrib.sessions.backends import cached_db, file
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.middleware import SessionMiddleware
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection

import stored_departures
from values import remark
from visits import EPOCH, both_ways, show

NEW_KEYS = []
new_key = SessionBase._get_new_session_key


def remember_new_key(store):
    NEW_KEYS.append(new_key(store))
    return NEW_KEYS[-1]


SessionBase._get_new_session_key = remember_new_key

with connection.schema_editor() as editor:
    editor.create_model(Session)

FOLDER = tempfile.mkdtemp(dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
atexit.register(shutil.rmtree, FOLDER)
file.SessionStore._storage_path = FOLDER


def last_modification(store):
    """With USE_TZ = False, the site has its own clock, which is not this machine's."""
    modified = datetime.fromtimestamp(os.stat(store._key_to_file()).st_mtime, zone())
    return modified if settings.USE_TZ else modified.replace(tzinfo=None)


file.SessionStore._last_modification = last_modification


class Rows:
    """The table `django_session`, and the cache of `cached_db`."""

    departs = stored_departures.keyed(stored_departures.DatabaseStore)

    def __init__(self, rows, vanishes, warm=False):
        self.rows, self.vanishes = rows, vanishes
        NEW_KEYS.clear()
        self.begin()
        for row in rows:
            self.write(**row)
        if warm:
            self.warm()

    def begin(self):
        self.run("DELETE FROM django_session")

    def write(self, key, text, micros):
        local = (EPOCH + timedelta(microseconds=micros)).astimezone(zone()).replace(tzinfo=None)
        self.run("INSERT INTO django_session VALUES (?, ?, ?)", key, text, str(local))

    def warm(self):
        pass

    def delete(self, key):
        self.run("DELETE FROM django_session WHERE session_key = ?", key)

    def left(self):
        for key, text, date in self.run("SELECT session_key, session_data, expire_date FROM django_session"):
            local = date.replace(tzinfo=zone())
            yield key, text, (local - EPOCH) // timedelta(microseconds=1)

    def meanwhile(self, request):
        """Simulates another request of the visitor that logs out before the response to this one."""
        if self.vanishes:
            remark("row that is read late")
            for key in self.vanishes:
                self.delete(key)

    def known(self):
        return {row["key"] for row in self.rows}

    def shown(self, key):
        assert key in self.known() or re.fullmatch("[a-z0-9]{32}", key) and key in NEW_KEYS, key
        return key if key in self.known() else "new"

    def seen(self, set_cookies):
        seen = {"rows": sorted([self.shown(key), text, micros] for key, text, micros in self.left())}
        if set_cookies:
            name, value, attributes = re.fullmatch("(.*?)=(.*?)(;.*)", *set_cookies).groups()
            seen["set_cookie"] = [f"{name}={self.shown(value) if value in NEW_KEYS else value}{attributes}"]
        return seen

    def run(self, sql, *values):
        connection.ensure_connection()
        return connection.connection.execute(sql, values)


class CachedRows(Rows):
    departs = stored_departures.keyed(stored_departures.CachedDatabaseStore)

    def begin(self):
        super().begin()
        cache.clear()

    def warm(self):
        for row in self.rows:
            cached_db.SessionStore(row["key"]).load()

    def delete(self, key):
        super().delete(key)
        cache.delete(cached_db.KEY_PREFIX + key)


class Files(Rows):
    departs = stored_departures.keyed(stored_departures.FileStore)

    def begin(self):
        for name in os.listdir(FOLDER):
            os.unlink(os.path.join(FOLDER, name))

    def write(self, key, text, micros):
        with open(path(key), "w", encoding="utf-8", newline="") as file:
            file.write(text)
        os.utime(path(key), ns=(micros * 1000, micros * 1000))

    def delete(self, key):
        if os.path.exists(path(key)):
            os.unlink(path(key))

    def left(self):
        for name in os.listdir(FOLDER):
            with open(os.path.join(FOLDER, name), encoding="utf-8", newline="") as file:
                yield name.removeprefix(settings.SESSION_COOKIE_NAME), file.read(), None


TABLES = {"db": Rows, "cached_db": CachedRows, "file": Files}


def visit(site, engine, rows, warm, vanishes, **asked):
    table = TABLES[engine]

    def shown(departs):
        return show(departs or SessionMiddleware, **asked, table=table(rows, vanishes, warm))

    return both_ways(site, shown, table.departs, SESSION_ENGINE=f"django.contrib.sessions.backends.{engine}")


def path(key):
    return os.path.join(FOLDER, settings.SESSION_COOKIE_NAME + key)


def zone():
    """Returns the time zone of the dates in the database."""
    return timezone.utc if settings.USE_TZ else settings.LOCAL
