"""The cookie of django.contrib.messages."""

import time

from shim.ask import agree, crate, outcome, put, replace, secrets, untouched
from shim.session_data import session_cookie

# Django's tests store plain texts instead of messages. They are passed through the crate as messages with these tags.
TEXT = "a text of a test"


def cookie():
    return crate.MessagesCookie(secrets(), session_cookie())


def install():
    from django.contrib.messages.storage import cookie as storage
    from django.contrib.messages.storage.base import Message
    from django.utils.safestring import SafeData, mark_safe

    CookieStorage = storage.CookieStorage
    by_django = untouched("django.contrib.messages.storage.cookie").CookieStorage
    encode_of_django = CookieStorage._encode

    def parts(message):
        message = message_of(message)
        tags = None if message.extra_tags is None else str(message.extra_tags)
        return message.level, str(message.message), tags, isinstance(message.message, SafeData)

    def message_of(one):
        return one if isinstance(one, Message) else Message(0, one, TEXT)

    def message(level, text, tags, safe):
        return text if tags == TEXT else Message(level, mark_safe(text) if safe else text, tags)

    def shown(message):
        if not isinstance(message, Message) or message.extra_tags == TEXT:
            return str(message)
        return message.level, str(message), message.extra_tags or "", isinstance(message.message, SafeData)

    def twin(self):
        return by_django(self.request)

    def value_of(header):
        return header.split(";")[0].split("=", 1)[1]

    def read_by_django(self, token, messages):
        """Checks that Django reads the messages that the crate wrote."""
        djangos = outcome(lambda: [shown(one) for one in twin(self)._decode(token)])
        agree(("messages read by Django", token), ([shown(one) for one in messages], None), djangos)

    def _encode(self, messages, encode_empty=False):
        if not messages or self.not_finished in messages:
            # The crate writes no cookie without messages, and adds the mark only if there are more messages.
            tagged = [one if one == self.not_finished else message_of(one) for one in messages]
            return encode_of_django(self, tagged, encode_empty)
        header, left = cookie().write([parts(one) for one in messages], False)
        if left:
            # Django's _store would not have written it either.
            return encode_of_django(self, messages, encode_empty)
        read_by_django(self, value_of(header), messages)
        return value_of(header)

    def _decode(self, data):
        if not data:
            return None

        def ours():
            messages, has_more = cookie().read(data)
            return [message(*one) for one in messages] + [self.not_finished] * has_more

        def listed(messages):
            return None if messages is None else [shown(one) for one in messages]

        found, error = outcome(ours)
        agree(("messages", data), (listed(found), None), outcome(lambda: listed(twin(self)._decode(data))))
        if error is None:
            return found
        self.used = True
        return None

    def _store(self, messages, response, remove_oldest=True, *args, **kwargs):
        clock, now = time.time, time.time()
        time.time = lambda: now
        try:
            if messages:
                header, left = cookie().write([parts(one) for one in messages], not remove_oldest)
            else:
                header, left = cookie().removal(), 0
            compare(self, messages, remove_oldest, header, left)
        finally:
            time.time = clock
        put(response, header)
        return messages[:left] if remove_oldest else messages[len(messages) - left :]

    def compare(self, messages, remove_oldest, header, left):
        from django.conf import settings
        from django.http import HttpResponse

        response = HttpResponse()
        lost = twin(self)._store(messages, response, remove_oldest)
        djangos = response.cookies["messages"]
        ours, value = header.partition(";")[2], djangos.coded_value
        attributes = djangos.OutputString().partition(";")[2]
        if not messages and settings.SESSION_COOKIE_SECURE:
            # docs/differences.md: the removal of a Secure cookie is Secure.
            attributes += "; Secure"
        ours, djangos = (sorted(text.split("; ")) for text in (ours, attributes))
        agree(("messages cookie",), ((ours, left), None), ((djangos, len(lost)), None))
        if messages:
            read = lambda token: outcome(lambda: [shown(one) for one in twin(self)._decode(token)])
            agree(("messages written",), read(value_of(header)), read(value))

    replace(CookieStorage, _encode, _decode, _store)
