# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Tests of scripts/check_names.py."""
import pathlib
import tempfile
import unittest

import check_names


def site(file, callback, cls="convert", caches=()):
    return {"file": file, "callback": callback, "class": cls, "caches": [{"cache": c} for c in caches]}


class CheckNames(unittest.TestCase):
    WORDS, FILES = check_names.names_of({"sites": [
        site("drivers/pond/pond.c", "pond_free_rcu", caches=["pond_cache", "p->cache"]),
        site("drivers/pond/ring.c", "func", "unknown_callback"),
        site("kernel/rcu/tree.c", "kvfree_batch")]})

    def test_names_of_a_report(self):
        self.assertEqual(self.WORDS, {"pond_free_rcu", "pond_cache"})
        self.assertEqual(self.FILES, {"drivers/pond/pond.c", "drivers/pond/ring.c"})

    def found(self, text):
        return list(check_names.hits(text, self.WORDS, self.FILES))

    def test_help_texts_and_comments_count(self):
        self.assertEqual(self.found('"  explain ~/linux pond_free_rcu   by its callback"'), [(1, "pond_free_rcu")])
        self.assertEqual(self.found('int a;\n// as pond_cache is\n"drivers/pond/pond.c:336"'), [(2, "pond_cache"), (3, "drivers/pond/pond.c")])
        self.assertEqual(self.found("pond_free_rcu2 xpond_cache drivers/pond/pond.cc net/drivers/pond/pond.c"), [])

    def test_a_row_may_say_where_its_fact_comes_from(self):
        with tempfile.TemporaryDirectory() as scratch:
            path = pathlib.Path(scratch) / "rows.yaml"
            path.write_text("# pond_cache\n- {name: pond_free_rcu, see: drivers/pond/pond.c, note: run by pond_cache}\n")
            self.assertEqual(self.found(check_names.said(path)), [(2, "pond_free_rcu")])

    def test_tests_may_name_them(self):
        for name in ("scan_test.cpp", "test_tree.h", "testing.cpp"):
            self.assertFalse(check_names.is_source(pathlib.Path(name)))
        self.assertTrue(check_names.is_source(pathlib.Path("scan.cpp")))


if __name__ == "__main__":
    unittest.main()
