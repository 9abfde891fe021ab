#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Runs spatch and krcu by turns and compares them; scripts/bench prepares what it needs and is what people call.
#
# Two semantic patches: one converts kmem_cache_free() callbacks; the other merely lists the callbacks that free. krcu makes its patch,
# and scans with the verdict and proof of each call, for all families and for kmem_cache_free() alone.
# What makes it fair: both get the same number of jobs; every file is read once before, so neither pays for the disk; one
# run of each goes before and is not counted; the order changes from round to round; each run gets an empty cache
# directory, so nothing is remembered.
# What does not: krcu converts more than the semantic patch asks for, and proves each conversion. The table says how
# much each of them changed.

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time


class Run:
    """One finished run: seconds, seconds, MiB of the largest process."""

    def __init__(self, wall, user, system, largest):
        self.wall, self.user, self.system, self.largest = wall, user, system, largest


class Program:
    """A program under test: how it is called on a tree, and which exit statuses mean that it worked."""

    def __init__(self, name, shown, command, good, cwd=None):
        self.name, self.shown, self.command, self.good, self.cwd = name, shown, command, good, cwd
        self.runs = []
        self.diff = ""
        self.memory = 0.0


def summed_memory(session):
    """MiB of all processes of a session; pages they share count once (PSS)."""
    total = 0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat") as stat:
                if int(stat.read().rsplit(")", 1)[1].split()[3]) != session:
                    continue
            with open(f"/proc/{pid}/smaps_rollup") as rollup:
                total += int(re.search(r"^Pss:\s+(\d+)", rollup.read(), re.M).group(1))
        except (OSError, AttributeError, IndexError):
            continue  # it ended while we looked
    return total / 1024


def launch(program, sample):
    """Runs it once. With `sample` its memory is watched, which disturbs it: such a run is not timed."""
    peak = 0.0
    with tempfile.TemporaryDirectory(prefix="krcu-bench-") as scratch:
        out, err = os.path.join(scratch, "out"), os.path.join(scratch, "err")
        environment = dict(os.environ, XDG_CACHE_HOME=os.path.join(scratch, "cache"))
        with open(out, "wb") as stdout, open(err, "wb") as stderr:
            start = time.monotonic()
            child = subprocess.Popen(program.command, cwd=program.cwd, env=environment, stdin=subprocess.DEVNULL,
                                     stdout=stdout, stderr=stderr, start_new_session=True)
            while sample:
                peak = max(peak, summed_memory(child.pid))
                if os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                    break
                time.sleep(0.05)
            _, status, usage = os.wait4(child.pid, 0)
            wall = time.monotonic() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode not in program.good:
            with open(err, errors="replace") as text:
                sys.exit(f"bench: '{' '.join(program.command)}' ended with status {child.returncode}:\n"
                         + "".join(text.readlines()[-10:]))
        with open(out, errors="replace") as text:
            program.diff = text.read()
    program.memory = max(program.memory, peak)
    return Run(wall, usage.ru_utime, usage.ru_stime, usage.ru_maxrss / 1024)


def changed_files(diff, tree=None):
    """The files a unified diff changes; a/ and ./ in front of the names do not count, nor does the tree: spatch writes whole paths where the
    tree's name has characters that it quotes."""
    names = {re.sub(r"^(a/)?(\./)?", "", m.group(1)) for m in re.finditer(r"^--- ([^\t\n]+)", diff, re.M) if m.group(1) != "/dev/null"}
    top = os.path.abspath(tree).lstrip("/") + "/" if tree else ""
    return {n.lstrip("/").removeprefix(top) for n in names}


def changed_calls(diff):
    """How many lines of a unified diff bring in a deferred free."""
    return len(re.findall(r"^\+(?!\+\+ ).*\bk[v]?free_rcu\(", diff, re.M))


def warm(tree):
    """Reads all sources once."""
    for directory, _, names in os.walk(tree):
        for name in names:
            path = os.path.join(directory, name)
            if name.endswith((".c", ".h")) and os.path.isfile(path):
                with open(path, "rb") as file:
                    while file.read(1 << 20):
                        pass


def tree_version(tree):
    try:
        with open(os.path.join(tree, "Makefile"), errors="replace") as makefile:
            head = makefile.read(2000)
    except OSError as error:
        sys.exit(f"bench: {tree}: {error.strerror}; give the top of a kernel source tree")
    parts = [re.search(rf"^{key}\s*=[ \t]*(\S*)", head, re.M) for key in ("VERSION", "PATCHLEVEL", "SUBLEVEL")]
    if not all(parts):
        sys.exit(f"bench: {tree}: no kernel version in its Makefile; give the top of a kernel source tree")
    return ".".join(part.group(1) for part in parts)


def machine():
    with open("/proc/cpuinfo") as text:
        model = re.search(r"^(?:model name|Model)\s*:\s*(.+)$", text.read(), re.M)
    with open("/proc/meminfo") as text:
        memory = int(re.search(r"^MemTotal:\s+(\d+)", text.read(), re.M).group(1)) / 1048576
    return f"{len(os.sched_getaffinity(0))} cores, {model.group(1) if model else os.uname().machine}, {memory:.0f} GiB"


