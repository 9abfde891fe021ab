// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Synthesised headers and flags on two small trees of our own, and on a real tree where one is given. In
// testdata/synth, `bare` has nothing but a Makefile and a Kconfig, `small` has one input of every generator,
// each with a trap.
#include "tool/frontend/synth/synth.h"
#include "tool/support/error.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringRef.h"
#include <cstdlib>
#include <gtest/gtest.h>

using namespace krcu;
using llvm::StringRef;

namespace {

Tree openTree(const std::string &Path) {
  auto T = Tree::open(Path);
  if (!T) {
    ADD_FAILURE() << message(T.takeError());
    std::abort();
  }
  return std::move(*T);
}

const Tree &small() {
  static const Tree T = openTree(std::string(KRCU_SOURCE_DIR) + "/testdata/synth/small");
  return T;
}
const Tree &bare() {
  static const Tree T = openTree(std::string(KRCU_SOURCE_DIR) + "/testdata/synth/bare");
  return T;
}

std::unique_ptr<Synth> make(const Tree &T, const std::string &Variant,
                            std::map<std::string, std::string> Force = {}) {
  auto S = synthesise(T, {Variant, std::move(Force)});
  if (!S) {
    ADD_FAILURE() << message(S.takeError());
    return std::make_unique<Synth>();
  }
  return std::move(*S);
}

std::string header(const Synth &S, const std::string &Path) {
  auto It = S.headers.find(Path);
  return It == S.headers.end() ? "<no " + Path + ">" : It->second;
}

testing::AssertionResult has(const std::string &Text, StringRef Part) {
  if (StringRef(Text).contains(Part))
    return testing::AssertionSuccess();
  return testing::AssertionFailure() << "'" << Part.str() << "' is not in:\n" << Text;
}

bool hasFlag(const Synth &S, const std::string &Flag) { return llvm::is_contained(S.flags, Flag); }

/// The real tree named by an environment variable; nothing if it is not set.
std::optional<Tree> realTree(const char *Variable) {
  const char *Path = std::getenv(Variable);
  if (!Path)
    return std::nullopt;
  return openTree(Path);
}

} // namespace

TEST(Synth, UnknownVariantIsRefusedWithTheKnownOnes) {
  auto S = synthesise(small(), {"vax", {}});
  ASSERT_FALSE(bool(S));
  std::string Text = message(S.takeError());
  EXPECT_TRUE(has(Text, "'vax'"));
  EXPECT_TRUE(has(Text, "x86"));
}

TEST(Synth, ArchitectureThatTheTreeLacksIsRefused) {
  auto S = synthesise(small(), {"mips", {}});
  ASSERT_FALSE(bool(S));
  EXPECT_TRUE(has(message(S.takeError()), "arch/mips"));
}

TEST(Synth, VariantsShareADirectoryPreferredFirst) {
  EXPECT_EQ(variantsOf("x86"), (std::vector<std::string>{"x86", "i386"}));
  EXPECT_EQ(variantsOf("powerpc"), (std::vector<std::string>{"powerpc", "ppc32"}));
  EXPECT_TRUE(variantsOf("vax").empty());
}

TEST(Synth, VariantsForATreeAreThoseWhoseDirectoryExists) {
  EXPECT_EQ(variantsFor(bare()), (std::vector<std::string>{"x86", "arm64", "i386"}));
}

TEST(Synth, BareTreeWorksAndHasOnlyWhatNeedsNoInput) {
  auto S = make(bare(), "x86");
  EXPECT_TRUE(has(header(*S, "include/generated/autoconf.h"), "#define CONFIG_SMP 1"));
  EXPECT_EQ(S->values["SMP"], "y");
  EXPECT_TRUE(S->trace_overlay.empty());
  for (const auto &[Path, Text] : S->headers)
    EXPECT_FALSE(StringRef(Path).starts_with("security/") || StringRef(Path).contains("unistd")) << Path;
  make(bare(), "arm64");
}

