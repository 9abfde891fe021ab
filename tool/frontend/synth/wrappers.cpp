// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Header wrappers: an architecture that has no asm/X.h of its own gets a one-line include of asm-generic/X.h.
// Which names are concerned stands in the Kbuild files of the include directories, as in
// scripts/Makefile.asm-headers. Runs last: a header that a generator made is never overwritten, one that
// nobody makes is left empty (an empty header costs a few unknown names, a missing one would end the parse).
#include "tool/frontend/synth/builder.h"
#include "tool/frontend/synth/text.h"
#include <set>

namespace krcu {
namespace {

void wrap(Builder &B, const std::string &Sub) {
  auto Lists = readHeaderLists(B, B.inArch("include/" + Sub + "asm/Kbuild"));
  auto Generic = readHeaderLists(B, "include/" + Sub + "asm-generic/Kbuild");
  auto &Own = Lists["generated-y"];
  Own.insert(Own.end(), Lists["syscall-y"].begin(), Lists["syscall-y"].end());
  std::set<std::string> Made(Own.begin(), Own.end());

  auto PathOf = [&](const std::string &Name) { return B.inArch("include/generated/" + Sub + "asm/" + Name); };
  for (auto *List : {&Lists["generic-y"], &Generic["mandatory-y"]})
    for (const std::string &Name : *List) {
      bool HasInput = B.has("include/asm-generic/" + Name) || B.has("include/uapi/asm-generic/" + Name);
      if (HasInput && !Made.count(Name) && !B.made(PathOf(Name)) &&
          !B.has(B.inArch("include/" + Sub + "asm/" + Name)))
        B.put(PathOf(Name), "#include <asm-generic/" + Name + ">\n");
    }
  for (const std::string &Name : Own)
    if (!B.made(PathOf(Name)))
      B.put(PathOf(Name), "");
}

// A name from a makefile becomes part of a path: nothing but a plain relative file name may.
bool isHeaderName(llvm::StringRef Name) {
  return Name.ends_with(".h") &&
         Name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789_-./") == llvm::StringRef::npos &&
         !Name.contains("..") && !Name.starts_with("/");
}

} // namespace

std::map<std::string, std::vector<std::string>> readHeaderLists(const Builder &B,
                                                                llvm::StringRef KbuildFile) {
  std::map<std::string, std::vector<std::string>> Lists;
  std::optional<std::string> Text = B.read(KbuildFile);
  if (!Text)
    return Lists;
  text::forEachLine(text::joined(*Text), [&](llvm::StringRef Line) {
    auto [Left, Right] = Line.split('#').first.split('=');
    llvm::StringRef Name = Left.rtrim(":+ \t").trim();
    if (Name != "generic-y" && Name != "mandatory-y" && Name != "generated-y" && Name != "syscall-y")
      return;
    for (llvm::StringRef Word : text::words(Right))
      if (isHeaderName(Word))
        Lists[Name.str()].push_back(Word.str());
  });
  return Lists;
}

void makeWrappers(Builder &B) {
  wrap(B, "");
  wrap(B, "uapi/");
}

} // namespace krcu
