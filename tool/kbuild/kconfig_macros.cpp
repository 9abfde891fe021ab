// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Expansion of $(...) in Kconfig files, and the table that stands for the toolchain.
#include "tool/kbuild/kconfig_macros.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Config/llvm-config.h"
#include <algorithm>

namespace krcu::kconfig {
namespace {

/// A probe whose command contains one of these fails. What is not listed succeeds: Clang accepts nearly all
/// flags the kernel asks for, and a wrong "yes" only shows more code to the parser.
const llvm::StringRef Failing[] = {
    // Tools the analysis does without.
    "rust", "bindgen", "lxml", "python", "pahole", "-print-file-name=plugin",
    // Checks of arch scripts that only GCC passes, and one that asks for binutils' objcopy.
    "gcc-thunk-extern", "gcc-check-mprofile-kernel", "grep -qv llvm",
    // Redefining a builtin macro is an error under -Werror.
    "-D__SIZEOF_INT128__=0",
    // Flags of GCC, of other LLVM versions, or of targets where Clang lacks them.
    "--param ", "-mrecord-mcount", "-fsanitize=bounds-strict", "-Wimplicit-fallthrough=5",
    "-finline-stringops", "-max-store-memset", "-mindirect-branch=thunk", "-mindirect-branch-register",
    "-mpcrel", "-fmin-function-alignment", "-mbacktrace", "-fconserve-stack", "-mno-branch-likely",
    "-mthin-add-sub", "zero-knowing-it-will", "--no-relax-gp",
    "-mstack-protector-guard=tls -mstack-protector-guard-offset"};

llvm::StringRef unquote(llvm::StringRef Text) {
  Text = Text.trim();
  if (Text.size() >= 2 && (Text.front() == '"' || Text.front() == '\'') && Text.back() == Text.front())
    return Text.drop_front().drop_back();
  return Text;
}

/// test(1) with two strings: the only commands whose outcome the macros themselves decide.
bool testSucceeds(llvm::StringRef Arguments) {
  if (Arguments.consume_front("-z "))
    return unquote(Arguments).empty();
  if (Arguments.consume_front("-n "))
    return !unquote(Arguments).empty();
  if (size_t At = Arguments.find("!="); At != llvm::StringRef::npos)
    return unquote(Arguments.take_front(At)) != unquote(Arguments.drop_front(At + 2));
  if (size_t At = Arguments.rfind('='); At != llvm::StringRef::npos)
    return unquote(Arguments.take_front(At).rtrim('=')) == unquote(Arguments.drop_front(At + 1));
  return false;
}

/// The index behind the parenthesis that closes the one before `From`, or npos.
size_t closing(llvm::StringRef Text, size_t From) {
  unsigned Open = 1;
  for (size_t I = From; I < Text.size(); ++I) {
    if (Text[I] == '(')
      ++Open;
    else if (Text[I] == ')' && --Open == 0)
      return I + 1;
  }
  return llvm::StringRef::npos;
}

llvm::SmallVector<llvm::StringRef, 4> splitArguments(llvm::StringRef Text) {
  llvm::SmallVector<llvm::StringRef, 4> Parts;
  unsigned Open = 0;
  size_t Start = 0;
  for (size_t I = 0; I < Text.size(); ++I) {
    if (Text[I] == '(')
      ++Open;
    else if (Text[I] == ')' && Open)
      --Open;
    else if (Text[I] == ',' && !Open) {
      Parts.push_back(Text.slice(Start, I));
      Start = I + 1;
    }
  }
  Parts.push_back(Text.drop_front(Start));
  return Parts;
}

constexpr unsigned MaxDepth = 64;
constexpr size_t MaxWork = 200000;

} // namespace

bool toolchainSucceeds(llvm::StringRef Command) {
  Command = Command.trim();
  if (Command.consume_front("test "))
    return testSucceeds(Command.trim());
  return std::none_of(std::begin(Failing), std::end(Failing),
                      [&](llvm::StringRef Part) { return Command.contains(Part); });
}

Macros::Macros(const std::string &SrcArch, const std::string &Arch, const std::string &Version, std::function<bool(llvm::StringRef)> Knows)
    : KnowsFlags(std::move(Knows)) {
  auto Fix = [&](const char *Name, std::string Text) { Variables[Name] = {std::move(Text), false, true}; };
  const std::string Number =
      std::to_string(LLVM_VERSION_MAJOR * 10000 + LLVM_VERSION_MINOR * 100 + LLVM_VERSION_PATCH);
  Fix("SRCARCH", SrcArch);
  Fix("ARCH", Arch);
  Fix("SUBARCH", Arch);
  Fix("UTS_MACHINE", Arch);
  Fix("srctree", ".");
  Fix("objtree", ".");
  Fix("KERNELVERSION", Version);
  Fix("CC_VERSION_TEXT", "clang version " LLVM_VERSION_STRING);
  Fix("CC", "clang");
  Fix("LD", "ld.lld");
  Fix("AR", "llvm-ar");
  Fix("NM", "llvm-nm");
  Fix("OBJCOPY", "llvm-objcopy");
  Fix("CLANG_FLAGS", "");
  Fix("m32-flag", "-m32");
  Fix("m64-flag", "-m64");
  Fix("cc-info", "Clang " + Number);
  Fix("as-info", "LLVM " + Number);
  Fix("ld-info", "LLD " + Number);
  Fix("cc-name", "Clang");
  Fix("as-name", "LLVM");
  Fix("ld-name", "LLD");
  for (const char *Name : {"cc-version", "as-version", "ld-version"})
    Fix(Name, Number);
  Fix("gcc-version", "0");
  Fix("rustc-version", "0");
  Fix("rustc-llvm-version", "0");
}

void Macros::define(llvm::StringRef Name, llvm::StringRef Operator, llvm::StringRef Text) {
  Variable &V = Variables[Name];
  if (V.fixed)
    return;
  if (Operator == "+=") {
    V.text += ' ';
    V.text += V.recursive ? Text.str() : expand(Text);
    constexpr size_t MaxText = 1 << 20;
    V.text.resize(std::min(V.text.size(), MaxText));
    return;
  }
  bool Recursive = Operator == "=";
  std::string Value = Recursive ? Text.str() : expand(Text);
  Variables[Name] = {std::move(Value), Recursive, false};
}

std::string Macros::variable(llvm::StringRef Name) { return expand(("$(" + Name + ")").str()); }

std::string Macros::expand(llvm::StringRef Text) {
  Work = 0;
  return expandWith(Text, {});
}

std::string Macros::expandWith(llvm::StringRef Text, const Arguments &Parameters) {
  std::string Out;
  if (Depth >= MaxDepth)
    return Out;
  ++Depth;
  expandInto(Text, Parameters, Out);
  --Depth;
  return Out;
}

void Macros::expandInto(llvm::StringRef Text, const Arguments &Parameters, std::string &Out) {
  for (size_t I = 0; I < Text.size();) {
    size_t Dollar = std::min(Text.find('$', I), Text.size());
    Out += Text.slice(I, Dollar);
    Work += Dollar - I + 1;
    if (Dollar == Text.size() || Work > MaxWork)
      return;
    I = Dollar + 1;
    if (I < Text.size() && Text[I] == '(') {
      size_t End = closing(Text, I + 1);
      if (End == llvm::StringRef::npos) // unterminated: the rest is dropped, as garbage
        return;
      const std::string Value = reference(Text.slice(I + 1, End - 1), Parameters);
      Work += Value.size(); // what doubles at each level is as much work as it is text
      if (Work > MaxWork)
        return;
      Out += Value;
      I = End;
    } else {
      // `$SRCARCH` of old trees; a lone `$` (as in `dollar := $`) stands for itself.
      llvm::StringRef Name =
          Text.drop_front(I).take_while([](char C) { return llvm::isAlnum(C) || C == '_'; });
      auto It = Variables.find(Name);
      if (Name.empty())
        Out += '$';
      else if (It != Variables.end()) {
        Out += It->second.text;
        Work += It->second.text.size();
      }
      I += Name.size();
    }
  }
}

std::string Macros::reference(llvm::StringRef Inner, const Arguments &Parameters) {
  llvm::SmallVector<llvm::StringRef, 4> Parts = splitArguments(Inner);
  std::string Name = expandWith(Parts[0], Parameters);
  if (Parts.size() == 1) {
    unsigned Index;
    if (!llvm::StringRef(Name).getAsInteger(10, Index))
      return Index > 0 && Index <= Parameters.size() ? Parameters[Index - 1] : std::string();
    auto It = Variables.find(Name);
    if (It == Variables.end())
      return {};
    if (!It->second.recursive)
      return It->second.text;
    std::string Copy = It->second.text; // expanding may define variables and move the table
    return expandWith(Copy, {});
  }
  Arguments Values;
  for (llvm::StringRef Part : llvm::ArrayRef(Parts).drop_front())
    Values.push_back(expandWith(Part, Parameters));
  return call(Name, Values);
}

/// The table knows what Clang has but does not take for some machine, the compiler what it has.
bool Macros::takes(llvm::StringRef Flags) const { return toolchainSucceeds(Flags) && (!KnowsFlags || KnowsFlags(Flags)); }

std::string Macros::call(const std::string &Name, const Arguments &Values) {
  const std::string Body = llvm::join(Values, ",");
  auto Answer = [](bool Yes) { return std::string(Yes ? "y" : "n"); };
  auto Value = [&](size_t I) { return I < Values.size() ? Values[I] : std::string(); };
  if (Name == "cc-option")
    return Answer(takes(Body));
  if (Name == "success" || Name == "ld-option" || Name == "as-option" ||
      Name == "as-instr" || Name == "as-instr64")
    return Answer(toolchainSucceeds(Body));
  if (Name == "failure")
    return Answer(!toolchainSucceeds(Body));
  if (Name == "rustc-option")
    return "n";
  if (Name == "if-success")
    return toolchainSucceeds(Value(0)) ? Value(1) : Value(2);
  if (Name == "cc-option-bit")
    return takes(Value(0)) ? Value(0) : std::string();
  // Every command whose output is used as a number prints a version.
  if (Name == "shell")
    return llvm::StringRef(Body).contains("version") ? "0" : "";
  if (Name == "info" || Name == "warning-if" || Name == "error-if" || Name == "warning" || Name == "error")
    return {};
  auto It = Variables.find(Name);
  if (It == Variables.end())
    return {};
  std::string Copy = It->second.text;
  return It->second.recursive ? expandWith(Copy, Values) : Copy;
}

} // namespace krcu::kconfig