TEST(Synth, TwoRunsGiveTheSameBytes) {
  auto A = make(small(), "x86"), B = make(small(), "x86");
  EXPECT_EQ(A->headers, B->headers);
  EXPECT_EQ(A->flags, B->flags);
  EXPECT_EQ(A->fingerprint, B->fingerprint);
}

TEST(Synth, FingerprintTellsConfigurationsApart) {
  EXPECT_NE(make(small(), "x86")->fingerprint, make(small(), "x86", {{"SMP", "n"}})->fingerprint);
}

TEST(Synth, VariantForcesItsSymbolsAndTheCallerMayAddOthers) {
  EXPECT_EQ(make(small(), "powerpc")->values["PPC64"], "y");
  auto S = make(small(), "ppc32", {{"SMP", "n"}});
  EXPECT_NE(S->values["PPC64"], "y");
  EXPECT_NE(S->values["SMP"], "y");
}

TEST(SynthFlags, ComeFromTheTreeAndTheVariant) {
  auto S = make(small(), "x86");
  EXPECT_TRUE(hasFlag(*S, "-nostdinc"));
  ASSERT_EQ(S->flags.size(), S->flag_origins.size());
  EXPECT_EQ(S->flag_origins[llvm::find(S->flags, "-std=gnu17") - S->flags.begin()], "Makefile:9");
  EXPECT_EQ(S->flag_origins[llvm::find(S->flags, "-D__KERNEL__") - S->flags.begin()], "krcu: the makefiles could not be read to the end");
  ASSERT_EQ(S->notes.size(), 1u); // it sets no include paths
  EXPECT_TRUE(has(S->notes[0], "Makefile: sets no compiler flags"));
  EXPECT_TRUE(hasFlag(*S, "--target=x86_64-linux-gnu"));
  EXPECT_TRUE(hasFlag(*S, "-I" + small().root() + "/arch/x86/include/generated"));
  EXPECT_TRUE(hasFlag(*S, "-std=gnu17")); // not the -std of host programs
  EXPECT_TRUE(hasFlag(*S, small().root() + "/include/linux/kconfig.h"));
  EXPECT_FALSE(hasFlag(*S, small().root() + "/include/linux/compiler-version.h")); // the tree has none
  EXPECT_FALSE(hasFlag(*S, "-DMODULE"));
}

TEST(SynthFlags, DefaultStandardWhereTheMakefileNamesNone) {
  EXPECT_TRUE(hasFlag(*make(bare(), "x86"), "-std=gnu11"));
}

TEST(SynthFlags, RelativePathsOfTheTableBecomeAbsolute) {
  auto S = make(small(), "sh");
  EXPECT_TRUE(S->substituted_target);
  EXPECT_TRUE(hasFlag(*S, "-I" + small().root() + "/arch/sh/include/cpu-sh4a"));
}

TEST(SynthConstants, BoundsFollowTheConfiguration) {
  std::string Text = header(*make(small(), "x86"), "include/generated/bounds.h");
  EXPECT_TRUE(has(Text, "#define MAX_NR_ZONES 3\n"));
  EXPECT_TRUE(has(Text, "#define NR_CPUS_BITS 7\n")); // 100 processors
  EXPECT_TRUE(has(Text, "#define SPINLOCK_SIZE 72\n"));
  EXPECT_TRUE(has(header(*make(small(), "x86", {{"DEBUG_LOCK_ALLOC", "n"}}), "include/generated/bounds.h"),
                  "#define SPINLOCK_SIZE 4\n"));
}

TEST(SynthConstants, TimeconstIsTheReciprocalThatTheKernelComputes) {
  std::string Text = header(*make(small(), "x86"), "include/generated/timeconst.h"); // HZ=300
  EXPECT_TRUE(has(Text, "#define HZ_TO_MSEC_NUM 10\n"));
  EXPECT_TRUE(has(Text, "#define HZ_TO_MSEC_DEN 3\n"));
  EXPECT_TRUE(has(Text, "#define HZ_TO_MSEC_SHR32 30\n"));
  EXPECT_TRUE(has(Text, "#define HZ_TO_MSEC_MUL32 U64_C(0xD5555556)\n"));
  EXPECT_TRUE(has(Text, "#define HZ_TO_MSEC_ADJ32 U64_C(0x2AAAAAAA)\n"));
}

