// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Headers that one architecture alone generates, each from a list of its own format. Where only assembly code
// or a run-time value depends on the content (an ORC hash, masks of required CPU features) a neutral one is
// written.
#include "tool/frontend/synth/builder.h"
#include "tool/frontend/synth/text.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include <set>

namespace krcu {
namespace {

using llvm::StringRef;

// ---- x86

/// One HYPERCALL(name) per __HYPERVISOR_name number of the Xen interface headers.
void makeXenHypercalls(Builder &B) {
  std::set<std::string> Names;
  for (const std::string &File : B.filesBelow("include/xen/interface", false)) {
    if (!StringRef(File).rsplit('/').second.starts_with("xen"))
      continue;
    text::forEachLine(B.read(File).value_or(""), [&](StringRef Line) {
      StringRef Name, Rest;
      if (text::parseDefine(Line, Name, Rest) && Name.consume_front("__HYPERVISOR_") && !Name.empty() &&
          llvm::isLower(Name.front()))
        Names.insert(Name.str());
    });
  }
  if (Names.empty())
    return;
  std::string Text;
  for (const std::string &Name : Names)
    Text += "HYPERCALL(" + Name + ")\n";
  B.put(B.kapi("xen-hypercalls.h"), Text);
}

/// "No feature is required, none is ruled out": the masks only let the compiler fold feature tests.
void makeCpuFeatureMasks(Builder &B) {
  if (!B.has(B.inArch("tools/cpufeaturemasks.awk")))
    return;
  unsigned Words = 0;
  text::forEachLine(B.read(B.inArch("include/asm/cpufeatures.h")).value_or(""), [&](StringRef Line) {
    StringRef Name, Rest;
    if (text::parseDefine(Line, Name, Rest) && Name == "NCAPINTS")
      text::words(Rest).front().getAsInteger(10, Words);
  });
  std::string Text;
  for (const char *Kind : {"REQUIRED", "DISABLED"}) {
    for (unsigned I = 0; I < Words && I < 256; ++I)
      Text += llvm::formatv("#define {0}_MASK{1} 0\n", Kind, I).str();
    Text += llvm::formatv("#define {0}_MASK_CHECK 0\n#define {0}_MASK_BIT_SET(x) 0\n", Kind).str();
  }
  B.put(B.kapi("cpufeaturemasks.h"), text::guarded("cpufeaturemasks.h", Text));
}

void makeX86(Builder &B) {
  makeXenHypercalls(B);
  makeCpuFeatureMasks(B);
  std::string Hash = "#define ORC_HASH 0";
  for (unsigned I = 1; I < 20; ++I)
    Hash += ",0";
  B.put(B.kapi("orc_hash.h"), Hash + "\n");
}

// ---- s390

/// The bit numbers in one initialiser, those under an #ifdef of an option that is off left out.
std::vector<unsigned> facilityBits(const Builder &B, StringRef Body) {
  std::vector<unsigned> Bits;
  std::vector<bool> Active;
  bool Ended = false;
  text::forEachLine(Body, [&](StringRef Line) {
    Line = Line.trim();
    if (Line.consume_front("#if")) {
      bool Negative = Line.consume_front("n");
      Line.consume_front("def");
      Line = Line.trim();
      Line.consume_front("CONFIG_");
      Active.push_back(B.on(text::leadingIdentifier(Line).str()) != Negative);
      return;
    }
    if (Line.starts_with("#endif")) {
      if (!Active.empty())
        Active.pop_back();
      return;
    }
    if (Line.starts_with("#") || llvm::is_contained(Active, false))
      return;
    for (StringRef Item : text::arguments(Line)) {
      unsigned Bit = 0;
      Ended |= Item.starts_with("-");
      if (!Ended && !Item.getAsInteger(10, Bit) && Bit < 4096)
        Bits.push_back(Bit);
    }
  });
  return Bits;
}

/// Bit 0 is the most significant one, as the processor manual counts.
std::string facilityWords(const std::vector<unsigned> &Bits, size_t &Count) {
  std::vector<uint64_t> Words(1, 0);
  for (unsigned Bit : Bits) {
    if (Bit / 64 >= Words.size())
      Words.resize(Bit / 64 + 1, 0);
    Words[Bit / 64] |= UINT64_C(1) << (63 - Bit % 64);
  }
  Count = Words.size();
  std::string Text;
  for (uint64_t Word : Words)
    Text += (Text.empty() ? "" : ",") + llvm::formatv("_AC(0x{0:x-16},UL)", Word).str();
  return Text;
}

void makeS390(Builder &B) {
  std::optional<std::string> Source = B.read(B.inArch("tools/gen_facilities.c"));
  if (!Source)
    return;
  std::string Clean = text::withoutComments(*Source), Text = "#include <linux/const.h>\n";
  StringRef Rest = Clean;
  for (size_t At = Rest.find(".name = \""); At != StringRef::npos; At = Rest.find(".name = \"")) {
    Rest = Rest.drop_front(At + StringRef(".name = \"").size());
    StringRef Name = text::leadingIdentifier(Rest);
    size_t Open = Rest.find('{');
    if (Name.empty() || Open == StringRef::npos)
      break;
    StringRef Body = text::bracketed(Rest.substr(Open));
    size_t Count = 0;
    std::string Words = facilityWords(facilityBits(B, Body), Count);
    Text += ("#define " + Name + " " + Words + "\n#define " + Name + "_DWORDS ").str() +
            std::to_string(Count) + "\n";
    Rest = Rest.drop_front(Open + Body.size());
  }
  std::string Path = B.kapi("facility-defs.h");
  B.put(Path, text::guarded(Path, Text));
}

// ---- arm and sh: machine numbers

void makeArm(Builder &B) {
  std::optional<std::string> Source = B.read(B.inArch("tools/mach-types"));
  if (!Source)
    return;
  std::string Text =
      "extern unsigned int __machine_arch_type;\n#define machine_arch_type __machine_arch_type\n";
  text::forEachLine(*Source, [&](StringRef Line) {
    text::Words Words = text::words(Line.split('#').first);
    if (Words.size() < 3 || !text::isIdentifier(Words[0]) || !text::isIdentifier(Words[2]))
      return;
    StringRef Option = Words[1];
    Option.consume_front("CONFIG_");
    bool Numbered = Words.size() >= 4 && text::allDigits(Words[3]);
    if (Numbered)
      Text += ("#define MACH_TYPE_" + Words[2] + " " + Words[3] + "\n").str();
    Text += ("#define machine_is_" + Words[0] + "() ").str();
    Text += Numbered && B.on(Option.str()) ? ("(machine_arch_type == MACH_TYPE_" + Words[2] + ")\n").str()
                                           : "(0)\n";
  });
  std::string Path = B.kapi("mach-types.h");
  B.put(Path, text::guarded(Path, Text));
}

void makeSh(Builder &B) {
  std::optional<std::string> Source = B.read(B.inArch("tools/mach-types"));
  if (!Source)
    return;
  std::string Text;
  text::forEachLine(*Source, [&](StringRef Line) {
    text::Words Words = text::words(Line.split('#').first);
    if (Words.size() != 2 || !text::isWord(Words[0].front()))
      return;
    Text += ("#define MACH_" + Words[0] + (B.on(Words[1].str()) ? " 1\n" : " 0\n")).str();
    Text += ("#define mach_is_" + Words[0].lower() + "() (MACH_" + Words[0] + ")\n").str();
  });
  std::string Path = "include/generated/machtypes.h";
  B.put(Path, text::guarded(Path, Text));
}

// ---- loongarch

/// The kernel includes the compiler's own intrinsics header although -nostdinc hides it. Plain declarations
/// of the ones it uses: the real macros demand a constant register number, which the wrappers of older trees
/// do not pass.
void makeLoongarch(Builder &B) {
  struct Access {
    const char *width, *type;
  };
  const Access Narrow[] = {{"b", "unsigned char"}, {"h", "unsigned short"}};
  const Access Wide[] = {{"w", "unsigned int"}, {"d", "unsigned long"}};
  std::string Text = "unsigned int __cpucfg(unsigned int reg);\n";
  auto AddIo = [&](const Access &A) {
    Text += llvm::formatv(
        "{1} __iocsrrd_{0}(unsigned int reg);\nvoid __iocsrwr_{0}({1} value, unsigned int reg);\n", A.width,
        A.type);
  };
  for (const Access &A : Narrow)
    AddIo(A);
  for (const Access &A : Wide) {
    AddIo(A);
    Text +=
        llvm::formatv("{1} __csrrd_{0}(unsigned int reg);\n{1} __csrwr_{0}({1} value, unsigned int reg);\n"
                      "{1} __csrxchg_{0}({1} value, {1} mask, unsigned int reg);\n",
                      A.width, A.type);
  }
  std::string Path = B.inArch("include/generated/larchintrin.h");
  B.put(Path, text::guarded(Path, Text));
}

struct Maker {
  const char *arch;
  void (*make)(Builder &);
};

const Maker Makers[] = {{"x86", makeX86}, {"s390", makeS390}, {"arm64", makeArm64Headers},
                        {"arm", makeArm}, {"sh", makeSh},     {"loongarch", makeLoongarch}};

} // namespace

void makeArchHeaders(Builder &B) {
  for (const Maker &M : Makers)
    if (B.arch() == M.arch)
      M.make(B);
}

} // namespace krcu
