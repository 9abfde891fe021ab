#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# What matrix.py reads, prints and fails for, on reports made up here.

import os
import stat
import tempfile
import types
import unittest

import matrix

STATS = """index and semantics         1.283 s
files parsed                   10
parses                         %d
second tries                    0
most parses of a file          %d
headers precompiled             %d
headers of earlier runs         0
errors of the tree              2
     57  include/linux/one.h:7: unknown type name 'x'
      1  include/linux/two.h:9: expected ';'
slowest files
     0.815 s  a.c
"""


def report(calls, sites=None, **classes):
    return {"tree": {"version": "9.9.1"}, "summary": {"calls": calls, "classes": classes}, "sites": [{}] * (calls if sites is None else sites),
            "parse_problems": []}


def result(said, parses=12, most=4, headers=1, stats=STATS):
    return matrix.Result("9.9", said, stats % (parses, most, headers) if "%d" in stats else stats, 3.21, 390.4)


class Matrix(unittest.TestCase):
    def test_a_good_tree_has_no_faults_and_a_row(self):
        good = result(report(200, convert=20, more_than_free=178, not_parsed=2))
        self.assertEqual(matrix.faults(good), [])
        self.assertIn("| 9.9 | 9.9.1 | 200 | 20 | 0 | 0 | 0 | 178 | 0 | 0 | 2 | 10 | 12 | 0 | 1.20 | 4 | 1 | 2 | 3.2 | 390 |", matrix.table([good]))

    def test_errors_end_where_the_next_figure_begins(self):
        self.assertEqual(result(report(1, convert=1)).errors,
                         ["57  include/linux/one.h:7: unknown type name 'x'", "1  include/linux/two.h:9: expected ';'"])

    def test_each_bound_is_a_fault_of_its_own(self):
        for bad, words in ((result(report(200, convert=197, not_parsed=3)), "3 of 200 calls are not parsed"),
                           (result(report(5, convert=4)), "add up to 4"),
                           (result(report(5, sites=4, convert=5)), "4 are listed"),
                           (result(report(5, convert=4, novel=1)), "novel"),
                           (result(report(0)), "no calls"),
                           (result(report(5, convert=5), parses=16), "1.60 parses a file"),
                           (result(report(5, convert=5), most=5), "parsed 5 times"),
                           (result(report(5, convert=5), headers=0), "no header")):
            found = matrix.faults(bad)
            self.assertEqual(len(found), 1, found)
            self.assertIn(words, found[0])

    def test_a_figure_that_is_not_printed_is_no_good_figure(self):
        self.assertIn("most parses of a file", matrix.faults(result(report(5, convert=5), stats="parses 3\n"))[0])

    def test_one_tree_under_two_names_is_scanned_once(self):
        self.assertEqual(matrix.merged([("7.3", "/x"), ("6.1", "/y"), ("newest", "/x/")]), [("7.3 = newest", "/x"), ("6.1", "/y")])

    def test_what_is_left_out_is_told(self):
        self.assertIn("- 5.10: no network", matrix.notes([], [("5.10", "no network")]))

    def test_a_program_that_fails_is_an_error_with_its_words(self):
        with tempfile.TemporaryDirectory() as scratch:
            program = os.path.join(scratch, "krcu")
            with open(program, "w") as file:
                file.write("#!/bin/sh\necho 'krcu: no tree' >&2\nexit 2\n")
            os.chmod(program, stat.S_IRWXU)
            with self.assertRaisesRegex(RuntimeError, "status 2: krcu: no tree"):
                matrix.scan("9.9", scratch, types.SimpleNamespace(krcu=program, jobs=2))


if __name__ == "__main__":
    unittest.main()