TEST(SynthConstants, VersionIsTheTreesWithTheSublevelCapped) {
  EXPECT_TRUE(has(header(*make(small(), "x86"), "include/generated/utsrelease.h"), "\"6.12.7\""));
  // 5.4.300: the code has one byte for the sublevel
  EXPECT_TRUE(has(header(*make(bare(), "x86"), "include/generated/uapi/linux/version.h"),
                  "#define LINUX_VERSION_CODE " + std::to_string((5 << 16) + (4 << 8) + 255) + "\n"));
}

TEST(SynthWrappers, GenericAndMissingMandatoryHeadersAreWrapped) {
  auto S = make(small(), "x86");
  EXPECT_EQ(header(*S, "arch/x86/include/generated/asm/early.h"), "#include <asm-generic/early.h>\n");
  EXPECT_EQ(header(*S, "arch/x86/include/generated/asm/needed.h"), "#include <asm-generic/needed.h>\n");
  EXPECT_EQ(header(*S, "arch/x86/include/generated/uapi/asm/types.h"), "#include <asm-generic/types.h>\n");
}

TEST(SynthWrappers, OwnAbsentAndGeneratedHeadersAreNot) {
  auto S = make(small(), "x86");
  EXPECT_FALSE(S->headers.count("arch/x86/include/generated/asm/owned.h"));
  EXPECT_FALSE(S->headers.count("arch/x86/include/generated/asm/absent.h"));
  EXPECT_EQ(header(*S, "arch/x86/include/generated/asm/made.h"), ""); // nobody makes it: empty, not missing
}

TEST(SynthWrappers, NoPathLeavesTheTree) {
  for (const char *Variant : {"x86", "arm64", "s390", "powerpc", "sh", "arm", "loongarch"}) {
    auto S = make(small(), Variant);
    EXPECT_FALSE(S->headers.empty());
    for (const auto &[Path, Text] : S->headers)
      EXPECT_FALSE(StringRef(Path).contains("..") || StringRef(Path).starts_with("/")) << Path;
  }
}

TEST(SynthSyscalls, X86TakesTheLinesOfEachAbi) {
  auto S = make(small(), "x86");
  std::string Native = header(*S, "arch/x86/include/generated/uapi/asm/unistd_64.h");
  EXPECT_TRUE(has(Native, "#define __NR_shut_gate 2\n"));
  EXPECT_FALSE(has(Native, "narrow_gate"));
  EXPECT_TRUE(has(Native, "#define __NR_syscalls 4\n"));
  EXPECT_TRUE(has(header(*S, "arch/x86/include/generated/uapi/asm/unistd_x32.h"),
                  "#define __NR_narrow_gate (__X32_SYSCALL_BIT + 512)\n"));
  EXPECT_TRUE(
      has(header(*S, "arch/x86/include/generated/asm/unistd_32_ia32.h"), "#define __NR_ia32_open_gate 0\n"));
}

TEST(SynthSyscalls, DispatchTableFillsGapsAndKnowsTheColumns) {
  auto S = make(small(), "x86");
  EXPECT_EQ(header(*S, "arch/x86/include/generated/asm/syscalls_64.h"),
            "__SYSCALL(0, sys_open_gate)\n__SYSCALL(1, sys_ni_syscall)\n__SYSCALL(2, sys_shut_gate)\n"
            "__SYSCALL_NORETURN(3, sys_leave)\n");
  EXPECT_EQ(header(*S, "arch/x86/include/generated/asm/syscalls_32.h"),
            "__SYSCALL_WITH_COMPAT(0, sys_open_gate, compat_sys_open_gate)\n__SYSCALL(1, sys_ni_syscall)\n");
}

