// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// System call numbers and dispatch tables from the .tbl files. A line of a table is
//     number abi name [native-entry [compat-entry [noreturn]]]
// and a header takes the lines whose abi starts with one of a few words (the kernel's scripts grep for a
// prefix, so krcu does too). Which headers an architecture has is a table below; architectures on the generic
// table say it themselves in their Kbuild ("syscall-y") and Makefile.syscalls.
#include "tool/frontend/synth/builder.h"
#include "tool/frontend/synth/text.h"
#include <algorithm>

namespace krcu {
namespace {

using llvm::StringRef;
using Abis = std::vector<std::string>;

struct Row {
  unsigned number;
  std::string name, native, compat;
  bool noreturn;
};

std::string field(const text::Words &Words, size_t Index) {
  return Index < Words.size() && Words[Index] != "-" ? Words[Index].str() : "";
}

std::vector<Row> readTable(const Builder &B, const std::string &Path, const Abis &Wanted) {
  std::vector<Row> Rows;
  std::optional<std::string> Text = B.read(Path);
  if (!Text)
    return Rows;
  text::forEachLine(*Text, [&](StringRef Line) {
    text::Words Words = text::words(Line.split('#').first);
    unsigned Number = 0;
    if (Words.size() < 3 || Words[0].getAsInteger(0, Number) || Number > 100000 ||
        !text::isIdentifier(Words[2]))
      return;
    if (!Wanted.empty() && std::none_of(Wanted.begin(), Wanted.end(),
                                        [&](const auto &Abi) { return Words[1].starts_with(Abi); }))
      return;
    Rows.push_back({Number, Words[2].str(), field(Words, 3), field(Words, 4), field(Words, 5) == "noreturn"});
  });
  return Rows;
}

struct NumberOptions {
  std::string prefix = {};
  std::string offset = {};
  bool count = true; ///< also __NR_syscalls
};

/// unistd_X.h: one macro per call. Nothing if the table does not exist.
void makeNumbers(Builder &B, const std::string &Out, const std::string &Table, const Abis &Wanted,
                 const NumberOptions &O = {}) {
  if (!B.has(Table))
    return;
  std::string Text;
  unsigned Last = 0;
  for (const Row &R : readTable(B, Table, Wanted)) {
    std::string Number = std::to_string(R.number);
    Text += "#define __NR_" + O.prefix + R.name + " " +
            (O.offset.empty() ? Number : "(" + O.offset + " + " + Number + ")") + "\n";
    Last = R.number;
  }
  if (O.count)
    Text +=
        "#ifdef __KERNEL__\n#define __NR_" + O.prefix + "syscalls " + std::to_string(Last + 1) + "\n#endif\n";
  B.put(Out, text::guarded(Out, Text));
}

std::string dispatchLine(const Row &R) {
  std::string Native = R.native.empty() ? "sys_ni_syscall" : R.native;
  std::string Head = R.noreturn ? (R.compat.empty() ? "__SYSCALL_NORETURN(" : "__SYSCALL_COMPAT_NORETURN(")
                                : (R.compat.empty() ? "__SYSCALL(" : "__SYSCALL_WITH_COMPAT(");
  return Head + std::to_string(R.number) + ", " + Native + (R.compat.empty() ? "" : ", " + R.compat) + ")\n";
}

/// syscall_table_X.h: one dispatch macro per number, gaps filled.
void makeDispatch(Builder &B, const std::string &Out, const std::string &Table, const Abis &Wanted) {
  if (!B.has(Table))
    return;
  std::string Text;
  unsigned Next = 0;
  for (const Row &R : readTable(B, Table, Wanted)) {
    for (; Next < R.number; ++Next)
      Text += "__SYSCALL(" + std::to_string(Next) + ", sys_ni_syscall)\n";
    Text += dispatchLine(R);
    Next = R.number + 1;
  }
  B.put(Out, Text);
}

void makeX86(Builder &B) {
  std::string T32 = B.inArch("entry/syscalls/syscall_32.tbl"),
              T64 = B.inArch("entry/syscalls/syscall_64.tbl");
  makeNumbers(B, B.uapi("unistd_32.h"), T32, {"i386"});
  makeNumbers(B, B.uapi("unistd_64.h"), T64, {"common", "64"});
  makeNumbers(B, B.uapi("unistd_x32.h"), T64, {"common", "x32"}, {.offset = "__X32_SYSCALL_BIT"});
  makeNumbers(B, B.kapi("unistd_32_ia32.h"), T32, {"i386"}, {.prefix = "ia32_"});
  makeNumbers(B, B.kapi("unistd_64_x32.h"), T64, {"x32"}, {.prefix = "x32_"});
  makeDispatch(B, B.kapi("syscalls_32.h"), T32, {"i386"});
  makeDispatch(B, B.kapi("syscalls_64.h"), T64, {"common", "64"});
  makeDispatch(B, B.kapi("syscalls_x32.h"), T64, {"common", "x32"});
}

void makeTwoWidths(Builder &B, const Abis &Common, bool Count) {
  std::string Table = B.inArch("kernel/syscalls/syscall.tbl");
  for (const char *Bits : {"32", "64"}) {
    Abis Wanted = Common;
    Wanted.push_back(Bits);
    makeNumbers(B, B.uapi(std::string("unistd_") + Bits + ".h"), Table, Wanted, {.count = Count});
    makeDispatch(B, B.kapi(std::string("syscall_table_") + Bits + ".h"), Table, Wanted);
  }
}

unsigned callCount(const Builder &B, const std::string &Table, const Abis &Wanted) {
  unsigned Count = 0;
  for (const Row &R : readTable(B, Table, Wanted))
    Count = std::max(Count, R.number + 1);
  return Count;
}

void makePowerpc(Builder &B) {
  makeTwoWidths(B, {"common", "nospu"}, true);
  makeDispatch(B, B.kapi("syscall_table_spu.h"), B.inArch("kernel/syscalls/syscall.tbl"), {"common", "spu"});
}

// The dispatch table of s390 is read by assembly code only and is left to the empty wrapper.
void makeS390(Builder &B) {
  std::string Table = B.inArch("kernel/syscalls/syscall.tbl");
  makeTwoWidths(B, {"common"}, false);
  if (B.has(Table))
    B.put(B.kapi("unistd_nr.h"), "#define NR_syscalls " + std::to_string(callCount(B, Table, {})) + "\n");
}

void makeMips(Builder &B) {
  struct Abi {
    const char *name, *count;
  };
  for (const Abi &A : {Abi{"n32", "N32"}, Abi{"n64", "64"}, Abi{"o32", "O32"}}) {
    std::string Name = A.name, Table = B.inArch("kernel/syscalls/syscall_" + Name + ".tbl");
    makeNumbers(B, B.uapi("unistd_" + Name + ".h"), Table, {}, {.offset = "__NR_Linux", .count = false});
    makeDispatch(B, B.kapi("syscall_table_" + Name + ".h"), Table, {});
    if (B.has(Table))
      B.put(B.kapi("unistd_nr_" + Name + ".h"), std::string("#define __NR_") + A.count + "_Linux_syscalls " +
                                                    std::to_string(callCount(B, Table, {})) + "\n");
  }
}

// The table is padded so that its size fits an immediate operand of the processor.
void makeArm(Builder &B) {
  std::string Table = B.inArch("tools/syscall.tbl");
  for (const char *Abi : {"eabi", "oabi"})
    makeNumbers(B, B.uapi(std::string("unistd-") + Abi + ".h"), Table, {"common", Abi},
                {.offset = "__NR_SYSCALL_BASE", .count = false});
  if (!B.has(Table))
    return;
  unsigned Count = callCount(B, Table, {}), Align = 1;
  while (Count / (256 * Align) > 0)
    Align *= 4;
  B.put(B.kapi("unistd-nr.h"),
        "#define __NR_syscalls " + std::to_string((Count + Align - 1) & ~(Align - 1)) + "\n");
}

void makeOneTable(Builder &B) {
  std::string Table = B.inArch("kernel/syscalls/syscall.tbl");
  makeNumbers(B, B.uapi("unistd_32.h"), Table, {});
  makeDispatch(B, B.kapi("syscall_table.h"), Table, {});
}

/// What Makefile.asm-headers knows: the table and the abis per width, after the architecture's own makefile.
struct GenericRules {
  std::string table = "scripts/syscall.tbl";
  std::map<std::string, Abis> abis = {{"32", {"common", "32"}}, {"64", {"common", "64"}}};
};

GenericRules readGenericRules(const Builder &B) {
  GenericRules Rules;
  std::string Text = text::joined(B.read(B.inArch("kernel/Makefile.syscalls")).value_or(""));
  text::forEachLine(Text, [&](StringRef Line) {
    auto [Left, Right] = Line.split('#').first.split('=');
    StringRef Name = Left.rtrim(":+ \t").trim();
    if (Name == "syscalltbl" && !Right.trim().empty())
      Rules.table = Right.trim().str();
    else if (Name.consume_front("syscall_abis_"))
      for (StringRef Word : text::words(Right))
        Rules.abis[Name.str()].push_back(Word.str());
  });
  return Rules;
}

std::string substituteStem(std::string Table, const std::string &Stem) {
  size_t At = Table.find('%');
  return At == std::string::npos ? Table : Table.replace(At, 1, Stem);
}

void makeGenericHeader(Builder &B, GenericRules &Rules, StringRef Header, const std::string &Out) {
  StringRef Stem = Header;
  Stem.consume_back(".h");
  bool Table = Stem.consume_front("syscall_table_");
  bool Compat = !Table && Stem.consume_front("unistd_compat_");
  if (!Table && !Compat && !Stem.consume_front("unistd_"))
    return;
  std::string Input = substituteStem(Rules.table, Stem.str());
  const Abis &Wanted = Rules.abis[Stem.str()];
  if (Table)
    makeDispatch(B, Out, Input, Wanted);
  else
    makeNumbers(B, Out, Input, Wanted, {.prefix = Compat ? "compat" + Stem.str() + "_" : ""});
}

void makeGeneric(Builder &B) {
  GenericRules Rules = readGenericRules(B);
  for (const char *Sub : {"", "uapi/"}) {
    auto Lists = readHeaderLists(B, B.inArch(std::string("include/") + Sub + "asm/Kbuild"));
    for (const std::string &Header : Lists["syscall-y"])
      makeGenericHeader(B, Rules, Header,
                        B.inArch(std::string("include/generated/") + Sub + "asm/" + Header));
  }
}

struct Maker {
  const char *arch;
  void (*make)(Builder &);
};

const Maker Makers[] = {
    {"x86", makeX86},
    {"powerpc", makePowerpc},
    {"s390", makeS390},
    {"mips", makeMips},
    {"arm", makeArm},
    {"sparc", [](Builder &B) { makeTwoWidths(B, {"common"}, true); }},
    {"parisc", [](Builder &B) { makeTwoWidths(B, {"common"}, true); }},
    {"alpha", makeOneTable},
    {"m68k", makeOneTable},
    {"microblaze", makeOneTable},
    {"sh", makeOneTable},
    {"xtensa", makeOneTable},
};

} // namespace

void makeSyscalls(Builder &B) {
  for (const Maker &M : Makers)
    if (B.arch() == M.arch)
      return M.make(B);
  makeGeneric(B);
}

} // namespace krcu
