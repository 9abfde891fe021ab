# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The work behind scripts/prove: builds modules as they are and as krcu converts them, lets emulated kernels load, use and
unload them, and compares what happened with krcu's verdict on the source."""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import prove_console
from prove_machine import Kernel, Machine, run

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
SHAPES = ROOT / "testdata" / "prove"

# What the shapes are, for the table; the sources say it in full.
SHAPE_TEXT = {
    "barrier": "frees, `rcu_barrier()`, destroys",
    "alone": "frees, destroys; no barrier",
    "table": "caches in a table, `rcu_barrier()`, destroyed by a loop",
    "namespace": "a cache for each network namespace, `rcu_barrier()`, destroyed by its exit",
    "two_callbacks": "a second callback is queued too; `rcu_barrier()`, destroys",
    "general": "`kmalloc()` memory, `rcu_barrier()`",
}


def say(text):
    print("== " + text, file=sys.stderr, flush=True)


def krcu(options, *arguments):
    """krcu's standard output; its status 1 means findings and is no failure."""
    result = subprocess.run([options.krcu, *map(str, arguments)], capture_output=True, text=True)
    if result.returncode not in (0, 1):
        sys.exit("prove: krcu %s: %s" % (" ".join(map(str, arguments)), result.stderr.strip()))
    return result.stdout


def assumptions(kernel):
    """krcu judges a tree for every configuration; the kernel that runs has one, and it has no SLOB."""
    return [] if kernel.configured("SLOB") else ["--assume", "no-slob"]


def sites(options, kernel, directory, files=""):
    """What krcu has to judge in those of a module's source files whose names begin so."""
    report = json.loads(krcu(options, "scan", "--format", "json", "--kernel", kernel.tree, *assumptions(kernel), directory))
    return [s for s in report["sites"] if s["class"] in ("convert", "unsafe", "review") and s["file"].startswith(files)]


def verdict(judged, what):
    """safe or unsafe, of all conversions in a module; and what krcu says of the first that decides."""
    if not judged:
        sys.exit("prove: krcu finds nothing to judge in %s" % what)
    for kind in ("unsafe", "review"):
        for site in judged:
            if site["class"] == kind:
                return kind, site["reason"]
    return "safe", judged[0]["reason"]


def convert(options, kernel, directory):
    """krcu's own patch, applied to a scratch copy. Where it refuses, the copy is converted as if it were in a kernel that waits."""
    assume = ["--assume", "6.12", "--assume", "no-slob"]
    changed = krcu(options, "patch", "--in-place", "--kernel", kernel.tree, *assume, directory).split()
    if not changed:
        sys.exit("prove: krcu converted nothing in %s" % directory)
    return changed


def copy_shapes(directory, names):
    for name in names:
        shutil.copytree(SHAPES / name, directory / name)
    (directory / "Makefile").write_text("obj-m := " + " ".join(n + "/" for n in names) + "\n")


def drop_barrier(directory):
    """What a person might do who thinks that a conversion needs no barrier: the other callback is still queued."""
    source = directory / "two_callbacks" / "two_callbacks.c"
    text = source.read_text()
    if text.count("\trcu_barrier();\n") != 1:
        sys.exit("prove: %s: expected one rcu_barrier()" % source)
    source.write_text(text.replace("\trcu_barrier();\n", ""))


SHAPE_TEST = """
round() {
  insmod /test/$1/$2.ko || return 1
  if [ $2 = namespace ]; then unshare -n true; fi
  rmmod $2
}
"""


