// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/models/spin.h"
#include "tool/support/error.h"
#include "tool/support/io.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include <optional>

namespace krcu {
namespace {

namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

std::string inside(llvm::StringRef Directory, const llvm::Twine &Name) {
  llvm::SmallString<256> Path = Directory;
  path::append(Path, Name);
  return Path.str().str();
}

llvm::Expected<std::string> makeDirectory() {
  llvm::SmallString<128> Path;
  if (std::error_code EC = fs::createUniqueDirectory("krcu-model", Path))
    return fail("no temporary directory for a model: " + EC.message());
  return Path.str().str();
}

/// Runs a program in a directory; what it prints. Fails if it cannot be run or its status is not zero.
llvm::Expected<std::string> runIn(const std::string &Directory, const std::vector<std::string> &Command) {
  // The shell only changes the directory; the words reach the program as they are.
  std::vector<llvm::StringRef> Args{"sh", "-c", "cd \"$1\" && shift && exec \"$@\"", "sh", Directory};
  Args.insert(Args.end(), Command.begin(), Command.end());
  llvm::SmallString<128> Output;
  int Handle = -1;
  if (std::error_code EC = fs::createTemporaryFile("krcu-model", "out", Handle, Output))
    return fail("no temporary file for the output of " + Command.front() + ": " + EC.message());
  llvm::sys::fs::file_t File = Handle;
  fs::closeFile(File);
  std::optional<llvm::StringRef> Redirects[] = {llvm::StringRef(""), Output.str(), Output.str()};
  std::string Problem;
  int Status = llvm::sys::ExecuteAndWait("/bin/sh", Args, std::nullopt, Redirects, 0, 0, &Problem);
  auto Text = readFile(Output.str().str());
  fs::remove(Output);
  if (!Text)
    return Text.takeError();
  if (Status != 0)
    return fail(llvm::join(Command, " ") + ": status " + std::to_string(Status) + "\n" + Problem + Text->substr(0, 2000));
  return *Text;
}

/// The number before a word in pan's summary: "  343285 states, stored".
std::optional<unsigned long> numberBefore(llvm::StringRef Text, llvm::StringRef Word) {
  size_t At = Text.find(Word);
  if (At == llvm::StringRef::npos)
    return std::nullopt;
  llvm::StringRef Digits = Text.take_front(At).rtrim();
  Digits = Digits.drop_front(Digits.find_last_not_of("0123456789") + 1);
  unsigned long Number = 0;
  if (Digits.getAsInteger(10, Number))
    return std::nullopt;
  return Number;
}

std::optional<unsigned long> numberAfter(llvm::StringRef Text, llvm::StringRef Word) {
  size_t At = Text.find(Word);
  unsigned long Number = 0;
  if (At == llvm::StringRef::npos)
    return std::nullopt;
  llvm::StringRef Rest = Text.drop_front(At + Word.size()).ltrim();
  if (Rest.take_while(llvm::isDigit).getAsInteger(10, Number))
    return std::nullopt;
  return Number;
}

} // namespace

bool haveSpin() { return llvm::sys::findProgramByName("spin") && llvm::sys::findProgramByName("gcc"); }

llvm::Expected<Model> Model::build(const std::string &File, const std::vector<std::string> &Defines, bool Trails) {
  auto Directory = makeDirectory();
  if (!Directory)
    return Directory.takeError();
  Model M(*Directory, path::filename(File).str());
  std::error_code EC;
  for (fs::directory_iterator It(path::parent_path(File), EC), End; !EC && It != End; It.increment(EC))
    if (path::extension(It->path()) == ".pml")
      if (std::error_code Failed = fs::copy_file(It->path(), inside(M.Directory, path::filename(It->path()))))
        return fail(It->path() + ": " + Failed.message());
  std::vector<std::string> Spin{"spin", "-a"};
  for (const std::string &D : Defines)
    Spin.push_back("-D" + D);
  Spin.push_back(M.File);
  auto Said = runIn(M.Directory, Spin);
  if (!Said)
    return Said.takeError();
  // spin complains about a model on standard output and may still end with 0.
  if (llvm::StringRef(*Said).contains("Error:") || !fs::exists(inside(M.Directory, "pan.c")))
    return fail(File + ": spin -a: " + *Said);
  std::vector<std::vector<std::string>> Kinds{{"-o", "pan"}};
  if (Trails)
    Kinds.push_back({"-DBFS", "-o", "shortest"});
  for (const std::vector<std::string> &Kind : Kinds) {
    std::vector<std::string> Gcc{"gcc", "-O1", "-w", "-DSAFETY", "-DVECTORSZ=1024"};
    Gcc.insert(Gcc.end(), Kind.begin(), Kind.end());
    Gcc.push_back("pan.c");
    if (auto Text = runIn(M.Directory, Gcc); !Text)
      return Text.takeError();
  }
  return M;
}

Model::Model(Model &&Other) noexcept : Directory(std::move(Other.Directory)), File(std::move(Other.File)) { Other.Directory.clear(); }

Model::~Model() {
  if (!Directory.empty())
    fs::remove_directories(Directory);
}

llvm::Expected<ModelAnswer> Model::run(const char *Verifier, const ModelRun &Run, bool Kasan, bool Trail) const {
  // A verifier writes its trail where it runs, so each run has a place of its own.
  auto Place = makeDirectory();
  if (!Place)
    return Place.takeError();
  std::vector<std::string> Command{"env",
                                   "SCENE=" + std::to_string(Run.scene),
                                   "USE=" + std::to_string(Run.use),
                                   "SHAPE=" + std::to_string(Run.shape),
                                   "OTHER=" + std::to_string(Run.other),
                                   "KASAN=" + std::to_string(Kasan),
                                   "PROP=" + std::to_string(Run.property),
                                   inside(Directory, Verifier)};
  std::vector<std::string> Search = Command;
  Search.push_back("-m200000"); // deeper than any path
  Search.push_back("-w20");     // a small hash table is cleared sooner; most searches are small
  auto Said = runIn(*Place, Search);
  ModelAnswer A;
  llvm::Error Problem = llvm::Error::success();
  if (!Said) {
    Problem = Said.takeError();
  } else {
    llvm::StringRef Text = *Said;
    auto Errors = numberAfter(Text, "errors:");
    A.states = numberBefore(Text, "states, stored").value_or(0);
    A.holds = Errors && *Errors == 0;
    bool Asserted = Text.contains("assertion violated");
    if (!Errors || A.states == 0 || Text.contains("max search depth") || Text.contains("out of memory") ||
        (!A.holds && !Asserted) || Text.contains("invalid end state ("))
      Problem = fail(File + ": the search did not end as it should:\n" + Text.str().substr(0, 3000));
  }
  if (!Problem && Trail && !A.holds) {
    Command.insert(Command.end(), {"-r", "-S"});
    if (auto Replay = runIn(*Place, Command)) {
      llvm::SmallVector<llvm::StringRef> Lines;
      llvm::StringRef(*Replay).split(Lines, '\n');
      for (llvm::StringRef L : Lines)
        if (L.starts_with("@"))
          A.said.push_back(L.str());
    } else {
      Problem = Replay.takeError();
    }
  }
  fs::remove_directories(*Place);
  if (Problem)
    return Problem;
  return A;
}

llvm::Expected<ModelAnswer> Model::ask(const ModelRun &Run) const { return run("pan", Run, true, false); }

llvm::Expected<ModelAnswer> Model::askForTrail(const ModelRun &Run) const {
  // Without KASAN first, by the faster search: a timeline should not speak of it without need.
  auto Plain = run("pan", Run, false, false);
  if (!Plain)
    return Plain.takeError();
  return run("shortest", Run, Plain->holds, true);
}

} // namespace krcu
