# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Shapes of the rule that docs and krcu audit know as the unload timeline: each as it should be, as it should not be, and as krcu audit
--fix mends it. What audit finds in the source must be what the kernel does."""

import json
import subprocess
import sys
from pathlib import Path

import prove_console
from prove_machine import Machine

HERE = Path(__file__).parent
SOURCES = HERE.parent.parent / "testdata" / "prove" / "unload"
SWITCH = "PROVE_UNSAFE"

# The findings that foretell that something goes wrong. The others say what is superfluous or costs time.
FORETELL = {"unsafe_kfree_rcu", "missing_rcu_barrier", "late_rcu_barrier", "early_rcu_barrier", "missing_srcu_barrier"}


def say(text):
    print("== " + text, file=sys.stderr, flush=True)


def shapes():
    return json.loads((HERE / "unload.json").read_text())


def chosen_text(text, unsafe):
    """One of the two texts that a source holds: with what stands under #ifdef PROVE_UNSAFE, or with what stands under its #else."""
    out, keep = [], [True]
    for line in text.splitlines():
        words = line.split()
        if words[:2] == ["#ifdef", SWITCH]:
            keep.append(unsafe)
        elif words[:2] == ["#ifndef", SWITCH]:
            keep.append(not unsafe)
        elif words[:1] == ["#else"] and len(keep) > 1:
            keep.append(not keep.pop())
        elif words[:1] == ["#endif"] and len(keep) > 1:
            keep.pop()
        elif keep[-1]:
            out.append(line)
    if len(keep) != 1:
        sys.exit("prove: #ifdef %s without #endif" % SWITCH)
    return "\n".join(out) + "\n"


def write_shape(name, variant, directory):
    """A module's directory. The module is called as its variant, for a machine may load several of them."""
    module = "%s_%s" % (name, variant)
    place = directory / module
    place.mkdir(parents=True)
    text = (SOURCES / (name + ".c")).read_text()
    (place / (module + ".c")).write_text(chosen_text(text, variant != "safe"))
    (place / "Makefile").write_text("obj-m := %s.o\n" % module)
    return place


def foretold(report):
    """The findings that count, by the directory of their file."""
    found = {}
    for finding in report["findings"]:
        if finding["kind"] in FORETELL and finding["severity"] in ("error", "warning"):
            found.setdefault(finding["file"].split("/")[0], []).append(finding)
    return found


def audit(krcu, kernel, directory):
    report = json.loads(krcu("audit", "--quiet", "--format", "json", "--kernel", kernel.tree, directory))
    if report["parse_problems"]:
        sys.exit("prove: krcu could not read all of %s: %s" % (directory, "; ".join(map(str, report["parse_problems"]))))
    return foretold(report)


def apply_mend(diff, directory):
    """Applies what audit --fix printed; false if it printed nothing."""
    if not diff.strip():
        return False
    result = subprocess.run(["git", "apply", "-p1", "-"], input=diff, cwd=directory, capture_output=True, text=True,
                            env={"PATH": "/usr/bin:/bin", "GIT_CEILING_DIRECTORIES": str(Path(directory).parent)})
    if result.returncode != 0:
        sys.exit("prove: the mend does not apply in %s: %s" % (directory, result.stderr))
    return True


def script_of(shape, variant):
    module = "%s_%s" % (shape["name"], variant)
    use = shape["round"].replace("$KO", "/test/%s.ko" % module).replace("$NAME", module)
    return "round_%s() {\n  %s\n  result=$?\n  settle\n  return $result\n}\n" % (module, use)


def boot(kernel, scratch, directories, tests, rounds):
    """The outcomes of some (shape, variant) on one machine."""
    machine = Machine(kernel, scratch / "machine")
    script = []
    for shape, variant in tests:
        module = "%s_%s" % (shape["name"], variant)
        machine.add_file(directories[variant] / module / (module + ".ko"), "test")
        script.append(script_of(shape, variant) + machine.test(module, "", "round_" + module, rounds, ["prove_"]))
    say("boot %s: %s, %d rounds" % (kernel.release, ", ".join("%s %s" % (v, s["name"]) for s, v in tests), rounds))
    text = machine.boot("\n".join(script))
    read = prove_console.read(text)
    return {(s["name"], v): read.get("%s_%s" % (s["name"], v)) or prove_console.Outcome(s["name"]) for s, v in tests}, text


