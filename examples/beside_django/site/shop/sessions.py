"""Records when each session was last used, for the page "Your sessions" of the Rust service: see src/revocation.rs."""

import logging
import os
import time
from base64 import b64encode
from hashlib import sha256

from django.conf import settings
from redis import Redis, RedisError

logger = logging.getLogger(__name__)


def last_use(get_response):
    redis = Redis.from_url(os.environ["REDIS_URL"])

    def respond(request):
        session_id = request.session.get("_session_id")
        if session_id is not None and request.user.is_authenticated:
            key = f"session:of:{request.user.pk}:{b64encode(sha256(request.user.hashed.encode()).digest()).decode()}"
            try:
                redis.zadd(key, {session_id: int(time.time())})
                redis.expire(key, settings.SESSION_ABSOLUTE_AGE)
            except RedisError:
                # LifetimeMiddleware decides whether requests are answered while Redis is down.
                logger.exception("the last use of a session was not recorded")
        return get_response(request)

    return respond
