// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/frontend/user_flags.h"
#include "tool/frontend/synth/clang_flags.h"
#include "tool/support/error.h"
#include "clang/Driver/Options.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Option/ArgList.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/StringSaver.h"

using namespace llvm;
namespace options = clang::driver::options;

namespace krcu {
namespace {

/// A path that the user means from where he stands.
Expected<std::string> placed(const std::string &Path, bool Directory, const char *Option, const Tree &T) {
  SmallString<256> Full(Path);
  sys::fs::make_absolute(Full);
  sys::path::remove_dots(Full, true);
  if (Directory ? !sys::fs::is_directory(Full) : !sys::fs::is_regular_file(Full))
    return failAt(Path, 0, 0, std::string(Option) + ": no such " + (Directory ? "directory" : "file"), "give a path that exists");
  std::optional<std::string> Relative = T.relative(Full);
  return Relative && T.isMounted(*Relative) ? T.visible(*Relative) : std::string(Full);
}

bool isName(StringRef Text) {
  return !Text.empty() && !isDigit(Text.front()) && all_of(Text, [](char C) { return isAlnum(C) || C == '_'; });
}

class Checker {
public:
  explicit Checker(const Tree &T) : T(T) {}
  std::vector<std::string> flags;

  Error add(StringRef Prefix, const std::string &Path, bool Directory, const char *Option) {
    auto Full = placed(Path, Directory, Option, T);
    if (!Full)
      return Full.takeError();
    if (Prefix == "-I") {
      flags.push_back("-I" + *Full);
    } else {
      flags.push_back(Prefix.str());
      flags.push_back(*Full);
    }
    return Error::success();
  }

  Error addDefine(const std::string &Text) {
    StringRef Name = StringRef(Text).split('=').first.split('(').first;
    if (!isName(Name))
      return fail("--define: '" + Text + "' names no macro; write NAME or NAME=VALUE");
    flags.push_back("-D" + Text);
    return Error::success();
  }

  Error addFlags(const std::string &Text) {
    BumpPtrAllocator Memory;
    StringSaver Saver(Memory);
    SmallVector<const char *, 16> Split;
    cl::TokenizeGNUCommandLine(Text, Saver, Split);
    std::vector<std::string> Words(Split.begin(), Split.end());
    Error Problem = Error::success();
    forEachFlag(Words, [&](const opt::Arg &A, const opt::InputArgList &All) {
      if (!Problem)
        Problem = addFlag(A, All);
    });
    return Problem;
  }

private:
  Error addFlag(const opt::Arg &A, const opt::InputArgList &All) {
    const std::string Shown = "--cflags: " + A.getAsString(All);
    const opt::Option &O = A.getOption();
    switch (useOf(A)) {
    case FlagUse::Path: {
      bool File = O.getID() == options::OPT_include || O.getID() == options::OPT_imacros;
      return add(O.getID() == options::OPT_I ? "-I" : O.getPrefixedName(), A.getValue(), !File, "--cflags");
    }
    case FlagUse::Keep: {
      opt::ArgStringList Rendered;
      A.render(All, Rendered);
      flags.insert(flags.end(), Rendered.begin(), Rendered.end());
      return Error::success();
    }
    case FlagUse::Codegen:
      return Error::success();
    case FlagUse::Name:
      return fail(Shown + " is not taken: it loads code, reads further options, or Clang does not know it; give flags that say how a text is read");
    case FlagUse::Drop:
      if (O.matches(options::OPT_W_Group) || O.matches(options::OPT_g_Group) || O.getID() == options::OPT_w || O.getID() == options::OPT_c || O.getID() == options::OPT_pedantic)
        return Error::success();
      return fail(Shown + " is not taken: it says nothing of how a text is read; leave it out");
    }
    return Error::success();
  }

  const Tree &T;
};

} // namespace

Expected<std::vector<std::string>> checkedFlags(const UserFlags &Given, const Tree &T) {
  Checker C(T);
  for (const std::string &Dir : Given.include_dirs)
    if (Error E = C.add("-I", Dir, true, "--include-dir"))
      return E;
  for (const std::string &Text : Given.defines)
    if (Error E = C.addDefine(Text))
      return E;
  for (const std::string &File : Given.includes)
    if (Error E = C.add("-include", File, false, "--include"))
      return E;
  for (const std::string &Text : Given.cflags)
    if (Error E = C.addFlags(Text))
      return E;
  return std::move(C.flags);
}

} // namespace krcu
