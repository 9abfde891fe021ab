# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Debian's own kernel of a tree's version, from whatever suite has it: unpacked below the cache, never installed."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from prove_machine import SKIPPED, Kernel, run, unpack
from prove_tree import LATE, version_of

# The packages of one kernel; which of them there are differs between releases. The first names the kernel.
PARTS = ["linux-headers-%s", "linux-headers-%s-common", "linux-kbuild-%s", "linux-image-%s", "linux-image-%s-unsigned", "linux-binary-%s", "linux-modules-%s", "linux-base-%s"]
FLAVOUR = "-cloud-amd64"

# What the makefiles are not told: flags that only the compiler has with which Debian built, and debugging information, which takes time. The
# headers keep their own list of options, so no structure changes.
UNTOLD = ["CC_HAS_MIN_FUNCTION_ALIGNMENT", "DEBUG_INFO", "DEBUG_INFO_BTF", "DEBUG_INFO_BTF_MODULES"]

# A program of a newer release, run with that release's C library.
RUNNER = """#!/bin/sh
exec %(library)s/ld-linux-x86-64.so.2 --library-path %(library)s:/usr/lib/x86_64-linux-gnu %(program)s "$@"
"""


def skip(text):
    print("prove: skipped: " + text, file=sys.stderr)
    sys.exit(SKIPPED)


def newest(names, version):
    """The kernel of a version (7.3.4) among names of packages, or None: the last one in the order of their numbers."""
    pattern = re.compile(r"linux-headers-(%s[-+].*%s)$" % (re.escape(version), FLAVOUR))
    found = [m.group(1) for m in map(pattern.match, names) if m]
    return max(found, key=lambda n: [int(x) for x in re.findall(r"\d+", n)], default=None)


def wanted(release, names):
    """The packages of a kernel that there are."""
    base = release.removesuffix(FLAVOUR)
    every = [p % r for p in PARTS for r in (release, base)]
    return sorted(set(every) & set(names))


def moved(text, root):
    """A makefile of the headers with the places of the packages where they were unpacked. No compiler is prescribed."""
    text = re.sub(r"(?<![\w/])/usr/(src|lib)/", lambda m: "%s/usr/%s/" % (root, m.group(1)), text)
    text = re.sub(r"(?m)^override CROSS_COMPILE *=.*\n", "", text)
    return re.sub(r"(?m)^CC *=.*$", "CC = gcc", text)


def told(line):
    """Whether a line of auto.conf stays."""
    return not re.match(r"CONFIG_(%s)=" % "|".join(UNTOLD), line)


def elf(path):
    with open(path, "rb") as file:
        return file.read(4) == b"\x7fELF"


class PackagedKernel(Kernel):
    """Has what prove_machine.Kernel has; the packages come from the suites that scripts/trees knows."""

    def __init__(self, tree, cache):
        self.tree = Path(tree).resolve()
        self.name = version_of(self.tree)
        configuration = cache.parent / "suites" / "apt.conf"
        if not configuration.exists():
            skip("no package lists; scripts/trees --list fetches them")
        self.apt = ["-c", configuration, "-q"]
        names = run(["apt-cache", *self.apt, "pkgnames", "linux-"]).split()
        self.release = newest(names, self.name)
        if self.release is None:
            skip("no suite has Debian's kernel %s%s" % (self.name, FLAVOUR))
        self.busybox = unpack("busybox-static", cache)
        self.root = cache / ("packaged-" + self.release)
        if not self.root.exists():
            self._unpack(wanted(self.release, names), cache / ("packaged-%s.new" % self.release))
        self.headers = self.root / "usr" / "src" / ("linux-headers-" + self.release)
        place = next((p for p in (self.root / "usr" / "lib" / "modules" / self.release, self.root / "lib" / "modules" / self.release) if (p / "modules.dep").exists()), None)
        if place is None:
            sys.exit("prove: the packages of %s have no modules" % self.release)
        self.boot_image = next(p for p in (place / "vmlinuz", self.root / "boot" / ("vmlinuz-" + self.release)) if p.exists())
        self.paths = {p.name.split(".")[0].replace("-", "_"): p for p in place.rglob("*.ko*")}
        self.builtin = {Path(l).stem.replace("-", "_") for l in (place / "modules.builtin").read_text().split()}
        self.config = (self.headers / ".config").read_text()

    append = LATE + " oops=panic rcupdate.rcu_cpu_stall_suppress=1"

    def _fetch(self, package, download, place):
        result = subprocess.run(list(map(str, ["apt-get", *self.apt, "download", package])), cwd=download, capture_output=True, text=True)
        debs = list(download.glob("*.deb"))
        if result.returncode != 0 or len(debs) != 1:
            skip("apt-get download %s: %s" % (package, result.stderr.strip()))
        run(["dpkg-deb", "-x", debs[0], place])
        debs[0].unlink()

    def _run_programs(self, new):
        """Kbuild's programs come from the kernel's release, whose C library may be newer than this machine's."""
        programs = [p for p in sorted(new.glob("usr/lib/linux-kbuild-*/**/*")) if p.is_file() and not p.is_symlink() and os.access(p, os.X_OK) and elf(p)]
        missing = [p for p in programs if "' not found" in subprocess.run(["ldd", p], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout]
        if not missing:
            return
        self._fetch("libc6", new, new / "newer")
        library = next((new / "newer").rglob("libc.so.6")).parent
        for program in missing:
            real = program.with_name(program.name + ".elf")
            program.rename(real)
            at = lambda p: self.root / p.relative_to(new)
            program.write_text(RUNNER % {"library": at(library), "program": at(real)})
            program.chmod(0o755)

    def _unpack(self, packages, new):
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True)
        for package in packages:
            self._fetch(package, new, new)
        headers = new / "usr" / "src" / ("linux-headers-" + self.release)
        for name in ("Makefile", ".kernelvariables"):
            if (headers / name).exists():
                (headers / name).write_text(moved((headers / name).read_text(), self.root))
        options = headers / "include" / "config" / "auto.conf"
        options.write_text("".join(l for l in options.read_text().splitlines(True) if told(l)))
        self._run_programs(new)
        modules = new / "usr" if (new / "usr" / "lib" / "modules").exists() else new
        run(["/sbin/depmod", "-b", modules, self.release])
        os.rename(new, self.root)


def packaged(tree, cache):
    """Debian's kernel of the tree's version: the one whose headers are installed, if there is one."""
    version = version_of(tree)
    short = ".".join(version.split(".")[:2])
    for path in Path("/usr/src").glob("linux-headers-%s*%s" % (short, FLAVOUR)):
        if re.match(r"linux-headers-%s[.\d]*[-+]" % re.escape(short), path.name):
            kernel = Kernel(short, tree, cache)
            kernel.append = PackagedKernel.append
            return kernel
    return PackagedKernel(tree, cache)
