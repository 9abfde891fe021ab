// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Headers that hold a few numbers or strings. The build computes bounds.h by compiling a file; here the same
// numbers follow from the configuration. They need not be the exact run-time values, but they must satisfy
// the static assertions of the headers that use them: SPINLOCK_SIZE decides whether page-table locks are
// embedded.
#include "tool/frontend/synth/builder.h"
#include "tool/frontend/synth/text.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"
#include <numeric>

namespace krcu {
namespace {

std::string define(llvm::StringRef Name, llvm::StringRef Value) {
  return ("#define " + Name + " " + Value + "\n").str();
}
std::string define(llvm::StringRef Name, uint64_t Value) { return define(Name, std::to_string(Value)); }

// Large enough for every configuration: it only has to leave room in page->flags.
constexpr unsigned NrPageFlags = 24;

unsigned spinlockSize(const Builder &B) {
  if (B.on("DEBUG_LOCK_ALLOC"))
    return 72;
  return B.on("DEBUG_SPINLOCK") ? 24 : 4;
}

void makeBounds(Builder &B) {
  unsigned Zones = 2 + B.on("ZONE_DMA") + B.on("ZONE_DMA32") + B.on("HIGHMEM") + B.on("ZONE_DEVICE");
  unsigned Cpus = B.number("NR_CPUS", 1);
  bool LruGen = B.on("LRU_GEN");
  std::string Text = define("NR_PAGEFLAGS", NrPageFlags) + define("MAX_NR_ZONES", Zones) +
                     define("NR_CPUS_BITS", Cpus > 1 ? llvm::Log2_32_Ceil(Cpus) : 0) +
                     define("SPINLOCK_SIZE", spinlockSize(B)) + define("LRU_GEN_WIDTH", LruGen ? 3 : 0) +
                     define("__LRU_REFS_WIDTH", LruGen ? 2 : 0);
  std::string Path = "include/generated/bounds.h";
  B.put(Path, text::guarded(Path, Text));
}

// The reciprocal-multiplication constants of kernel/time: a/b is computed as (a * MUL + ADJ) >> SHR.
using Wide = unsigned __int128;

Wide fixedMul(unsigned Bits, uint64_t Num, uint64_t Den) { return ((Wide(1) << Bits) * Num + Den - 1) / Den; }
uint64_t fixedAdjust(unsigned Bits, uint64_t Num, uint64_t Den) {
  Den /= std::gcd(Num, Den);
  return static_cast<uint64_t>((Wide(1) << Bits) * (Den - 1) / Den);
}
unsigned fixedShift(uint64_t Num, uint64_t Den) {
  unsigned Shift = 0;
  while (Shift < 64 && fixedMul(Shift, Num, Den) < (Wide(1) << 31))
    ++Shift;
  return Shift;
}

std::string conversion(const std::string &Name, uint64_t Num, uint64_t Den) {
  unsigned Shift = fixedShift(Num, Den);
  uint64_t Common = std::gcd(Num, Den);
  auto Hex = [](uint64_t Value) { return "U64_C(0x" + llvm::utohexstr(Value) + ")"; };
  return define(Name + "_MUL32", Hex(static_cast<uint64_t>(fixedMul(Shift, Num, Den)))) +
         define(Name + "_ADJ32", Hex(fixedAdjust(Shift, Num, Den))) + define(Name + "_SHR32", Shift) +
         define(Name + "_NUM", Num / Common) + define(Name + "_DEN", Den / Common);
}

void makeTimeconst(Builder &B) {
  uint64_t Hz = B.number("HZ", 100);
  if (Hz < 2)
    Hz = 100;
  std::string Text = "#include <linux/param.h>\n#include <linux/types.h>\n";
  struct Unit {
    const char *name;
    uint64_t per_second;
  };
  for (const Unit &U : {Unit{"MSEC", 1000}, Unit{"USEC", 1000000}}) {
    Text += conversion(std::string("HZ_TO_") + U.name, U.per_second, Hz);
    Text += conversion(std::string(U.name) + "_TO_HZ", Hz, U.per_second);
  }
  constexpr uint64_t Nsec = 1000000000;
  uint64_t Common = std::gcd(Hz, Nsec);
  Text += define("HZ_TO_NSEC_NUM", Nsec / Common) + define("HZ_TO_NSEC_DEN", Hz / Common) +
          define("NSEC_TO_HZ_NUM", Hz / Common) + define("NSEC_TO_HZ_DEN", Nsec / Common);
  std::string Path = "include/generated/timeconst.h";
  B.put(Path, text::guarded(Path, Text));
}

// Versions and build stamps are constants on purpose: two runs must give the same bytes on any machine.
void makeVersions(Builder &B) {
  unsigned V = B.tree().versionCode(0), P = B.tree().versionCode(1), S = B.tree().versionCode(2);
  B.put("include/generated/utsrelease.h",
        llvm::formatv("#define UTS_RELEASE \"{0}.{1}.{2}\"\n", V, P, S).str());
  B.put("include/generated/utsversion.h", "#define UTS_VERSION \"#1\"\n");
  B.put("include/generated/compile.h",
        "#define UTS_MACHINE \"" + B.arch() +
            "\"\n#define LINUX_COMPILE_BY \"x\"\n#define LINUX_COMPILE_HOST \"x\"\n"
            "#define LINUX_COMPILER \"clang\"\n#define UTS_VERSION \"#1\"\n");
  B.put("include/generated/package.h", "#define LINUX_PACKAGE_ID \"\"\n");
  B.put("include/generated/randstruct_hash.h", "#define RANDSTRUCT_HASHED_SEED \"x\"\n");
  B.put("include/generated/rq-offsets.h", "");
  B.put("include/generated/autoksyms.h", "");
  std::string Path = "include/generated/uapi/linux/version.h";
  B.put(Path, define("LINUX_VERSION_CODE", (V << 16) + (P << 8) + std::min(S, 255u)) +
                  "#define KERNEL_VERSION(a,b,c) (((a) << 16) + ((b) << 8) + ((c) > 255 ? 255 : (c)))\n" +
                  define("LINUX_VERSION_MAJOR", V) + define("LINUX_VERSION_PATCHLEVEL", P) +
                  define("LINUX_VERSION_SUBLEVEL", S));
}

} // namespace

void makeConstants(Builder &B) {
  makeBounds(B);
  makeTimeconst(B);
  makeVersions(B);
}

} // namespace krcu
