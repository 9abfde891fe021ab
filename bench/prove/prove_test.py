# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What is read from a console, and what counts as equal."""

import contextlib
import io
import os
import sys
import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

sys.path.insert(0, str(Path(__file__).parent))
import prove
import prove_console
import prove_machine

CLEAN = "[ 1.0] PROVE begin x\n[ 1.1] x: loading out-of-tree module taints kernel.\n[ 2.0] PROVE end x rounds=3 leaked=0\n"
OBJECTS = (
    "[ 1.0] PROVE begin x\n[ 1.1] BUG prove_x (Tainted: G OE): Objects remaining in prove_x on __kmem_cache_shutdown()\n"
    "[ 1.2] WARNING: CPU: 0 PID: 1 at mm/slab_common.c:533\n[ 2.0] PROVE end x rounds=1 leaked=1\n"
)
GONE = "[ 1.0] PROVE begin x\n[ 1.1] BUG: unable to handle page fault for address: 0\n[ 1.2] Oops: 0010\n[ 1.3] Kernel panic - not syncing\n"


def outcome(text):
    return prove_console.read(text)["x"]


class Console(unittest.TestCase):
    def test_clean(self):
        self.assertTrue(outcome(CLEAN).clean)
        self.assertEqual(outcome(CLEAN).text(), "clean, 3 rounds")

    def test_how_many_processors_there_are(self):
        self.assertEqual(prove_console.processors("[    0.9] PROVE processors 2\n"), 2)
        self.assertEqual(prove_console.processors("[    0.9] PROVE begin x\n"), 0)

    def test_objects_in_the_cache(self):
        self.assertFalse(outcome(OBJECTS).clean)
        self.assertEqual(outcome(OBJECTS).complaints, ["cache destroyed with objects in it"])
        self.assertIn("1 cache left in /proc/slabinfo", outcome(OBJECTS).text())

    def test_a_crash_is_not_clean_although_nothing_follows(self):
        self.assertEqual(outcome(GONE).complaints, ["code that is gone was called", "oops"])
        self.assertIn("did not get to the end", outcome(GONE).text())

    def test_a_machine_that_stops_without_a_word_is_not_clean(self):
        self.assertFalse(outcome("PROVE begin x\n").clean)

    def test_no_round_is_not_clean(self):
        self.assertFalse(outcome(CLEAN.replace("rounds=3", "rounds=0")).clean)

    def test_what_happens_outside_a_test_is_not_its_own(self):
        self.assertTrue(outcome(OBJECTS.replace("x", "y") + CLEAN).clean)

    def test_a_round_that_failed_is_not_clean(self):
        self.assertFalse(outcome(CLEAN.replace("[ 2.0]", "[ 1.9] PROVE failed x round=2\n[ 2.0]")).clean)

    def test_other_complaints_are_seen(self):
        self.assertFalse(outcome(CLEAN.replace("loading out", "WARNING: CPU: 1 PID: 7")).clean)


class Equal(unittest.TestCase):
    def test_safe_must_be_clean(self):
        self.assertTrue(prove.equal("safe", outcome(CLEAN), outcome(CLEAN)))
        self.assertFalse(prove.equal("safe", outcome(OBJECTS), outcome(CLEAN)))

    def test_unsafe_must_be_seen_to_fail_in_the_way_that_was_predicted(self):
        self.assertTrue(prove.equal("unsafe", outcome(OBJECTS), outcome(CLEAN)))
        self.assertFalse(prove.equal("unsafe", outcome(CLEAN), outcome(CLEAN)))
        self.assertFalse(prove.equal("unsafe", outcome(GONE), outcome(CLEAN)))

    def test_a_module_that_fails_as_it_is_shows_nothing(self):
        self.assertFalse(prove.equal("safe", outcome(CLEAN), outcome(OBJECTS)))
        self.assertFalse(prove.equal("safe", outcome(CLEAN), None))
        self.assertTrue(prove.equal("safe", outcome(CLEAN), outcome(GONE), wrong_as_it_is=True))

    def test_review_is_never_equal(self):
        self.assertFalse(prove.equal("review", outcome(CLEAN), outcome(CLEAN)))


class Verdict(unittest.TestCase):
    def test_one_unsafe_site_makes_the_module_unsafe(self):
        safe, unsafe = {"class": "convert", "reason": "a"}, {"class": "unsafe", "reason": "b"}
        self.assertEqual(prove.verdict([safe, unsafe], "m"), ("unsafe", "b"))
        self.assertEqual(prove.verdict([safe], "m"), ("safe", "a"))
        with self.assertRaises(SystemExit):
            prove.verdict([], "m")


class Accelerator(unittest.TestCase):
    """A qemu of our own that says what kind of machine it was asked for."""

    def boot(self, script):
        with tempfile.TemporaryDirectory() as directory:
            directory = Path(directory)
            qemu = directory / "qemu-system-x86_64"
            qemu.write_text("#!/bin/sh\necho \"$2\" >> %s/asked\n%s\n" % (directory, script))
            qemu.chmod(0o755)
            kernel = SimpleNamespace(append="", boot_image="none")
            machine = SimpleNamespace(kernel=kernel, EMULATION=prove_machine.Machine.EMULATION, hardware=[], append="", tpm=None)
            machine._run = lambda *a: prove_machine.Machine._run(machine, *a)
            with mock.patch.dict(os.environ, {"PATH": "%s:%s" % (directory, os.environ["PATH"])}), \
                    mock.patch.object(prove_machine.Machine, "accelerator", "kvm"), contextlib.redirect_stderr(io.StringIO()) as told:
                try:
                    machine._run(directory / "initrd", directory / "console")
                    end = None
                except SystemExit as e:
                    end = str(e)
            return (directory / "asked").read_text().split(), told.getvalue(), end

    def test_kvm_that_works_is_used(self):
        self.assertEqual(self.boot("exit 0"), (["kvm"], "", None))

    def test_kvm_that_is_there_and_does_not_work_is_replaced_by_emulation(self):
        asked, told, end = self.boot('[ "$2" = kvm ] && { echo "failed to set MSR" >&2; exit 134; }; exit 0')
        self.assertEqual(asked, ["kvm", prove_machine.Machine.EMULATION])
        self.assertIn("failed to set MSR", told)
        self.assertIsNone(end)

    def test_an_emulation_that_fails_is_an_error(self):
        asked, _, end = self.boot("exit 1")
        self.assertEqual(len(asked), 2)
        self.assertIn("status 1", end)


if __name__ == "__main__":
    unittest.main()
