# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Small kernels that are built from a source tree, with what finds errors switched on, and kept for the next time.

Building runs the makefiles and scripts of the tree: only a tree that is trusted may be named."""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from prove_machine import SKIPPED, run, unpack

HERE = Path(__file__).parent
FRAGMENT = HERE / "kernel.config"
NETWORK = HERE / "network.config"  # on top of the first, for cases that need it

# What the cases cannot do without; a tree whose Kconfig gives something else is said to be unfit instead of tried.
NEEDED = [
    "64BIT", "SMP", "TREE_RCU", "SLUB", "SLUB_DEBUG_ON", "MODULES", "MODULE_UNLOAD", "KASAN", "DEBUG_OBJECTS_RCU_HEAD", "PROVE_RCU",
    "SERIAL_8250_CONSOLE", "BLK_DEV_INITRD", "DEVTMPFS", "PROC_FS", "NET",
]
NEEDED_OF_NETWORK = NEEDED + ["INET", "NETFILTER"]

# Callbacks are late on these kernels: no grace period ends before its time while a processor sleeps, callbacks are held back until somebody
# waits for them, and the wait that is part of freeing a module's text does not help them along. A grace period looks for sleeping processors only
# after 100 ticks: a busy host is slow to remove a module and quick to count ticks.
LATE = "rcu_nocbs=all rcupdate.rcu_expedited=1 rcutree.jiffies_till_first_fqs=100 rcutree.jiffies_till_next_fqs=100"


def version_of(tree):
    """VERSION.PATCHLEVEL.SUBLEVEL as the top makefile says it."""
    try:
        text = (Path(tree) / "Makefile").read_text(errors="replace")
    except OSError as error:
        sys.exit("prove: %s is no kernel tree: %s" % (tree, error.strerror))
    words = dict(re.findall(r"^(VERSION|PATCHLEVEL|SUBLEVEL) *= *(\d+)$", text, re.M))
    if len(words) != 3:
        sys.exit("prove: %s is no kernel tree: its Makefile names no version" % tree)
    return "%(VERSION)s.%(PATCHLEVEL)s.%(SUBLEVEL)s" % words


def state_of(tree):
    """A digest of the names, sizes and times of everything in the tree: whether make has to look again."""
    digest = hashlib.sha256()
    for directory, names, files in os.walk(tree):
        names[:] = sorted(n for n in names if n != ".git")
        for name in sorted(files):
            status = os.lstat(os.path.join(directory, name))
            digest.update(("%s/%s %d %d\n" % (directory, name, status.st_size, status.st_mtime_ns)).encode(errors="surrogateescape"))
    return digest.hexdigest()


def compiler_words(choice):
    """What make is told for gcc or clang."""
    if choice == "clang":
        for version in ("19", "20", "18"):
            if shutil.which("clang-" + version) and shutil.which("ld.lld-" + version):
                return ["LLVM=-" + version]
        sys.exit("prove: no clang with lld of version 19, 20 or 18")
    return ["CC=" + choice]


def compiler_version(words):
    program = words[0][3:] if words[0].startswith("CC=") else "clang" + words[0][len("LLVM="):]
    if not shutil.which(program):
        print("prove: skipped: no compiler %s" % program, file=sys.stderr)
        sys.exit(SKIPPED)
    return run([program, "--version"]).splitlines()[0]


def meek():
    """Before a command that must not be in anybody's way; the niceness that is there already counts."""
    return ["nice", "-n", str(max(0, 15 - os.nice(0)))]


def key_of(tree, fragment, compiler):
    """The name of a kernel in the cache."""
    digest = hashlib.sha256("\0".join((str(Path(tree).resolve()), fragment, compiler)).encode()).hexdigest()
    return "%s-%s" % (version_of(tree), digest[:12])


def differences(config, needed=None):
    """The options that did not come out as the cases need them."""
    return [o for o in (NEEDED if needed is None else needed) if not re.search(r"^CONFIG_%s=[ym]$" % o, config, re.M)]


def not_as_asked(fragment, config):
    """What the fragment asks for and the configuration does not have: the tree knows no such option, or another forbids it."""
    return sorted(set(re.findall(r"^CONFIG_(\w+)=[ym]$", fragment, re.M)) - set(re.findall(r"^CONFIG_(\w+)=[ym]$", config, re.M)))


def place_of(tree, cache, compiler, network):
    """The fragment of the larger or the smaller kernel, and where that is built."""
    fragment = FRAGMENT.read_text() + (NETWORK.read_text() if network else "")
    return fragment, cache.parent / "built" / key_of(tree, fragment, compiler)


