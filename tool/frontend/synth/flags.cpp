// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The compiler's command line, as the tree's own makefiles give it (tool/kbuild/build_flags.h), reduced to what changes the
// meaning of a text. krcu deviates on purpose: no optimisation level (without __OPTIMIZE__ the compile-time assertions stay
// cheap), no -DMODULE (it breaks code that is built in, module code does without), no warnings (the tree's own are none of
// our business), and the machine is the one of the table, because makefiles leave it to the name of the compiler. Where the
// makefiles cannot be read to the end, what they lack is made up, and a note says so.
#include "tool/frontend/synth/builder.h"
#include "tool/frontend/synth/clang_flags.h"
#include "tool/kbuild/build_flags.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include <algorithm>

namespace krcu {
namespace {

using llvm::StringRef;

class FlagList {
public:
  FlagList(const Builder &B, Synth &S) : B(B), S(S) {}

  void add(const std::string &Flag, const std::string &Origin) {
    S.flags.push_back(Flag);
    S.flag_origins.push_back(Origin);
  }
  /// An option whose value is a path; once is enough.
  void addPath(StringRef Option, const std::string &Path, const std::string &Origin) {
    if (Option == "-I")
      return addOnce("-I" + Path, Origin);
    for (size_t N = 1; N < S.flags.size(); ++N)
      if (S.flags[N - 1] == Option && S.flags[N] == Path)
        return;
    add(Option.str(), Origin);
    add(Path, Origin);
  }
  void addOnce(const std::string &Flag, const std::string &Origin) {
    if (std::find(S.flags.begin(), S.flags.end(), Flag) == S.flags.end())
      add(Flag, Origin);
  }
  /// Flags of the table.
  void addAll(llvm::ArrayRef<const char *> Flags, const std::string &Why) {
    for (size_t N = 0; N < Flags.size(); ++N) {
      StringRef Flag = Flags[N];
      if (Flag == "-include" && N + 1 < Flags.size())
        addPath(Flag, B.tree().absolute(Flags[++N]), Why);
      else if (Flag.consume_front("-I"))
        addPath("-I", B.tree().absolute(Flag), Why);
      else
        addOnce(Flag.str(), Why);
    }
  }
  bool has(StringRef Prefix) const {
    return std::any_of(S.flags.begin(), S.flags.end(), [&](const std::string &F) { return StringRef(F).starts_with(Prefix); });
  }

private:
  const Builder &B;
  Synth &S;
};

/// A path of a makefile, relative to the tree's root; empty: it leads out of it.
std::string inTree(StringRef Path) {
  llvm::SmallString<128> Clean(Path);
  llvm::sys::path::remove_dots(Clean, /*remove_dot_dot=*/true);
  return llvm::sys::path::is_absolute(Clean) || Clean.starts_with("..") ? std::string() : Clean.str().str();
}

/// Puts the words of the makefiles that change the meaning of a text into the list.
class Evaluated {
public:
  Evaluated(const Builder &B, Synth &S, FlagList &To) : B(B), S(S), To(To) {}

  void add(const BuildFlags &Made) {
    std::vector<std::string> Words;
    for (const BuildWord &W : Made.words)
      Words.push_back(W.text);
    forEachFlag(Words, [&](const llvm::opt::Arg &A, const llvm::opt::InputArgList &All) {
      const BuildWord &W = Made.words[A.getIndex()];
      addOne(A, All, W.file + ":" + std::to_string(W.line));
    });
  }

private:
  void addOne(const llvm::opt::Arg &A, const llvm::opt::InputArgList &All, const std::string &Origin) {
    const FlagUse Use = useOf(A);
    if (Use == FlagUse::Path)
      return addPath(A, Origin);
    // The machine is the table's; where that is a stand-in, flags of the real one mean nothing.
    if (Use != FlagUse::Keep || StringRef(A.getSpelling()).starts_with("--target") || (isOfMachine(A) && B.variant().substituted))
      return;
    const std::string Option = A.getOption().getPrefixedName().str();
    if (Option == "-D" || Option == "-U")
      return To.addOnce(Option + A.getValue(), Origin);
    // Of the machine that krcu happens to run on nothing may depend.
    if (A.getNumValues() && StringRef(A.getValue()) == "native")
      return;
    llvm::opt::ArgStringList Rendered;
    A.render(All, Rendered);
    std::string Text;
    for (const char *Part : Rendered)
      Text += (Text.empty() ? "" : " ") + std::string(Part);
    if (!clangAccepts(B.variant().triple, Text))
      return;
    for (const char *Part : Rendered) // a later one wins, so it stays where it is
      To.add(Part, Origin);
  }

