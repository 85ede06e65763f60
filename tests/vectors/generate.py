"""Writes the test vectors with real versions of Django: `python3 tests/vectors/generate.py`

Every expected value in `django-X.Y.json` (signing), `sessions-X.Y.json` (sessions, cookies, login) and
`pickles-X.Y.json` (sessions in a cache) was computed by the Django of that series, through its own API and with the
clock stopped. Nothing here computes a signature.

All versions run on one Python 3.11: their wheels are unpacked side by side in `target/`, and this script runs itself
once per version with that folder on PYTHONPATH. Two runs write the same bytes. A group that reads "4.1" instead of a
list is the same as in the file of Django 4.1.

    generate.py             downloads the versions of Django, and starts one child process for each
    world.py                makes an old or new Django run here, stops its clock, and changes its settings
    material.py             the keys and objects in the vectors
    signing_vectors.py      the groups of django-X.Y.json, one function each
    session_vectors.py      the groups of sessions-X.Y.json, except for the last one
    middleware_vectors.py   the last and longest group of sessions-X.Y.json
    pickle_vectors.py       the groups of pickles-X.Y.json, one function each
"""

import json
import os
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

DJANGOS = [
    "1.11.29", "2.2.28", "3.0.14", "3.1.14", "3.2.25", "4.0.10",
    "4.1.13", "4.2.30", "5.0.14", "5.1.15", "5.2.19", "6.1.3",
]
COMPANIONS = ["asgiref==3.13.0", "sqlparse==0.6.1", "pytz==2026.6"]

HERE = Path(__file__).resolve().parent
CACHE = HERE.parents[1] / "target" / "djangos"
COMMAND = "python3 tests/vectors/generate.py"


def series(version):
    return ".".join(version.split(".")[:2])


# The parent: fetch, unpack, and run one child per Django.


def unpacked(requirement):
    """Returns the folder with this package, which is downloaded and unpacked on first use."""
    name = requirement.replace("==", "-")
    folder, wheels, partial = CACHE / name, CACHE / f"{name}.wheel", CACHE / f"{name}.partial"
    if not folder.exists():
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        # Django 6.1 requires a newer Python than this one. world.py adds what is missing.
        newer = ["--only-binary=:all:", "--python-version=3.14"]
        subprocess.run([*pip, *newer, f"--dest={wheels}", requirement], check=True)
        for wheel in wheels.glob("*.whl"):
            zipfile.ZipFile(wheel).extractall(partial)
        partial.rename(folder)
    return str(folder)


def run_child(version, companions):
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([unpacked(f"django=={version}"), *companions]),
        "PYTHONHASHSEED": "0",
        "PYTHONPYCACHEPREFIX": str(CACHE / "pycache"),
        "PYTHONUTF8": "1",
        "TZ": "UTC",
    }
    command = [sys.executable, __file__, "--with-django", version]
    return json.loads(subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE).stdout)


def write(kind, version, head, groups, known):
    """Writes one file, with one vector per line. A group with the same vectors as in an earlier version names that version."""
    with open(HERE / f"{kind}-{series(version)}.json", "w", encoding="ascii", newline="\n") as file:
        file.write(json.dumps(head, indent=1).removesuffix("\n}"))
        for name, lines in groups.items():
            first = known.setdefault((name, *lines), series(version))
            if first == series(version):
                file.write(f',\n "{name}": [' + ",".join(f"\n  {line}" for line in lines) + "\n ]")
            else:
                file.write(f',\n "{name}": "{first}"')
        file.write("\n}\n")


def main():
    if sys.version_info[:2] != (3, 11):
        sys.exit("Python 3.11 wanted: it is the one that all these Djangos run on")
    CACHE.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        companions = list(pool.map(unpacked, COMPANIONS))
        answers = list(pool.map(lambda version: run_child(version, companions), DJANGOS))
    known = {}
    for version, files in zip(DJANGOS, answers):
        for kind, (head, groups) in files.items():
            write(kind, version, head, groups, known)


# The child: one Django, the groups of two files. A group is a function: its name, its docstring, the vectors it gives.


def answer(groups):
    import world

    head = {
        **world.provenance(),
        "command": COMMAND,
        "format": {group.__name__: " ".join(group.__doc__.split()) for group in groups},
    }
    return head, {group.__name__: [json.dumps(vector, separators=(",", ":")) for vector in group()] for group in groups}


def child(version):
    import world

    world.start(version)
    import middleware_vectors
    import pickle_vectors
    import session_vectors
    import signing_vectors

    files = {
        "django": answer(signing_vectors.GROUPS),
        "pickles": answer(pickle_vectors.GROUPS),
        "sessions": answer([*session_vectors.GROUPS, *middleware_vectors.GROUPS]),
    }
    json.dump(files, sys.stdout)


if __name__ == "__main__":
    match sys.argv[1:]:
        case []:
            main()
        case ["--with-django", version]:
            child(version)
        case _:
            sys.exit(f"usage: {COMMAND}")
