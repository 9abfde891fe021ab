// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/series/git_files.h"
#include "tool/support/error.h"
#include "tool/support/io.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include <algorithm>
#include <cstdlib>
#include <dirent.h>
#include <memory>
#include <set>
#include <sys/stat.h>
#include <vector>

using llvm::StringRef;

namespace krcu::series {
namespace {

enum class Kind { Nothing, File, Directory, Odd };

Kind kindOf(const std::string &Path) {
  struct stat Status;
  if (::stat(Path.c_str(), &Status) != 0)
    return Kind::Nothing;
  return S_ISREG(Status.st_mode) ? Kind::File : S_ISDIR(Status.st_mode) ? Kind::Directory : Kind::Odd;
}

std::string resolved(StringRef Path, const std::string &Directory) {
  llvm::SmallString<256> Full;
  const char *Home = std::getenv("HOME");
  if (StringRef Rest = Path; Rest.consume_front("~/") && Home)
    llvm::sys::path::append(Full, Home, Rest);
  else if (llvm::sys::path::is_absolute(Path))
    Full = Path;
  else
    llvm::sys::path::append(Full, Directory, Path);
  return std::string(Full);
}

/// One "key = value" of a configuration, with the section that it stands in.
struct Setting {
  std::string section, key, value;
};

/// A git configuration as libgit2 reads it: values may be quoted, hold escapes, go on in the next line, and end at a comment.
class Configuration {
public:
  explicit Configuration(StringRef Text) : Rest(Text) { Rest.consume_front("\xef\xbb\xbf"); }

  bool next(Setting &S) {
    for (;;) {
      Rest = Rest.ltrim();
      if (Rest.empty())
        return false;
      if (Rest.front() == '#' || Rest.front() == ';') {
        Rest = Rest.split('\n').second;
      } else if (Rest.front() == '[') {
        section();
      } else {
        S.section = Section;
        S.key = StringRef(Rest.take_while([](char C) { return C != '=' && C != '\n'; })).trim().lower();
        Rest = Rest.drop_while([](char C) { return C != '=' && C != '\n'; });
        S.value = Rest.consume_front("=") ? value() : "";
        return true;
      }
    }
  }

private:
  void section() {
    Rest = Rest.drop_front();
    Section = Rest.take_while([](char C) { return C != ']' && C != '"' && C != '\n'; }).trim().lower();
    bool Quoted = false;
    while (!Rest.empty() && Rest.front() != '\n' && (Quoted || Rest.front() != ']')) {
      Quoted = Quoted != (Rest.front() == '"');
      Rest = Rest.drop_front(Rest.front() == '\\' ? std::min<size_t>(2, Rest.size()) : 1);
    }
    Rest.consume_front("]");
  }

  std::string value() {
    std::string Out;
    bool Quoted = false, Comment = false;
    size_t Kept = 0; // blanks at the end count only in quotes
    Rest = Rest.ltrim(" \t");
    for (; !Rest.empty() && Rest.front() != '\n'; Rest = Rest.drop_front()) {
      char C = Rest.front();
      if (Comment || (!Quoted && (C == '#' || C == ';'))) {
        Comment = true;
        continue;
      }
      if (C == '"') {
        Quoted = !Quoted;
        Kept = Out.size();
        continue;
      }
      if (C == '\\') {
        Rest = Rest.drop_front();
        Rest.consume_front("\r");
        if (Rest.empty())
          break;
        C = Rest.front();
        if (C == '\n')
          continue;
        C = C == 'n' ? '\n' : C == 't' ? '\t' : C == 'b' ? '\b' : C;
        Out += C;
        Kept = Out.size();
        continue;
      }
      Out += C;
      if (Quoted || (C != ' ' && C != '\t' && C != '\r'))
        Kept = Out.size();
    }
    Out.resize(Kept);
    return Out;
  }

  StringRef Rest;
  std::string Section;
};

class Looker {
public:
  std::string found; ///< a sentence
  /// `WorkTree`: what its configuration may include files of, besides the repository itself.
  explicit Looker(std::string WorkTree) { own(WorkTree); }

