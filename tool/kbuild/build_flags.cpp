// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The top makefile is read as `make ARCH=... LLVM=1 all` in the tree's own directory would read it: variables that make or
// the command line set are preset so that no second make is needed, no directory of an external module and no other output
// directory is given. Questions to the tools have known answers (a flag that the compiler takes is taken); what else a
// command would print is empty.
#include "tool/kbuild/build_flags.h"
#include "tool/kbuild/kconfig_macros.h"
#include "tool/kbuild/makefile.h"
#include "tool/kbuild/shell_text.h"
#include "llvm/Config/llvm-config.h"

namespace krcu {
namespace {

using namespace makefile;
using llvm::StringRef;
using Arguments = std::vector<std::string>;

const char *const VersionText = "clang version " LLVM_VERSION_STRING;

class Commands {
public:
  explicit Commands(const BuildQuestion &Q) : Q(Q) {}

  std::string shell(StringRef Command) const {
    Command = Command.trim();
    if (Command.starts_with("clang ") && Command.ends_with("-print-file-name=include"))
      return Q.own_headers;
    if (Command.starts_with("clang --version"))
      return VersionText;
    return comparison(Command).value_or("");
  }

  std::optional<std::string> call(StringRef Name, const Arguments &A) const {
    auto Value = [&](size_t I) { return I < A.size() ? StringRef(A[I]).trim().str() : std::string(); };
    auto Either = [&](bool Yes, size_t Then) { return Yes ? Value(Then) : Value(Then + 1); };
    if (Name == "cc-option" || Name == "as-option")
      return Either(accepts(Name, Value(1)), 1);
    if (Name == "__cc-option")
      return Either(accepts(Name, Value(3)), 3);
    if (Name == "cc-option-yn")
      return std::string(accepts(Name, Value(1)) ? "y" : "n");
    if (Name == "cc-disable-warning")
      return "-Wno-" + Value(1);
    if (Name == "as-instr" || Name == "try-run")
      return Either(kconfig::toolchainSucceeds(Value(1)), 2);
    if (Name == "gcc-min-version") // Clang it is
      return std::string();
    if (Name == "clang-min-version")
      return std::string(compares(std::to_string(LLVM_VERSION_MAJOR * 10000 + LLVM_VERSION_MINOR * 100 + LLVM_VERSION_PATCH) + " -ge " + Value(1))
                                 .value_or(false)
                             ? "y"
                             : "");
    for (auto [Test, How] : {std::pair("test-ge", " -ge "), {"test-gt", " -gt "}, {"test-le", " -le "}, {"test-lt", " -lt "}})
      if (Name == Test) // an unset version counts as 0
        return std::string(compares(Value(1) + "0" + How + Value(2) + "0").value_or(false) ? "y" : "");
    for (StringRef Other : {"cc-cross-prefix", "cc-ldoption", "ld-option", "rustc-option", "cc-ifversion", "ld-ifversion", "read-file"})
      if (Name == Other)
        return std::string();
    return std::nullopt;
  }

private:
  bool accepts(StringRef Name, const std::string &Flags) const {
    return kconfig::toolchainSucceeds(Flags) && (Name == "as-option" || Q.accepts(Flags));
  }

  const BuildQuestion &Q;
};

Options optionsFor(const Tree &T, const BuildQuestion &Q, const Commands &C) {
  Options O;
  O.whole = true;
  O.read = [&T](const std::string &Path) { return *T.readOnce(Path); };
  O.values = std::make_shared<const ValueTable>(*Q.values);
  O.call = [&C](StringRef Name, const Arguments &A) { return C.call(Name, A); };
  O.shell = [&C](StringRef Command) { return C.shell(Command); };
  O.preset = {{"ARCH", Q.arch},      {"SRCARCH", Q.src_arch},   {"SUBARCH", Q.src_arch},
              {"CC", "clang"},       {"HOSTCC", "clang"},       {"LD", "ld.lld"},
              {"LLVM", "1"},         {"LLVM_IAS", "1"},         {"CC_VERSION_TEXT", VersionText},
              {"srctree", "."},      {"objtree", "."},          {"abs_srctree", "."},
              {"abs_objtree", "."},  {"CURDIR", "."},           {"MAKEFILE_LIST", "./Makefile"},
              {"MAKECMDGOALS", "all"}, {"MAKE_VERSION", "4.4"}, {".FEATURES", "output-sync"},
              {"MAKEFLAGS", "rR --no-print-directory"}};
  return O;
}

/// The name of the command line in scripts/Makefile.lib, which puts the parts in order. What it adds for one object alone
/// (the module's name, sanitizers) is left out.
const char *const Parts = "modkern_cflags =\nbasename_flags =\nmodname_flags =\n"
                          "_c_flags = $(KBUILD_CPPFLAGS) $(KBUILD_CFLAGS)\n";
const char *const InOrder = "c_flags = $(NOSTDINC_FLAGS) $(LINUXINCLUDE) $(KBUILD_CPPFLAGS) $(KBUILD_CFLAGS)\n";

std::string flawIn(const Makefile &M, StringRef File) {
  for (const Flaw &F : M.flaws())
    if (F.file == File)
      return F.file + ":" + std::to_string(F.line) + ": " + F.text;
  return {};
}

/// Why the result cannot be whole: the first of the files that has something wrong with it.
std::string problemOf(Makefile &M, const Tree &T, const std::string &ArchFile) {
  if (std::string Flaw = flawIn(M, "Makefile"); !Flaw.empty())
    return Flaw;
  if (M.value("LINUXINCLUDE").empty() || M.value("KBUILD_CFLAGS").empty())
    return "Makefile: sets no compiler flags (LINUXINCLUDE, KBUILD_CFLAGS)";
  if (std::optional<std::string> Text = *T.readOnce(ArchFile); !Text || StringRef(*Text).trim().empty())
    return ArchFile + (Text ? ": is empty" : ": cannot be read");
  return flawIn(M, ArchFile);
}

} // namespace

BuildFlags readBuildFlags(const Tree &T, const BuildQuestion &Q) {
  BuildFlags Result;
  const Commands C(Q);
  Makefile M(optionsFor(T, Q, C));
  auto Read = [&](const std::string &File) {
    std::shared_ptr<const std::optional<std::string>> Text = T.readOnce(File);
    if (*Text)
      M.evaluate(**Text, File);
  };
  Read("Makefile");
  Result.problem = problemOf(M, T, "arch/" + Q.src_arch + "/Makefile");
  Read("scripts/Makefile.lib");
  M.evaluate(Parts, "");
  if (M.value("c_flags").empty())
    M.evaluate(InOrder, "");
  for (const Traced &W : M.trace("c_flags"))
    Result.words.push_back({W.word, W.file, W.line});
  return Result;
}

} // namespace krcu