def shapes_of(options, kernel, scratch, names=tuple(SHAPE_TEXT)):
    """Builds and runs shapes on one kernel; the verdicts and outcomes."""
    variants = {v: scratch / ("shapes-" + v) for v in ("plain", "converted", "dropped")}
    if options.quick or "two_callbacks" not in names:
        del variants["dropped"]
    for directory in variants.values():
        copy_shapes(directory, names)
    found = sites(options, kernel, variants["plain"])
    judged = {n: verdict([s for s in found if s["file"].startswith(n + "/")], n) for n in names}
    for variant, directory in variants.items():
        if variant != "plain":
            convert(options, kernel, directory)
    if "dropped" in variants:
        drop_barrier(variants["dropped"])
    for variant, directory in variants.items():
        say("build the %s shapes for %s" % (variant, kernel.release))
        kernel.build(directory)
    # As they are comes first: a cache that a conversion leaves behind keeps its name. A shape that crashes takes the machine with it,
    # so those that may have one to themselves.
    boots = [[("plain", n) for n in names if n != "alone"] + [("converted", n) for n in names]]
    if not options.quick and "alone" in names:
        boots.append([("plain", "alone")])
    if "dropped" in variants:
        boots.append([("dropped", "two_callbacks")])
    outcomes = {}
    for tests in boots:
        machine = Machine(kernel, scratch / "machine")
        script = [SHAPE_TEST]
        for variant, name in tests:
            machine.add_file(variants[variant] / name / (name + ".ko"), "test/" + variant)
            script.append(machine.test("%s/%s" % (variant, name), "", "round %s %s" % (variant, name), options.shape_rounds, ["prove_" + name]))
        say("boot %s: %s" % (kernel.release, ", ".join("%s %s" % t for t in tests)))
        for test, outcome in prove_console.read(machine.boot("\n".join(script))).items():
            outcomes[tuple(test.split("/"))] = outcome
    return judged, outcomes


def real_source(kernel, module, top):
    """A scratch copy of a module of the tree, at the place it has in the tree: a directory with its own makefile, or one file."""
    source = kernel.tree / module["source"]
    if source.is_dir():
        directory = top / module["source"]
        shutil.copytree(source, directory)
    else:
        directory = (top / module["source"]).parent
        directory.mkdir(parents=True)
        for header in source.parent.glob("*.h"):
            shutil.copy(header, directory)
        shutil.copy(source, directory)
        (directory / "Makefile").write_text("obj-m := %s.o\n" % source.stem)
    # Headers of tracepoints include the module's by a path that starts where they lie themselves.
    (top / "include" / "trace" / "events").mkdir(parents=True)
    return directory


def real_script(machine, module, kos, rounds):
    load = " && ".join("insmod /test/%s" % os.path.basename(k) for k in kos)
    unload = " && ".join("rmmod %s" % os.path.basename(k)[:-3].replace("-", "_") for k in reversed(kos))
    body = "round() {\n  %s || return 1\n  { %s; } || { echo PROVE-USE-FAILED; return 1; }\n  %s\n}\n" % (load, module["use"], unload)
    return body + machine.test(module["name"], module["prepare"], "round", rounds, module["caches"])


def packaged_modules(modules):
    """Those for which Debian's kernels will do: the others would have half of a directory built, or are not there."""
    return [m for m in modules if not m.get("only_built")]


def real_of(options, kernel, scratch, chosen, some=False):
    """Builds and runs modules of the kernel; the verdicts and outcomes. Where only some of them may have anything to convert, the others are left out."""
    judged, outcomes = {}, {}
    for module in chosen:
        name = module["name"]
        if some and not (kernel.tree / module["source"]).exists():
            continue
        plain = real_source(kernel, module, scratch / name / "plain")
        found = sites(options, kernel, plain, module.get("sites", ""))
        if some and not found:
            say("%s has nothing to convert in %s" % (kernel.release, name))
            continue
        judged[name] = verdict(found, name)
        converted = real_source(kernel, module, scratch / name / "converted")
        convert(options, kernel, converted)
        for variant, directory in (("plain", plain), ("converted", converted)):
            say("build %s %s for %s" % (variant, name, kernel.release))
            kernel.build(directory, dict(module["config"], KCFLAGS="-I%s" % (scratch / name / variant / "include" / "trace" / "events")))
            machine = Machine(kernel, scratch / "machine")
            built = {p.name: p for p in directory.rglob("*.ko")}
            kos = []
            for want in module["load"]:
                # The first is the one we built; what hangs on it comes from the kernel's own package.
                ko = built.get(want + ".ko") or kernel.module(want)
                machine.add_needs(ko, exclude=module["load"])
                machine.add_file(ko, "test")
                kos.append(str(Path(ko).name).removesuffix(".xz"))
            for want in module["also"]:
                machine.add_module(want)
            if "helper" in module:
                machine.add_helper(module["helper"])
            rounds = options.rounds if variant == "converted" and judged[name][0] == "safe" else options.plain_rounds
            say("boot %s: %s %s, %d rounds" % (kernel.release, variant, name, rounds))
            text = machine.boot(real_script(machine, module, kos, rounds))
            outcomes[variant, name] = prove_console.read(text).get(name) or prove_console.Outcome(name)
            if options.verbose or not outcomes[variant, name].clean:
                say("%s %s: %s" % (variant, name, outcomes[variant, name].text()))
                (scratch / ("console-%s-%s-%s.txt" % (kernel.name, variant, name))).write_text(text)
    return judged, outcomes