TEST(SynthSyscalls, GenericTableReadsTheArchitecturesRules) {
  auto S = make(small(), "arm64");
  std::string Native = header(*S, "arch/arm64/include/generated/uapi/asm/unistd_64.h");
  EXPECT_TRUE(has(Native, "#define __NR_limit_gate 3\n"));
  EXPECT_FALSE(has(Native, "old_gate"));
  EXPECT_TRUE(has(header(*S, "arch/arm64/include/generated/asm/unistd_compat_32.h"),
                  "#define __NR_compat32_open_gate 0\n"));
  EXPECT_TRUE(
      has(header(*S, "arch/arm64/include/generated/asm/syscall_table_64.h"), "__SYSCALL(3, sys_limit_gate)"));
}

TEST(SynthSyscalls, CountsOfS390AndArm) {
  EXPECT_EQ(header(*make(small(), "s390"), "arch/s390/include/generated/asm/unistd_nr.h"),
            "#define NR_syscalls 8\n");
  // 301 calls do not fit 256, so the table is padded to a multiple of 4
  EXPECT_EQ(header(*make(small(), "arm"), "arch/arm/include/generated/asm/unistd-nr.h"),
            "#define __NR_syscalls 304\n");
}

TEST(SynthArch, XenHypercallsAreTheLowerCaseOnes) {
  EXPECT_EQ(header(*make(small(), "x86"), "arch/x86/include/generated/asm/xen-hypercalls.h"),
            "HYPERCALL(event_gate)\nHYPERCALL(set_gate)\n");
}

TEST(SynthArch, CpuFeatureMasksHaveOneWordPerCapability) {
  std::string Text = header(*make(small(), "x86"), "arch/x86/include/generated/asm/cpufeaturemasks.h");
  EXPECT_TRUE(has(Text, "#define DISABLED_MASK1 0\n"));
  EXPECT_FALSE(has(Text, "DISABLED_MASK2"));
}

TEST(SynthArch, Arm64SystemRegisters) {
  std::string Text = header(*make(small(), "arm64"), "arch/arm64/include/generated/asm/sysreg-defs.h");
  EXPECT_TRUE(has(Text, "#define SYS_GATE_EL1 sys_reg(2, 0, 1, 3, 5)\n"));
  EXPECT_TRUE(has(Text, "#define REG_GATE_EL1 S2_0_C1_C3_5\n"));
  EXPECT_TRUE(has(Text, "#define GATE_EL1_MODE GENMASK(7, 4)\n"));
  EXPECT_TRUE(has(Text, "#define GATE_EL1_MODE_WIDTH 4\n"));
  EXPECT_TRUE(has(Text, "#define GATE_EL1_MODE_SIGNED false\n"));
  EXPECT_TRUE(has(Text, "#define GATE_EL1_MODE_OPEN UL(0b0001)\n"));
  EXPECT_TRUE(has(Text, "#define GATE_EL1_LOCK_SHIFT 3\n"));
  EXPECT_TRUE(has(Text, "#define GATE_EL1_RES1 (UL(0) | GENMASK_ULL(2, 0))\n"));
  EXPECT_FALSE(has(Text, "GATE_EL2_RES0")); // a mapping has no reserved bits of its own
}

TEST(SynthArch, Arm64CapabilitiesAreNumberedInOrder) {
  auto S = make(small(), "arm64");
  std::string Text = header(*S, "arch/arm64/include/generated/asm/cpucap-defs.h");
  EXPECT_TRUE(has(Text, "#define ARM64_HAS_ARMv8_4_GATE 1\n"));
  EXPECT_TRUE(has(Text, "#define ARM64_NCAPS 3\n"));
  std::string Caps = header(*S, "arch/arm64/include/generated/asm/kernel-hwcap.h");
  EXPECT_TRUE(has(Caps, "#define KERNEL_HWCAP_DOOR __khwcap2_feature(DOOR)\n"));
}