  /// All of a .git directory, and what it leads to.
  void repository(const std::string &Directory, unsigned Depth = 0) {
    if (Depth > MaxDepth || !Seen.insert(Directory).second)
      return;
    own(Directory);
    walk(Directory, 0);
    if (std::string Common = firstLine(Directory + "/commondir"); !Common.empty())
      repository(resolved(Common, Directory), Depth + 1);
    config(Directory + "/config", 0);
    config(Directory + "/config.worktree", 0);
    alternates(Directory + "/objects", Depth);
  }

  /// The text of a small file that is one; empty otherwise.
  std::string text(const std::string &Path) {
    if (!found.empty() || kindOf(Path) != Kind::File)
      return {};
    auto Text = readFile(Path, MaxText);
    if (Text)
      return std::move(*Text);
    found = message(Text.takeError()); // it may be too large for us and not for libgit2
    return {};
  }

  std::string firstLine(const std::string &Path) { return StringRef(text(Path)).split('\n').first.trim().str(); }

  void one(const std::string &Path) {
    if (found.empty() && kindOf(Path) == Kind::Odd)
      found = Path + " is no regular file";
  }

private:
  static std::string real(const std::string &Path) {
    std::unique_ptr<char, decltype(&std::free)> Real(::realpath(Path.c_str(), nullptr), std::free);
    return Real ? Real.get() : "";
  }
  void own(const std::string &Directory) {
    if (std::string Real = real(Directory); !Real.empty())
      Own.insert(Real);
  }
  bool isOwn(const std::string &Path) const {
    return std::any_of(Own.begin(), Own.end(), [&](const std::string &D) { return StringRef(Path).starts_with(D) && StringRef(Path).substr(D.size()).starts_with("/"); });
  }

  void walk(const std::string &Directory, unsigned Depth) {
    std::unique_ptr<DIR, int (*)(DIR *)> Open(Depth > 64 ? nullptr : ::opendir(Directory.c_str()), ::closedir);
    while (const dirent *Entry = Open && found.empty() ? ::readdir(Open.get()) : nullptr) {
      const StringRef Name = Entry->d_name;
      if (Name == "." || Name == "..")
        continue;
      const std::string Path = Directory + "/" + Name.str();
      if (Entry->d_type == DT_REG)
        continue;
      if (Entry->d_type == DT_DIR)
        walk(Path, Depth + 1);
      else if (kindOf(Path) != Kind::Directory)
        one(Path); // a symlink is what it leads to
      else if (std::string Real = real(Path); Linked.insert(Real).second)
        walk(Path, Depth + 1);
    }
  }

  /// Of somebody else's objects only what libgit2 looks for: the directory may be any.
  void walkObjects(const std::string &Objects) {
    for (const char *Name : {"info", "pack"})
      walk(Objects + "/" + Name, 63);
    for (unsigned N = 0; N < 256 && found.empty(); ++N)
      walk(Objects + "/" + llvm::utohexstr(N, /*LowerCase=*/true, 2), 63);
  }

  void alternates(const std::string &Objects, unsigned Depth) {
    const std::string Text = text(Objects + "/info/alternates");
    llvm::SmallVector<StringRef, 8> Lines;
    StringRef(Text).split(Lines, '\n', -1, /*KeepEmpty=*/false);
    for (StringRef Line : Lines) {
      Line.consume_back("\r");
      // What begins with no dot is looked for where we are.
      for (const std::string &Named : {resolved(Line, Objects), Line.str()}) {
        const std::string Other = Line.starts_with("#") ? "" : real(Named);
        if (Other.empty() || Depth > MaxDepth || !found.empty() || Seen.size() > MaxPlaces || !Seen.insert(Other).second)
          continue;
        walkObjects(Other);
        alternates(Other, Depth + 1);
      }
    }
    if (Seen.size() > MaxPlaces && found.empty())
      found = "its alternates and includes have no end";
  }

  /// Whatever the configuration names as a file is looked at, in whichever section. What it includes must be its own: libgit2 would open it.
  void config(const std::string &Path, unsigned Depth) {
    if (Depth > MaxDepth || !found.empty() || !Seen.insert(Path).second)
      return;
    const std::string Text = text(Path);
    Configuration Reader(Text);
    for (Setting S; found.empty() && Reader.next(S);) {
      if (S.key != "path" && S.key != "attributesfile" && S.key != "excludesfile")
        continue;
      const std::string Named = resolved(S.value, llvm::sys::path::parent_path(Path).str());
      one(Named);
      if (S.key != "path" || !StringRef(S.section).starts_with("include"))
        continue;
      if (std::string Real = real(Named); !Real.empty() && !isOwn(Real) && found.empty())
        found = Path + " includes " + Named + ", which is no part of the repository";
      config(Named, Depth + 1);
    }
  }

