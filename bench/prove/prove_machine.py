# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Kernels of Debian's packages, and the machines that run kernels: qemu, with the help of the host's processor only if it offers any."""

import lzma
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import prove_console

INIT = """#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /tmp /run /mnt
export PATH=/programs:/bin:/sbin:/usr/bin:/usr/sbin
export XTABLES_LIBDIR=/usr/lib/x86_64-linux-gnu/xtables
# busybox's shell takes its own applets for these names before it looks at PATH.
ip() { /programs/ip "$@"; }
mark() { echo "PROVE $*" > /dev/kmsg; }
mark processors $(nproc)
# Lets every callback that is still queued run now.
settle() { echo 1 > /sys/module/rcutree/parameters/do_rcu_barrier; } 2> /dev/null
%s
mark done
sync
# A kernel without ACPI cannot switch the machine off, but qemu ends when it starts anew.
[ -d /sys/firmware/acpi ] && poweroff -f
reboot -f
"""

# A test: some rounds, a pause in which what is late can be seen, then what is left behind.
TEST = """
mark begin %(name)s
%(prepare)s
rounds=0
while [ $rounds -lt %(rounds)d ]; do
  %(round)s || { mark "failed %(name)s round=$rounds"; break; }
  rounds=$((rounds + 1))
done
settle
sleep 1
leaked=$(grep -c -E '^(%(caches)s)' /proc/slabinfo)
mark end %(name)s rounds=$rounds leaked=$leaked
"""


# With one only, a grace period is over as soon as somebody sleeps: no race could be shown. That the kernel sees them is looked at.
PROCESSORS = 2


def run(command, **kwargs):
    """Runs a program; what it prints is shown only if it fails."""
    result = subprocess.run(list(map(str, command)), capture_output=True, text=True, **kwargs)
    if result.returncode != 0:
        sys.exit("prove: %s: status %d\n%s%s" % (" ".join(map(str, command)), result.returncode, result.stdout[-3000:], result.stderr[-3000:]))
    return result.stdout


SKIPPED = 77


def unpack(package, cache):
    """The files of a Debian package, without installing it: a boot loader has no business here."""
    place = cache / package
    if place.exists():
        return place
    download = cache / (package + ".download")
    shutil.rmtree(download, ignore_errors=True)
    download.mkdir(parents=True)
    download.chmod(0o777)  # apt gives its rights away to write there
    result = subprocess.run(["apt-get", "download", package], cwd=download, capture_output=True, text=True)
    debs = list(download.glob("*.deb"))
    if result.returncode != 0 or len(debs) != 1:
        print("prove: skipped: apt-get download %s: %s" % (package, result.stderr.strip()), file=sys.stderr)
        sys.exit(SKIPPED)
    run(["dpkg-deb", "-x", debs[0], download / "x"])
    os.rename(download / "x", place)
    shutil.rmtree(download)
    return place


class Kernel:
    """A kernel of Debian's: headers that are installed, an image that is only unpacked, and the source tree."""

    append = ""

    def __init__(self, version, tree, cache):
        self.name = version
        self.tree = Path(tree)
        pattern = re.compile(r"linux-headers-(%s\..*-cloud-amd64)$" % re.escape(version))
        found = sorted(p.name for p in Path("/usr/src").iterdir() if pattern.match(p.name))
        if not found:
            sys.exit("prove: no headers of a %s cloud kernel under /usr/src; scripts/setup prove installs them" % version)
        self.release = pattern.match(found[-1]).group(1)
        self.headers = Path("/usr/src") / found[-1]
        self.image = unpack("linux-image-%s-unsigned" % self.release, cache)
        # It would replace the busybox of the system, so it is only unpacked.
        self.busybox = unpack("busybox-static", cache)
        modules = self.image / "lib" / "modules" / self.release
        if not (modules / "modules.dep").exists():
            run(["/sbin/depmod", "-b", self.image, self.release])
        self.boot_image = self.image / "boot" / ("vmlinuz-" + self.release)
        self.paths = {p.name.split(".")[0].replace("-", "_"): p for p in modules.rglob("*.ko*")}
        self.builtin = {Path(l).stem.replace("-", "_") for l in (modules / "modules.builtin").read_text().split()}
        self.config = (self.image / "boot" / ("config-" + self.release)).read_text()

    def configured(self, option):
        return re.search(r"^CONFIG_%s=[ym]" % option, self.config, re.M) is not None

    def module(self, name):
        """The file of one of the kernel's own modules."""
        path = self.paths.get(name.replace("-", "_"))
        if path is None:
            sys.exit("prove: %s has no module %s" % (self.release, name))
        return path

    def build(self, directory, config=None):
        run(["make", "-s", "-C", self.headers, "M=%s" % directory, "-j%d" % (os.cpu_count() or 1), "modules",
             *("%s=%s" % item for item in (config or {}).items())])


