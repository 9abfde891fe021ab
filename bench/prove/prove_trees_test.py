# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The logic of scripts/prove --tree: what is chosen, built again, counted as equal and written."""

import os
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import prove
import prove_bugs
import prove_console
import prove_finding
import prove_packaged
import prove_tree
import prove_trees
import prove_unload

CLEAN = "[ 1.0] PROVE begin x\n[ 2.0] PROVE end x rounds=3 leaked=0\n"
GONE = (
    "[    1.0] PROVE begin x\n[    1.1] x: loading out-of-tree module taints kernel.\n"
    "[    1.2][   T15] BUG: unable to handle page fault for address: ffffffffa0000000\n[    1.2][   T15] Oops: Oops: 0010 [#1] SMP KASAN\n"
    "[    1.2][   T15] RIP: 0010:0xffffffffa0000000\n[    1.2][   T15] RAX: 0000000000000001 RBX: 0000000000000002\n"
    "[    1.2][   T15] Code: Unable to access opcode bytes\n[    1.2][   T15]  rcu_do_batch+0x1/0x2\n[    1.3] Kernel panic - not syncing: Fatal exception\n[    1.4] after\n"
)
FINDING = {"kind": "missing_rcu_barrier", "severity": "error", "file": "x_unsafe/x.c"}


def outcome(text):
    return prove_console.read(text)["x"]


class Config(unittest.TestCase):
    def test_what_is_needed_must_come_out(self):
        config = "CONFIG_SMP=y\nCONFIG_NET=m\n# CONFIG_KASAN is not set\nCONFIG_SLUB_DEBUG_ON=y\n"
        self.assertEqual(prove_tree.differences(config, ["SMP", "NET", "KASAN", "SLUB_DEBUG"]), ["KASAN", "SLUB_DEBUG"])

    def test_the_fragment_asks_for_what_is_needed(self):
        asked = prove_tree.FRAGMENT.read_text()
        # TREE_RCU cannot be asked for; it comes with SMP.
        self.assertEqual(prove_tree.differences(asked), ["TREE_RCU"])
        self.assertEqual(prove_tree.differences(asked + prove_tree.NETWORK.read_text(), prove_tree.NEEDED_OF_NETWORK), ["TREE_RCU"])

    def test_what_a_tree_passes_over_is_named(self):
        self.assertEqual(prove_tree.not_as_asked("CONFIG_A=y\nCONFIG_B=m\nCONFIG_C=y\n# CONFIG_D is not set\n", "CONFIG_A=m\n# CONFIG_B is not set\n"), ["B", "C"])
        self.assertEqual(prove_tree.not_as_asked("CONFIG_A=y\n", "CONFIG_A=y\n"), [])

    def test_niceness_is_not_added_up(self):
        self.assertEqual(prove_tree.meek(), ["nice", "-n", str(max(0, 15 - os.nice(0)))])


def reproducer(**more):
    way = {"kind": "qdisc", "name": "red", "steps": [{"text": "modprobe sch_red"}, {"text": "tc qdisc add"}]}
    return dict({"file": "net/sched/sch_red.c", "module": "sch_red", "sources": ["net/sched/sch_red.c"], "holds_if": "CONFIG_NET_SCH_RED=m", "ways": [way], "no_way": None}, **more)


