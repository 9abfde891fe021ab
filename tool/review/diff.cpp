// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The counts in a hunk's header say where it ends: "-- " behind it, the signature of a mail, would pass for a removed line.
#include "tool/review/diff.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include <optional>

using llvm::StringRef;

namespace krcu::review {
namespace {

/// A name that git has put in quotation marks, with its escapes undone; nothing if they are none of git's. What stands behind the name goes.
std::optional<std::string> unquoted(StringRef Name) {
  std::string Out;
  for (size_t N = 1; N < Name.size(); ++N) {
    if (Name[N] == '"')
      return Out;
    if (Name[N] != '\\') {
      Out += Name[N];
      continue;
    }
    const StringRef Escape = Name.drop_front(N + 1);
    unsigned Value = 0;
    if (Escape.size() >= 3 && !Escape.take_front(3).getAsInteger(8, Value) && Value <= 0377) {
      Out += static_cast<char>(Value);
      N += 3;
      continue;
    }
    const StringRef Letters = "abtnvfr\"\\", Meant = "\a\b\t\n\v\f\r\"\\";
    const size_t At = Escape.empty() ? StringRef::npos : Letters.find(Escape[0]);
    if (At == StringRef::npos)
      return std::nullopt;
    Out += Meant[At];
    ++N;
  }
  return std::nullopt;
}

/// A whole name, as in "rename from".
std::string wholeName(StringRef Name) { return Name.starts_with("\"") ? unquoted(Name).value_or(Name.str()) : Name.str(); }

/// "a/net/x.c" -> "net/x.c", as git's -p1; a time stamp behind a tab goes. A name whose quotes make no sense keeps them: badPath() refuses it.
std::string stripped(StringRef Name) {
  const std::optional<std::string> Plain = Name.starts_with("\"") ? unquoted(Name) : Name.split('\t').first.rtrim("\r ").str();
  if (!Plain)
    return Name.str();
  Name = *Plain;
  if (Name == "/dev/null")
    return {};
  if (Name.starts_with("/"))
    return Name.str(); // absolute: refused later, by badPath()
  size_t Slash = Name.find('/');
  return Slash == StringRef::npos ? Name.str() : Name.substr(Slash + 1).str();
}

class Parser {
public:
  explicit Parser(StringRef Text) : Rest(Text) {}

  Diff run() {
    while (!Rest.empty() && D.problem.empty()) {
      StringRef Line = peek();
      if (Line.starts_with("diff --git "))
        startGit(Line);
      else if (Line.starts_with("--- ") && peekLater(1).starts_with("+++ ") && ((InGitHeader && FromGit) || peekLater(2).starts_with("@@")))
        readNames();
      else if (Line.starts_with("diff --cc ") || Line.starts_with("diff --combined "))
        fault(Number + 1, "this is the diff of a merge, which nothing applies");
      else if (Line.starts_with("@@ -") && InFile)
        readHunk();
      else if (InGitHeader && gitHeader(Line))
        take();
      else
        InGitHeader = false, take();
    }
    return std::move(D);
  }

private:
  StringRef peek() const { return Rest.split('\n').first; }
  /// Some lines further on.
  StringRef peekLater(unsigned Lines) const {
    StringRef At = Rest;
    while (Lines--)
      At = At.split('\n').second;
    return At.split('\n').first;
  }
  StringRef take() {
    auto [Line, Tail] = Rest.split('\n');
    Rest = Tail;
    ++Number;
    return Line;
  }
  void fault(unsigned Line, std::string What) {
    if (D.problem.empty())
      D.problem = std::move(What), D.problem_line = Line;
  }
  FileDiff &current() { return D.files.back(); }

  void startGit(StringRef Line) {
    D.files.push_back({});
    current().line = Number + 1;
    InFile = InGitHeader = FromGit = true;
    // Both names are the same unless it is a rename, which says so in lines of its own.
    StringRef Names = Line.drop_front(11).rtrim('\r');
    size_t Half = Names.size() / 2;
    if (Names.size() % 2 && Names[Half] == ' ' && stripped(Names.take_front(Half)) == stripped(Names.drop_front(Half + 1)))
      current().old_path = current().new_path = stripped(Names.drop_front(Half + 1));
    take();
  }

  /// Zeros stand for a file that is not there.
  static std::string blobId(StringRef Hex) {
    bool Good = Hex.size() >= 4 && Hex.size() <= 64 && llvm::all_of(Hex, llvm::isHexDigit) && Hex.find_first_not_of('0') != StringRef::npos;
    return Good ? Hex.lower() : std::string();
  }
  bool gitHeader(StringRef Line) {
    Line = Line.rtrim('\r');
    FileDiff &F = current();
    if (Line.consume_front("rename from "))
      F.renamed = true, F.old_path = wholeName(Line);
    else if (Line.consume_front("rename to "))
      F.renamed = true, F.new_path = wholeName(Line);
    else if (Line.consume_front("copy from "))
      F.copied = true, F.old_path = wholeName(Line);
    else if (Line.consume_front("copy to "))
      F.copied = true, F.new_path = wholeName(Line);
    else if (Line.consume_front("deleted file mode "))
      F.new_path.clear(), noteMode(Line);
    else if (Line.consume_front("new file mode "))
      F.old_path.clear(), noteMode(Line);
    else if (Line.consume_front("old mode ") || Line.consume_front("new mode "))
      noteMode(Line);
    else if (Line.starts_with("GIT binary patch") || (Line.starts_with("Binary files ") && Line.ends_with(" differ")))
      F.binary = true;
    else if (StringRef Ids = Line; Ids.consume_front("index ")) {
      auto [Both, Mode] = Ids.split(' ');
      noteMode(Mode);
      auto [Old, New] = Both.split("..");
      F.old_blob = blobId(Old), F.new_blob = blobId(New);
    } else
      return Line.starts_with("similarity index") || Line.starts_with("dissimilarity index");
    return true;
  }
  /// What the modes of git say that is neither a file nor a program.
  void noteMode(StringRef Mode) {
    if (Mode.trim().starts_with("12"))
      current().special = "a symbolic link";
    else if (Mode.trim().starts_with("16"))
      current().special = "a submodule";
  }

