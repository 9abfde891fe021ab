// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/series/state.h"
#include "tool/series/verify.h"

#include "tool/support/error.h"
#include "tool/support/io.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include <algorithm>

namespace krcu::series {
namespace {

constexpr uint64_t MaxMailBytes = UINT64_C(64) << 20;

/// From the first "diff --git" at the beginning of a line to the end of the last hunk, which its header's counts tell: the signature
/// "-- " behind it would pass for a removed line.
std::string diffIn(llvm::StringRef Mail) {
  size_t At = Mail.starts_with("diff --git ") ? 0 : Mail.find("\ndiff --git ");
  if (At == llvm::StringRef::npos)
    return {};
  llvm::StringRef Text = Mail.substr(At == 0 ? 0 : At + 1);
  std::string Out;
  unsigned OldLeft = 0, NewLeft = 0;
  bool AnyHunk = false;
  while (!Text.empty()) {
    size_t End = Text.find('\n');
    llvm::StringRef Line = Text.take_front(End == llvm::StringRef::npos ? Text.size() : End + 1);
    Text = Text.drop_front(Line.size());
    if (OldLeft || NewLeft) {
      OldLeft -= OldLeft && (Line[0] == ' ' || Line[0] == '-' || Line[0] == '\n');
      NewLeft -= NewLeft && (Line[0] == ' ' || Line[0] == '+' || Line[0] == '\n');
    } else if (Line.starts_with("@@ -")) {
      auto Count = [](llvm::StringRef Range) {
        unsigned N = 1;
        llvm::StringRef Number = Range.split(',').second;
        return Number.empty() || Number.getAsInteger(10, N) ? 1u : N;
      };
      auto [Old, New] = Line.substr(4).split(" +");
      OldLeft = Count(Old);
      NewLeft = Count(New.split(' ').first);
      AnyHunk = true;
    } else if (AnyHunk && !Line.starts_with("diff --git ") && !Line.starts_with("--- a/") && !Line.starts_with("--- /dev") &&
               !Line.starts_with("+++ ") && !Line.starts_with("index ") && !Line.starts_with("\\ ") && !Line.starts_with("new file ") &&
               !Line.starts_with("deleted file ") && !Line.starts_with("old mode ") && !Line.starts_with("new mode ")) {
      break;
    }
    Out += Line;
  }
  return Out;
}

} // namespace

llvm::Expected<std::vector<ReadPatch>> readPatches(const std::string &Directory) {
  std::vector<std::string> Names;
  std::error_code EC;
  if (!llvm::sys::fs::is_directory(Directory))
    return failAt(Directory, 0, 0, "this is no directory", "give one that krcu patch --series wrote");
  for (llvm::sys::fs::recursive_directory_iterator It(Directory, EC, false), End; !EC && It != End; It.increment(EC))
    if (llvm::sys::path::extension(It->path()) == ".patch" && llvm::sys::fs::is_regular_file(It->path()))
      Names.push_back(It->path().substr(Directory.size()));
  if (EC)
    return failErrno(Directory, EC.value(), "");
  std::sort(Names.begin(), Names.end());
  std::vector<ReadPatch> Out;
  for (const std::string &Name : Names) {
    auto Mail = readRegularFile(Directory + Name, MaxMailBytes);
    if (!Mail)
      return Mail.takeError();
    ReadPatch P{llvm::StringRef(Name).ltrim('/').str(), headerOf(*Mail, "Subject"), diffIn(*Mail)};
    if (P.diff.empty() && llvm::sys::path::filename(Name).contains("0000-cover-letter"))
      continue;
    if (P.diff.empty())
      P.problem = "has no patch in it";
    else if (P.subject.empty())
      P.problem = "has no subject";
    Out.push_back(std::move(P));
  }
  if (Out.empty())
    return failAt(Directory, 0, 0, "this has no patches", "give a directory that krcu patch --series wrote");
  return Out;
}

llvm::Expected<std::vector<std::string>> runCheckpatch(const Tree &T, const std::string &Mail) {
  std::string Script = T.absolute("scripts/checkpatch.pl");
  if (!T.has("scripts/checkpatch.pl"))
    return failAt(Script, 0, 0, "there is no such file", "leave --run-checkpatch away");
  auto Perl = llvm::sys::findProgramByName("perl");
  if (!Perl)
    return fail("--run-checkpatch needs perl, which is not installed");
  llvm::SmallString<128> Output;
  if (std::error_code EC = llvm::sys::fs::createTemporaryFile("krcu-checkpatch", "txt", Output))
    return failErrno("a temporary file", EC.value(), "");
  std::string Root = "--root=" + T.root();
  llvm::StringRef Arguments[] = {*Perl, Script, Root, "--strict", "--terse", "--show-types", "--no-summary", Mail};
  std::optional<llvm::StringRef> Redirects[] = {llvm::StringRef(""), llvm::StringRef(Output), llvm::StringRef(Output)};
  std::string Why;
  int Status = llvm::sys::ExecuteAndWait(*Perl, Arguments, std::nullopt, Redirects, 0, 0, &Why);
  auto Text = readFile(Output.str().str(), MaxMailBytes);
  llvm::sys::fs::remove(Output);
  if (Status < 0)
    return fail("scripts/checkpatch.pl did not run: " + Why);
  if (!Text)
    return Text.takeError();
  std::vector<std::string> Lines;
  for (llvm::StringRef Rest = *Text; !Rest.empty();) {
    auto [Line, Tail] = Rest.split('\n');
    Rest = Tail;
    // "MAIL:12: WARNING:TYPE: text": the mail is known to the reader.
    Line.consume_front(Mail + ":");
    if (!Line.trim().empty())
      Lines.push_back(Line.trim().str());
  }
  return Lines;
}

} // namespace krcu::series
