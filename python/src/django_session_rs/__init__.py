"""For Django sites that share their sessions with a service that uses the Rust crate django-session.

Each module can be used on its own, by naming it in the settings:

- ``django_session_rs.encryption`` encrypts sessions.
- ``django_session_rs.lifetimes`` limits the absolute age of sessions and revokes them at logout.
"""
