#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Breaks every file on which the verdict of a call that must not be converted rests, or should rest, and looks whether the verdict gets
# better; scripts/faults --named is what people call.
#
# Which files: those that the verdict names (evidence, context, the cache), all that mention the cache or the callback by a word of their
# text, the makefiles above the call, the headers of its directory that its file includes, and the sources in the call's directory. All but
# the last kind are broken in every way, that in one way each, by turns.
# A scan of the tree is dear, so one scan shows many broken files: no two of a round matter to the same call, but a dozen that only stand beside
# it may. Where a verdict was lost and does not name the broken file, that file is broken once more by itself, for another of the round may be why.

import argparse
import collections
import os
import re
import subprocess
import sys
import time

import faults

# In this order, so that a file of a directory gets another way than its neighbour.
WAYS = ("removed", "cut in the middle", "link out of the tree", "directory", "FIFO", "too large")
if os.geteuid() != 0:  # whom no file is closed to
    WAYS += ("unreadable",)
# One byte more than a source may have (tool/index/index.h).
TOO_LARGE = (64 << 20) + 1
FEW = 3  # a file that is broken alone and matters to the calls of so many files at most: only these are scanned
BESIDE = 12  # of those that only stand beside a call, so many are broken at once
GUARDED = ("unsafe", "review")


def remove(path):
    if os.path.isdir(path) and not os.path.islink(path):
        os.rmdir(path)
    elif os.path.lexists(path):
        os.unlink(path)