class FindingsByKrcu(unittest.TestCase):
    ROWS = [{"kind": "qdisc", "use": "add {name}"}, {"kind": "netdev", "use": "link {name}"}, {"kind": "netdev", "name": "bridge", "use": "bridge"}, {"kind": "load", "use": "true"}]

    def case(self, *found, bugs=()):
        return prove_finding.case_for({"reproducers": list(found)}, list(bugs), self.ROWS)

    def test_a_driver_makes_a_case(self):
        case, why = self.case(reproducer())
        self.assertEqual((case["name"], case["module"], case["source"], case["use"], why), ("sch_red", "sch_red", "net/sched/sch_red.c", "add red", ""))
        self.assertEqual(case["config"], {"CONFIG_NET_SCH_RED": "m"})
        self.assertIn("`modprobe sch_red`; `tc qdisc add`", case["text"])
        self.assertNotIn("kind", case)

    def test_the_name_of_a_tree_is_one_word(self):
        case, _ = self.case(reproducer(ways=[{"kind": "qdisc", "name": "x; reboot", "steps": []}]))
        self.assertEqual(case["use"], "add 'x; reboot'")

    def test_a_row_with_the_name_comes_first(self):
        for name, use in (("bridge", "bridge"), ("ipvlan", "link ipvlan")):
            self.assertEqual(self.case(reproducer(ways=[{"kind": "netdev", "name": name, "steps": []}]))[0]["use"], use)

    def test_a_case_of_our_own_comes_before_all(self):
        bug = {"name": "mine", "source": "net/sched/sch_red.c", "module": "sch_red"}
        self.assertEqual(self.case(reproducer(), bugs=[bug])[0], bug)
        self.assertEqual(self.case(reproducer(), bugs=[dict(bug, module="other")])[0]["use"], "add red")
        self.assertEqual(prove_finding.own_case({"file": "fs/dlm/main.c", "module": "dlm"}, [dict(bug, source="fs/dl", module="dlm")]), None)

    def test_without_a_driver_it_says_why(self):
        case, why = self.case(reproducer(ways=[{"kind": "keys", "name": "a", "steps": []}]), reproducer(ways=[], no_way="krcu knows no way"))
        self.assertEqual((case, why), (None, "no driver for a way of the kind keys (a); krcu knows no way"))
        self.assertEqual(self.case(reproducer(ways=[{"kind": "qdisc", "name": None, "steps": []}]))[1], "no driver for a way of the kind qdisc")

    def test_a_module_of_several_files_is_its_directory(self):
        self.assertEqual(prove_finding.source_of(["fs/dlm/main.c", "fs/dlm/lock.c"]), "fs/dlm")
        self.assertEqual(prove_finding.source_of(["fs/x/a/b.c", "fs/x/c.c"]), "fs/x")

    def test_a_driver_that_cannot_use_its_module_says_nothing_of_the_finding(self):
        failed_round = "[ 1.0] PROVE begin x\n[ 1.5] PROVE failed x round=0\n[ 2.0] PROVE end x rounds=0 leaked=0\n"
        for text, driver, names in ((failed_round, True, ["x"]), (failed_round, False, []), (GONE, True, []), (CLEAN, True, [])):
            result = prove_bugs.Result({"name": "x", "driver": driver})
            result.plain = outcome(text)
            self.assertEqual(prove_finding.not_used([result]), names)

    def test_the_rows_are_whole(self):
        for row in prove_finding.drivers():
            self.assertTrue(row["kind"] and row["use"])
            self.assertLessEqual(set(row), {"kind", "name", "kernel", "programs", "also", "prepare", "use", "helper"})


