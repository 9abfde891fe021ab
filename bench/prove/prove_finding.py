# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A case for one finding: what krcu audit --reproducer says of it, and the driver for that kind of way."""

import json
import os
import re
import shlex
from pathlib import Path

import prove_unload

HERE = Path(__file__).parent


def drivers():
    return json.loads((HERE / "drivers.json").read_text())


def source_of(files):
    """The one source of a module, or the directory that holds all of them with the makefile that makes one of them."""
    return files[0] if len(files) == 1 else os.path.commonpath([os.path.dirname(f) for f in files])


def own_case(reproducer, bugs):
    """The case that somebody has written for this module and this file, or None."""
    for bug in bugs:
        same = reproducer["file"] == bug["source"] or reproducer["file"].startswith(bug["source"] + "/")
        if same and bug["module"] == reproducer["module"]:
            return bug
    return None


def driver_of(way, rows):
    """The row for a way: the one with its name before the one of its kind; None if there is none, or if nobody could read the name."""
    fit = [r for r in rows if r["kind"] == way["kind"] and r.get("name", way["name"]) == way["name"]]
    fit.sort(key=lambda r: "name" not in r)
    return fit[0] if fit and (way["name"] or "{name}" not in fit[0]["use"]) else None


def case_of(reproducer, way, row):
    """What prove_bugs runs, made of a way and its driver."""
    case = {key: value for key, value in row.items() if key not in ("kind", "name")}
    option = re.search(r"CONFIG_\w+", reproducer["holds_if"] or "")
    case["use"] = row["use"].replace("{name}", shlex.quote(way["name"] or ""))
    case["name"] = case["module"] = reproducer["module"]
    case["source"] = source_of(reproducer["sources"])
    case["text"] = "As `krcu audit --reproducer` has it: %s." % "; ".join("`%s`" % s["text"] for s in way["steps"])
    case["driver"] = True
    if option:
        case["config"] = {option.group(0): "m"}
    return case


def case_for(report, bugs, rows):
    """The case for the findings of one place, and in words why there is none. A case of our own comes first: somebody has tried that it works."""
    why = []
    for reproducer in report["reproducers"]:
        if own_case(reproducer, bugs):
            return own_case(reproducer, bugs), ""
        for way in reproducer["ways"]:
            row = driver_of(way, rows)
            if row and reproducer["sources"]:
                return case_of(reproducer, way, row), ""
            why.append("no driver for a way of the kind %s%s" % (way["kind"], " (%s)" % way["name"] if way["name"] else ""))
        if reproducer["no_way"]:
            why.append(reproducer["no_way"])
    return None, "; ".join(dict.fromkeys(why))


def not_used(results):
    """Names of the cases made of a driver that could not use its module: it lacks an option or a payload, which says nothing of the finding."""
    return [r.bug["name"] for r in results if r.bug.get("driver") and r.plain and not r.plain.clean and not prove_unload.failed(r.plain)]


def find_case(krcu, tree, place, bugs):
    """Asks krcu about a place FILE:LINE of a tree."""
    return case_for(json.loads(krcu("audit", "--quiet", "--format", "json", "--reproducer", place, tree)), bugs, drivers())