class Row:
    """One shape: what krcu finds in each variant and what the kernel did with it."""

    def __init__(self, shape):
        self.shape = shape
        self.found = {}
        self.outcome = {}

    @property
    def equal(self):
        return equal(self.found, self.outcome)


def failed(outcome):
    """Whether the kernel complained; that a round could not be played is no complaint of its."""
    return any(c != "a round failed" for c in outcome.complaints)


def equal(found, outcome):
    """Silence must be a clean run, a finding must be a complaint; the mend, where there is a finding, must be silent and clean."""
    for variant in ("safe", "unsafe"):
        result = outcome.get(variant)
        if result is None or bool(found[variant]) != failed(result) or (not found[variant] and not result.clean):
            return False
    if found["safe"]:
        return False
    if not found["unsafe"]:
        return True
    return outcome.get("mended") is not None and outcome["mended"].clean and not found["mended"]


def rounds_of_unsafe(shape, rounds):
    """A race that nothing can make likelier is run more often."""
    return max(rounds, shape.get("unsafe_rounds", 0))


def run_shapes(krcu, kernel, scratch, chosen, rounds, unsafe_rounds):
    """The rows of some shapes on one kernel."""
    directories = {v: scratch / ("unload-" + v) for v in ("safe", "unsafe", "mended")}
    rows = {s["name"]: Row(s) for s in chosen}
    for variant in ("safe", "unsafe", "mended"):
        directory = directories[variant]
        for shape in chosen:
            write_shape(shape["name"], variant, directory)
        (directory / "Makefile").write_text("obj-m := %s\n" % " ".join("%s_%s/" % (s["name"], variant) for s in chosen))
        if variant == "mended":
            apply_mend(krcu("audit", "--quiet", "--fix", "--kernel", kernel.tree, directory), directory)
        found = audit(krcu, kernel, directory)
        for shape in chosen:
            rows[shape["name"]].found[variant] = found.get("%s_%s" % (shape["name"], variant), [])
        say("build the %s shapes for %s" % (variant, kernel.release))
        kernel.build(directory)
    # What should be clean shares a machine; what should not has one to itself, for it may take the machine with it.
    boots = [([(s, "safe") for s in chosen], rounds)]
    boots.append(([(s, "mended") for s in chosen if rows[s["name"]].found["unsafe"]], rounds))
    boots += [([(s, "unsafe")], rounds_of_unsafe(s, unsafe_rounds)) for s in chosen]
    for tests, count in boots:
        if not tests:
            continue
        outcomes, text = boot(kernel, scratch, directories, tests, count)
        for (name, variant), outcome in outcomes.items():
            rows[name].outcome[variant] = outcome
        if any(not o.clean for o in outcomes.values()):
            (scratch / ("console-%s-%s.txt" % (tests[0][1], "-".join(s["name"] for s, _ in tests)))).write_text(text)
    return [rows[s["name"]] for s in chosen]


def said(findings):
    return ", ".join(sorted({f["kind"] for f in findings})) or "silent"


def table(kernel, rows):
    lines = ["| shape | safe: krcu | safe: kernel | unsafe: krcu | unsafe: kernel | mended by `audit --fix` | equal |", "| --- | --- | --- | --- | --- | --- | --- |"]
    for row in rows:
        mended = row.outcome.get("mended")
        cells = ["%s: %s" % (row.shape["name"], row.shape["text"]), said(row.found["safe"]), row.outcome["safe"].text(), said(row.found["unsafe"]),
                 row.outcome["unsafe"].text(), mended.text() if mended else "nothing to mend", "yes" if row.equal else "**no**"]
        lines.append("| " + " | ".join(cells) + " |")
    return lines + [""]
