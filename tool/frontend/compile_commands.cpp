// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/frontend/compile_commands.h"
#include "tool/support/error.h"
#include "clang/Driver/Options.h"
#include "clang/Tooling/JSONCompilationDatabase.h"
#include "llvm/Option/ArgList.h"
#include "llvm/Option/OptTable.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace llvm;
namespace options = clang::driver::options;

namespace krcu {
namespace {

/// Options that say what to produce or where to put it; a parse produces nothing.
bool saysWhatToProduce(const opt::Arg &A) {
  switch (A.getOption().getID()) {
  case options::OPT_c:
  case options::OPT_o:
  case options::OPT_S:
  case options::OPT_E:
  case options::OPT_INPUT:
  case options::OPT_MD:
  case options::OPT_MMD:
  case options::OPT_MF:
  case options::OPT_MT:
  case options::OPT_MQ:
  case options::OPT_MP:
  case options::OPT_Wp_COMMA:
  case options::OPT_Wa_COMMA:
  case options::OPT_Wl_COMMA:
  case options::OPT_fplugin_EQ:     // would load code
  case options::OPT_fpass_plugin_EQ:
  case options::OPT_load:
  case options::OPT_Xclang:
    return true;
  default:
    return false;
  }
}

std::string absolutePath(StringRef Path, StringRef Directory) {
  SmallString<256> P(Path);
  if (!sys::path::is_absolute(P)) {
    P = Directory;
    sys::path::append(P, Path);
  }
  sys::path::remove_dots(P, true);
  return std::string(P);
}

} // namespace

Expected<std::shared_ptr<CompileCommands>> CompileCommands::load(const std::string &Path, const std::string &Root) {
  std::string Error;
  std::unique_ptr<clang::tooling::JSONCompilationDatabase> DB =
      clang::tooling::JSONCompilationDatabase::loadFromFile(Path, Error, clang::tooling::JSONCommandLineSyntax::Gnu);
  if (!DB) {
    while (!Error.empty() && Error.back() == '\n')
      Error.pop_back();
    return failAt(Path, 0, 0, Error, "give the compile_commands.json of a build of this tree (scripts/clang-tools/gen_compile_commands.py makes one)");
  }
  auto Result = std::make_shared<CompileCommands>();
  const opt::OptTable &Table = clang::driver::getDriverOptTable();
  for (const clang::tooling::CompileCommand &C : DB->getAllCompileCommands()) {
    std::string File = absolutePath(C.Filename, C.Directory);
    StringRef Relative = File;
    if (!Relative.consume_front(Root) || !Relative.consume_front("/") || !sys::fs::exists(File)) {
      Result->Missing.push_back(File);
      continue;
    }
    std::vector<const char *> Args;
    for (size_t I = 1; I < C.CommandLine.size(); ++I) // 0 is the compiler, which is not run
      Args.push_back(C.CommandLine[I].c_str());
    unsigned MissingIndex = 0, MissingCount = 0;
    opt::InputArgList Parsed = Table.ParseArgs(Args, MissingIndex, MissingCount, opt::Visibility(options::ClangOption));
    Entry E;
    E.directory = C.Directory;
    for (const opt::Arg *A : Parsed) {
      if (A->getOption().getID() == options::OPT_UNKNOWN) {
        ++Result->Dropped[A->getAsString(Parsed)];
        continue;
      }
      if (saysWhatToProduce(*A))
        continue;
      opt::ArgStringList Rendered;
      A->render(Parsed, Rendered);
      E.flags.insert(E.flags.end(), Rendered.begin(), Rendered.end());
    }
    E.flags.push_back("-Wno-everything");
    Result->Entries.emplace(Relative.str(), std::move(E));
  }
  std::sort(Result->Missing.begin(), Result->Missing.end());
  if (Result->Entries.empty())
    return failAt(Path, 0, 0, "it names no existing file of " + Root, "give the database of a build of this very tree");
  return Result;
}

const CompileCommands::Entry *CompileCommands::find(const std::string &File) const {
  auto It = Entries.find(File);
  return It == Entries.end() ? nullptr : &It->second;
}

} // namespace krcu
