"""What a Django installs to share its sessions with a service that uses the Rust crate django-session.

Each module is one capability, and is used by naming it in the settings:

- ``django_session_rs.encryption``: sessions that only the holders of the keys read
- ``django_session_rs.lifetimes``: sessions that end at an absolute age, and at logout
"""
