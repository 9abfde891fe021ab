// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One row per architecture variant. Where Clang has no target, a relative with the same word size stands in:
// the host's own macros are taken away (-U) and the architecture's are put in their place (-D), so that
// #ifdefs and record layouts come out right; only inline assembly cannot be checked, which nothing here
// depends on.
#include "tool/frontend/synth/arch_table.h"

namespace krcu {
namespace {

using Flags = std::vector<const char *>;

// Clang has no target for these. The word size and the byte order of the stand-in must agree with the
// architecture's.
std::vector<ArchVariant> substitutedRows() {
  return {
      {"sh",
       "sh",
       "sh",
       "riscv32-linux-gnu",
       true,
       Flags{"-Iarch/sh/include/cpu-sh4a", "-Iarch/sh/include/cpu-sh4", "-Iarch/sh/include/cpu-common",
             "-Iarch/sh/include/mach-common", "-U__riscv", "-D__sh__", "-D__SH4__", "-D__SH4A__",
             "-D__LITTLE_ENDIAN__"},
       Flags{},
       {}},
      {"alpha",
       "alpha",
       "alpha",
       "riscv64-linux-gnu",
       true,
       Flags{"-U__riscv", "-D__alpha__", "-D__alpha_ev67__", "-D__alpha_bwx__", "-D__alpha_fix__",
             "-D__alpha_cix__"},
       Flags{},
       {}},
      {"microblaze",
       "microblaze",
       "microblaze",
       "riscv32-linux-gnu",
       true,
       Flags{"-U__riscv", "-D__microblaze__", "-D__MICROBLAZE__", "-D__MICROBLAZEEL__"},
       Flags{},
       {}},
      {"nios2",
       "nios2",
       "nios2",
       "riscv32-linux-gnu",
       true,
       Flags{"-U__riscv", "-D__nios2__", "-D__linux__", "-D__ELF__"},
       Flags{},
       {}},
      {"openrisc",
       "openrisc",
       "openrisc",
       "sparc-linux-gnu",
       true,
       Flags{"-U__sparc__", "-U__sparc", "-D__or1k__", "-D__linux__"},
       Flags{},
       {}},
      {"parisc",
       "parisc",
       "parisc",
       "sparc-linux-gnu",
       true,
       Flags{"-U__sparc__", "-U__sparc", "-D__hppa__=1", "-DCC_USING_PATCHABLE_FUNCTION_ENTRY=1",
             "-DFTRACE_PATCHABLE_FUNCTION_SIZE=1"},
       Flags{},
       {}},
      {"xtensa",
       "xtensa",
       "xtensa",
       "riscv32-linux-gnu",
       true,
       Flags{"-U__riscv", "-D__XTENSA__", "-D__XTENSA_EL__", "-D__XTENSA_WINDOWED_ABI__", "-D__linux__",
             "-Iarch/xtensa/variants/fsf/include", "-Iarch/xtensa/platforms/iss/include"},
       Flags{},
       {}},
  };
}

std::vector<ArchVariant> ownTargetRows() {
  return {
      {"x86", "x86", "x86_64", "x86_64-linux-gnu", false, Flags{}, Flags{"-mcmodel=kernel", "-DCC_USING_FENTRY"}, {}},
      {"powerpc",
       "powerpc",
       "powerpc",
       "powerpc64le-linux-gnu",
       false,
       Flags{"-DHAVE_AS_ATHIGH=1", "-Iarch/powerpc", "-DCC_USING_PATCHABLE_FUNCTION_ENTRY"},
       Flags{},
       {}},
      {"arm64",
       "arm64",
       "arm64",
       "aarch64-linux-gnu",
       false,
       Flags{},
       Flags{"-mlittle-endian", "-DCC_USING_PATCHABLE_FUNCTION_ENTRY", "-DKASAN_SHADOW_SCALE_SHIFT=3",
             "-DARM64_ASM_ARCH=\"armv8.5-a\""},
       {}},
      {"s390",
       "s390",
       "s390",
       "s390x-linux-gnu",
       false,
       Flags{"-march=z16", "-DCC_USING_EXPOLINE", "-DCC_USING_HOTPATCH"},
       Flags{},
       {}},
      {"sparc", "sparc", "sparc64", "sparc64-linux-gnu", false, Flags{"-mcpu=v9", "-D__sparc_v9__"}, Flags{}, {}},
      {"i386", "x86", "i386", "i386-linux-gnu", false, Flags{}, Flags{"-DCC_USING_FENTRY"}, {}},
      {"ppc32",
       "powerpc",
       "powerpc",
       "powerpc-linux-gnu",
       false,
       Flags{"-DHAVE_AS_ATHIGH=1", "-Iarch/powerpc"},
       Flags{},
       {{"PPC64", "n"}}},
      {"sparc32", "sparc", "sparc", "sparc-linux-gnu", false, Flags{"-mcpu=v8"}, Flags{}, {{"64BIT", "n"}}},
      {"arm",
       "arm",
       "arm",
       "arm-linux-gnueabi",
       false,
       Flags{"-mlittle-endian", "-D__LINUX_ARM_ARCH__=7", "-march=armv7-a"},
       Flags{},
       {}},
      {"mips",
       "mips",
       "mips",
       "mips64el-linux-gnuabi64",
       false,
       Flags{"-Iarch/mips/include/asm/mach-generic", "-DVMLINUX_LOAD_ADDRESS=0xffffffff80100000",
             "-DDATAOFFSET=0"},
       Flags{},
       {}},
      {"riscv",
       "riscv",
       "riscv",
       "riscv64-linux-gnu",
       false,
       Flags{"-mcmodel=medany", "-DCC_USING_PATCHABLE_FUNCTION_ENTRY"},
       Flags{},
       {}},
      {"loongarch",
       "loongarch",
       "loongarch",
       "loongarch64-linux-gnusf",
       false,
       Flags{"-DCC_USING_PATCHABLE_FUNCTION_ENTRY", "-DVMLINUX_LOAD_ADDRESS=0x9000000000200000"},
       Flags{},
       {}},
      {"m68k", "m68k", "m68k", "m68k-linux-gnu", false, Flags{"-D__mc68000__"}, Flags{}, {}},
      // Clang's ARC target does not know the loop registers that the kernel's inline assembly clobbers.
      {"arc",
       "arc",
       "arc",
       "arc-linux-gnu",
       true,
       Flags{"-D__linux__", "-D__ARCHS__", "-U__BYTE_ORDER__", "-D__BYTE_ORDER__=__ORDER_LITTLE_ENDIAN__",
             "-D__LITTLE_ENDIAN__", "-include", "arch/arc/include/asm/current.h"},
       Flags{},
       {}},
      {"csky",
       "csky",
       "csky",
       "csky-linux-gnu",
       false,
       Flags{"-Iarch/csky/abiv2/inc", "-DCSKYCPU_DEF_NAME=\"ck860\"", "-D__CSKYABIV2__", "-D__ck860__",
             "-fheinous-gnu-extensions"},
       Flags{},
       {}},
      {"hexagon",
       "hexagon",
       "hexagon",
       "hexagon-linux-musl",
       false,
       Flags{"-DTHREADINFO_REG=r19", "-D__linux__", "-fno-short-enums"},
       Flags{},
       {}},
  };
}

std::vector<ArchVariant> allRows() {
  std::vector<ArchVariant> Rows = ownTargetRows();
  for (ArchVariant &Row : substitutedRows())
    Rows.push_back(std::move(Row));
  return Rows;
}

} // namespace

llvm::ArrayRef<ArchVariant> archTable() {
  static const std::vector<ArchVariant> Table = allRows();
  return Table;
}

const ArchVariant *findVariant(llvm::StringRef Name) {
  for (const ArchVariant &Row : archTable())
    if (Name == Row.name)
      return &Row;
  return nullptr;
}

} // namespace krcu
