// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The arm64 system registers. arch/arm64/tools/sysreg describes every register field in a line-oriented
// language (Sysreg ... EndSysreg, Field high:low NAME, Enum ... 0bNN NAME, Res0, Res1, Unkn); each line
// becomes a few constants. Nearly every file of the architecture includes them, and their names are used in C
// expressions, so they must be complete.
#include "tool/frontend/synth/builder.h"
#include "tool/frontend/synth/text.h"

namespace krcu {
namespace {

using llvm::StringRef;

class SysregReader {
public:
  std::string run(StringRef Source) {
    text::forEachLine(Source, [&](StringRef Line) {
      text::Words Words = text::words(Line.split('#').first);
      if (!Words.empty())
        line(Words);
    });
    return std::move(Text);
  }

private:
  void line(const text::Words &W) {
    StringRef Head = W[0];
    if (Head == "Sysreg" || Head == "SysregFields")
      begin(W);
    else if (Head == "EndSysreg" || Head == "EndSysregFields")
      end();
    else if (Head == "Fields" || Head == "Mapping")
      Reserved.clear(); // the fields are those of another register: nothing is reserved here
    else if ((Head == "Res0" || Head == "Res1" || Head == "Unkn") && W.size() >= 2)
      reserve(Head.upper(), W[1]);
    else if ((Head == "Field" || Head == "Enum" || Head == "SignedEnum" || Head == "UnsignedEnum") &&
             W.size() >= 3)
      field(W);
    else if (Head.starts_with("0b") && W.size() >= 2)
      define(Register + "_" + Field + "_" + W[1].str(), "UL(" + Head.str() + ")");
  }

  void begin(const text::Words &W) {
    Register = W.size() > 1 ? W[1].str() : "";
    Reserved = {{"RES0", "UL(0)"}, {"RES1", "UL(0)"}, {"UNKN", "UL(0)"}};
    if (W[0] != "Sysreg" || W.size() < 7)
      return;
    std::string Op0 = W[2].str(), Op1 = W[3].str(), CRn = W[4].str(), CRm = W[5].str(), Op2 = W[6].str();
    define("REG_" + Register, "S" + Op0 + "_" + Op1 + "_C" + CRn + "_C" + CRm + "_" + Op2);
    define("SYS_" + Register, "sys_reg(" + Op0 + ", " + Op1 + ", " + CRn + ", " + CRm + ", " + Op2 + ")");
    define("SYS_" + Register + "_Op0", Op0);
    define("SYS_" + Register + "_Op1", Op1);
    define("SYS_" + Register + "_CRn", CRn);
    define("SYS_" + Register + "_CRm", CRm);
    define("SYS_" + Register + "_Op2", Op2);
  }

  void end() {
    for (const auto &[Name, Mask] : Reserved)
      define(Register + "_" + Name, "(" + Mask + ")");
    Reserved.clear();
  }

  void reserve(const std::string &Kind, StringRef Bits) {
    auto [High, Low] = range(Bits);
    Reserved[Kind] += " | GENMASK_ULL(" + High.str() + ", " + Low.str() + ")";
  }

  void field(const text::Words &W) {
    auto [High, Low] = range(W[1]);
    unsigned H = 0, L = 0;
    if (High.getAsInteger(10, H) || Low.getAsInteger(10, L) || H < L)
      return;
    Field = W[2].str();
    std::string Name = Register + "_" + Field, Mask = "GENMASK(" + High.str() + ", " + Low.str() + ")";
    define(Name, Mask);
    define(Name + "_MASK", Mask);
    define(Name + "_SHIFT", Low.str());
    define(Name + "_WIDTH", std::to_string(H - L + 1));
    if (W[0] == "SignedEnum" || W[0] == "UnsignedEnum")
      define(Name + "_SIGNED", W[0] == "SignedEnum" ? "true" : "false");
  }

  static std::pair<StringRef, StringRef> range(StringRef Bits) {
    auto [High, Low] = Bits.split(':');
    return {High, Low.empty() ? High : Low};
  }

  void define(const std::string &Name, const std::string &Value) {
    Text += "#define " + Name + " " + Value + "\n";
  }

  std::string Register, Field, Text;
  std::map<std::string, std::string> Reserved;
};

void makeSysregs(Builder &B) {
  if (std::optional<std::string> Source = B.read(B.inArch("tools/sysreg"))) {
    std::string Path = B.kapi("sysreg-defs.h");
    B.put(Path, text::guarded(Path, SysregReader().run(*Source)));
  }
}

// The header changed its name when its number list was split off; the other name does no harm.
void makeCapabilities(Builder &B) {
  std::optional<std::string> Source = B.read(B.inArch("tools/cpucaps"));
  if (!Source)
    return;
  std::string Text;
  unsigned Count = 0;
  text::forEachLine(*Source, [&](StringRef Line) {
    Line = Line.trim();
    if (text::isIdentifier(Line))
      Text += ("#define ARM64_" + Line + " ").str() + std::to_string(Count++) + "\n";
  });
  Text += "#define ARM64_NCAPS " + std::to_string(Count) + "\n";
  for (const char *Name : {"cpucap-defs.h", "cpucaps.h"})
    if (!B.has(B.inArch(std::string("include/asm/") + Name)))
      B.put(B.kapi(Name), text::guarded("arm64_cpucaps", Text));
}

// Newer trees give each user-visible capability a kernel-side number, whatever word it lives in:
// HWCAP_X and HWCAP2_X become KERNEL_HWCAP_X as __khwcap_feature(X) and __khwcap2_feature(X).
void makeHwcaps(Builder &B) {
  if (!B.has(B.inArch("tools/gen-kernel-hwcaps.sh")))
    return;
  std::string Text;
  text::forEachLine(B.read(B.inArch("include/uapi/asm/hwcap.h")).value_or(""), [&](StringRef Line) {
    StringRef Name, Rest;
    if (!text::parseDefine(Line, Name, Rest) || !Name.consume_front("HWCAP"))
      return;
    auto [Word, Feature] = Name.split('_');
    if (text::isUpperName(Feature) && (Word.empty() || text::allDigits(Word)))
      Text += ("#define KERNEL_HWCAP_" + Feature + " __khwcap" + Word + "_feature(" + Feature + ")\n").str();
  });
  std::string Path = B.kapi("kernel-hwcap.h");
  B.put(Path, text::guarded(Path, Text));
}

} // namespace

void makeArm64Headers(Builder &B) {
  makeSysregs(B);
  makeCapabilities(B);
  makeHwcaps(B);
}

} // namespace krcu
