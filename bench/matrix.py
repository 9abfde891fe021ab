#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Scans several kernel trees and prints what became of their calls and what it cost; scripts/matrix finds the trees and is what
# people call. With --check a tree whose figures are below the bounds here is a failure. Time and memory are told, never checked.

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time

# Class in the report, heading of its column.
CLASSES = [("convert", "convert"), ("unsafe", "unsafe"), ("review", "review"), ("refuse", "refuse"), ("more_than_free", "more than free"),
           ("unknown_callback", "unknown"), ("definition", "definitions"), ("not_parsed", "not parsed")]
FIGURES = ["files parsed", "parses", "second tries", "most parses of a file", "headers precompiled"]

MAX_NOT_PARSED = 0.01
MAX_PARSES_OF_A_FILE = 4
MAX_PARSES_PER_FILE = 1.5


class Result:
    """What one scan said and cost."""

    def __init__(self, name, report, statistics, seconds, memory):
        self.name, self.report, self.statistics, self.seconds, self.memory = name, report, statistics, seconds, memory
        self.figures = {figure: figure_of(statistics, figure) for figure in FIGURES}
        self.errors = tree_errors(statistics)

    @property
    def calls(self):
        return self.report["summary"]["calls"]

    def count(self, name):
        return self.report["summary"]["classes"].get(name, 0)

    @property
    def parses_per_file(self):
        files = self.figures["files parsed"]
        return self.figures["parses"] / files if files else 0.0


def figure_of(statistics, name):
    """A number that --stats prints, or None."""
    found = re.search(rf"^{re.escape(name)}\s+(\d+)$", statistics, re.M)
    return int(found.group(1)) if found else None


def tree_errors(statistics):
    """The lines below "errors of the tree": errors that headers have by themselves, with the number of files that meet each."""
    lines = statistics.split("\n")
    begin = next((i for i, line in enumerate(lines) if line.startswith("errors of the tree")), None)
    errors = []
    for line in lines[begin + 1:] if begin is not None else []:
        if not line.startswith("  "):
            break
        errors.append(line.strip())
    return errors


def faults(result):
    """Why this tree is below the figures that every tree must reach: sentences, none if it is not."""
    found = []
    classes = result.report["summary"]["classes"]
    if sum(classes.values()) != result.calls or len(result.report["sites"]) != result.calls:
        found.append(f"{result.calls} calls, but the classes add up to {sum(classes.values())} and {len(result.report['sites'])} are listed")
    unknown = set(classes) - {name for name, _ in CLASSES}
    if unknown:
        found.append(f"classes that the table does not have: {', '.join(sorted(unknown))}")
    if result.calls == 0:
        found.append("no calls at all")
    if result.count("not_parsed") > MAX_NOT_PARSED * result.calls:
        found.append(f"{result.count('not_parsed')} of {result.calls} calls are not parsed, more than {MAX_NOT_PARSED:.0%}")
    missing = [name for name, value in result.figures.items() if value is None]
    if missing:
        return found + [f"--stats does not print: {', '.join(missing)}"]
    most = result.figures["most parses of a file"]
    if most > MAX_PARSES_OF_A_FILE:
        found.append(f"a file was parsed {most} times for one architecture, more than {MAX_PARSES_OF_A_FILE}")
    if result.figures["headers precompiled"] < 1:
        found.append("no header could be precompiled")
    if result.parses_per_file > MAX_PARSES_PER_FILE:
        found.append(f"{result.parses_per_file:.2f} parses a file, more than {MAX_PARSES_PER_FILE}")
    return found