  static constexpr unsigned MaxDepth = 10;
  static constexpr size_t MaxPlaces = 100;
  static constexpr uint64_t MaxText = 1 << 20;
  std::set<std::string> Seen, Own, Linked;
};

} // namespace

std::string oddFileOfRepository(const std::string &Directory, bool Upwards) {
  std::string Found;
  for (std::string At = Directory; !At.empty();) {
    Looker L(At);
    const std::string Git = At + "/.git";
    const Kind Is = kindOf(Git);
    L.one(Git);
    if (Is == Kind::Directory)
      L.repository(Git);
    if (Is == Kind::File) {
      const std::string Text = L.firstLine(Git);
      if (StringRef Line = Text; Line.consume_front("gitdir:"))
        L.repository(resolved(Line.trim(), At));
    }
    if (Is == Kind::Nothing && kindOf(At + "/objects") == Kind::Directory && kindOf(At + "/refs") == Kind::Directory)
      L.repository(At); // a bare one
    Found = L.found;
    if (Is != Kind::Nothing || !Upwards || !Found.empty())
      break;
    At = llvm::sys::path::parent_path(At).str();
    if (At == "/")
      break;
  }
  return Found;
}

namespace {

/// Whether the repository in `Git` names `WorkTree` as its own: a linked worktree or a submodule.
bool knows(const std::string &Git, const std::string &WorkTree) {
  Looker L("");
  auto Is = [](const std::string &A, const std::string &B) { return llvm::sys::fs::equivalent(A, B); };
  if (std::string Back = L.firstLine(Git + "/gitdir"); !Back.empty())
    return Is(resolved(Back, Git), WorkTree + "/.git");
  const std::string Text = L.text(Git + "/config");
  Configuration Reader(Text);
  bool Known = false;
  for (Setting S; Reader.next(S);)
    if (S.section == "core" && S.key == "worktree")
      Known = Is(resolved(S.value, Git), WorkTree);
  return Known;
}

} // namespace

std::string linkInTheWay(const std::string &WorkTree, const std::string &Git, const std::string &Common, const std::string &Branch) {
  auto IsLink = [](const std::string &Path) {
    struct stat Status;
    return ::lstat(Path.c_str(), &Status) == 0 && S_ISLNK(Status.st_mode);
  };
  const std::string Base = StringRef(Common).rtrim('/').str(), Own = StringRef(Git).rtrim('/').str();
  std::vector<std::string> Written{Base + "/objects"};
  for (unsigned N = 0; N < 256; ++N)
    Written.push_back(Base + "/objects/" + llvm::utohexstr(N, /*LowerCase=*/true, 2));
  const std::string Name = "refs/heads/" + Branch;
  llvm::SmallVector<StringRef, 8> Parts;
  StringRef(Name).split(Parts, '/');
  for (const std::string &Top : {Base, Base + "/logs"}) {
    Written.push_back(Top);
    std::string At = Top;
    for (StringRef Part : Parts)
      Written.push_back(At += "/" + Part.str());
    Written.push_back(At + ".lock");
  }
  for (const std::string &Path : Written)
    if (IsLink(Path))
      return Path + " is a link, and what is written there would stand elsewhere";
  const std::string Top = StringRef(WorkTree).rtrim('/').str();
  if (kindOf(Top + "/.git") == Kind::File && !knows(Own, Top))
    return Top + "/.git leads to " + Own + ", which says nothing of this work tree";
  return {};
}

std::string oddAttributesFor(const std::string &WorkTree, const std::string &Relative) {
  Looker L("");
  for (StringRef At = llvm::sys::path::parent_path(Relative);; At = llvm::sys::path::parent_path(At)) {
    L.one(resolved(At.empty() ? ".gitattributes" : (At + "/.gitattributes").str(), WorkTree));
    if (At.empty() || !L.found.empty())
      return L.found;
  }
}

} // namespace krcu::series