  void addPath(const llvm::opt::Arg &A, const std::string &Origin) {
    const std::string Option = A.getOption().getPrefixedName().str(), Path = A.getValue();
    if (Path == clangHeaders()) {
      if (!llvm::sys::fs::exists(Path + "/stddef.h"))
        S.notes.push_back(Origin + ": the kernel takes stddef.h, stdarg.h and their kin from the compiler, but " + Path +
                          " is not there; install libclang-common-" KRCU_CLANG_VERSION "-dev");
      return To.addPath(Option, Path, Origin);
    }
    const std::string Relative = inTree(Path);
    if (Relative.empty())
      return;
    if (StringRef(Option).starts_with("-i") && (Option == "-include" || Option == "-imacros") && !B.has(Relative) && !B.made(Relative)) {
      S.notes.push_back(Origin + ": every file includes " + Relative + ", which is not there; krcu parses without it");
      return;
    }
    To.addPath(Option, B.tree().absolute(Relative), Origin);
  }

  const Builder &B;
  Synth &S;
  FlagList &To;
};

/// What every kernel of the last years has, where the makefiles do not say it themselves.
void addDefaults(const Builder &B, FlagList &To) {
  const std::string Why = "krcu: the makefiles could not be read to the end";
  To.addOnce("-nostdinc", Why);
  for (const std::string &Dir : {B.inArch("include"), B.inArch("include/generated"), std::string("include"), B.inArch("include/uapi"),
                                 B.inArch("include/generated/uapi"), std::string("include/uapi"), std::string("include/generated/uapi")})
    To.addPath("-I", B.tree().absolute(Dir), Why);
  for (const char *Name : {"compiler-version.h", "kconfig.h", "compiler_types.h"})
    if (std::string Path = std::string("include/linux/") + Name; B.has(Path))
      To.addPath("-include", B.tree().absolute(Path), Why);
  To.addOnce("-D__KERNEL__", Why);
  if (!To.has("-std="))
    To.add("-std=gnu11", Why);
  for (const char *Flag : {"-fshort-wchar", "-funsigned-char", "-fno-common", "-fno-strict-aliasing"})
    To.addOnce(Flag, Why);
}

BuildFlags evaluate(const Builder &B) {
  const ArchVariant &V = B.variant();
  BuildQuestion Q;
  Q.src_arch = V.src_arch;
  Q.arch = V.arch;
  Q.values = &B.values();
  Q.own_headers = clangHeaders();
  // A stand-in's answer says nothing about a machine that Clang lacks.
  Q.accepts = [&V](StringRef Flags) { return V.substituted ? clangKnows(Flags) : clangAccepts(V.triple, Flags); };
  return readBuildFlags(B.tree(), Q);
}

} // namespace

void makeFlags(const Builder &B, Synth &S) {
  FlagList To(B, S);
  const BuildFlags Made = evaluate(B);
  Evaluated(B, S, To).add(Made);
  if (!Made.problem.empty()) {
    S.notes.push_back(Made.problem + "; krcu uses its own flags for " + B.arch() + " where the makefiles name none");
    addDefaults(B, To);
    To.addAll(B.variant().fallback, "krcu: in place of " + B.inArch("Makefile"));
  }
  To.add(std::string("--target=") + B.variant().triple, "krcu: Clang's name of the machine");
  To.addAll(B.variant().flags, "krcu: what only the compiler of " + B.arch() + " says");
  To.add("-Wno-everything", "krcu: warnings are not its business");
  To.add("-Werror=implicit-function-declaration", "krcu: else a macro that no header has defined looks like a function");
  To.add("-ferror-limit=0", "krcu: all errors count");
  for (const char *Flag : {"-DKBUILD_MODFILE=\"x\"", "-DKBUILD_BASENAME=\"x\"", "-DKBUILD_MODNAME=\"x\"", "-D__KBUILD_MODNAME=kmod_x"})
    To.add(Flag, "krcu: in place of the module's name");
}

} // namespace krcu
