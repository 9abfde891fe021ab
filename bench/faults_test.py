#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# How faults.py breaks a tree, puts it right again, and compares; on trees and reports made up here.

import os
import tempfile
import unittest

import faults
import named_faults


def site(file, line, kind, callback="free_it", replacement=None, function="f"):
    return {"file": file, "line": line, "class": kind, "callback": callback, "replacement": replacement, "function": function,
            "deferral": "call_rcu", "reason": "because"}


def report(*sites, **facts):
    return {"sites": list(sites), "tree": {"version": "9.9", "semantics": facts}}


def compared(whole, broken, **how):
    outcome = faults.Outcome()
    faults.compare(whole, broken, outcome, **how)
    return outcome


class Compare(unittest.TestCase):
    def test_the_same_verdict_is_kept_though_lines_moved(self):
        self.assertEqual(compared(report(site("a.h", 3, "convert", replacement="kfree_rcu(p, r)")),
                                  report(site("a.h", 4, "convert", replacement="kfree_rcu(p, r)"))).counts, {"kept": 1})

    def test_what_is_lost_is_no_wrong_verdict(self):
        for lost, name in (("review", "review"), ("not_parsed", "not parsed"), ("unknown_callback", "unknown")):
            self.assertEqual(compared(report(site("a.c", 3, "convert")), report(site("a.c", 3, lost, None))).counts, {name: 1})

    def test_every_other_change_is_wrong(self):
        for before, after in (("convert", "unsafe"), ("unsafe", "convert"), ("refuse", "convert"), ("convert", "more_than_free"), ("review", "convert"),
                              ("not_parsed", "convert")):
            outcome = compared(report(site("a.c", 3, before)), report(site("a.c", 3, after)))
            self.assertEqual(outcome.counts, {"WRONG": 1})
            self.assertIn(f"a.c:3: {before} (because) became {after}", outcome.wrong[0])

    def test_another_replacement_is_wrong(self):
        self.assertEqual(compared(report(site("a.c", 3, "convert", replacement="kfree_rcu(p, r)")),
                                  report(site("a.c", 3, "convert", replacement="kfree_rcu(q, r)"))).counts, {"WRONG": 1})

    def test_a_call_must_not_vanish_unless_its_file_has(self):
        whole, broken = report(site("a.c", 3, "convert"), site("a.c", 9, "refuse", "g")), report(site("a.c", 9, "refuse", "g"))
        self.assertEqual(compared(whole, broken).counts, {"WRONG": 1, "kept": 1})
        self.assertEqual(compared(whole, report(), gone=lambda file: True).counts, {"gone": 2})

    def test_who_does_not_see_the_fault_should_keep_the_verdict(self):
        outcome = compared(report(site("a.c", 3, "convert"), site("b.c", 3, "convert")), report(site("a.c", 3, "review"), site("b.c", 3, "review")),
                           sees=lambda file: file == "a.c")
        self.assertEqual(outcome.unseen_lost, ["b.c:3: convert became review: because"])

    def test_facts_that_changed_are_told(self):
        self.assertEqual(compared(report(one=True, two=False), report(one=None, two=False)).facts, ["one: True became None"])


