# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Reads the console of an emulated kernel: what happened between the marks that the tests write."""

import re

# What a kernel says when something went wrong. Where the text of a module was there is nothing, or, in newer kernels,
# one breakpoint beside the other. An oops in interrupt context ends the machine, so the mark at the end may be missing.
COMPLAINTS = [
    ("cache destroyed with objects in it", re.compile(r"Slab cache still has objects|Objects remaining (in|on)")),
    ("memory that is gone was used (KASAN)", re.compile(r"BUG: KASAN:")),
    ("code that is gone was called", re.compile(r"unable to handle page fault|unable to handle kernel paging request|Oops: int3")),
    ("oops", re.compile(r"Oops:|general protection fault|kernel BUG at|Kernel panic")),
    ("a round failed", re.compile(r"PROVE failed")),
    ("warning", re.compile(r"WARNING: |BUG: |INFO: rcu|refcount_t:|ODEBUG: ")),
]
BEGIN = re.compile(r"PROVE begin (\S+)")
END = re.compile(r"PROVE end (\S+) rounds=(\d+) leaked=(\d+)")


class Outcome:
    """What one test did: rounds that were completed, caches that stayed, complaints in the order they came."""

    def __init__(self, name):
        self.name = name
        self.finished = False
        self.rounds = 0
        self.leaked = 0
        self.complaints = []

    @property
    def clean(self):
        return self.finished and self.rounds > 0 and self.leaked == 0 and not self.complaints

    def text(self):
        """One cell of the table."""
        parts = list(self.complaints)
        if self.leaked:
            parts.append("%d cache%s left in /proc/slabinfo" % (self.leaked, "" if self.leaked == 1 else "s"))
        if not self.finished:
            parts.append("the machine did not get to the end")
        if not parts:
            return "clean, %d rounds" % self.rounds
        return "; ".join(parts)


def processors(text):
    """How many the kernel says it has."""
    seen = re.search(r"PROVE processors (\d+)", text)
    return int(seen.group(1)) if seen else 0


def read(text):
    """The outcomes by name."""
    outcomes = {}
    current = None
    for line in text.splitlines():
        begin = BEGIN.search(line)
        if begin:
            current = outcomes.setdefault(begin.group(1), Outcome(begin.group(1)))
            continue
        end = END.search(line)
        if end and current and end.group(1) == current.name:
            current.finished = True
            current.rounds, current.leaked = int(end.group(2)), int(end.group(3))
            current = None
            continue
        if current:
            for what, pattern in COMPLAINTS:
                if pattern.search(line):
                    # A warning that announces a complaint already named says nothing new.
                    if what not in current.complaints and not (what == "warning" and current.complaints):
                        current.complaints.append(what)
                    break
    for outcome in outcomes.values():
        if len(outcome.complaints) > 1 and "warning" in outcome.complaints:
            outcome.complaints.remove("warning")
    return outcomes
