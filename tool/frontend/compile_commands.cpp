// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Of each command only the options are kept that say how the text is to be read: include paths, macros, the language and
// the machine (tool/frontend/synth/clang_flags.h). Everything that names an output, loads code or reads further options is left behind, so that a database
// from anybody can do no harm. Relative paths count from the command's directory and are made absolute here.
#include "tool/frontend/compile_commands.h"
#include "tool/frontend/synth/clang_flags.h"
#include "tool/support/error.h"
#include "tool/support/io.h"
#include "clang/Driver/Options.h"
#include "clang/Tooling/JSONCompilationDatabase.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Option/ArgList.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Path.h"
#include <algorithm>
#include <set>

using namespace llvm;
namespace options = clang::driver::options;

namespace krcu {
namespace {

const char *const Mend = "give the compile_commands.json of a build of this tree (make compile_commands.json writes it)";

std::string absolutePath(StringRef Path, StringRef Directory) {
  SmallString<256> P(Path);
  if (!sys::path::is_absolute(P)) {
    P = Directory;
    sys::path::append(P, Path);
  }
  sys::path::remove_dots(P, true);
  return std::string(P);
}

/// "arch/NAME/include/..." of the tree -> NAME.
std::string archOf(const Tree &T, const std::string &Directory) {
  std::optional<std::string> Relative = T.relative(Directory);
  StringRef Path = Relative ? StringRef(*Relative) : StringRef();
  if (!Path.consume_front("arch/"))
    return {};
  auto [Name, Rest] = Path.split('/');
  return Rest == "include" || Rest.starts_with("include/") ? Name.str() : std::string();
}

void addPath(const Tree &T, const opt::Arg &A, CompileCommands::Entry &E) {
  std::string Path = absolutePath(A.getValue(), E.directory);
  if (A.getOption().getID() == options::OPT_I && E.src_arch.empty())
    E.src_arch = archOf(T, Path);
  // The module's own headers are known by the names they have where it is mounted.
  if (std::optional<std::string> Relative = T.relative(Path); Relative && T.isMounted(*Relative))
    Path = T.visible(*Relative);
  if (A.getOption().getID() == options::OPT_I) {
    E.flags.push_back("-I" + Path);
  } else {
    E.flags.push_back(A.getOption().getPrefixedName().str());
    E.flags.push_back(Path);
  }
}

/// Clang's reader of JSON calls itself for each level, and a file of brackets would end the stack.
bool isNestedDeeply(StringRef Json) {
  constexpr unsigned Most = 256;
  unsigned Depth = 0;
  bool Quoted = false;
  for (size_t N = 0; N < Json.size(); ++N) {
    const char C = Json[N];
    if (Quoted) {
      N += C == '\\';
      Quoted = C != '"';
    } else if (C == '"') {
      Quoted = true;
    } else if (C == '[' || C == '{') {
      if (++Depth > Most)
        return true;
    } else if ((C == ']' || C == '}') && Depth) {
      --Depth;
    }
  }
  return false;
}

bool liesIn(StringRef Path, StringRef Directory) { return Path.consume_front(Directory.rtrim('/')) && (Path.empty() || Path.front() == '/'); }

std::string commands(unsigned Count) { return std::to_string(Count) + (Count == 1 ? " command" : " commands"); }

/// One line for all flags that Clang does not know, those of most commands first, and one for each response file.
void noteDropped(const std::map<std::string, unsigned> &Dropped, std::vector<std::string> &Warnings) {
  std::vector<std::pair<unsigned, std::string>> Flags;
  for (const auto &[Flag, Count] : Dropped)
    if (StringRef(Flag).starts_with("@"))
      Warnings.push_back("the response file " + Flag + " is not followed; left out of " + commands(Count));
    else
      Flags.emplace_back(Count, Flag);
  std::sort(Flags.begin(), Flags.end(), [](const auto &A, const auto &B) { return A.first != B.first ? A.first > B.first : A.second < B.second; });
  std::string Text;
  for (size_t N = 0; N < Flags.size(); ++N)
    if (Text += (N ? ", " : "") + Flags[N].second; N + 1 == Flags.size() || Flags[N + 1].first != Flags[N].first)
      Text += " (" + commands(Flags[N].first) + ")";
  if (!Flags.empty())
    Warnings.push_back("flags that Clang has no use for are dropped: " + Text);
}

/// One line for all of them.
void noteLeftOut(std::vector<std::string> &Files, StringRef Why, std::vector<std::string> &Warnings) {
  constexpr size_t Named = 3;
  if (Files.empty())
    return;
  std::sort(Files.begin(), Files.end());
  std::string Text = join(Files.begin(), Files.begin() + static_cast<long>(std::min(Named, Files.size())), ", ");
  if (Files.size() > Named)
    Text += " and " + std::to_string(Files.size() - Named) + " more";
  Warnings.push_back((Files.size() == 1 ? "a file that it names is " : "files that it names are ") + Why.str() + ": " + Text);
}

} // namespace

Expected<std::shared_ptr<CompileCommands>> CompileCommands::load(const std::string &Path, const Tree &T) {
  auto Text = readFile(Path);
  if (!Text)
    return Text.takeError();
  if (isNestedDeeply(*Text))
    return failAt(Path, 0, 0, "this is nested too deeply", Mend);
  // Clang reads the database as YAML, takes what is not JSON, and complains on standard error.
  if (auto Json = json::parse(*Text); !Json)
    return failAt(Path, 0, 0, "this is no valid JSON: " + toString(Json.takeError()), Mend);
  std::string Error;
  std::unique_ptr<clang::tooling::JSONCompilationDatabase> DB =
      clang::tooling::JSONCompilationDatabase::loadFromBuffer(*Text, Error, clang::tooling::JSONCommandLineSyntax::Gnu);
  if (!DB)
    return failAt(Path, 0, 0, "this is no compilation database: " + StringRef(Error).trim().str(), Mend);
  auto Result = std::make_shared<CompileCommands>();
  std::map<std::string, unsigned> Dropped;
  std::vector<std::string> Missing, Outside;
  for (const clang::tooling::CompileCommand &C : DB->getAllCompileCommands()) {
    std::string File = absolutePath(C.Filename, C.Directory);
    std::optional<std::string> Relative = T.relative(File);
    if (!sys::fs::exists(File)) {
      Missing.push_back(File);
      continue;
    }
    if (!Relative || !T.has(*Relative)) {
      Outside.push_back(File);
      continue;
    }
    // 0 is the compiler, which is not run
    const std::vector<std::string> Words(C.CommandLine.begin() + !C.CommandLine.empty(), C.CommandLine.end());
    Entry E;
    E.directory = C.Directory;
    forEachFlag(Words, [&](const opt::Arg &A, const opt::InputArgList &All) {
      FlagUse U = useOf(A);
      if (U == FlagUse::Name)
        ++Dropped[A.getAsString(All)];
      if (U == FlagUse::Path)
        addPath(T, A, E);
      if (U != FlagUse::Keep && U != FlagUse::Codegen)
        return;
      E.has_target |= A.getOption().matches(options::OPT_target) || A.getOption().matches(options::OPT_target_legacy_spelling);
      opt::ArgStringList Rendered;
      A.render(All, Rendered);
      E.flags.insert(E.flags.end(), Rendered.begin(), Rendered.end());
    });
    E.flags.push_back("-Wno-everything");
    E.flags.push_back("-Werror=implicit-function-declaration"); // else a macro that no header has defined looks like a function
    Result->Entries.emplace(*Relative, std::move(E));
  }
  noteDropped(Dropped, Result->Warnings);
  if (Result->Entries.empty())
    return failAt(Path, 0, 0, "this names no existing file of " + T.root(), Mend);
  Result->noteEnvironment(T);
  Result->noteOutside(T);
  // A build with O= compiles what it has made itself, too: *.mod.c, the sources of its tools. Nobody wants a word about each.
  llvm::erase_if(Outside, [&](const std::string &File) { return any_of(Result->BuildDirs, [&](const std::string &D) { return liesIn(File, D); }); });
  noteLeftOut(Missing, "not there", Result->Warnings);
  noteLeftOut(Outside, "not in the tree", Result->Warnings);
  return Result;
}

/// The commands of a build that has not run, or that was cleaned away, lack the headers it would have made.
void CompileCommands::noteEnvironment(const Tree &T) {
  const std::string Config = "include/generated/autoconf.h";
  std::set<std::string> Directories{T.root()};
  for (const auto &[File, E] : Entries)
    Directories.insert(E.directory);
  for (const std::string &D : Directories)
    if (sys::fs::exists(D + "/" + Config))
      return;
  Warnings.push_back("the tree has no " + Config + ": it is not configured and built, so headers are made up with a "
                     "configuration of krcu's own; run make prepare to have yours used");
}

/// Anybody may have written the database, so it cannot open the disk: of the directories that it names those count where a kernel was built.
void CompileCommands::noteOutside(const Tree &T) {
  std::set<std::string> Seen, Outside;
  for (const auto &[File, E] : Entries)
    if (Seen.insert(E.directory).second && sys::fs::exists(E.directory + "/include/generated/autoconf.h"))
      BuildDirs.push_back(E.directory);
  auto IsKnown = [&](StringRef Path) {
    return any_of(BuildDirs, [&](const std::string &D) { return liesIn(Path, D); }) || T.relative(Path) || liesIn(Path, "/usr/lib") || liesIn(Path, "/usr/lib64");
  };
  for (const auto &[File, E] : Entries)
    for (StringRef Flag : E.flags)
      if ((Flag.consume_front("-I") || Flag.starts_with("/")) && Seen.insert(Flag.str()).second && sys::path::is_absolute(Flag) && !IsKnown(Flag))
        Outside.insert(Flag.str());
  for (const std::string &Path : Outside)
    Warnings.push_back("names " + Path + ", which is neither in the tree nor in a directory where a kernel was built; nothing is read there");
}

const CompileCommands::Entry *CompileCommands::find(const std::string &File) const {
  auto It = Entries.find(File);
  return It == Entries.end() ? nullptr : &It->second;
}

} // namespace krcu