class Machine:
    """One boot: a root file system in memory and a console."""

    PROGRAMS = ["ip", "bridge", "wg", "iptables-legacy", "xtables-legacy-multi"]
    EMULATION = "tcg,thread=multi"
    accelerator = "kvm" if os.access("/dev/kvm", os.R_OK | os.W_OK) else EMULATION

    def __init__(self, kernel, directory):
        self.kernel = kernel
        self.directory = directory
        shutil.rmtree(directory, ignore_errors=True)
        self.root = directory / "root"
        for name in ("bin", "sbin", "proc", "sys", "dev", "test", "tmp", "lib", "usr/lib", "usr/bin", "usr/sbin"):
            (self.root / name).mkdir(parents=True, exist_ok=True)
        shutil.copy(kernel.busybox / "bin" / "busybox", self.root / "bin" / "busybox")
        self.loads = []
        self.hardware = []  # words for qemu, besides those of every machine
        self.append = ""
        self.tpm = None

    def add_firmware(self, package):
        """A machine of EFI instead of qemu's own: a Debian package with such a firmware, which is only unpacked."""
        found = sorted((unpack(package, self.kernel.busybox.parent)).glob("usr/share/**/OVMF.fd"))
        if not found:
            sys.exit("prove: %s has no OVMF.fd" % package)
        self.hardware += ["-bios", found[0]]

    def add_tpm(self):
        """A TPM 1.2 of software that has an owner; all passwords are the well-known ones."""
        if not shutil.which("swtpm") or not shutil.which("swtpm_setup"):
            print("prove: skipped: swtpm and swtpm-tools are not installed", file=sys.stderr)
            sys.exit(SKIPPED)
        self.tpm = self.directory / "tpm"
        self.tpm.mkdir()
        run(["swtpm_setup", "--tpm-state", self.tpm, "--take-ownership", "--srk-well-known", "--owner-well-known"])
        self.hardware += ["-chardev", "socket,id=tpm,path=%s" % (self.tpm / "socket"), "-tpmdev", "emulator,id=tpm0,chardev=tpm", "-device", "tpm-tis,tpmdev=tpm0"]

    def start_tpm(self):
        """It ends by itself when qemu does."""
        socket = self.tpm / "socket"
        socket.unlink(missing_ok=True)
        subprocess.Popen(list(map(str, ["swtpm", "socket", "--tpmstate", "dir=%s" % self.tpm, "--ctrl", "type=unixio,path=%s" % socket, "--terminate"])), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(100):
            if socket.exists():
                return
            time.sleep(0.1)
        sys.exit("prove: swtpm does not start")

    def add_program(self, name):
        path = shutil.which(name, path="/usr/sbin:/sbin:/usr/bin:/bin")
        if path is None:
            return
        self._copy(Path(os.path.realpath(path)), self.root / "programs" / name)
        for line in subprocess.run(["ldd", path], capture_output=True, text=True).stdout.splitlines():
            library = re.search(r"(/\S+) \(0x", line)
            if library:
                self._copy(Path(library.group(1)), self.root / library.group(1).lstrip("/"))

    def need_program(self, name):
        """A program that a test cannot do without."""
        self.add_program(name)
        if not (self.root / "programs" / name).exists():
            sys.exit("prove: %s is not installed; scripts/setup prove installs it" % name)

    def add_helper(self, name):
        """A program of our own that does what no installed tool can, where the tests look for programs first; linked so that it needs nothing."""
        program = self.root / "programs" / name
        program.parent.mkdir(parents=True, exist_ok=True)
        run(["gcc", "-O1", "-Wall", "-static", "-o", program, Path(__file__).parent / (name + ".c")])

    def _copy(self, source, target):
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)

    def add_file(self, path, directory):
        path = Path(path)
        target = self.root / directory / path.name.removesuffix(".xz")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(lzma.decompress(path.read_bytes()) if path.suffix == ".xz" else path.read_bytes())

    def add_needs(self, ko, exclude=()):
        """The modules that a module depends on, loaded before everything else."""
        for name in filter(None, run(["/sbin/modinfo", "-F", "depends", ko]).strip().split(",")):
            if name.replace("-", "_") not in [e.replace("-", "_") for e in exclude]:
                self.add_module(name)

    def add_module(self, name):
        if name.replace("-", "_") in self.kernel.builtin:
            return
        ko = self.kernel.module(name)
        self.add_needs(ko)
        file = ko.name.removesuffix(".xz")
        if file not in self.loads:
            self.add_file(ko, "lib")
            self.loads.append(file)

    @staticmethod
    def test(name, prepare, round_, rounds, caches):
        return TEST % {"name": name, "prepare": prepare, "round": round_, "rounds": rounds, "caches": "|".join(caches)}

    def boot(self, script):
        """Runs the script as the first process and returns the console."""
        for name in self.PROGRAMS:
            self.add_program(name)
        xtables = Path("/usr/lib/x86_64-linux-gnu/xtables")
        if xtables.is_dir():
            for library in ("libxt_hashlimit.so", "libxt_standard.so", "libxt_connlimit.so", "libxt_CT.so", "libxt_udp.so"):
                if (xtables / library).exists():
                    self._copy(xtables / library, self.root / str(xtables).lstrip("/") / library)
        loads = "".join("insmod /lib/%s\n" % m for m in self.loads)
        init = self.root / "init"
        init.write_text(INIT % ("/bin/busybox --install -s\n" + loads + script))
        init.chmod(0o755)
        # busybox installs its links itself, but /bin/sh must be there to begin with.
        for name in ("sh", "mount", "mkdir"):
            (self.root / "bin" / name).symlink_to("busybox")
        initrd = self.directory / "initrd"
        with open(initrd, "wb") as out:
            names = subprocess.run(["find", ".", "-print0"], cwd=self.root, capture_output=True, check=True).stdout
            subprocess.run(["cpio", "--null", "-o", "-H", "newc", "--quiet"], cwd=self.root, input=names, stdout=out, check=True)
        console = self.directory / "console"
        # A host that is very busy can make an emulated kernel give up on its timers before it runs anything; that says nothing.
        for _ in range(3):
            self._run(initrd, console)
            text = console.read_text(errors="replace")
            if "PROVE begin" in text:
                seen = prove_console.processors(text)
                if seen != PROCESSORS:
                    sys.exit("prove: %s sees %d processors, not %d" % (self.kernel.release, seen, PROCESSORS))
                return text
        sys.exit("prove: %s does not boot:\n%s" % (self.kernel.release, text[-2000:]))

    def _run(self, initrd, console):
        append = ("console=ttyS0 slab_nomerge panic=-1 nokaslr no_timer_check mitigations=off loglevel=7 random.trust_cpu=on rdinit=/init %s %s" % (self.kernel.append, self.append)).strip()
        # As many sockets: the table of processors that a kernel without ACPI reads names one processor of each.
        command = ["qemu-system-x86_64", "-accel", Machine.accelerator, "-cpu", "max", "-smp", "%d,sockets=%d,cores=1,threads=1" % (PROCESSORS, PROCESSORS), "-m", "768", "-display", "none", "-monitor", "none",
                   "-no-reboot", "-serial", "file:%s" % console, "-kernel", self.kernel.boot_image, "-initrd", initrd, "-append", append, *self.hardware]
        if self.tpm:
            self.start_tpm()
        result = subprocess.run(list(map(str, command)), capture_output=True, text=True)
        if result.returncode != 0 and Machine.accelerator != self.EMULATION:
            # The device may be there and not do what qemu asks of it: on a machine that is virtual itself, say.
            print("prove: kvm does not work here, so the kernel is emulated: %s" % (result.stderr.strip().splitlines() or ["no reason given"])[0], file=sys.stderr)
            Machine.accelerator = self.EMULATION
            return self._run(initrd, console)
        # qemu ends with 0 when a signal ends it; only its own words tell that from a guest that went down.
        if result.returncode != 0 or "terminating on signal" in result.stderr:
            sys.exit("prove: qemu was ended from outside or failed, status %d: %s" % (result.returncode, result.stderr.strip()))
