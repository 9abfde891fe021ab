#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Breaks a kernel tree in one place at a time and compares the verdicts with those on the whole tree; scripts/faults is what people call.
#
# The tree is copied with hard links, and a file of the copy is replaced, never written through the link. A verdict may be lost (the
# site becomes review, unknown or not parsed, for its file may need what is broken); it must never become another one. A site whose
# file cannot see the header through any #include should keep its verdict; how many do not is told, but is no failure: the
# callback, the cache or its users may stand elsewhere.

import argparse
import collections
import contextlib
import json
import os
import re
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile

LOST = {"review": "review", "not_parsed": "not parsed", "unknown_callback": "unknown"}


class Outcome:
    """What became of the sites of one broken tree."""

    def __init__(self, seconds=0.0, message=""):
        self.seconds, self.message = seconds, message
        self.counts = collections.Counter()
        self.wrong = []
        self.unseen_lost = []
        self.facts = []


def sites_by_key(report):
    """Sites by something that a shifted line does not change: file, function, callback, and which of several."""
    seen, sites = collections.Counter(), {}
    for site in report["sites"]:
        key = (site["file"], site.get("function") or "", site.get("callback") or "", site.get("deferral") or "")
        seen[key] += 1
        sites[key + (seen[key],)] = site
    return sites


def loose(sites):
    """The same by file and ordinal only, for sites whose function or callback was not seen."""
    grouped = collections.defaultdict(list)
    for site in sites:
        grouped[site["file"]].append(site)
    return grouped


def pairs(whole, broken):
    """(site of the whole tree, the same of the broken one or None). Within a file the order is the same; line and names may not be."""
    ours, theirs = loose(whole["sites"]), loose(broken["sites"])
    for file, sites in ours.items():
        others = theirs.get(file, [])
        if len(others) == len(sites):
            yield from zip(sites, others)
        else:
            by_key = sites_by_key({"sites": others})
            for key, site in sites_by_key({"sites": sites}).items():
                yield site, by_key.get(key)


def judge(before, after):
    """kept, gone, one of LOST's values, or WRONG."""
    if after is None:
        return "gone"
    if before["class"] == after["class"] and before.get("replacement") == after.get("replacement"):
        return "kept"
    return LOST.get(after["class"], "WRONG")


def compare(whole, broken, outcome, sees=lambda file: True, gone=lambda file: False):
    """Fills the outcome. `sees(file)`: whether what is broken may matter to the text of this file; `gone(file)`: whether the file itself is away."""
    for before, after in pairs(whole, broken):
        verdict = "gone" if gone(before["file"]) else judge(before, after)
        if verdict == "gone" and not gone(before["file"]):
            verdict = "WRONG"  # a call that is in the text is on the list, whatever else is broken
        outcome.counts[verdict] += 1
        place = f"{before['file']}:{before['line']}"
        if verdict == "WRONG":
            now = f"{after['class']} ({after['reason']})" if after else "not on the list"
            outcome.wrong.append(f"{place}: {before['class']} ({before['reason']}) became {now}")
        elif verdict not in ("kept", "gone") and not sees(before["file"]):
            outcome.unseen_lost.append(f"{place}: {before['class']} became {verdict}: {after['reason']}")
    facts, others = whole["tree"]["semantics"], broken["tree"]["semantics"]
    outcome.facts = [f"{name}: {facts[name]} became {others.get(name)}" for name in facts if others.get(name) != facts[name]]