class Trees(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.tree = Path(self.directory.name)
        (self.tree / "mm").mkdir()
        (self.tree / "mm" / "slab.c").write_text("int a;\n")
        (self.tree / "Makefile").write_text("# SPDX\nVERSION = 7\nPATCHLEVEL = 3\nSUBLEVEL = 4\nEXTRAVERSION =\n")

    def test_version(self):
        self.assertEqual(prove_tree.version_of(self.tree), "7.3.4")
        (self.tree / "Makefile").write_text("all:\n")
        with self.assertRaises(SystemExit):
            prove_tree.version_of(self.tree)
        with self.assertRaises(SystemExit):
            prove_tree.version_of(self.tree / "mm")

    def test_a_change_is_built_and_nothing_else(self):
        before = prove_tree.state_of(self.tree)
        self.assertEqual(prove_tree.state_of(self.tree), before)
        (self.tree / ".git").mkdir()
        (self.tree / ".git" / "index").write_text("x")
        self.assertEqual(prove_tree.state_of(self.tree), before)
        os.utime(self.tree / "mm" / "slab.c", (1, 1))
        self.assertNotEqual(prove_tree.state_of(self.tree), before)

    def test_tree_fragment_and_compiler_make_the_key(self):
        key = prove_tree.key_of(self.tree, "a", "gcc 12")
        self.assertTrue(key.startswith("7.3.4-"))
        self.assertEqual(key, prove_tree.key_of(str(self.tree) + "/mm/..", "a", "gcc 12"))
        self.assertEqual(len({key, prove_tree.key_of(self.tree, "b", "gcc 12"), prove_tree.key_of(self.tree, "a", "gcc 13")}), 3)


    def test_the_larger_kernel_will_do_where_it_is_built(self):
        cache = self.tree / "cache" / "kernels"
        self.assertFalse(prove_tree.only_larger(self.tree, cache, "gcc"))
        compiler = prove_tree.compiler_version(["CC=gcc"])
        for network, larger in ((True, True), (False, False)):
            place = prove_tree.place_of(self.tree.resolve(), cache, compiler, network)[1]
            place.mkdir(parents=True)
            (place / "stamp").write_text("")
            self.assertEqual(prove_tree.only_larger(self.tree, cache, "gcc"), larger)


class Packages(unittest.TestCase):
    NAMES = [
        "linux-headers-7.3.4+deb13-cloud-amd64", "linux-headers-7.3.4+deb13-common", "linux-headers-7.3.4+deb9-cloud-amd64", "linux-kbuild-7.3.4+deb13",
        "linux-binary-7.3.4+deb13-cloud-amd64", "linux-image-7.3.4+deb13-amd64", "linux-headers-7.3.40+deb13-cloud-amd64",
    ]

    def test_the_newest_kernel_of_the_version(self):
        self.assertEqual(prove_packaged.newest(self.NAMES, "7.3.4"), "7.3.4+deb13-cloud-amd64")
        self.assertIsNone(prove_packaged.newest(self.NAMES, "7.3"))

    def test_its_packages(self):
        self.assertEqual(prove_packaged.wanted("7.3.4+deb13-cloud-amd64", self.NAMES), [
            "linux-binary-7.3.4+deb13-cloud-amd64", "linux-headers-7.3.4+deb13-cloud-amd64", "linux-headers-7.3.4+deb13-common", "linux-kbuild-7.3.4+deb13"])

    def test_makefiles_name_the_place_where_they_lie(self):
        text = "KBUILD_OUTPUT=/usr/src/linux-headers-x\ninclude /usr/src/linux-headers-x-common/Makefile\nCC = gcc-14 $(A)\noverride CROSS_COMPILE = x86_64-linux-gnu-\n"
        self.assertEqual(prove_packaged.moved(text, "/c"), "KBUILD_OUTPUT=/c/usr/src/linux-headers-x\ninclude /c/usr/src/linux-headers-x-common/Makefile\nCC = gcc\n")

    def test_only_whole_names_are_left_out(self):
        self.assertFalse(prove_packaged.told("CONFIG_DEBUG_INFO=y\n"))
        self.assertTrue(prove_packaged.told("CONFIG_DEBUG_INFO_SPLIT=y\n"))


class Cases(unittest.TestCase):
    EVERY = {"unload": ["text", "timer"], "bugs": ["taprio"]}

    def test_nothing_named_is_everything(self):
        self.assertEqual(prove_trees.chosen_cases([], self.EVERY), self.EVERY)

    def test_names_and_kinds(self):
        self.assertEqual(prove_trees.chosen_cases(["timer"], self.EVERY), {"unload": ["timer"], "bugs": []})
        self.assertEqual(prove_trees.chosen_cases(["unload", "taprio"], self.EVERY), self.EVERY)

    def test_an_unknown_name_is_an_error(self):
        with self.assertRaises(SystemExit):
            prove_trees.chosen_cases(["tiemr"], self.EVERY)

    def test_every_case_has_a_name_of_its_own(self):
        names = [n for kind in prove_trees.cases().values() for n in kind] + list(prove_trees.cases())
        self.assertEqual(len(names), len(set(names)))

    def test_every_case_has_its_files(self):
        for shape in prove_unload.shapes():
            text = (prove_unload.SOURCES / (shape["name"] + ".c")).read_text()
            safe, unsafe = (prove_unload.chosen_text(text, u) for u in (False, True))
            self.assertNotEqual(safe, unsafe, shape["name"])
            self.assertNotIn(prove_unload.SWITCH, safe + unsafe)
            self.assertIn("_barrier(", safe)
        sources = {p.stem for p in prove_unload.SOURCES.glob("*.c")}
        self.assertEqual(sources, {s["name"] for s in prove_unload.shapes()})
        for case in prove_bugs.bugs() + prove_trees.modules():
            if "helper" in case:
                self.assertTrue((prove_bugs.HERE / (case["helper"] + ".c")).exists())

    def test_debian_is_not_asked_for_what_only_a_kernel_of_ours_has(self):
        names = [m["name"] for m in prove.packaged_modules(prove_trees.modules())]
        self.assertIn("bridge", names)
        self.assertNotIn("scsi_debug", names)

    def test_shapes_make_do_with_the_small_kernel(self):
        none = {kind: [] for kind in prove_trees.cases()}
        self.assertFalse(prove_trees.needs_network(dict(none, shapes=["barrier"], unload=["text"], bugs=["encrypted-keys"], modules=["scsi_debug"]), prove_bugs.bugs()))
        self.assertTrue(prove_trees.needs_network(dict(none, bugs=["encrypted-keys", "taprio"]), prove_bugs.bugs()))
        self.assertTrue(prove_trees.needs_network(prove_trees.cases(), prove_bugs.bugs()))

    def test_a_tree_may_leave_nothing_to_convert(self):
        modules = [{"name": "a"}, {"name": "b"}]
        self.assertEqual(prove_trees.silent_modules(modules, {"b": ("safe", "")}), ["Nothing to convert in this tree: a.", ""])
        self.assertEqual(prove_trees.silent_modules(modules, {"a": 1, "b": 1}), [])

    def test_what_is_wrong_as_it_stands_may_fail_unconverted_and_nothing_else(self):
        outcomes = {("plain", "x"): outcome(GONE), ("converted", "x"): outcome(CLEAN)}
        kernel = type("Kernel", (), {"release": "7.3.4"})
        for wrong, good in ((["x"], True), ([], False)):
            self.assertEqual(prove.table("", ["x"], None, [(kernel, ({"x": ("safe", "")}, outcomes))], wrong)[1], good)


    def test_a_race_that_is_seldom_lost_is_run_more_often(self):
        self.assertEqual([prove_unload.rounds_of_unsafe(s, 10) for s in ({}, {"unsafe_rounds": 100})], [10, 100])
        self.assertEqual(prove_unload.rounds_of_unsafe({"unsafe_rounds": 100}, 200), 200)


class Choice(unittest.TestCase):
    TEXT = "a\n#ifdef PROVE_UNSAFE\nb\n#else\nc\n#endif\n#ifndef PROVE_UNSAFE\nd\n#endif\ne\n"

    def test_one_of_two_texts(self):
        self.assertEqual(prove_unload.chosen_text(self.TEXT, False), "a\nc\nd\ne\n")
        self.assertEqual(prove_unload.chosen_text(self.TEXT, True), "a\nb\ne\n")

    def test_an_open_condition_is_an_error(self):
        with self.assertRaises(SystemExit):
            prove_unload.chosen_text("#ifdef PROVE_UNSAFE\n", True)


class Findings(unittest.TestCase):
    def test_only_what_foretells_counts(self):
        report = {"findings": [FINDING, dict(FINDING, kind="superfluous_barrier"), dict(FINDING, severity="note"), dict(FINDING, file="y_safe/y.c", severity="warning")]}
        found = prove_unload.foretold(report)
        self.assertEqual({k: len(v) for k, v in found.items()}, {"x_unsafe": 1, "y_safe": 1})

    def equal(self, safe, unsafe, mended, kernel):
        names = ("safe", "unsafe", "mended")
        return prove_unload.equal(dict(zip(names, (safe, unsafe, mended))), {n: outcome(t) for n, t in zip(names, kernel) if t})

    def test_a_finding_must_fail_and_its_mend_must_not(self):
        self.assertTrue(self.equal([], [FINDING], [], (CLEAN, GONE, CLEAN)))
        self.assertFalse(self.equal([], [FINDING], [], (CLEAN, CLEAN, CLEAN)))
        self.assertFalse(self.equal([], [FINDING], [], (CLEAN, GONE, GONE)))
        self.assertFalse(self.equal([], [FINDING], [], (CLEAN, GONE, None)))
        self.assertFalse(self.equal([], [FINDING], [FINDING], (CLEAN, GONE, CLEAN)))

    def test_silence_must_be_clean(self):
        self.assertFalse(self.equal([], [], [], (CLEAN, GONE, None)))
        self.assertTrue(self.equal([], [], [], (CLEAN, CLEAN, None)))
        self.assertFalse(self.equal([], [FINDING], [], (GONE, GONE, CLEAN)))
        self.assertFalse(self.equal([FINDING], [FINDING], [], (CLEAN, GONE, CLEAN)))

    def test_a_machine_that_says_nothing_is_not_clean(self):
        self.assertFalse(self.equal([], [FINDING], [], ("PROVE begin x\n", GONE, CLEAN)))
        self.assertFalse(self.equal([], [FINDING], [], (CLEAN, None, CLEAN)))

    def test_the_mend_is_applied_or_said_to_fail(self):
        with tempfile.TemporaryDirectory() as directory:
            (Path(directory) / "x.c").write_text("a\nb\n")
            diff = "--- a/x.c\n+++ b/x.c\n@@ -1,2 +1,3 @@\n a\n+rcu_barrier();\n b\n"
            self.assertFalse(prove_unload.apply_mend("", directory))
            self.assertTrue(prove_unload.apply_mend(diff, directory))
            self.assertEqual((Path(directory) / "x.c").read_text(), "a\nrcu_barrier();\nb\n")
            with self.assertRaises(SystemExit):
                prove_unload.apply_mend(diff.replace(" b\n", " c\n"), directory)


class Bugs(unittest.TestCase):
    def result(self, found, plain, mended):
        result = prove_bugs.Result({"name": "x"})
        result.diff = "a mend"
        result.found, result.plain, result.mended = found, plain and outcome(plain), mended and outcome(mended)
        return result

    def test_shown_is_found_failed_and_cured(self):
        self.assertTrue(self.result([FINDING], GONE, CLEAN).shown)
        for wrong in (([], GONE, CLEAN), ([FINDING], CLEAN, CLEAN), ([FINDING], GONE, GONE), ([FINDING], GONE, None)):
            self.assertFalse(self.result(*wrong).shown)

    def test_what_is_left_to_a_person_has_no_mend_to_try(self):
        result = self.result([FINDING], GONE, None)
        result.diff = ""
        self.assertTrue(result.shown)

    def test_a_round_that_could_not_be_played_shows_nothing(self):
        self.assertFalse(self.result([FINDING], CLEAN.replace("[ 2.0]", "[ 1.9] PROVE failed x round=0\n[ 2.0]"), CLEAN).shown)

    def test_breakpoints_are_code_that_is_gone(self):
        text = GONE.replace("BUG: unable to handle page fault for address: ffffffffa0000000", "Oops: int3: 0000 [#1] SMP NOPTI")
        self.assertEqual(outcome(text).complaints[0], "code that is gone was called")

    def test_the_excerpt_ends_with_the_first_report(self):
        lines = prove_bugs.excerpt(GONE.replace("[    1.3] Kernel", "[    1.3] ---[ end trace 0 ]---\n[    1.3] Kernel"))
        self.assertEqual(lines[-1], "---[ end trace 0 ]---")

    def test_the_excerpt_is_the_report(self):
        lines = prove_bugs.excerpt(GONE)
        self.assertEqual(lines[0], "BUG: unable to handle page fault for address: ffffffffa0000000")
        self.assertEqual(lines[-1], "Kernel panic - not syncing: Fatal exception")
        self.assertIn("RIP: 0010:0xffffffffa0000000", lines)
        self.assertFalse(any("RAX" in l or "Code:" in l for l in lines))
        self.assertEqual(prove_bugs.excerpt(CLEAN), [])


class Pages(unittest.TestCase):
    def test_a_section_is_replaced_where_it_stands(self):
        page = "# Head\n\ntext\n\n## A\n\nold\n\n## B\n\nb\n"
        self.assertEqual(prove_trees.replace_section(page, "A", ["new"]), "# Head\n\ntext\n\n## A\n\nnew\n\n## B\n\nb\n")
        self.assertEqual(prove_trees.replace_section(page, "C", ["", "c", ""]), page + "\n## C\n\nc\n")

    def test_what_is_of_trees_outlives_the_other_half(self):
        page = "# Head\n\n## Shapes of our own\n\nx\n\n## Linux 7.3.4, built from its tree\n\na\n\n## Modules of the kernel\n\ny\n"
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "proof.md"
            self.assertEqual(prove.of_trees(path), "")
            path.write_text(page)
            self.assertEqual(prove.of_trees(path), "\n## Linux 7.3.4, built from its tree\n\na\n")

    def test_some_rows_are_replaced_and_the_rest_stays(self):
        old = ["text", "", "| shape | a |", "| --- | --- |", "| x: what | 1 |", "| y: what | 2 |", "", "| kernel | module | a |", "| --- | --- | --- |", "| 7 | m | 1 |", "", "end"]
        new = ["| shape | a |", "| --- | --- |", "| y: what it is | 3 |", "| z: what | 4 |", "", "| b | module |", "| --- | --- |", "| 1 | m |"]
        self.assertEqual(prove_trees.with_rows(old, new), old[:5] + new[2:4] + old[6:] + [""] + new[5:])
        page = "# Head\n\n## A\n\n%s\n\n## B\n\nb\n" % "\n".join(old)
        self.assertEqual(prove_trees.section(page, "A"), old)
        self.assertEqual(prove_trees.section(page, "C"), [])
        self.assertEqual(prove_trees.replace_section(page, "A", prove_trees.with_rows(old, old)), page)

    def test_some_cases_are_replaced_and_the_rest_stays(self):
        old = ["text", "", "### a", "", "1", "", "### b", "", "2"]
        self.assertEqual(prove_trees.with_parts(old, ["### b", "", "3", ""]), old[:-1] + ["3"])
        self.assertEqual(prove_trees.with_parts(old, ["### a", "", "3", ""]), old[:4] + ["3"] + old[5:])
        self.assertEqual(prove_trees.with_parts(old, ["### c", "", "3", ""]), old + ["", "### c", "", "3"])

    def test_twice_is_once(self):
        page = prove_trees.replace_section("# Head\n", "A", ["a"])
        self.assertEqual(prove_trees.replace_section(page, "A", ["a"]), page)


if __name__ == "__main__":
    unittest.main()
