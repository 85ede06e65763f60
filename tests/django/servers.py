"""The visits of visits.py to sites with sessions in a real Redis or Memcached: with the engines cache and cached_db, whose
rows are in SQLite.

The question has the stored entries, and the answer has the entries after the visit: key, what Django reads, and the seconds
until it expires. The bytes are read and written by separate clients, so that Django reads what this crate has written, and
the other way round.
"""

import math
import os
import time

import pymemcache
import redis
from django.contrib.sessions.backends import cache, cached_db
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.cache import caches

import departures
import stored_departures
import world
from engines import NEW_KEYS, Rows
from values import remark
from visits import both_ways, items, json_text, show

# The real clock. The tests stop time.time.
clock = time.monotonic
# Memcached treats a larger number of seconds as a date.
MONTH = 30 * 24 * 60 * 60
# The flag of a pickle. Without it, Django's client reads plain bytes.
PICKLE = 1


class Redis:
    client = redis.Redis(port=int(os.environ["DJANGO_REDIS"]))

    def now(self):
        return int(clock() * 2)

    def write(self, key, data, seconds):
        self.client.set(key, data, ex=seconds)

    def read(self, key):
        return self.client.get(key)

    def delete(self, key):
        self.client.delete(key)

    def seconds(self, key):
        return math.ceil(self.client.pttl(key) / 1000)


class Memcached:
    client = pymemcache.Client(("127.0.0.1", int(os.environ["DJANGO_MEMCACHED"])))

    def now(self):
        return self.client.stats()[b"time"]

    def write(self, key, data, seconds):
        date = int(time.time()) if seconds > MONTH else 0
        self.client.set(key, data, date + seconds, flags=PICKLE, noreply=False)

    def read(self, key):
        return self.client.get(key)

    def delete(self, key):
        self.client.delete(key, noreply=False)

    def seconds(self, key):
        found = self.client.raw_command(f"mg {key} t")
        # The entry may expire between two commands. The visit is then repeated.
        seconds = int(found.removeprefix(b"HD t")) if found.startswith(b"HD") else 0
        # A date depends on Django's clock, which is stopped.
        return seconds + self.now() - int(time.time()) if seconds > MONTH - 3600 else seconds


class Entries(Rows):
    """The cache entries, and the rows of cached_db."""

    def __init__(self, server, alias, prefix, departs, rows, entries, vanishes):
        self.server, self.alias, self.prefix, self.departs, self.entries = server, alias, prefix, departs, entries
        super().__init__(rows, vanishes)
        for entry in entries:
            server.write(self.cache_key(entry["key"]), bytes.fromhex(entry["data"]), entry["seconds"])

    def cache_key(self, key):
        return f":1:{self.prefix}{key}"

    def clear(self):
        for key in self.known().union(NEW_KEYS):
            self.server.delete(self.cache_key(key))

    def known(self):
        return {stored["key"] for stored in self.rows + self.entries}

    def delete(self, key):
        super().delete(key)
        self.server.delete(self.cache_key(key))

    def seen(self, set_cookies):
        seen, entries, data = super().seen(set_cookies), [], {}
        for key in self.known().union(NEW_KEYS):
            if (found := self.server.read(self.cache_key(key))) is not None:
                entries.append([self.shown(key), self.items(key), self.server.seconds(self.cache_key(key))])
                data[self.shown(key)] = found.hex()
        return seen | {"entries": sorted(entries, key=lambda entry: entry[0]), "data": data}

    def items(self, key):
        """Returns what Django reads under this key."""
        session, error = world.outcome(lambda: caches[self.alias].get(self.prefix + key))
        if error or not isinstance(session, dict):
            return None
        if not self.departs:
            return items(session)
        if objection := departures.object_to_session(session):
            return remark(objection)
        return [[json_text(departures.shown(key)), json_text(value)] for key, value in session.items()]


CACHE = "cache", cache.KEY_PREFIX, stored_departures.keyed(stored_departures.CacheStore)
CACHED_DB = "cached_db", cached_db.KEY_PREFIX, stored_departures.keyed(stored_departures.CacheBeforeDatabaseStore)
KINDS = {
    "redis": (Redis(), "redis", *CACHE),
    "memcached": (Memcached(), "memcached", *CACHE),
    "cached_db": (Redis(), "redis", *CACHED_DB),
}


def visit(site, kind, rows, entries, vanishes, **asked):
    server, alias, engine, prefix, departs = KINDS[kind]

    def shown(middleware):
        """Makes the visit, and repeats it if the second of the server's clock has changed in the meantime."""
        while True:
            now, table = server.now(), Entries(server, alias, prefix, bool(middleware), rows, entries, vanishes)
            answer = show(middleware or SessionMiddleware, **asked, table=table)
            table.clear()
            if server.now() == now:
                return answer

    engine = f"django.contrib.sessions.backends.{engine}"
    return both_ways(site, shown, departs, SESSION_ENGINE=engine, SESSION_CACHE_ALIAS=alias)