def scan(name, tree, arguments):
    """Scans a tree with nothing remembered from before."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        begin = time.monotonic()
        child = subprocess.Popen([os.path.abspath(arguments.krcu), "scan", "-j", str(arguments.jobs), "--no-cache", "--stats", "--format", "json",
                                  os.path.abspath(tree)], stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.monotonic() - begin
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0), err.seek(0)
        statistics = err.read().decode(errors="replace")
        if child.returncode not in (0, 1):
            raise RuntimeError(f"krcu scan ended with status {child.returncode}: " + " ".join(statistics.split("\n")[-4:]).strip())
        return Result(name, json.load(out), statistics, seconds, usage.ru_maxrss / 1024)


def shown(value):
    return "-" if value is None else str(value)


def table(results):
    heads = ["tree", "version", "calls"] + [head for _, head in CLASSES]
    heads += ["files", "parses", "second tries", "parses a file", "most of one file", "headers precompiled", "errors of the tree", "s", "MiB"]
    lines = ["| " + " | ".join(heads) + " |", "| --- | --- |" + " ---: |" * (len(heads) - 2)]
    for r in results:
        f = r.figures
        cells = [r.name, r.report["tree"]["version"], str(r.calls)] + [str(r.count(name)) for name, _ in CLASSES]
        cells += [shown(f["files parsed"]), shown(f["parses"]), shown(f["second tries"]),
                  "-" if f["files parsed"] is None or f["parses"] is None else f"{r.parses_per_file:.2f}", shown(f["most parses of a file"]),
                  shown(f["headers precompiled"]), str(len(r.errors)), f"{r.seconds:.1f}", f"{r.memory:.0f}"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def notes(results, left_out):
    """What does not fit into the table."""
    lines = []
    for r in results:
        problems = [f"{p['file']}: {p['cause']}" for p in r.report["parse_problems"]]
        for title, items in (("errors that headers of the tree have by themselves", r.errors), ("files that did not parse cleanly", problems),
                             ("below the figures", faults(r))):
            if items:
                lines += [f"{r.name}, {title}:", ""] + [f"- {item}" for item in items] + [""]
    if left_out:
        lines += ["Left out:", ""] + [f"- {name}: {why}" for name, why in left_out] + [""]
    return "\n".join(lines)


def write(path, text):
    """Replaces the file in one step."""
    with open(path + ".new", "w") as file:
        file.write(text)
    os.replace(path + ".new", path)


def merged(trees):
    """(names, path) of each tree once, though it may be asked for under several names: newest is some version, too."""
    paths = {}
    for name, path in trees:
        paths.setdefault(os.path.realpath(path), []).append(name)
    return [(" = ".join(dict.fromkeys(names)), path) for path, names in paths.items()]


def pair(text):
    name, separator, rest = text.partition("=")
    if not separator:
        raise argparse.ArgumentTypeError(f"'{text}' is not NAME=VALUE")
    return name, rest


def main():
    parser = argparse.ArgumentParser(description="Scans several kernel trees and prints the figures.")
    parser.add_argument("--krcu", required=True)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--check", action="store_true", help="fail if a tree is below the figures")
    parser.add_argument("--output", help="the table as Markdown")
    parser.add_argument("--left-out", action="append", default=[], type=pair, metavar="NAME=REASON")
    parser.add_argument("trees", nargs="*", type=pair, metavar="NAME=TREE")
    arguments = parser.parse_args()

    results, failures = [], []
    for name, tree in merged(arguments.trees):
        print(f"== scan Linux {name}", file=sys.stderr)
        try:
            results.append(scan(name, tree, arguments))
            failures += [f"{name}: {fault}" for fault in faults(results[-1])]
        except (RuntimeError, OSError, ValueError) as error:
            failures.append(f"{name}: {error}")
    text = table(results) + "\n\n" + notes(results, arguments.left_out)
    print(text)
    if arguments.output and results:
        head = ("# Every tree\n\nWritten by scripts/matrix: `krcu scan -j%d --no-cache --stats` on Debian's kernel sources as they come out of their packages "
                "(see [docs/trees.md](../docs/trees.md)).\nThe classes of a row add up to its calls.\n\n" % arguments.jobs)
        write(arguments.output, (head + text).rstrip() + "\n")
    for failure in failures:
        print(f"matrix: {failure}", file=sys.stderr)
    sys.exit(1 if failures and arguments.check else 0)


if __name__ == "__main__":
    main()
