# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Errors that krcu audit finds in modules of a tree, brought to fail on a kernel that is built from the same tree, and tried again with the mend
of krcu audit --fix."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import prove_console
import prove_unload
from prove_machine import Machine

HERE = Path(__file__).parent

# Lines of a report that differ from run to run and say nothing to a reader: registers, the code's bytes, the machine.
NOISE = re.compile(r"^(Code:|RSP:|[CDEFG]S:|Hardware name:|PKRU:|Modules linked in:|[A-Z0-9]{2,3}: [0-9a-f]{8,})")


def say(text):
    print("== " + text, file=sys.stderr, flush=True)


def bugs():
    return json.loads((HERE / "bugs.json").read_text())


def excerpt(text, most=28):
    """The first report of a console, without its noise and without the time in front of each line."""
    lines, started = [], False
    for line in text.splitlines():
        line = re.sub(r"^\[ *[0-9.]+\](\[ *[TC][0-9]+\])? ?", "", line).rstrip()
        started = started or any(p.search(line) for what, p in prove_console.COMPLAINTS if what != "a round failed")
        if not started or not line or NOISE.search(line):
            continue
        lines.append(line)
        if len(lines) == most or "Kernel panic" in line or "end trace" in line:
            break
    return lines


def source_of(kernel, bug, top):
    """A copy of the module where the tree has it, so that a diff of the tree applies to it."""
    source = kernel.tree / bug["source"]
    if source.is_dir():
        shutil.copytree(source, top / bug["source"])
        for header in source.parent.glob("*.h"):  # which it may include as ../internal.h
            shutil.copy(header, (top / bug["source"]).parent)
        return top / bug["source"]
    directory = (top / bug["source"]).parent
    directory.mkdir(parents=True)
    for header in source.parent.glob("*.h"):
        shutil.copy(header, directory)
    shutil.copy(source, directory)
    (directory / "Makefile").write_text("obj-m := %s.o\n" % source.stem)
    return directory


def find(krcu, kernel, bug):
    """The findings of audit that this is about."""
    every = ["--all"] if bug.get("driver") else []  # the finding that was named may be one of low confidence
    report = json.loads(krcu("audit", "--quiet", "--format", "json", *every, kernel.tree, bug["source"]))
    return [f for f in report["findings"] if f["kind"] in prove_unload.FORETELL and f["severity"] in ("error", "warning")]


def boot(kernel, scratch, bug, directory, rounds):
    machine = Machine(kernel, scratch / "machine")
    built = {p.name: p for p in directory.rglob("*.ko")}
    for want in bug.get("also", []):
        machine.add_module(want)
    ko = built[bug["module"] + ".ko"]
    machine.add_needs(ko)
    machine.add_file(ko, "test")
    if "firmware" in bug:
        machine.add_firmware(bug["firmware"])
    if bug.get("tpm"):
        machine.add_tpm()
    machine.hardware += bug.get("hardware", [])
    machine.append = bug.get("append", "")
    for other in bug.get("with", []):
        machine.add_file(built[other + ".ko"], "test")
    for program in bug.get("programs", []):
        machine.need_program(program)
    if "helper" in bug:
        machine.add_helper(bug["helper"])
    name = bug["module"].replace("-", "_")
    load = " ".join(["/test/%s.ko" % bug["module"], *bug.get("parameters", [])])
    body = "round() {\n  insmod %s || return 1\n  { %s; } || { echo PROVE-USE-FAILED; return 1; }\n  rmmod %s || return 1\n  settle\n}\n" % (load, bug["use"], name)
    say("boot %s: %s, %d rounds" % (kernel.release, bug["name"], rounds))
    text = machine.boot(body + machine.test(bug["name"], bug.get("prepare", ""), "round", rounds, bug.get("caches", ["prove_"])))
    return prove_console.read(text).get(bug["name"]) or prove_console.Outcome(bug["name"]), text


class Result:
    def __init__(self, bug):
        self.bug = bug
        self.found = []
        self.diff = ""
        self.plain = self.mended = None
        self.console = []

    @property
    def shown(self):
        """Found, failed, mended, clean. What --fix leaves to a person cannot be tried with a mend."""
        cured = self.mended.clean if self.mended else not self.diff.strip()
        return bool(self.found and self.plain and prove_unload.failed(self.plain) and cured)


def run_bugs(krcu, kernel, scratch, chosen, plain_rounds, rounds):
    results = []
    for bug in chosen:
        result = Result(bug)
        results.append(result)
        if not (kernel.tree / bug["source"]).exists() or not kernel.configured(bug.get("option", "MODULES")):
            continue
        result.found = find(krcu, kernel, bug)
        if result.found:
            result.diff = krcu("audit", "--quiet", "--fix", kernel.tree, bug["source"])
        for variant in ("plain", "mended"):
            top = scratch / bug["name"] / variant
            directory = source_of(kernel, bug, top)
            if variant == "mended" and not prove_unload.apply_mend(result.diff, top):
                continue
            say("build %s %s for %s" % (variant, bug["name"], kernel.release))
            kernel.build(directory, bug.get("config", {}))
            outcome, text = boot(kernel, scratch, bug, directory, plain_rounds if variant == "plain" else rounds)
            (scratch / ("console-%s-%s.txt" % (variant, bug["name"]))).write_text(text)
            if variant == "plain":
                result.plain, result.console = outcome, excerpt(text)
            else:
                result.mended = outcome
    return results


def pages(kernel, results, packaged=False):
    """The part of bench/bugs.md that is about one kernel."""
    lines = []
    for result in results:
        bug = result.bug
        lines += ["### %s" % bug["name"], "", bug["text"], ""]
        if not result.plain:
            lines += ["This kernel has no %s." % bug["source"], ""]
            continue
        lines += ["    scripts/prove --tree TREE %s%s" % ("--packaged " if packaged else "", bug["name"]), ""]
        lines += ["- krcu: %s" % ("; ".join("`%s:%d` %s: %s" % (f["file"], f["line"], f["kind"], f["reason"]) for f in result.found) or "silent")]
        lines += ["- to do: load `%s`; `%s`; remove it" % (bug["module"], bug["use"])]
        lines += ["- as it is: %s" % result.plain.text()]
        lines += ["- with the mend: %s" % (result.mended.text() if result.mended else "none was tried: `audit --fix` leaves it to a person"), ""]
        if result.console:
            lines += ["```"] + result.console + ["```", ""]
        if result.diff:
            lines += ["```diff"] + result.diff.rstrip("\n").split("\n") + ["```", ""]
    return lines
