#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# The figures compare.py prints, checked on diffs and runs made up here.

import sys
import unittest

import compare

DIFF = """diff = 
--- a/net/one.c
+++ b/net/one.c
@@ -1,2 +1,2 @@
-\tcall_rcu(&p->rcu, free_one);
+\tkfree_rcu(p, rcu);
-\tcall_rcu(&q->rcu, free_one);
+\tkvfree_rcu(q, rcu);
--- ./fs/two.c
+++ /tmp/cocci-output-1-two.c
@@ -1 +1 @@
-\tcall_rcu(&p->rcu, free_two);
+\tkfree_rcu(p, rcu);
 \tkfree_rcu(old, rcu);
"""


class Compare(unittest.TestCase):
    def test_files_have_no_prefix(self):
        self.assertEqual(compare.changed_files(DIFF), {"net/one.c", "fs/two.c"})

    def test_files_have_no_tree_in_front(self):
        whole = DIFF.replace("net/one.c", "trees/linux~bpo+1/net/one.c")
        self.assertEqual(compare.changed_files(whole, "/trees/linux~bpo+1"), {"net/one.c", "fs/two.c"})
        self.assertEqual(compare.changed_files(whole.replace("a/trees", "a//trees"), "/trees/linux~bpo+1"), {"net/one.c", "fs/two.c"})

    def test_an_empty_diff_changes_nothing(self):
        self.assertEqual((compare.changed_files(""), compare.changed_calls("")), (set(), 0))

    def test_only_added_calls_count(self):
        self.assertEqual(compare.changed_calls(DIFF), 3)

    def test_section_compares_medians(self):
        first = compare.Program("spatch", "spatch convert", [], {0})
        second = compare.Program("spatch", "spatch list", [], {0})
        third = compare.Program("krcu", "krcu patch", [], {0, 1})
        first.runs = [compare.Run(w, w, 0.5, 100) for w in (9.0, 10.0, 30.0)]
        second.runs = [compare.Run(w, w, 0.5, 100) for w in (20.0, 20.0, 20.0)]
        third.runs = [compare.Run(w, w, 0.5, 200) for w in (2.0, 4.0, 5.0)]
        first.diff = DIFF
        first.memory, second.memory, third.memory = 300.0, 250.0, 200.0
        text = compare.section("6.12.1", [first, second, third], 3)
        self.assertIn("| `spatch convert` | 10.00 (9.00 to 30.00) | 10.00 | 0.50 | 100 | 300 |  |  |", text)
        self.assertIn("| `krcu patch` | 4.00 (2.00 to 5.00) | 4.00 | 0.50 | 200 | 200 | 2.5 | 5.0 |", text)
        self.assertIn("spatch changes 2 files and converts 3 calls, `krcu patch` 0 files and 0 calls: 0 files both, 2 only spatch", text)
        self.assertIn("Changed by spatch alone (`krcu explain` says why not): fs/two.c, net/one.c.", text)

    def test_user_time_and_status_of_a_real_process(self):
        program = compare.Program("sh", "", ["sh", "-c", "echo '--- a/x.c'; exit 1"], {0, 1})
        run = compare.launch(program, sample=False)
        self.assertEqual(program.diff, "--- a/x.c\n")
        self.assertGreater(run.wall, 0)
        self.assertGreater(run.largest, 0)

    def test_memory_of_all_processes_is_seen(self):
        program = compare.Program("python", "", [sys.executable, "-c", "import time; b = bytearray(64 << 20); time.sleep(.5)"], {0})
        compare.launch(program, sample=True)
        self.assertGreater(program.memory, 60)

    def test_a_bad_status_ends_the_comparison(self):
        with self.assertRaises(SystemExit):
            compare.launch(compare.Program("sh", "", ["sh", "-c", "exit 2"], {0, 1}), sample=False)


if __name__ == "__main__":
    unittest.main()
