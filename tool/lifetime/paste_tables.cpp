// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/lifetime/paste_tables.h"
#include "tool/index/text_search.h"
#include "tool/lifetime/closure_text.h"
#include "tool/lifetime/mentions.h"
#include "tool/lifetime/variant_choices.h"
#include "tool/lifetime/words.h"
#include "llvm/ADT/STLExtras.h"
#include <utility>

using llvm::StringRef;

namespace krcu {
namespace {

bool isForEverybody(StringRef Path) {
  return Path.ends_with(".h") && (Path.starts_with("include/") || (Path.starts_with("arch/") && Path.contains("/include/")));
}

/// Whether a word stands between commas or parentheses, as an argument does.
bool isWholeArgument(StringRef Text, size_t At, size_t Length) {
  StringRef Before = Text.take_front(At).rtrim(), Behind = Text.substr(At + Length).ltrim();
  return (Before.ends_with("(") || Before.ends_with(",")) && (Behind.starts_with(")") || Behind.starts_with(","));
}

/// The uses of a word that is a macro's name, its own definitions left out.
std::vector<MacroUse> usesIn(const Database &DB, const std::string &File, const std::string &Macro) {
  std::vector<MacroUse> Result;
  std::shared_ptr<const std::string> Held = textOf(DB, File);
  if (!Held)
    return Result;
  const StringRef Text = *Held;
  const int Id = DB.index().find(File);
  std::vector<OutlineToken> OfLink; // a link has no tokens of its own
  if (Id < 0)
    OfLink = findTokens(Text, Macro);
  for (const OutlineToken &T : Id < 0 ? OfLink : DB.tokens(File, Macro)) {
    MacroUse U{File, {}, argumentsOf(Text.substr(T.offset + Macro.size())), false, {}};
    if (T.in_directive) {
      StringRef Directive = directiveAround(Text, T.offset);
      StringRef Name = macroDefinedBy(Directive);
      if (Name.empty() || Name == Macro)
        continue; // an #if, or what is looked for itself
      U.within = readMacro(Directive);
      U.within.file = File;
    } else {
      U.alone = !U.arguments && isWholeArgument(Text, T.offset, Macro.size());
      auto O = T.function >= 0 && Id >= 0 ? DB.outline(static_cast<uint32_t>(Id)) : nullptr;
      if (O)
        U.function = O->functions[static_cast<size_t>(T.function)].name;
    }
    Result.push_back(std::move(U));
  }
  return Result;
}

/// The definitions of a file that join something.
std::vector<MacroText> joinersIn(StringRef Text, const std::string &File) {
  std::vector<MacroText> Result;
  std::optional<size_t> Last;
  for (PasteInText &P : pastesIn(Text))
    if (std::exchange(Last, P.begin) != P.begin && !P.macro.chains.empty()) {
      P.macro.file = File;
      Result.push_back(std::move(P.macro));
    }
  return Result;
}

void noteObject(StringRef Name, StringRef Meant, ObjectMacros &In) {
  auto [It, New] = In.try_emplace(Name, Meant.str());
  if (!New && It->second != Meant)
    It->second = NameMaker::Anything;
}

/// Adds those that the text defines, or only one of them.
void addObjects(StringRef Text, ObjectMacros &To, StringRef Only = {}) {
  for (size_t At = Text.find('#'); At != StringRef::npos; At = Text.find('#', At + 1)) {
    if (!Text.substr(At + 1).ltrim(" \t").starts_with("define"))
      continue;
    StringRef Directive = directiveAround(Text, At), Name = macroDefinedBy(Directive);
    StringRef Behind = Directive.drop_front(Name.empty() ? 0 : static_cast<size_t>(Name.end() - Directive.begin()));
    if (Name.empty() || Behind.starts_with("(") || (!Only.empty() && Name != Only))
      continue;
    StringRef Value = Behind.take_until([](char C) { return C == '/'; }).trim(); // a comment may follow
    noteObject(Name, llvm::all_of(Value, isWord) ? Value : StringRef(NameMaker::Anything), To);
  }
}

} // namespace

PasteTables::PasteTables(const Database &DB) : DB(DB) {
  const std::vector<IndexedFile> &Files = DB.index().files();
  for (uint32_t File = 0; File < Files.size(); ++File)
    if (isForEverybody(Files[File].path) && Files[File].problem.empty())
      Wide.ids.push_back(File);
  for (uint32_t File : DB.index().mentioningAmong(Index::PasteOperator, &Wide.ids))
    if (auto Text = DB.index().text(File))
      llvm::append_range(Joiners, joinersIn(*Text, Files[File].path));
}

const FilePart &PasteTables::part(const std::string &File) {
  auto [It, New] = Parts.try_emplace(File);
  FilePart &P = It->second;
  auto Text = New ? textOf(DB, File) : nullptr;
  if (!Text)
    return P;
  P.readable = true;
  forEachInclude(*Text, [&](StringRef Name, bool) { P.includes.push_back(Name.substr(Name.rfind('/') + 1).str()); });
  P.joiners = joinersIn(*Text, File);
  addObjects(*Text, P.objects);
  return P;
}

/// The source and what it includes from around it, as far as it can be read.
std::vector<std::string> PasteTables::compiledWith(const std::string &Source) {
  const std::string Near = surroundingsOf(Source);
  auto [Headers, New] = Around.try_emplace(Near);
  if (New)
    for (uint32_t Id : headersBelow(DB.index(), Near)) {
      const std::string &Path = DB.index().files()[Id].path;
      Headers->second[Path.substr(Path.rfind('/') + 1)].push_back(Path);
    }
  std::set<std::string> Done;
  std::vector<std::string> Files, Work{Source};
  while (!Work.empty()) {
    std::string File = std::move(Work.back());
    Work.pop_back();
    if (!Done.insert(File).second || !part(File).readable)
      continue;
    for (const std::string &Name : part(File).includes)
      if (auto It = Headers->second.find(Name); It != Headers->second.end())
        llvm::append_range(Work, It->second);
    Files.push_back(std::move(File));
  }
  return Files;
}

ModuleTexts &PasteTables::of(const std::set<std::string> &Sources) {
  auto [It, New] = Modules.try_emplace(Sources);
  ModuleTexts &M = It->second;
  if (!New)
    return M;
  for (const std::string &Source : Sources)
    for (const std::string &File : compiledWith(Source)) {
      std::vector<std::string> &With = M.sources[File];
      With.push_back(Source);
      if (With.size() > 1)
        continue;
      const FilePart &P = part(File);
      for (const MacroText &Joiner : P.joiners)
        M.joiners.push_back(&Joiner);
      for (const auto &Each : P.objects)
        noteObject(Each.getKey(), Each.getValue(), M.objects);
      if (int Id = DB.index().find(File); Id >= 0)
        M.ids.push_back(static_cast<uint32_t>(Id));
      else
        M.links.push_back(File);
    }
  llvm::sort(M.ids);
  return M;
}

const std::vector<MacroUse> &PasteTables::uses(TextGroup &In, const std::string &Macro) {
  static const std::vector<MacroUse> None;
  const unsigned Number = Numbers.try_emplace(Macro, Numbers.size()).first->second;
  if (In.asked.size() <= Number)
    In.asked.resize(Number + 64);
  if (!In.asked.test(Number)) {
    In.asked.set(Number);
    std::vector<MacroUse> Found;
    for (uint32_t File : DB.index().mentioningAmong(Macro, &In.ids))
      llvm::append_range(Found, usesIn(DB, DB.index().files()[File].path, Macro));
    for (const std::string &Link : In.links)
      llvm::append_range(Found, usesIn(DB, Link, Macro));
    if (!Found.empty())
      In.uses[Number] = std::move(Found);
  }
  auto It = In.uses.find(Number);
  return It == In.uses.end() ? None : It->second;
}

const std::string &PasteTables::wideObject(const std::string &Name) {
  auto [It, New] = WideObjects.try_emplace(Name, Name);
  if (New && isPlainWord(Name) && llvm::none_of(Name, llvm::isLower)) {
    ObjectMacros Found;
    for (uint32_t File : DB.index().definingMacro(Name, &Wide.ids))
      if (auto Text = DB.index().text(File))
        addObjects(*Text, Found, Name);
    if (auto Meant = Found.find(Name); Meant != Found.end())
      It->second = Meant->second;
  }
  return It->second;
}

bool PasteTables::owns(const std::string &File, const std::string &Name) {
  auto [It, New] = OwnMacros.try_emplace(File);
  if (New)
    if (auto Text = textOf(DB, File))
      It->second = ownMacros(*Text);
  return It->second.contains(Name);
}

} // namespace krcu