def only_larger(tree, cache, choice):
    """Whether the larger kernel is built and the smaller is not: it can do all that the smaller can."""
    compiler = compiler_version(compiler_words(choice))
    larger, smaller = (place_of(Path(tree).resolve(), cache, compiler, network)[1] / "stamp" for network in (True, False))
    return larger.exists() and not smaller.exists()


class TreeKernel:
    """A kernel of a tree: has what prove_machine.Kernel has."""

    # An oops ends the machine: behind it nothing can be told from its consequences. How long a grace period takes says nothing on a busy host.
    append = LATE + " oops=panic rcupdate.rcu_cpu_stall_suppress=1"

    def __init__(self, tree, cache, compiler="gcc", network=True):
        self.tree = Path(tree).resolve()
        self.name = version_of(self.tree)
        self.words = compiler_words(compiler)
        self.compiler = compiler_version(self.words)
        self.busybox = unpack("busybox-static", cache)
        self.fragment, self.headers = place_of(self.tree, cache, self.compiler, network)
        self.needed = NEEDED_OF_NETWORK if network else NEEDED
        self.boot_image = self.headers / "arch" / "x86" / "boot" / "bzImage"
        self._built()
        self.release = (self.headers / "include" / "config" / "kernel.release").read_text().strip()
        self.config = (self.headers / ".config").read_text()
        built_in = self.headers / "modules.builtin"
        self.builtin = {Path(l).stem.replace("-", "_") for l in built_in.read_text().split()} if built_in.exists() else set()
        order = self.headers / "modules.order"
        # Up to 6.1 the list names objects with a directory kernel/ in front that is not there, or .ko; later .o. The kernel's own kernel/ has modules, too.
        self.paths = {}
        for line in order.read_text().split():
            name = line.rsplit(".", 1)[0] + ".ko"
            path = self.headers / (name if (self.headers / name).exists() else name.removeprefix("kernel/"))
            self.paths[path.stem.replace("-", "_")] = path

    def _make(self, *arguments):
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("KBUILD_", "MAKE"))}
        environment["LC_ALL"] = "C"
        log = self.headers / "build.log"
        command = [*meek(), "make", "-s", "-C", self.tree, "O=%s" % self.headers, "ARCH=x86_64", *self.words, *arguments]
        with open(log, "a") as out:
            result = subprocess.run(list(map(str, command)), stdout=out, stderr=subprocess.STDOUT, env=environment)
        if result.returncode != 0:
            tail = log.read_text(errors="replace")[-3000:]
            sys.exit("prove: %s does not build with %s; the whole log is %s\n%s" % (self.tree, self.compiler, log, tail))

    def _built(self):
        """Builds what is not built. One process at a time: others wait for it."""
        if (self.tree / ".config").exists() or (self.tree / "include" / "config").exists():
            sys.exit("prove: %s has been configured or built in place, and Kbuild then builds nowhere else: make mrproper there, or name "
                     "another checkout (git worktree add)" % self.tree)
        self.headers.mkdir(parents=True, exist_ok=True)
        with open(self.headers / "lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            stamp = self.headers / "stamp"
            state = state_of(self.tree)
            if stamp.exists() and stamp.read_text() == state:
                return
            stamp.unlink(missing_ok=True)
            began = time.monotonic()
            print("== build Linux %s in %s with %s" % (self.name, self.headers, self.compiler), file=sys.stderr, flush=True)
            (self.headers / "build.log").unlink(missing_ok=True)
            wanted = self.headers / "wanted.config"
            wanted.write_text(self.fragment)
            self._make("KCONFIG_ALLCONFIG=%s" % wanted, "allnoconfig")
            config = (self.headers / ".config").read_text()
            missing = differences(config, self.needed)
            if missing:
                sys.exit("prove: %s cannot be configured as the cases need it: no CONFIG_%s" % (self.tree, ", CONFIG_".join(missing)))
            if not_as_asked(self.fragment, config):
                print("== it has no %s" % ", ".join(not_as_asked(self.fragment, config)), file=sys.stderr, flush=True)
            self._make("-j%d" % (os.cpu_count() or 1), "bzImage", "modules")
            stamp.write_text(state)
            print("== built in %d s" % (time.monotonic() - began), file=sys.stderr, flush=True)

    def configured(self, option):
        return re.search(r"^CONFIG_%s=[ym]" % option, self.config, re.M) is not None

    def module(self, name):
        """The file of one of the kernel's own modules."""
        path = self.paths.get(name.replace("-", "_"))
        if path is None:
            sys.exit("prove: Linux %s as it is built here has no module %s" % (self.release, name))
        return path

    def build(self, directory, config=None):
        run([*meek(), "make", "-s", "-C", self.headers, "M=%s" % directory, "ARCH=x86_64", *self.words, "-j%d" % (os.cpu_count() or 1), "modules",
             *("%s=%s" % item for item in (config or {}).items())])