class Includes:
    """Who includes whom, by text: every #include of every branch, resolved in all ways that any architecture could."""

    LINE = re.compile(rb'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.M)

    def __init__(self, tree):
        self.tree, self.of, self.files = tree, {}, set()
        for directory, _, names in os.walk(tree):
            self.files.update(os.path.relpath(os.path.join(directory, name), tree) for name in names if name.endswith((".c", ".h")))
        arches = sorted({file.split("/")[1] for file in self.files if re.match("arch/[^/]+/include/", file)})
        self.roots = ["include", "include/uapi"] + [f"arch/{arch}/include{sub}" for arch in arches for sub in ("", "/uapi")]

    def direct(self, file):
        """Lists, one for each #include: the headers that it may mean, the likeliest first."""
        if file not in self.of:
            found = []
            try:
                with open(os.path.join(self.tree, file), "rb") as text:
                    lines = self.LINE.findall(text.read())
            except OSError:
                lines = []
            for kind, name in lines:
                name = name.decode(errors="replace")
                roots = ([os.path.dirname(file)] if kind == b'"' else []) + self.roots
                # Generated headers (asm/*.h) stand for the generic ones.
                paths = [os.path.normpath(os.path.join(root, name)) for root in roots] + [re.sub("^asm/", "include/asm-generic/", name)]
                found.append([path for path in paths if path in self.files])
            self.of[file] = found
        return self.of[file]

    def closure(self, files):
        seen, todo = set(files), list(files)
        while todo:
            for header in {header for means in self.direct(todo.pop()) for header in means}:
                if header not in seen:
                    seen.add(header)
                    todo.append(header)
        return seen


def forced(tree):
    """The headers that every compilation includes: the top Makefile names them."""
    with open(os.path.join(tree, "Makefile"), errors="replace") as text:
        return [name for name in re.findall(r"-include\s+\$\(srctree\)/(\S+)", text.read()) if os.path.isfile(os.path.join(tree, name))]


def choose(tree, report, number):
    """`number` headers, always the same for a tree: three of four the most included, the rest rarely included ones that files with a site include."""
    includes, counts = Includes(tree), collections.Counter()
    for file in includes.files:
        counts.update({means[0] for means in includes.direct(file) if means})
    order = sorted((h for h in counts if h.startswith("include/")), key=lambda h: (-counts[h], h))
    often = order[:max(1, number * 3 // 4)]
    near = set()
    for site in report["sites"]:
        near |= {means[0] for means in includes.direct(site["file"]) if means and counts[means[0]] <= 20} - set(often)
    rare = sorted(near, key=lambda h: (counts[h], h))
    left = number - len(often)
    if left and len(rare) > left:
        rare = [rare[i * len(rare) // left] for i in range(left)]
    return often + rare[:left], counts, includes


def processor():
    """Processor time of all programs that were started and have ended, in seconds."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def scan(krcu, tree, jobs, words, patience=None, cache=None, only=()):
    """(report or None, seconds, last message). The seconds are processor time: what else the machine does must not decide."""
    begin = processor()
    try:
        done = subprocess.run([krcu, "scan", "-j", str(jobs), *(["--cache", cache] if cache else ["--no-cache"]), "--format", "json", *words, tree, *only], capture_output=True,
                              stdin=subprocess.DEVNULL, timeout=patience)
    except subprocess.TimeoutExpired:
        return None, processor() - begin, f"given up after {patience:.0f} s"
    seconds = processor() - begin
    message = done.stderr.decode(errors="replace").strip()
    if done.returncode in (0, 1):
        return json.loads(done.stdout), seconds, message
    return None, seconds, f"status {done.returncode}: {message}"


def replace(path, content):
    """Puts a new file there; the old one, which other names may share, stays as it is."""
    mode = os.stat(path).st_mode & 0o777
    temporary = path + ".fault"
    with open(temporary, "wb") as file:
        file.write(content)
    os.chmod(temporary, mode)
    os.replace(temporary, path)


class Fault:
    """One way to break one file: `broken` gives the new content, or None for a file that goes."""

    def __init__(self, way, file, change):
        self.way, self.file, self.change = way, file, change

    def apply(self, tree, copy):
        path = os.path.join(copy, self.file)
        with open(path, "rb") as text:
            new = self.change(text.read())
        if new is None:
            os.unlink(path)
        else:
            replace(path, new)

    def undo(self, tree, copy):
        path = os.path.join(copy, self.file)
        if os.path.lexists(path):
            os.unlink(path)
        os.link(os.path.join(tree, self.file), path)

    def gone(self, file):
        return file == self.file and self.way in ("removed", "empty", "zeros")


class Away:
    """Directories that are not there; `keep` says which children of `parent` stay."""

    def __init__(self, way, parent, keep):
        self.way, self.file, self.parent, self.keep = way, "", parent, keep

    def apply(self, tree, copy):
        self.held = tempfile.mkdtemp(prefix=".away-", dir=os.path.dirname(copy))
        for name in sorted(os.listdir(os.path.join(copy, self.parent))):
            if os.path.isdir(os.path.join(copy, self.parent, name)) and not self.keep(name):
                os.rename(os.path.join(copy, self.parent, name), os.path.join(self.held, name))
        self.names = set(os.listdir(self.held))

    def undo(self, tree, copy):
        for name in os.listdir(self.held):
            os.rename(os.path.join(self.held, name), os.path.join(copy, self.parent, name))
        os.rmdir(self.held)

    def gone(self, file):
        rest = os.path.relpath(file, self.parent) if self.parent else file
        return not rest.startswith("..") and rest.split("/")[0] in self.names


WAYS = {
    "removed": lambda text: None,
    "#error": lambda text: b"#error put in to see what breaks\n" + text,
    "_Static_assert": lambda text: text + b'\n_Static_assert(0, "put in to see what breaks");\n',
    "unknown type": lambda text: text + b"\nnobody_knows_this_t put_in_to_see_what_breaks;\n",
    "empty": lambda text: b"",
    "zeros": lambda text: b"\0" * len(text),
}


def shapes(tree):
    """Trees that are broken as a whole."""
    def half(text):
        return text[:len(text) // 2]
    found = [Fault("cut in the middle", name, half) for name in ("Makefile", "init/Kconfig", "Kconfig", "arch/x86/Makefile", "arch/x86/Kconfig")
             if os.path.isfile(os.path.join(tree, name))]
    return found + [Away("without arch/x86", "arch", lambda name: name != "x86"), Away("only arch/arm64", "arch", lambda name: name == "arm64"),
                    Away("sparse: without drivers, fs, sound", "", lambda name: name not in ("drivers", "fs", "sound")),
                    Away("sparse: only arch, include, init, kernel, net, scripts", "",
                         lambda name: name in ("arch", "include", "init", "kernel", "net", "scripts"))]


def try_fault(fault, whole, base, tree, copy, arguments, sees):
    fault.apply(tree, copy)
    try:
        # What takes that long is a failure anyway; the others shall have their turn.
        report, seconds, message = scan(arguments.krcu, copy, arguments.jobs, arguments.words, 5 * arguments.limit * base)
        outcome = Outcome(seconds, message)
        if report is None:
            outcome.counts["stopped"] = len(whole["sites"])
        else:
            compare(whole, report, outcome, sees, fault.gone)
        return outcome
    finally:
        fault.undo(tree, copy)


COLUMNS = ["kept", "review", "not parsed", "unknown", "gone", "stopped", "WRONG"]


def row(way, outcomes, base):
    total = collections.Counter()
    for outcome in outcomes:
        total.update(outcome.counts)
    ratios = [outcome.seconds / base for outcome in outcomes]
    cells = [way, str(len(outcomes))] + [str(total[c]) for c in COLUMNS] + [str(sum(len(o.unseen_lost) for o in outcomes)),
                                                                            f"{statistics.median(ratios):.2f}", f"{max(ratios):.2f}"]
    return "| " + " | ".join(cells) + " |"


def table(results, base):
    heads = ["what is broken", "trees"] + COLUMNS + ["lost unseen", "time, median", "time, most"]
    lines = ["| " + " | ".join(heads) + " |", "| --- |" + " ---: |" * (len(heads) - 1)]
    ways = collections.defaultdict(list)
    for fault, outcome in results:
        ways[fault.way if not isinstance(fault, Fault) or fault.way in WAYS else f"{fault.file}: {fault.way}"].append(outcome)
    lines += [row(way, outcomes, base) for way, outcomes in ways.items()]
    if len(ways) > 1:
        lines.append(row("all", [outcome for _, outcome in results], base))
    return "\n".join(lines)


def details(results, base, limit):
    lines = []
    for fault, outcome in results:
        title = f"{fault.file} {fault.way}".strip()
        items = [f"WRONG {w}" for w in outcome.wrong] + [f"fact {f}" for f in outcome.facts]
        if outcome.counts["stopped"]:
            items.append(outcome.message)
        if outcome.seconds > limit * base:
            items.append(f"took {outcome.seconds:.1f} s, {outcome.seconds / base:.1f} times as long as the whole tree")
        lines += [f"{title}: {item}" for item in items]
    return lines


@contextlib.contextmanager
def copied(tree):
    """(a scratch directory beside the tree, a copy of the tree in it by hard links, which need the same file system); both go at the end."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("faults: ended"))  # the copy goes, too
    scratch = tempfile.mkdtemp(prefix=".krcu-faults-", dir=os.path.dirname(tree))
    try:
        copy = os.path.join(scratch, "tree")
        subprocess.run(["cp", "-al", "--", tree, copy], check=True)
        yield scratch, copy
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description="Breaks a tree in one place at a time and compares verdicts.")
    parser.add_argument("--krcu", required=True)
    parser.add_argument("--headers", type=int, default=40)
    parser.add_argument("--ways", default="removed,#error,_Static_assert,unknown type", help="of: " + ", ".join(WAYS))
    parser.add_argument("--shapes", action="store_true", help="also trees that are cut or incomplete")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--limit", type=float, default=2.0, help="how many times the time of the whole tree is too much")
    parser.add_argument("--output", help="the table as Markdown")
    parser.add_argument("--verbose", action="store_true", help="also the sites that lost their verdict without seeing what is broken")
    parser.add_argument("tree")
    parser.add_argument("words", nargs="*", help="more arguments for krcu scan, after --")
    arguments = parser.parse_args()
    arguments.krcu, tree = os.path.abspath(arguments.krcu), os.path.realpath(arguments.tree)
    ways = [way.strip() for way in arguments.ways.split(",") if way.strip()]
    for way in ways:
        if way not in WAYS:
            parser.error(f"unknown way '{way}'; there are {', '.join(WAYS)}")
    if arguments.headers < 0 or arguments.jobs < 1:
        parser.error("--headers needs a number from 0 on, --jobs from 1 on")

    with copied(tree) as (_, copy):
        first, again = (scan(arguments.krcu, copy, arguments.jobs, arguments.words) for _ in range(2))
        whole, base = first[0], min(first[1], again[1])
        if whole is None:
            sys.exit(f"faults: the whole tree: {first[2]}")
        headers, counts, includes = choose(tree, whole, arguments.headers) if arguments.headers else ([], {}, None)
        everywhere = includes.closure(forced(tree)) if headers else set()
        closures = {site["file"]: includes.closure([site["file"]]) for site in whole["sites"]} if headers else {}
        print(f"== the whole tree: {len(whole['sites'])} calls, {base:.1f} s; {len(headers)} headers, {len(ways)} ways", file=sys.stderr)
        results = []
        for fault in [Fault(way, header, WAYS[way]) for header in headers for way in ways] + (shapes(tree) if arguments.shapes else []):
            def sees(file, header=fault.file):
                return not header.endswith(".h") or header in everywhere or header in closures[file]
            outcome = try_fault(fault, whole, base, tree, copy, arguments, sees)
            results.append((fault, outcome))
            told = ", ".join(f"{outcome.counts[c]} {c}" for c in COLUMNS if outcome.counts[c])
            print(f"== {fault.file} {fault.way}: {told}; {outcome.seconds / base:.2f} times the time", file=sys.stderr)
            if arguments.verbose:
                for line in outcome.unseen_lost:
                    print(f"   unseen: {line}", file=sys.stderr)

    if not results:
        sys.exit("faults: nothing was broken; see --help")
    text = table(results, base) + "\n"
    found = details(results, base, arguments.limit)
    if found:
        text += "\n" + "\n".join(f"- {line}" for line in found) + "\n"
    print(text)
    if arguments.output:
        with open(arguments.output, "w") as file:
            file.write(f"# A tree that is broken\n\nWritten by scripts/faults on Linux {whole['tree']['version']}: one place broken at a time, the verdicts of "
                       f"{len(whole['sites'])} calls compared with the whole tree's.\n\n" + text)
    bad = any(outcome.wrong or outcome.seconds > arguments.limit * base for _, outcome in results)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
