// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/series/git_files.h"
#include "tool/support/error.h"
#include "tool/support/io.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Path.h"
#include <cstdlib>
#include <dirent.h>
#include <memory>
#include <set>
#include <sys/stat.h>

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

class Looker {
public:
  std::string found;

  /// All of a .git directory, and what it leads to.
  void repository(const std::string &Directory, unsigned Depth = 0) {
    if (Depth > MaxDepth || !Seen.insert(Directory).second)
      return;
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
    llvm::consumeError(Text.takeError());
    return {};
  }

  std::string firstLine(const std::string &Path) { return StringRef(text(Path)).split('\n').first.trim().str(); }

  void one(const std::string &Path) {
    if (found.empty() && kindOf(Path) == Kind::Odd)
      found = Path;
  }

private:
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
      else
        one(Path); // a symlink is what it leads to
    }
  }

  void alternates(const std::string &Objects, unsigned Depth) {
    const std::string Text = text(Objects + "/info/alternates");
    llvm::SmallVector<StringRef, 8> Lines;
    StringRef(Text).split(Lines, '\n', -1, /*KeepEmpty=*/false);
    for (StringRef Line : Lines) {
      const std::string Other = resolved(Line.trim(), Objects);
      if (Line.starts_with("#") || Depth > MaxDepth || !Seen.insert(Other).second)
        continue;
      walk(Other, 0);
      alternates(Other, Depth + 1);
    }
  }

  /// Whatever the configuration names as a file is looked at, in whichever section.
  void config(const std::string &Path, unsigned Depth) {
    if (Depth > MaxDepth || !Seen.insert(Path).second)
      return;
    const std::string Text = text(Path);
    llvm::SmallVector<StringRef, 64> Lines;
    StringRef(Text).split(Lines, '\n', -1, /*KeepEmpty=*/false);
    for (StringRef Line : Lines) {
      if (size_t Close = Line.find(']'); Line.ltrim().starts_with("[") && Close != StringRef::npos)
        Line = Line.drop_front(Close + 1); // a key may follow its section
      auto [Key, Value] = Line.split('=');
      Key = Key.trim();
      if (!Key.equals_insensitive("path") && !Key.equals_insensitive("attributesfile") && !Key.equals_insensitive("excludesfile"))
        continue;
      const std::string Named = resolved(Value.trim().trim('"'), llvm::sys::path::parent_path(Path).str());
      one(Named);
      if (Key.equals_insensitive("path"))
        config(Named, Depth + 1);
    }
  }

  static constexpr unsigned MaxDepth = 10;
  static constexpr uint64_t MaxText = 1 << 20;
  std::set<std::string> Seen;
};

} // namespace

std::string oddFileOfRepository(const std::string &Directory, bool Upwards) {
  Looker L;
  for (std::string At = Directory; !At.empty();) {
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
    if (Is != Kind::Nothing || !Upwards || !L.found.empty())
      break;
    At = llvm::sys::path::parent_path(At).str();
    if (At == "/")
      break;
  }
  return L.found;
}

std::string oddAttributesFor(const std::string &WorkTree, const std::string &Relative) {
  Looker L;
  for (StringRef At = llvm::sys::path::parent_path(Relative);; At = llvm::sys::path::parent_path(At)) {
    L.one(resolved(At.empty() ? ".gitattributes" : (At + "/.gitattributes").str(), WorkTree));
    if (At.empty() || !L.found.empty())
      return L.found;
  }
}

} // namespace krcu::series