TEST(SynthArch, S390FacilitiesObeyTheConfigurationAndCountFromTheTop) {
  std::string Text = header(*make(small(), "s390"), "arch/s390/include/generated/asm/facility-defs.h");
  EXPECT_TRUE(has(Text, "#define FACILITIES_GATE _AC(0x8000000000000001,UL),_AC(0x8000000000000000,UL)\n"));
  EXPECT_TRUE(has(Text, "#define FACILITIES_GATE_DWORDS 2\n"));
  EXPECT_TRUE(has(Text, "#define FACILITIES_DOOR _AC(0x3000000000000000,UL)\n"));
  EXPECT_FALSE(has(Text, "NOT_THIS"));
}

TEST(SynthArch, MachineTypes) {
  std::string Sh = header(*make(small(), "sh"), "include/generated/machtypes.h");
  EXPECT_TRUE(has(Sh, "#define MACH_ROVER 1\n#define mach_is_rover() (MACH_ROVER)\n"));
  EXPECT_TRUE(has(Sh, "#define MACH_LANDER 0\n"));
  std::string Arm = header(*make(small(), "arm"), "arch/arm/include/generated/asm/mach-types.h");
  EXPECT_TRUE(
      has(Arm,
          "#define MACH_TYPE_ROVER 12\n#define machine_is_rover() (machine_arch_type == MACH_TYPE_ROVER)\n"));
  EXPECT_TRUE(has(Arm, "#define machine_is_lander() (0)\n"));
  EXPECT_TRUE(has(Arm, "#define machine_is_rumour() (0)\n"));
}

TEST(SynthArch, LoongarchGetsTheCompilersIntrinsics) {
  std::string Text = header(*make(small(), "loongarch"), "arch/loongarch/include/generated/larchintrin.h");
  EXPECT_TRUE(
      has(Text, "unsigned long __csrxchg_d(unsigned long value, unsigned long mask, unsigned int reg);\n"));
}

TEST(SynthOffsets, EachLineIsAMacroThatExpandsOnUse) {
  std::string Text = header(*make(small(), "powerpc"), "include/generated/asm-offsets.h");
  EXPECT_TRUE(has(Text, "#define GATE_LOCK __builtin_offsetof(struct gate, lock.inner)\n"));
  EXPECT_TRUE(has(Text, "#define GATE_SIZE (sizeof(struct gate) + max(1,"));
  EXPECT_TRUE(
      has(Text, "#define GPR0 (STACK_INT_FRAME_REGS + __builtin_offsetof(struct pt_regs, gpr[0]))\n"));
  EXPECT_FALSE(has(Text, "#define PAGE_SIZE")); // would define itself
  EXPECT_FALSE(has(Text, "NOT"));               // stands in a comment
  EXPECT_FALSE(has(Text, "#define sym"));       // a macro definition, not a constant
}

TEST(SynthOffsets, VdsoNamesArePastedAsTheHeadersDo) {
  std::string Text = header(*make(small(), "powerpc"), "include/generated/vdso64-offsets.h");
  EXPECT_TRUE(has(Text, "#define vdso64_offset_sig_gate 0\n"));
  EXPECT_TRUE(has(Text, "#define vdso64_offset_fixup_gate 0\n"));
  EXPECT_TRUE(has(Text, "#define compat__vdso_sig_gate_offset 0\n"));
}

TEST(SynthSecurity, SelinuxClassesAndPermissions) {
  auto S = make(small(), "x86");
  std::string Flask = header(*S, "security/selinux/flask.h");
  EXPECT_TRUE(
      has(Flask, "#define SECCLASS_GATE 1\n#define SECCLASS_TCP_SOCKET 2\n#define SECCLASS_LOOP 3\n"));
  EXPECT_TRUE(has(Flask, "#define SECINITSID_ANY_GATE 3\n#define SECINITSID_NUM 3\n"));
  EXPECT_TRUE(has(Flask, "case SECCLASS_TCP_SOCKET:"));
  EXPECT_FALSE(has(Flask, "case SECCLASS_GATE:"));
  std::string Permissions = header(*S, "security/selinux/av_permissions.h");
  EXPECT_TRUE(has(Permissions, "#define GATE__SHUT 2U\n"));
  EXPECT_TRUE(has(Permissions, "#define TCP_SOCKET__BIND 4U\n"));
  EXPECT_FALSE(has(Permissions, "DECOY"));
}