def first_line(command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\n")[0]


def spread(values):
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def ratio(first, second):
    return f"{first / second:.1f}" if second else "-"


def changes(programs):
    """How much each of them converted."""
    spatch, krcu = programs
    files = [changed_files(p.diff, spatch.cwd) for p in programs]
    lines = [
        f"spatch changes {len(files[0])} files and converts {changed_calls(spatch.diff)} calls, `krcu patch` {len(files[1])} files and "
        f"{changed_calls(krcu.diff)} calls: {len(files[0] & files[1])} files both, {len(files[0] - files[1])} only spatch, "
        f"{len(files[1] - files[0])} only krcu.", ""]
    only = sorted(files[0] - files[1])
    if only:
        lines += ["Changed by spatch alone (`krcu explain` says why not): " + ", ".join(only) + ".", ""]
    return lines


def wall(program):
    return statistics.median(r.wall for r in program.runs)


def section(version, programs, runs):
    """The result for one tree, as Markdown. `programs`: those of spatch that convert and that list, then krcu's."""
    converts, lists, *ours = programs
    lines = [
        f"## Linux {version}", "",
        f"Medians of {runs} runs each (smallest to largest in parentheses). The last columns say how many times the wall time of krcu",
        "goes into that of spatch.", "",
        "| | wall time, s | user, s | system, s | largest process, MiB | all processes, MiB | against converting | against listing |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |"]
    for p in programs:
        ratios = [ratio(wall(other), wall(p)) for other in (converts, lists)] if p in ours else ["", ""]
        lines.append(f"| `{p.shown}` | {spread([r.wall for r in p.runs])} | {statistics.median(r.user for r in p.runs):.2f} | "
                     f"{statistics.median(r.system for r in p.runs):.2f} | {statistics.median(r.largest for r in p.runs):.0f} | "
                     f"{p.memory:.0f} | {ratios[0]} | {ratios[1]} |")
    return "\n".join(lines + [""] + changes([converts, ours[0]]))


def run_by_turns(title, programs, runs):
    for program in programs:
        launch(program, sample=True)
    for number in range(runs):
        for program in programs if number % 2 == 0 else reversed(programs):
            run = launch(program, sample=False)
            program.runs.append(run)
            print(f"== {title}, run {number + 1}: {program.name}: {run.wall:.2f} s wall, {run.user:.2f} s user, "
                  f"{run.largest:.0f} MiB", file=sys.stderr)


def spatch_with(arguments, rules, tree):
    jobs = str(arguments.jobs)
    return Program("spatch", f"cd TREE && spatch -j {jobs} --sp-file bench/{os.path.basename(rules)} --dir .",
                   [arguments.spatch, "-j", jobs, "--sp-file", os.path.abspath(rules), "--dir", "."], {0}, tree)


def krcu_with(arguments, words, tree):
    words = [*words, "-j", str(arguments.jobs)]
    words = [*words, "--no-cache"]  # every run does all the work
    return Program("krcu", f"krcu {' '.join(words)} TREE", [os.path.abspath(arguments.krcu), *words, os.path.abspath(tree)], {0, 1})


def measure(tree, arguments):
    version = tree_version(tree)
    print(f"== Linux {version}: read the tree", file=sys.stderr)
    warm(tree)
    programs = [spatch_with(arguments, arguments.rules, tree), spatch_with(arguments, arguments.list_rules, tree)]
    for words in (["patch"], ["scan"], ["patch", "--family", "kmem_cache_free"], ["scan", "--family", "kmem_cache_free"]):
        programs.append(krcu_with(arguments, words, tree))
    run_by_turns(f"Linux {version}", programs, arguments.runs)
    return section(version, programs, arguments.runs)


def write(path, text):
    """Replaces the file in one step."""
    temporary = path + ".new"
    with open(temporary, "w") as file:
        file.write(text)
    os.replace(temporary, path)


def main():
    parser = argparse.ArgumentParser(description="Compares spatch and krcu on kernel trees.")
    parser.add_argument("--krcu", required=True)
    parser.add_argument("--spatch", default=shutil.which("spatch"))
    parser.add_argument("--rules", required=True, help="the semantic patch that converts")
    parser.add_argument("--list-rules", required=True, help="the semantic patch that lists")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--output", required=True)
    parser.add_argument("trees", nargs="+")
    arguments = parser.parse_args()
    if arguments.runs < 1 or arguments.jobs < 1:
        parser.error("--runs and --jobs need a number from 1 on")
    if not arguments.spatch:
        parser.error("spatch is not installed; scripts/setup bench installs it")

    sections = [measure(tree, arguments) for tree in arguments.trees]
    head = "\n".join([
        "# Coccinelle and krcu on the same tree", "",
        "Written by scripts/bench. The tree is a git work tree (spatch searches with git grep) and in the page cache, the programs run by turns, one run of each goes before",
        "and is not counted; each run gets an empty cache. krcu looks for more kinds of callbacks than the semantic patches and",
        "proves each conversion.", "",
        f"- machine: {machine()}",
        f"- {first_line([arguments.spatch, '--version'])}",
        f"- {first_line([os.path.abspath(arguments.krcu), '--version'])}", "", ""])
    write(arguments.output, head + "\n".join(sections))
    print(head + "\n".join(sections))


if __name__ == "__main__":
    main()