def break_file(way, tree, copy, outside, file):
    """Breaks `file` of the copy. The tree's own file, a hard link of it, is never written."""
    path = os.path.join(copy, file)
    with open(path, "rb") as text:
        content = text.read()
    remove(path)
    if way == "cut in the middle":
        with open(path, "wb") as half:
            half.write(content[:len(content) // 2])
    elif way == "link out of the tree":
        target = os.path.join(outside, file.replace("/", "_"))
        with open(target, "wb") as other:
            other.write(content)
        os.symlink(target, path)
    elif way == "directory":
        os.mkdir(path)
    elif way == "FIFO":
        os.mkfifo(path)
    elif way == "unreadable":
        with open(path, "wb") as closed:
            closed.write(content)
        os.chmod(path, 0)
    elif way == "too large":
        with open(path, "wb") as large:
            large.write(content)
            large.truncate(TOO_LARGE)
    else:
        assert way == "removed", way


def mend_file(tree, copy, file):
    path = os.path.join(copy, file)
    remove(path)
    os.link(os.path.join(tree, file), path)


def words_of(site):
    """
    The names whose mention may matter: the callback's and the caches', without what stands before a member. A word like "free", which
    half of the tree has, tells nothing: where such a member is looked at, the verdict names the file.
    """
    words = {site.get("callback") or ""} | {cache.get("cache") or "" for cache in site.get("caches") or []}
    last = {re.split(r"\.|->", word)[-1].strip("[]() ") for word in words}
    return {word for word in last if "_" in word.strip("_")}


def named_by(site):
    """The files that the verdict itself names."""
    files = {site["file"]}
    for step in (site.get("evidence") or []) + (site.get("context") or []):
        files.add(step["file"])
    for cache in site.get("caches") or []:
        for key in ("created", "destroyed"):
            files |= {place["file"] for place in cache.get(key) or []}
    return files - {"", None}


def mentions(tree, words):
    """word -> the files that have it as a word."""
    found = collections.defaultdict(set)
    if not words:
        return found
    # grep looks through a whole tree in seconds; only what it names is read here.
    listed = subprocess.run(["grep", "-rlwFZ", "-f", "-", "--", "."], cwd=tree, input="\n".join(sorted(words)).encode(), capture_output=True, check=True)
    pattern = re.compile(rb"[A-Za-z_]\w*")
    wanted = {word.encode() for word in words}
    for name in listed.stdout.decode(errors="replace").split("\0")[:-1]:
        with open(os.path.join(tree, name), "rb") as text:
            for word in wanted & set(pattern.findall(text.read())):
                found[word.decode()].add(os.path.normpath(name))
    return found


def own_headers(tree, site):
    """The headers of its own directory that the call's file includes."""
    directory = os.path.dirname(site["file"])
    with open(os.path.join(tree, site["file"]), "rb") as text:
        names = re.findall(rb'^[ \t]*#[ \t]*include[ \t]*"([^"\n]+)"', text.read(), re.M)
    paths = {os.path.normpath(os.path.join(directory, name.decode(errors="replace"))) for name in names}
    return {path for path in paths if not path.startswith("..") and os.path.isfile(os.path.join(tree, path))}


def near(tree, site):
    """(makefiles from the call's directory upwards, the C and assembly files of that directory)"""
    directory, makefiles = os.path.dirname(site["file"]), []
    beside = [os.path.join(directory, name) for name in sorted(os.listdir(os.path.join(tree, directory)))
              if name.endswith((".c", ".S"))]
    while True:
        makefiles += [path for path in (os.path.join(directory, name) for name in ("Makefile", "Kbuild")) if os.path.isfile(os.path.join(tree, path))]
        if not directory:
            return makefiles, beside
        directory = os.path.dirname(directory)


def plan(tree, whole):
    """([(file, way, indices of the sites it matters to, its weight for them)], files that a verdict names) for the calls that must not be converted."""
    sites = [(index, site) for index, site in enumerate(whole["sites"]) if site["class"] in GUARDED]
    mentioned = mentions(tree, set().union(*(words_of(site) for _, site in sites)) if sites else set())
    all_ways, one_way, named = collections.defaultdict(set), collections.defaultdict(set), set()
    for index, site in sites:
        makefiles, beside = near(tree, site)
        own = named_by(site)
        named |= own
        for file in own | own_headers(tree, site) | set(makefiles) | set().union(*(mentioned[word] for word in words_of(site))):
            all_ways[file].add(index)
        for file in beside:
            one_way[file].add(index)
    faults_ = []
    for file, indices in sorted(all_ways.items()):
        if os.path.isfile(os.path.join(tree, file)) and not os.path.islink(os.path.join(tree, file)):
            faults_ += [(file, way, frozenset(indices), 1) for way in WAYS]
    turn = 0
    for file, indices in sorted(one_way.items()):
        if file not in all_ways and not os.path.islink(os.path.join(tree, file)):
            faults_.append((file, WAYS[turn % len(WAYS)], frozenset(indices), 1 / BESIDE - 1e-9))
            turn += 1
    return faults_, named


def fits(group, fault):
    """Whether the fault may be tried with the others of the group. Each is (file, way, sites, weight of the file for a site)."""
    file, _, indices, weight = fault
    if any(file == other[0] for other in group):
        return False
    return all(sum(other[3] for other in group if index in other[2]) + weight <= 1 for index in indices)


def rounds(faults_, named):
    """The faults in groups, those of files that a verdict names first; what those of a group weigh for one call is never above 1."""
    groups = []
    for fault in sorted(faults_, key=lambda f: (-f[3], f[0] not in named, -len(f[2]), f[1], f[0])):
        for group in groups:
            if fits(group, fault):
                group.append(fault)
                break
        else:
            groups.append([fault])
    return groups


def says(site, file):
    """Whether the verdict names the file: as a step, or in its reason."""
    return file in named_by(site) or re.search(r"(?<![\w/.-])" + re.escape(file) + r"(?![\w/-])", site["reason"]) is not None


class Run:
    def __init__(self, arguments, tree, copy, outside):
        self.arguments, self.tree, self.copy, self.outside = arguments, tree, copy, outside
        self.whole, self.named = None, set()
        self.seconds = 0.0
        self.counts = collections.defaultdict(collections.Counter)
        self.wrong, self.stopped, self.again = [], [], []

    def scan(self, only=()):
        """Of the tree, or of the files `only`."""
        report, seconds, message = faults.scan(self.arguments.krcu, self.copy, self.arguments.jobs, self.arguments.words, only=only,
                                               cache=os.path.join(self.outside, "cache") if self.arguments.cached else None)
        self.seconds += seconds
        return report, message

    def try_group(self, group):
        """Breaks them all, scans once, counts. Those of which it is not clear what they did are left in `again`."""
        for file, way, _, _ in group:
            break_file(way, self.tree, self.copy, self.outside, file)
        # Not where the broken file has such a call itself: a scan of a file that is gone is refused.
        only = {self.whole["sites"][index]["file"] for index in group[0][2]} if len(group) == 1 else set()
        try:
            few = sorted(only) if len(only) <= FEW and group[0][0] not in only else []
            report, message = self.scan(few)
            if few and report is None:  # none of them could be parsed: then the program says that it knows nothing
                report, message = self.scan()
        finally:
            for file, _, _, _ in group:
                mend_file(self.tree, self.copy, file)
        if report is None:
            if len(group) > 1:
                self.again += group
            else:
                self.stopped.append(f"{group[0][0]} {group[0][1]}: {message}")
                self.counts[group[0][1]]["stopped"] += len(group[0][2])
            return
        after = {id(before): now for before, now in faults.pairs(self.whole, report)}
        for fault in group:
            self.count(fault, after, len(group) == 1)

    def count(self, fault, after, alone):
        file, way, indices, _ = fault
        found = []
        for index in sorted(indices):
            before = self.whole["sites"][index]
            now = after[id(before)]
            verdict = faults.judge(before, now)
            if verdict == "gone" and (before["file"] != file or way == "cut in the middle"):
                verdict = "not listed"  # a call of a file that was cut may be in the half that is away
            if verdict not in ("kept", "gone") and not alone and not (now and says(now, file)):
                self.again.append(fault)
                return
            found.append((verdict, before, now))
        for verdict, before, now in found:
            self.counts[way][verdict] += 1
            if verdict == "WRONG" or verdict == "not listed" and before["file"] != file:
                told = f"{now['class']} ({now['reason']})" if now else "not on the list"
                self.wrong.append(f"{file} {way}: {before['file']}:{before['line']}: {before['class']} ({before['reason']}) became {told}")
        self.counts[way]["broken"] += 1
        self.counts[way]["named" if file in self.named else "not named"] += 1


COLUMNS = ["broken", "named", "not named", "kept", "review", "not parsed", "unknown", "gone", "not listed", "stopped", "WRONG"]


def table(counts):
    heads = ["how", "files", "of them named", "not named", "calls: kept", "review", "not parsed", "unknown", "file gone", "not listed", "stopped", "WRONG"]
    lines = ["| " + " | ".join(heads) + " |", "| --- |" + " ---: |" * (len(heads) - 1)]
    total = collections.Counter()
    for way in WAYS:
        total.update(counts[way])
    return "\n".join(lines + ["| " + " | ".join([way] + [str(count[c]) for c in COLUMNS]) + " |"
                              for way, count in [(way, counts[way]) for way in WAYS] + [("all", total)]])


def report(arguments, tree, copy, outside):
    """(what is to be printed, whether something went wrong). `copy` is a copy of hard links, `outside` an empty directory."""
    the = Run(arguments, tree, copy, outside)
    the.whole, message = the.scan()
    if the.whole is None:
        raise SystemExit(f"faults: the whole tree: {message}")
    faults_, the.named = plan(tree, the.whole)
    groups = rounds(faults_, the.named)
    guarded = sum(site["class"] in GUARDED for site in the.whole["sites"])
    say(f"== {guarded} calls that must not be converted, {len({f[0] for f in faults_})} files, {len(faults_)} faults in {len(groups)} rounds")
    end = time.monotonic() + arguments.minutes * 60 if arguments.minutes else float("inf")
    # What a verdict names matters most, and most at once is fastest: time may be short.
    groups.sort(key=lambda g: (-sum(f[0] in the.named for f in g), -len(g)))
    left, alone = [], []
    first = [any(f[0] in the.named for f in group) for group in groups].count(True)
    for part in (groups[:first], groups[first:]):
        left += [fault for group in try_all(the, part, end) for fault in group]
        unclear, the.again = the.again, []
        alone += [group[0] for group in try_all(the, [[fault] for fault in unclear], end)]
    bad = the.wrong + [f"stopped: {line}" for line in the.stopped]
    untried = [f"{what}: {len(those)} faults, {sum(f[0] in the.named for f in those)} of them in files that a verdict names"
               for what, those in (("not tried, the time was over", left), ("lost beside others, not tried alone", alone)) if those]
    text = (f"Linux {the.whole['tree']['version']}: {guarded} calls that must not be converted, {len(faults_)} faults, "
            f"{sum(f[0] in the.named for f in faults_)} of them in files that a verdict names.\n\n{table(the.counts)}\n")
    return text + "".join(f"\n- {line}" for line in bad + untried) + ("\n" if bad or untried else ""), bool(bad)


def say(line):
    print(line, file=sys.stderr, flush=True)


def try_all(the, groups, end):
    """Tries one after the other; what the time was too short for is returned."""
    for number, group in enumerate(groups):
        if time.monotonic() > end:
            return groups[number:]
        the.try_group(group)
        if number % 10 == 9:
            say(f"== {number + 1} of {len(groups)}, {len(the.again)} to be tried alone, {len(the.wrong)} wrong")
    return []


def main():
    parser = argparse.ArgumentParser(description="Breaks the files on which verdicts rest and looks whether a verdict gets better.")
    parser.add_argument("--krcu", required=True)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--cached", action="store_true", help="with a cache, so that what is kept of the whole tree meets the broken one")
    parser.add_argument("--minutes", type=float, default=0, help="begin nothing new after this time; what was not tried is told")
    parser.add_argument("--output", help="the table as Markdown")
    parser.add_argument("tree")
    parser.add_argument("words", nargs="*", help="more arguments for krcu scan, after --")
    arguments = parser.parse_args()
    if arguments.jobs < 1 or arguments.minutes < 0:
        parser.error("--jobs needs a number from 1 on, --minutes from 0 on")
    arguments.krcu, tree = os.path.abspath(arguments.krcu), os.path.realpath(arguments.tree)
    with faults.copied(tree) as (scratch, copy):
        outside = os.path.join(scratch, "outside")
        os.mkdir(outside)
        text, bad = report(arguments, tree, copy, outside)
    print(text)
    if arguments.output:
        with open(arguments.output, "w") as file:
            file.write("# Files on which verdicts rest, broken one by one\n\nWritten by scripts/faults --named.\n\n" + text)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