def equal(word, outcome, plain, wrong_as_it_is=False):
    """safe must be clean; unsafe must be a cache that was destroyed with objects in it, and nothing less. The module as it is must
    be clean too, or the comparison says nothing; only what is known to be wrong as it stands need not be."""
    if not wrong_as_it_is and not (plain and plain.clean):
        return False
    if word == "safe":
        return outcome.clean
    return word == "unsafe" and "cache destroyed with objects in it" in outcome.complaints and outcome.leaked > 0


def table(title, names, text_of, results, wrong=("alone",)):
    """Rows of one kind for all kernels; also whether all are equal. Some are wrong as they stand."""
    lines = [title, "", "| kernel | %s | krcu | as it is | converted | equal |" % ("shape" if text_of else "module"), "| --- | --- | --- | --- | --- | --- |"]
    good = True
    for kernel, (judged, outcomes) in results:
        for name in names:
            if name not in judged:
                continue
            word = judged[name][0]
            plain, converted = outcomes.get(("plain", name)), outcomes[("converted", name)]
            same = equal(word, converted, plain, name in wrong)
            good = good and same
            what = "%s: %s" % (name, text_of[name]) if text_of else name
            lines.append("| %s | %s | %s | %s | %s | %s |" % (kernel.release, what, word, plain.text() if plain else "not run", converted.text(),
                                                            "yes" if same else "**no**"))
    return lines + [""], good


def of_trees(page):
    """The sections of a page that scripts/prove --tree has written; they stay."""
    parts = re.split(r"(?m)^(?=## )", page.read_text()) if page.exists() else []
    return "".join("\n" + p.rstrip("\n") + "\n" for p in parts if re.match(r"## Linux \S+, (built from its tree|as Debian builds it)\n", p))


def main():
    parser = argparse.ArgumentParser(prog="scripts/prove")
    parser.add_argument("--quick", action="store_true", help="the shapes only, and none that ends in a crash")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--plain-rounds", type=int, default=10)
    parser.add_argument("--shape-rounds", type=int, default=3)
    parser.add_argument("--no-shapes", action="store_true", help="the kernel's modules only")
    parser.add_argument("--real", action="append", help="only these real modules")
    parser.add_argument("--kernels", nargs="+", default=["6.12", "6.1"])
    parser.add_argument("--krcu", required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--scratch", type=Path, required=True)
    parser.add_argument("--output", type=Path)
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    kernels = []
    for version in options.kernels:
        kernel = Kernel(version, os.environ["KRCU_TREE_" + version.replace(".", "")], options.cache)
        kernels.append(kernel)
    good = True
    lines = []
    results = []
    for kernel in kernels if not options.no_shapes else []:
        results.append((kernel, shapes_of(options, kernel, options.scratch / kernel.name)))
    part, same = table("## Shapes of our own", SHAPE_TEXT, SHAPE_TEXT, results)
    lines += part
    good = good and same
    if not options.quick:
        # No part of the comparison: where the destruction waits, the other callback has mostly run by then as well, so a clean run proves nothing.
        lines += ["With two callbacks and the barrier removed by hand, which krcu never does while another callback can be queued. Whether the",
                  "other callback still runs in time is a race, so a clean run proves nothing:", ""]
        for kernel, (judged, outcomes) in results:
            lines.append("- %s: %s" % (kernel.release, outcomes["dropped", "two_callbacks"].text()))
        lines += [""]
        modules = packaged_modules(m for m in json.loads((HERE / "real.json").read_text()) if not options.real or m["name"] in options.real)
        results = [(k, real_of(options, k, options.scratch / k.name, modules)) for k in kernels]
        part, same = table("## Modules of the kernel", [m["name"] for m in modules], None, results)
        lines += part
        good = good and same
        lines += ["What krcu says of them:", ""]
        for kernel, (judged, outcomes) in results:
            lines += ["- %s, %s: %s" % (kernel.release, name, reason) for name, (word, reason) in judged.items()]
    text = "\n".join(lines) + "\n"
    if options.output:
        head = (HERE / "head.md").read_text()
        options.output.write_text(head + "\n" + text + of_trees(options.output))
    print(text)
    print("every verdict is what the kernel did" if good else "a verdict differs from what the kernel did")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
