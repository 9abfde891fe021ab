# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# What scripts/check-names does, with the names of the trees and the words of the sources in two sets.
import json
import pathlib
import re
import subprocess
import sys

ROOMS = ("matchers", "rules", "tool")
# Where the primitives live that the program is about; it may cite these files, and they have no callbacks of their own that matter.
CORE = ("include/", "kernel/", "mm/")
KNOWN = ("convert", "unsafe", "review", "refuse", "more_than_free")
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
PATH = re.compile(r"[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)+\.[chS]\b")


def names_of(report):
    """Callbacks and caches of a report of krcu scan --format json --all, and its files."""
    words, files = set(), set()
    for site in report["sites"]:
        if site["file"].startswith(CORE):
            continue
        files.add(site["file"])
        if site["class"] in KNOWN and site["callback"] and WORD.fullmatch(site["callback"]):
            words.add(site["callback"])
        for cache in site["caches"]:
            words.update(w for w in [cache["cache"]] if WORD.fullmatch(w))
    return words, files


def own_words(rules):
    """Functions of the kernel's interface, which rows of the rules are about: kfree() may well be somebody's callback."""
    return {w for text in rules for w in re.findall(r"\bname:\s*\"?([A-Za-z_]\w*)", text)}


def is_source(path):
    test = path.stem.endswith("_test") or "test" in path.stem.split("_") or path.stem == "testing"
    return not test and path.suffix in (".cpp", ".h", ".yaml", ".txt", ".html", ".pml")


def said(path):
    """The text of a source. A row of the rules tells where its fact comes from (see:, and comments): that is no knowledge of the program."""
    text = path.read_text()
    if path.suffix == ".yaml":
        text = re.sub(r"#.*|\bsee:.*", "", text)
    return text


def hits(text, words, files):
    """(line, name) of each name that the text has."""
    for number, line in enumerate(text.split("\n"), 1):
        for name in sorted(set(WORD.findall(line)) & words) + sorted(set(PATH.findall(line)) & files):
            yield number, name


def main(krcu, root, trees):
    words, files = set(), set()
    for tree in trees:
        out = subprocess.run([krcu, "scan", "-q", "--format", "json", "--all", tree], stdout=subprocess.PIPE, check=False)
        if out.returncode > 1:
            sys.exit("check-names: %s cannot be scanned" % tree)
        more = names_of(json.loads(out.stdout))
        words |= more[0]
        files |= more[1]
    sources = [p for room in ROOMS for p in sorted((root / room).rglob("*")) if p.is_file() and is_source(p)]
    words -= own_words(p.read_text() for p in sources if p.suffix == ".yaml")
    found = [(p.relative_to(root), n, name) for p in sources for n, name in hits(said(p), words, files)]
    for path, number, name in found:
        print("%s:%d: %s is a name of a kernel's" % (path, number, name))
    print("check-names: %d names and %d files of %d trees, %d sources: %d found" % (len(words), len(files), len(trees), len(sources), len(found)))
    return 1 if found or not words else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3:]))