  void readNames() {
    if (!(FromGit && InGitHeader)) {
      D.files.push_back({});
      current().line = Number + 1;
      FromGit = false;
    }
    InFile = true;
    InGitHeader = false;
    FileDiff &F = current();
    StringRef Old = take().drop_front(4), New = take().drop_front(4);
    F.old_path = stripped(Old);
    F.new_path = stripped(New);
    if (!FromGit) {
      F.whole_old = Old.split('\t').first.rtrim("\r ").str();
      F.whole_new = New.split('\t').first.rtrim("\r ").str();
    }
    if (F.old_path.empty() && F.new_path.empty())
      fault(Number, "both files of the diff are /dev/null");
    if (!peek().starts_with("@@ -"))
      fault(Number + 1, peek().starts_with("@@") ? "the hunk's header cannot be read: " + peek().take_front(60).str() : std::string("the file is named and has no hunk"));
    // x.c.orig and x.c: plain diff between a copy and the file.
    if (!FromGit && !F.old_path.empty() && !F.new_path.empty() && F.old_path != F.new_path)
      F.old_path = F.new_path;
  }

  static bool range(StringRef Text, unsigned &Start, unsigned &Count) {
    auto [First, Second] = Text.split(',');
    Count = 1;
    return !First.getAsInteger(10, Start) && (Second.empty() || !Second.getAsInteger(10, Count)) && Start < 100000000u && Count < 100000000u;
  }

  void readHunk() {
    Hunk H;
    StringRef Header = take();
    H.line = Number;
    auto [Old, Behind] = Header.drop_front(4).split(" +");
    if (!range(Old, H.old_start, H.old_count) || !range(Behind.split(' ').first, H.new_start, H.new_count) || (!H.old_count && !H.new_count)) {
      // Prose may begin like that; a real one that is broken leaves the file without a hunk, which is told later.
      return fault(H.line, "the hunk's header cannot be read: " + Header.take_front(60).str());
    }
    unsigned OldLeft = H.old_count, NewLeft = H.new_count;
    while (OldLeft || NewLeft) {
      if (Rest.empty())
        return fault(Number, "the patch ends inside the hunk that starts at line " + std::to_string(H.line) + "; " + left(OldLeft, NewLeft));
      StringRef Line = peek();
      StringRef Bare = Line.rtrim('\r');
      char Kind = Bare.empty() ? ' ' : Line[0];
      if (Kind == '\\') {
        noNewline(H);
        take();
        continue;
      }
      bool Fits = (Kind == ' ' && OldLeft && NewLeft) || (Kind == '-' && OldLeft) || (Kind == '+' && NewLeft);
      if (!Fits)
        return fault(Number + 1, "the hunk that starts at line " + std::to_string(H.line) + " is broken here; " + left(OldLeft, NewLeft));
      OldLeft -= Kind != '+';
      NewLeft -= Kind != '-';
      H.lines.push_back({Kind, Bare.empty() ? Line.str() : Line.drop_front().str(), false});
      take();
    }
    if (!Rest.empty() && peek().starts_with("\\ ")) {
      noNewline(H);
      take();
    }
    current().hunks.push_back(std::move(H));
  }

  static void noNewline(Hunk &H) {
    if (!H.lines.empty())
      H.lines.back().no_newline = true;
  }

  static std::string left(unsigned Old, unsigned New) {
    return "its header promises " + std::to_string(Old) + " more old and " + std::to_string(New) + " more new lines";
  }

  StringRef Rest;
  unsigned Number = 0; ///< lines taken
  bool InFile = false, InGitHeader = false, FromGit = false;
  Diff D;
};

} // namespace

Diff parseDiff(StringRef Text) { return Parser(Text).run(); }

std::string badPath(StringRef Path) {
  if (Path.empty())
    return "the patch does not name the file";
  if (Path.starts_with("/"))
    return "the path is absolute; paths of a patch are relative to the tree";
  if (Path.starts_with("\""))
    return "the path is quoted, and files with such names are not looked at";
  llvm::SmallVector<StringRef, 8> Parts;
  Path.split(Parts, '/');
  for (StringRef P : Parts) {
    if (P == ".." || P == "." || P.empty())
      return "the path leaves the tree";
    if (P.equals_insensitive(".git"))
      return "the path leads into the git repository";
  }
  for (char C : Path)
    if (static_cast<unsigned char>(C) < 0x20 || C == 0x7f)
      return "the path has control characters";
  return {};
}

} // namespace krcu::review
