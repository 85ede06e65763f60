"""Compares the outcomes of tests with Django alone and with the crate.

report.py DIFFERENCES LABELS [NAME DJANGO CRATE]...

NAME is a version of Django and a session engine. DJANGO and CRATE are files that suite.py wrote. The exit code is 0 if the
differences are exactly those in the list, and if the crate and Django agreed on all questions.
"""

import json
import sys
from collections import Counter
from fnmatch import fnmatchcase

PASSED = "passed", "expected failure"
# The maximum number of disagreements of each run that are shown.
SHOWN = 20


def read_differences(path):
    """Reads the list: lines of run | test | reason, of which the first two are shell patterns."""
    with open(path) as file:
        lines = [line.split("|") for line in file if line.strip() and not line.startswith("#")]
    return {(run.strip(), test.strip()): reason.strip() for run, test, reason in lines}


def counts(outcomes, label):
    found = [outcome for test, (outcome, _) in outcomes.items() if test.split(".")[0] == label]
    passed, skipped = sum(outcome in PASSED for outcome in found), found.count("skipped")
    return f"{passed} passed, {len(found) - passed - skipped} failed, {skipped} skipped"


def exception(outcome):
    return outcome[1].partition(":")[0]


def main(listed, labels, *results):
    differences, labels = read_differences(listed), labels.split()
    tests, unexpected, required, met = 0, 0, set(), set()
    calls, compared = Counter(), Counter()
    for name, django, crate in zip(*[iter(results)] * 3, strict=True):
        with open(django) as one, open(crate) as other:
            django, crate = json.load(one), json.load(other)
        calls.update(crate["calls"])
        compared.update(crate["compared"])
        required |= {
            (run, test)
            for run, test in differences
            if not run.startswith("?") and fnmatchcase(name, run) and any(test.startswith(label) for label in labels)
        }
        django, disagreements, crate = django["outcomes"], crate["disagreements"], crate["outcomes"]
        tests += len({*django, *crate})
        for label in labels:
            before, after = counts(django, label), counts(crate, label)
            print(f"{name}, {label}: {before}" + (f"; with the crate {after}" if before != after else ""))
        for test in sorted({*django, *crate}):
            before, after = django.get(test, ["absent", ""]), crate.get(test, ["absent", ""])
            # A test that fails with Django alone must fail with the same exception with the crate.
            if before[0] == after[0] and exception(before) == exception(after):
                continue
            found = [key for key in differences if fnmatchcase(name, key[0].lstrip("? ")) and fnmatchcase(test, key[1])]
            met.update(found)
            unexpected += not found
            reason = differences[found[0]] if found else "NOT EXPECTED"
            print(f"  {test}: {before[0]}, with the crate {after[0]}: {reason}" + (f"\n    {after[1]}" * (not found)))
        for disagreement in disagreements[:SHOWN]:
            print(f"  DISAGREEMENT: {disagreement[:600]}")
        if len(disagreements) > SHOWN:
            print(f"  and {len(disagreements) - SHOWN} more disagreements")
        unexpected += len(disagreements)
    for run, test in sorted(required - met):
        unexpected += 1
        print(f"  NOT FOUND, but listed: {run} | {test}")
    print(f"calls into the crate: {calls.total()}; questions put to Django too: {compared.total()}")
    print("  " + ", ".join(f"{question} {count}" for question, count in compared.most_common()))
    print(f"compared {tests}, differences {unexpected}")
    return 1 if unexpected else 0


sys.exit(main(*sys.argv[1:]))