class Trees(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.tree, self.copy = os.path.join(self.scratch.name, "tree"), os.path.join(self.scratch.name, "copy")
        self.put("Makefile", "X += -include $(srctree)/include/linux/forced.h\n")
        for name, text in (("include/linux/forced.h", ""), ("include/linux/often.h", "#include <linux/deep.h>\n"), ("include/linux/deep.h", ""),
                           ("arch/x86/a.h", ""), ("arch/arm64/include/asm/io.h", ""), ("net/near.h", ""),
                           ("net/one.c", '#include <linux/often.h>\n#include "near.h"\n'), ("net/two.c", "# include <linux/often.h>\n#include <asm/io.h>\n")):
            self.put(name, text)
        os.system(f"cp -al '{self.tree}' '{self.copy}'")

    def tearDown(self):
        self.scratch.cleanup()

    def put(self, name, text):
        path = os.path.join(self.tree, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)

    def read(self, root, name):
        with open(os.path.join(root, name), "rb") as file:
            return file.read()

    def test_a_fault_never_reaches_the_tree_and_is_taken_back(self):
        for way in faults.WAYS:
            fault, before = faults.Fault(way, "include/linux/often.h", faults.WAYS[way]), self.read(self.tree, "include/linux/often.h")
            fault.apply(self.tree, self.copy)
            path = os.path.join(self.copy, fault.file)
            self.assertNotEqual(self.read(self.copy, fault.file) if os.path.exists(path) else None, before, way)
            self.assertEqual(self.read(self.tree, fault.file), before, way)
            fault.undo(self.tree, self.copy)
            self.assertTrue(os.path.samefile(path, os.path.join(self.tree, fault.file)), way)

    def test_directories_go_and_come_back(self):
        away = faults.Away("only arm64", "arch", lambda name: name == "arm64")
        away.apply(self.tree, self.copy)
        self.assertEqual(os.listdir(os.path.join(self.copy, "arch")), ["arm64"])
        self.assertEqual((away.gone("arch/x86/a.c"), away.gone("arch/arm64/a.c"), away.gone("net/x86/a.c")), (True, False, False))
        away.undo(self.tree, self.copy)
        self.assertEqual(sorted(os.listdir(os.path.join(self.copy, "arch"))), ["arm64", "x86"])
        self.assertEqual(os.listdir(self.tree).count("net"), 1)

    def test_headers_are_often_or_rarely_included_ones(self):
        often, counts, includes = faults.choose(self.tree, report(site("net/one.c", 1, "convert")), 1)
        self.assertEqual((often, counts["include/linux/often.h"]), (["include/linux/often.h"], 2))
        self.assertEqual(faults.choose(self.tree, report(site("net/one.c", 1, "convert")), 4)[0][-1], "net/near.h")
        self.assertEqual(includes.closure(["net/two.c"]),
                         {"net/two.c", "include/linux/often.h", "include/linux/deep.h", "arch/arm64/include/asm/io.h"})
        self.assertEqual(faults.forced(self.tree), ["include/linux/forced.h"])


class Named(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.tree, self.copy, self.outside = (os.path.join(scratch.name, name) for name in ("tree", "copy", "outside"))
        for directory in (self.tree + "/drv", self.copy + "/drv", self.outside):
            os.makedirs(directory)
        for file, text in (("drv/a.c", '#include "a.h"\nitem_cache'), ("drv/a.h", "x"), ("drv/b.c", "y"), ("drv/other.h", "z"), ("drv/Makefile", "obj-y += a.o"), ("c.c", "item_cache")):
            with open(os.path.join(self.tree, file), "w") as out:
                out.write(text)
            os.link(os.path.join(self.tree, file), os.path.join(self.copy, file))

    def content(self, root, file):
        with open(os.path.join(root, file)) as text:
            return text.read()

    def test_every_way_breaks_the_copy_only_and_is_mended(self):
        for way in named_faults.WAYS:
            named_faults.break_file(way, self.tree, self.copy, self.outside, "drv/a.h")
            path = os.path.join(self.copy, "drv/a.h")
            self.assertFalse(os.path.lexists(path) and os.path.samefile(path, os.path.join(self.tree, "drv/a.h")), way)
            self.assertEqual(self.content(self.tree, "drv/a.h"), "x")
            named_faults.mend_file(self.tree, self.copy, "drv/a.h")
            self.assertTrue(os.path.samefile(path, os.path.join(self.tree, "drv/a.h")), way)

    def test_the_plan_has_what_is_named_mentioned_included_and_beside(self):
        guarded = site("drv/a.c", 3, "unsafe")
        guarded["caches"] = [{"cache": "item_cache"}]
        planned, named = named_faults.plan(self.tree, report(guarded, site("c.c", 1, "convert")))
        ways = {}
        for file, way, indices, _ in planned:
            self.assertEqual(indices, {0})
            ways.setdefault(file, []).append(way)
        self.assertEqual({file: len(of) for file, of in ways.items()}, {"drv/a.c": 6, "drv/a.h": 6, "drv/Makefile": 6, "c.c": 6, "drv/b.c": 1})
        self.assertEqual(named, {"drv/a.c"})

    def test_no_two_of_a_round_matter_to_one_call(self):
        for group in named_faults.rounds([(f"{n}.c", way, frozenset({n % 3}), 1) for n in range(9) for way in named_faults.WAYS], {"8.c"}):
            self.assertEqual(sum(len(fault[2]) for fault in group), len(frozenset().union(*(fault[2] for fault in group))))
            self.assertEqual(len({fault[0] for fault in group}), len(group))


if __name__ == "__main__":
    unittest.main()
