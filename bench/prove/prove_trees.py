# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The work behind scripts/prove --tree: builds a kernel from each tree and asks it about the shapes, the kernel's modules and the errors that krcu
audit finds in them."""

import argparse
import json
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import prove
import prove_bugs
import prove_finding
import prove_unload
from prove_machine import SKIPPED
from prove_packaged import packaged
from prove_tree import TreeKernel, only_larger, version_of

HERE = Path(__file__).parent


def replace_section(text, heading, lines):
    """The page with the section of this heading (## ...) put in the place of the one it has, or at its end."""
    new = "## %s\n\n%s\n" % (heading, "\n".join(lines).strip("\n"))
    parts = re.split(r"(?m)^(?=## )", text)
    kept = [p for p in parts if not p.startswith("## %s\n" % heading)]
    where = next((i for i, p in enumerate(parts) if p.startswith("## %s\n" % heading)), len(kept))
    kept.insert(where, new)
    return "\n".join(p.rstrip("\n") + "\n" for p in kept)


def row_name(line, header):
    """What a row of a table is about: its column shape or module, without the text that says what a shape is."""
    titles, cells = ([c.strip() for c in l.strip().strip("|").split("|")] for l in (header, line))
    return next(cell.split(":")[0] for title, cell in zip(titles, cells) if title in ("shape", "module"))


def tables(lines):
    """Where the tables of a page are: header to (first row, behind the last row)."""
    found, number = {}, 0
    while number < len(lines):
        end = number
        while end < len(lines) and lines[end].startswith("| "):
            end += 1
        if end > number + 1:
            found[lines[number]] = (number + 2, end)
        number = max(end, number + 1)
    return found


def with_rows(old, new):
    """The lines of a section, with the rows of the new ones in the place of those of the same name; whatever else it says stays."""
    lines = list(old)
    for header, (first, end) in tables(new).items():
        if header not in tables(lines):
            lines += ["", *new[first - 2:end]]
            continue
        for row in new[first:end]:
            start, behind = tables(lines)[header]
            same = [n for n in range(start, behind) if row_name(lines[n], header) == row_name(row, header)]
            if same:
                lines[same[0]] = row
            else:
                lines.insert(behind, row)
    return lines


def with_parts(old, new):
    """The same for a section of which each case has a part (### ...)."""
    parts = [re.split(r"(?m)^(?=### )", "\n".join(lines).strip("\n") + "\n") for lines in (old, new)]
    kept, fresh = ([p.strip("\n") for p in part if p.strip("\n")] for part in parts)
    for part in fresh:
        same = [n for n, k in enumerate(kept) if k.split("\n")[0] == part.split("\n")[0]]
        kept[same[0] if same else len(kept):same[0] + 1 if same else len(kept)] = [part]
    return "\n\n".join(kept).split("\n")


def section(text, heading):
    """The lines of a section that a page has, without its heading."""
    for part in re.split(r"(?m)^(?=## )", text):
        if part.startswith("## %s\n" % heading):
            return part.strip("\n").split("\n")[2:]
    return []


def modules():
    """The kernel's own modules that are asked."""
    return json.loads((HERE / "real.json").read_text())


def cases():
    """Everything that can be named, by kind."""
    return {
        "shapes": list(prove.SHAPE_TEXT),
        "unload": [s["name"] for s in prove_unload.shapes()],
        "modules": [m["name"] for m in modules()],
        "bugs": [b["name"] for b in prove_bugs.bugs()],
    }


def chosen_cases(names, every):
    """The names of each kind that were asked for; a kind's own name stands for all of it."""
    known = {n for kind in every.values() for n in kind} | set(every)
    unknown = [n for n in names if n not in known]
    if unknown:
        sys.exit("prove: no case %s; there are %s" % (", ".join(unknown), ", ".join("%s (%s)" % (kind, " ".join(every[kind])) for kind in every)))
    return {kind: [n for n in every[kind] if not names or n in names or kind in names] for kind in every}


def silent_modules(modules, judged):
    """Says of which modules the tree leaves nothing to ask."""
    names = [m["name"] for m in modules if m["name"] not in judged]
    return ["Nothing to convert in this tree: %s." % ", ".join(names), ""] if names else []


def needs_network(chosen, bugs):
    """Whether a case needs the larger of the two kernels; the others make do with one that is built in half the time."""
    small = {c["name"] for c in bugs + modules() if c.get("kernel") == "small"}
    return any(n not in small for kind in ("modules", "bugs") for n in chosen[kind])


def ask(options, kernel, chosen, errors, scratch):
    """The sections of one kernel for the two pages, and whether everything was as krcu says."""
    say = lambda *arguments: prove.krcu(options, *arguments)
    proof, bugs, good = [], [], True
    if chosen["unload"]:
        shapes = [s for s in prove_unload.shapes() if s["name"] in chosen["unload"]]
        rows = prove_unload.run_shapes(say, kernel, scratch, shapes, options.rounds, options.unsafe_rounds)
        proof += prove_unload.table(kernel, rows)
        good = good and all(r.equal for r in rows)
    if chosen["shapes"]:
        part, same = prove.table("", chosen["shapes"], prove.SHAPE_TEXT, [(kernel, prove.shapes_of(options, kernel, scratch, chosen["shapes"]))])
        proof += part[2:]
        good = good and same
    if chosen["modules"]:
        asked = [m for m in modules() if m["name"] in chosen["modules"]]
        if options.packaged:
            asked = prove.packaged_modules(asked)
        judged, outcomes = prove.real_of(options, kernel, scratch, asked, some=True)
        part, same = prove.table("", list(judged), None, [(kernel, (judged, outcomes))], [m["name"] for m in asked if m.get("wrong")])
        proof += part[2:] + silent_modules(asked, judged)
        good = good and same
    if chosen["bugs"]:
        results = prove_bugs.run_bugs(say, kernel, scratch, [b for b in errors if b["name"] in chosen["bugs"]], options.unsafe_rounds, options.rounds)
        bugs += prove_bugs.pages(kernel, results, options.packaged)
        if prove_finding.not_used(results):
            print("prove: skipped: the driver could not use %s: it may want options or something else that no driver knows" % ", ".join(prove_finding.not_used(results)), file=sys.stderr)
            sys.exit(SKIPPED)
        good = good and all(r.shown or not r.plain for r in results)
    return proof, bugs, good


def chosen_finding(options, tree):
    """The case for --finding, as a choice of cases and the errors among which it is."""
    krcu = lambda *arguments: prove.krcu(options, *arguments)
    case, why = prove_finding.find_case(krcu, tree, options.finding, prove_bugs.bugs())
    if case is None:
        print("prove: skipped: %s: %s" % (options.finding, why), file=sys.stderr)
        sys.exit(SKIPPED)
    return {"shapes": [], "unload": [], "modules": [], "bugs": [case["name"]]}, [case]


def main():
    parser = argparse.ArgumentParser(prog="scripts/prove")
    parser.add_argument("case", nargs="*", help="only these: names of cases or of kinds (shapes, unload, modules, bugs)")
    parser.add_argument("--tree", action="append", required=True)
    parser.add_argument("--finding", metavar="FILE:LINE", help="a finding of krcu audit, if its way is one that there is a driver for (bench/prove/drivers.json)")
    parser.add_argument("--packaged", action="store_true", help="boot Debian's own kernel of the tree's version and build none")
    parser.add_argument("--compiler", default="gcc", help="gcc (or its name with a version), clang")
    parser.add_argument("--rounds", type=int, default=100, help="rounds of what should be clean")
    parser.add_argument("--plain-rounds", type=int, default=10)
    parser.add_argument("--shape-rounds", type=int, default=3)
    parser.add_argument("--unsafe-rounds", type=int, default=10, help="at most that many of what should fail")
    parser.add_argument("--write", action="store_true", help="put what is found into bench/proof.md and bench/bugs.md")
    parser.add_argument("--build-only", action="store_true", help="the kernels that the cases need, no case")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--krcu", required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--scratch", type=Path, required=True)
    options = parser.parse_args()
    options.quick = False
    if options.finding and options.case:
        sys.exit("prove: --finding is a case of its own; name no other")
    chosen, errors = chosen_cases(options.case, cases()), prove_bugs.bugs()
    good = True
    for number, tree in enumerate(options.tree):
        if options.finding:
            chosen, errors = chosen_finding(options, tree)
        if options.packaged:
            kernel = packaged(tree, options.cache)
        else:
            kernel = TreeKernel(tree, options.cache, options.compiler, needs_network(chosen, errors) or only_larger(tree, options.cache, options.compiler))
        if options.build_only:
            print(kernel.headers)
            continue
        proof, bugs, same = ask(options, kernel, chosen, errors, options.scratch / str(number))
        good = good and same
        heading = "Linux %s, %s" % (version_of(tree), "as Debian builds it" if options.packaged else "built from its tree")
        for page, lines in (("proof.md", proof), ("bugs.md", bugs)):
            if not lines:
                continue
            if options.write:
                path = HERE.parent / page
                text = path.read_text()
                # Who asked for some cases has nothing to say of the others.
                kept = section(text, heading) if options.case or options.finding else []
                merged = lines if not kept else with_rows(kept, lines) if page == "proof.md" else with_parts(kept, lines)
                path.write_text(replace_section(text, heading, merged))
            print("## %s\n\n%s" % (heading, "\n".join(lines)))
    if not options.build_only:
        print("every verdict is what the kernel did" if good else "a verdict differs from what the kernel did")
    return 0 if good else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except SystemExit as end:
        if isinstance(end.code, str):  # 1 means that a verdict differs
            print(end.code, file=sys.stderr)
            sys.exit(2)
        raise
