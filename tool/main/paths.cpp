// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/main/paths.h"
#include "tool/index/walk.h"
#include "tool/support/error.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include <optional>
#include <vector>

using namespace llvm;

namespace krcu {
namespace {

/// Without . and .. and doubled slashes; "." for nothing. What leads out keeps its "..".
std::string cleaned(StringRef Path) {
  SmallString<128> Clean(Path);
  sys::path::remove_dots(Clean, /*remove_dot_dot=*/true);
  while (Clean.size() > 1 && Clean.back() == '/')
    Clean.pop_back();
  return Clean.empty() ? "." : Clean.str().str();
}

bool leadsOut(StringRef Clean) { return Clean == ".." || Clean.starts_with("../"); }

/// A clean path as a report shows it -> the tree's own name for it.
std::string ofTree(const Tree &T, const std::string &Clean) {
  if (T.mounted().empty())
    return Clean;
  if (StringRef OfKernel = Clean; OfKernel.consume_front(T.kernelName() + "/"))
    return OfKernel.str();
  return Clean == "." ? Tree::MountPoint.str() : (Tree::MountPoint + "/" + Clean).str();
}

/// The same, counted from the current directory; nothing if that lies outside.
std::optional<std::string> fromHere(const Tree &T, StringRef Given) {
  SmallString<256> Here;
  if (sys::fs::current_path(Here) || sys::fs::real_path(Here.str(), Here))
    return std::nullopt;
  if (std::optional<std::string> Relative = T.relative(Here); !Relative)
    return std::nullopt;
  sys::path::append(Here, Given);
  std::optional<std::string> Inside = T.relative(cleaned(Here));
  if (Inside && Inside->empty())
    return ".";
  return Inside;
}

bool isThere(const Tree &T, const std::string &Path) { return T.has(Path) && T.isSubject(Path); }

/// The deepest directory on the way that exists, and of what is there the nearest to the first part that does not; empty if there is neither.
std::string nearest(const Tree &T, StringRef Clean) {
  const std::string &Root = T.mounted().empty() ? T.root() : T.mounted();
  SmallVector<StringRef, 8> Parts;
  Clean.split(Parts, '/', -1, false);
  std::string Found;
  for (size_t N = 0; N < Parts.size(); ++N) {
    const std::string Next = Found.empty() ? Parts[N].str() : Found + "/" + Parts[N].str();
    if (sys::fs::exists(Root + "/" + Next)) {
      Found = Next;
      continue;
    }
    std::string Best;
    unsigned Distance = (unsigned(Parts[N].size()) + 2) / 3 + 1;
    std::error_code EC;
    for (sys::fs::directory_iterator It(Root + (Found.empty() ? "" : "/" + Found), EC), End; It != End && !EC; It.increment(EC)) {
      StringRef Name = sys::path::filename(It->path());
      unsigned Own = Parts[N].edit_distance(Name, true, Distance);
      if (Name.starts_with(".") || Own > Distance || (Own == Distance && (Best.empty() || Name >= StringRef(Best))))
        continue;
      Best = Name.str();
      Distance = Own;
    }
    if (!Best.empty())
      return "did you mean '" + (Found.empty() ? "" : Found + "/") + Best + "'?";
    break;
  }
  if (!Found.empty())
    return Found + " is there, the rest is not";
  return "";
}

/// The same for each of the places that can have been meant, those that are likelier first.
std::string mend(const Tree &T, const std::vector<std::string> &Meant) {
  for (const std::string &Path : Meant)
    if (std::string Near = nearest(T, Path); !Near.empty())
      return Near;
  return T.mounted().empty() ? "give a path relative to the tree" : "give a path relative to the module's directory";
}

} // namespace

Expected<std::string> findPath(const Tree &T, const std::string &Given) {
  const std::string &Root = T.mounted().empty() ? T.root() : T.mounted();
  auto checked = [&](std::string Path) -> Expected<std::string> {
    if (isNoKernelCode(Path))
      return failAt(Given, 0, 0, "this is passed over: tools/, samples/, Documentation/ and scripts/ at the top of a tree hold no kernel code", "give another path");
    return Path;
  };
  if (Given.empty())
    return fail("an empty path; give a file or directory of " + Root + ", or . for all of it");
  if (Given[0] == '/') {
    SmallString<256> Real;
    std::optional<std::string> Inside = T.relative(cleaned(Given));
    if (!Inside && !sys::fs::real_path(Given, Real))
      Inside = T.relative(Real);
    if (!Inside)
      return failAt(Given, 0, 0, sys::fs::exists(Given) ? "this is not in " + Root : "no such file or directory", "give a path relative to the tree");
    std::string Path = Inside->empty() ? "." : *Inside;
    if (isThere(T, Path))
      return checked(Path);
    return failAt(Given, 0, 0, "no such file or directory in " + Root, mend(T, {Path}));
  }
  const std::string Clean = cleaned(Given);
  if (Clean == ".")
    return T.mounted().empty() ? "." : Tree::MountPoint.str();
  const bool FromHereFirst = StringRef(Given).starts_with("./") || StringRef(Given).starts_with("../");
  std::optional<std::string> Here = fromHere(T, Given);
  if (FromHereFirst && Here && isThere(T, *Here))
    return checked(*Here);
  if (std::string Path = leadsOut(Clean) ? "" : ofTree(T, Clean); !Path.empty() && isThere(T, Path))
    return checked(Path);
  if (Here && isThere(T, *Here))
    return checked(*Here);
  if (leadsOut(Clean) && !Here)
    return failAt(Given, 0, 0, "leads out of " + Root, "give a path relative to the tree");
  std::vector<std::string> Meant;
  if (!leadsOut(Clean))
    Meant.push_back(Clean);
  if (Here && T.mounted().empty()) // what is mounted has other names than its directory
    Meant.insert(FromHereFirst ? Meant.begin() : Meant.end(), *Here);
  return failAt(Given, 0, 0, "no such file or directory in " + Root, mend(T, Meant));
}

Expected<std::vector<std::string>> findPathList(const Tree &T, const std::string &Given) {
  auto Whole = findPath(T, Given);
  if (Whole)
    return std::vector<std::string>{*Whole};
  if (!StringRef(Given).contains(','))
    return Whole.takeError();
  consumeError(Whole.takeError());
  std::vector<std::string> Found;
  SmallVector<StringRef, 4> Parts;
  StringRef(Given).split(Parts, ',');
  for (StringRef Part : Parts) {
    auto Path = findPath(T, Part.str());
    if (!Path)
      return Path.takeError();
    Found.push_back(*Path);
  }
  return Found;
}

} // namespace krcu