TEST(SynthSecurity, ApparmorTables) {
  auto S = make(small(), "x86");
  std::string Caps = header(*S, "security/apparmor/capability_names.h");
  EXPECT_TRUE(has(Caps, "[2] = \"gate\",\n};\n#define AA_SFS_CAPS_MASK \"chown gate\"\n"));
  std::string Limits = header(*S, "security/apparmor/rlim_names.h");
  EXPECT_TRUE(has(Limits, "[RLIMIT_GATE] = \"gate\","));
  std::string Net = header(*S, "security/apparmor/net_names.h");
  EXPECT_TRUE(has(Net, "#define AA_SFS_AF_MASK \"unspec unix\"\n"));
  EXPECT_TRUE(has(Net, "[2] = \"dgram\","));
}

TEST(SynthTrace, OverlayDeclaresOnlyWhatTheTreeHas) {
  auto S = make(small(), "x86");
  EXPECT_EQ(S->trace_overlay["include/trace/define_trace.h"], "");
  const std::string &Text = S->trace_overlay["include/linux/tracepoint.h"];
  EXPECT_TRUE(has(Text, "#include <linux/tracepoint-defs.h>\n"));
  EXPECT_TRUE(has(Text, "trace_##name##_rcuidle"));
  EXPECT_FALSE(has(Text, "name##_tp"));
  EXPECT_FALSE(S->headers.count("include/linux/tracepoint.h")); // the frontend decides per file
}

TEST(SynthReal, EveryVariantOf612) {
  auto T = realTree("KRCU_TREE_612");
  if (!T)
    GTEST_SKIP() << "KRCU_TREE_612 names no kernel tree";
  for (const std::string &Variant : variantsFor(*T)) {
    auto S = make(*T, Variant);
    EXPECT_GT(S->values.size(), 4000u) << Variant;
    EXPECT_TRUE(has(header(*S, "security/selinux/flask.h"), "#define SECCLASS_PROCESS 2\n")) << Variant;
    EXPECT_EQ(S->trace_overlay.size(), 2u);
  }
}

TEST(SynthReal, X86Of612) {
  auto T = realTree("KRCU_TREE_612");
  if (!T)
    GTEST_SKIP() << "KRCU_TREE_612 names no kernel tree";
  auto S = make(*T, "x86");
  EXPECT_GT(S->values.size(), 10000u);
  std::string Calls = header(*S, "arch/x86/include/generated/uapi/asm/unistd_64.h");
  EXPECT_TRUE(has(Calls, "#define __NR_read 0\n"));
  EXPECT_TRUE(has(Calls, "#define __NR_getpid 39\n"));
  EXPECT_EQ(header(*S, "arch/x86/include/generated/asm/mcs_spinlock.h"),
            "#include <asm-generic/mcs_spinlock.h>\n");
  EXPECT_TRUE(has(header(*S, "security/selinux/av_permissions.h"), "#define FILE__IOCTL 1U\n"));
}

TEST(SynthReal, EveryVariantOf61) {
  auto T = realTree("KRCU_TREE_61");
  if (!T)
    GTEST_SKIP() << "KRCU_TREE_61 names no kernel tree";
  for (const std::string &Variant : variantsFor(*T)) {
    auto S = make(*T, Variant);
    EXPECT_GT(S->values.size(), 4000u) << Variant;
    EXPECT_TRUE(has(S->trace_overlay["include/linux/tracepoint.h"], "_rcuidle"));
  }
}
