// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/slim/absence.h"

#include "tool/index/walk.h"
#include "tool/lifetime/absence.h"
#include "tool/lifetime/words.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include <algorithm>

using llvm::StringRef;

namespace krcu::slim {
namespace {

bool isWordCharacter(char C) { return llvm::isAlnum(C) || C == '_'; }

/// The source that a rule of a makefile above makes the object of: "$(obj)/shared/%.o: $(srctree)/other/%.c". Empty: there is no such rule.
std::string sourceByRule(const Database &DB, StringRef Object) {
  for (StringRef Directory = llvm::sys::path::parent_path(Object); !Directory.empty(); Directory = llvm::sys::path::parent_path(Directory))
    for (const char *Name : {"/Makefile", "/Kbuild"}) {
      std::optional<std::string> Text = DB.otherText(Directory.str() + Name);
      for (StringRef Rest = Text ? StringRef(*Text) : StringRef(); !Rest.empty();) {
        auto [Line, Tail] = Rest.split('\n');
        Rest = Tail;
        auto [Target, Needs] = Line.split(':');
        StringRef Before = Target.trim(), Stem = Object.drop_front(Directory.size() + 1), From = Needs.trim().split(' ').first;
        if (!Before.consume_front("$(obj)/") || !Before.consume_back("%.o") || !Stem.consume_front(Before) || !Stem.consume_back(".o") || !From.consume_back("%.c"))
          continue;
        if (From.consume_front("$(srctree)/"))
          return (From + Stem + ".c").str();
        if (From.consume_front("$(src)/"))
          return (Directory + "/" + From + Stem + ".c").str();
      }
    }
  return {};
}

/// Whether the claim is about a text that was looked through after all, or that can name no member: what is made of a grammar has tables of
/// functions, and Rust that does not have the word names none.
bool isNoUserOfMembers(const Database &DB, const OpenClaim &Claim, const std::string &Member) {
  const StringRef File = Claim.file;
  if (Claim.kind == OpenClaim::NoC && File.ends_with(".rs")) {
    std::optional<std::string> Text = DB.otherText(Claim.file);
    return Text && !hasWord(*Text, Member);
  }
  if (Claim.kind == OpenClaim::NoMakefile) // nobody need be linked with a file to use a member; every file that says the word was looked at
    return true;
  if (Claim.kind != OpenClaim::NoSource || !File.ends_with(".o"))
    return false;
  if (File.ends_with(".asn1.o"))
    return DB.otherText(File.drop_back(2).str()).has_value();
  const std::string Source = sourceByRule(DB, File);
  return !Source.empty() && DB.index().find(Source) >= 0;
}

bool isProgramText(StringRef Path) {
  return llvm::any_of(std::initializer_list<StringRef>{".c", ".h", ".rs", ".S", ".py", ".inc"}, [&](StringRef End) { return Path.ends_with(End); });
}

} // namespace

OutsideTexts::OutsideTexts(const Tree &T, const Index &I, const std::set<std::string> &Wanted) {
  std::error_code EC;
  for (llvm::sys::fs::directory_iterator Top(T.root(), EC, /*follow_symlinks=*/false), End; Top != End && !EC; Top.increment(EC)) {
    if (Top->type() != llvm::sys::fs::file_type::directory_file || llvm::sys::path::filename(Top->path()).starts_with("."))
      continue;
    std::error_code Below;
    for (llvm::sys::fs::recursive_directory_iterator It(Top->path(), Below, /*follow_symlinks=*/false), Last; It != Last && !Below; It.increment(Below)) {
      std::optional<std::string> Path = isProgramText(It->path()) ? T.relative(It->path()) : std::nullopt;
      if (!Path || I.find(*Path) >= 0)
        continue;
      std::optional<std::string> Text = T.read(*Path);
      if (!Text)
        continue;
      std::set<std::string> &Found = Words[*Path];
      for (const char *At = Text->data(), *Stop = At + Text->size(); At < Stop;) {
        if (!isWordCharacter(*At)) {
          ++At;
          continue;
        }
        const char *Begin = At;
        while (At < Stop && isWordCharacter(*At))
          ++At;
        if (auto W = Wanted.find(std::string(Begin, At)); W != Wanted.end())
          Found.insert(*W);
      }
      if (Found.empty())
        Words.erase(*Path);
      for (size_t At = Text->find("#include"); At != std::string::npos; At = Text->find("#include", At + 1)) {
        StringRef Name = StringRef(*Text).substr(At + 8).take_until([](char C) { return C == '\n'; }).ltrim();
        if (!Name.consume_front("\""))
          continue;
        llvm::SmallString<128> Meant(llvm::sys::path::parent_path(*Path));
        llvm::sys::path::append(Meant, Name.take_until([](char C) { return C == '"'; }));
        llvm::sys::path::remove_dots(Meant, /*remove_dot_dot=*/true);
        Includes.emplace(std::string(Meant), *Path);
      }
    }
  }
}

std::string OutsideTexts::speaksOf(const HeadDecl &H) const {
  for (const auto &[Path, Found] : Words)
    if (Found.count(H.record) && Found.count(H.member))
      return Path + " speaks of the record and of a " + H.member + ", and was not parsed";
  if (auto It = Includes.find(H.where.file); It != Includes.end())
    return "it is also compiled by " + It->second + ", a program outside the kernel, which may not have the new type";
  return {};
}

std::string whyNotAbsent(const Database &DB, const HeadDecl &H, const std::set<std::string> &Files) {
  MentionPlan Plan;
  Plan.files = Files;
  std::vector<OpenClaim> Open = notSearched(DB, Plan, H.member, MentionKind::Field, H.where.file);
  llvm::erase_if(Open, [&](const OpenClaim &Claim) { return isNoUserOfMembers(DB, Claim, H.member); });
  return Open.empty() ? "" : Open.front().text;
}

} // namespace krcu::slim
