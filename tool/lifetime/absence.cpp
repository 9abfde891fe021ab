// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The list is closed from both ends: Kbuild says which files can be linked with the one that has the name, and the text of these says what
// else is compiled into them. What stands on the list and was not read is named.
#include "tool/lifetime/absence.h"
#include "tool/index/walk.h"
#include "tool/lifetime/words.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"
#include <algorithm>
#include <set>

using llvm::StringRef;

namespace krcu {
namespace {

std::string directoryOf(StringRef Path) { return llvm::sys::path::parent_path(Path).str(); }

class Closure {
public:
  Closure(const Database &DB, const std::string &Word) : DB(DB), Word(Word) {}

  void addUnreadable();
  void addModuleOf(const std::string &File);
  /// What is compiled into the file: fragments, and names that its macros paste together.
  void addTextOf(const std::string &File);
  std::vector<std::string> take() {
    std::sort(Found.begin(), Found.end());
    Found.erase(std::unique(Found.begin(), Found.end()), Found.end());
    return std::move(Found);
  }

private:
  void addFragments(const std::string &File, StringRef Text);
  void addPasting(const std::string &File, StringRef Text);

  const Database &DB;
  const std::string &Word;
  std::set<std::string> Done;
  std::vector<std::string> Found;
};

void Closure::addUnreadable() {
  for (const IndexedFile &F : DB.index().files())
    if (!F.problem.empty())
      Found.push_back(F.path + " (" + F.problem + ") was not searched for it");
}

void Closure::addModuleOf(const std::string &File) {
  const ModuleContents &M = DB.moduleOf(File);
  for (const std::string &Missing : M.missing)
    Found.push_back(Missing + ", and may use it");
  for (const std::string &Source : M.files) {
    if (Source == File || !Done.insert(Source).second)
      continue;
    if (StringRef(Source).ends_with(".c")) {
      addTextOf(Source);
    } else {
      std::optional<std::string> Text = DB.otherText(Source); // assembly, Rust
      if (!Text || hasWord(*Text, Word) || StringRef(Source).ends_with(".rs"))
        Found.push_back(Source + " is no C and was not searched for it");
    }
  }
}

void Closure::addTextOf(const std::string &File) {
  int Id = DB.index().find(File);
  auto Text = Id < 0 ? nullptr : DB.index().text(static_cast<uint32_t>(Id));
  if (!Text)
    return;
  addFragments(File, *Text);
  addPasting(File, *Text);
}

/// Texts that are included and that the index has not.
void Closure::addFragments(const std::string &File, StringRef Text) {
  for (size_t At = Text.find("#include"); At != StringRef::npos; At = Text.find("#include", At + 1)) {
    StringRef Line = Text.substr(At + StringRef("#include").size()).take_until([](char C) { return C == '\n'; }).ltrim();
    if (!Line.consume_front("\""))
      continue;
    StringRef Name = Line.take_until([](char C) { return C == '"'; });
    llvm::SmallString<128> Path(directoryOf(File));
    llvm::sys::path::append(Path, Name);
    llvm::sys::path::remove_dots(Path, /*remove_dot_dot=*/true);
    if (int Id = DB.index().find(Path); Id >= 0) {
      const IndexedFile &Known = DB.index().files()[static_cast<size_t>(Id)];
      if (!Known.problem.empty())
        Found.push_back(Known.path + " (" + Known.problem + "), which " + File + " includes, was not searched for it");
      continue;
    }
    if (Name.empty() || isSourceName(Name))
      continue;
    std::optional<std::string> Fragment = DB.otherText(std::string(Path));
    if (!Fragment)
      Found.push_back(File + " includes " + Name.str() + ", which was not read");
    else if (hasWord(*Fragment, Word) || StringRef(*Fragment).contains("##"))
      Found.push_back(std::string(Path) + ", which " + File + " includes, was not searched for it");
  }
}

void Closure::addPasting(const std::string &File, StringRef Text) {
  for (size_t At = Text.find("##"); At != StringRef::npos; At = Text.find("##", At + 2)) {
    StringRef Directive = directiveAround(Text, At);
    if (!Directive.ltrim().starts_with("#") || !canPaste(Directive, Word))
      continue;
    StringRef Rest = Directive.ltrim().drop_front().ltrim();
    if (!Rest.consume_front("define"))
      continue;
    std::string Macro = Rest.ltrim().take_while(isWord).str();
    const auto &Handled = DB.rememberedPasting();
    if (Handled && llvm::any_of(*Handled, [&](const PastingMacro &M) { return M.name == Macro && M.file == File; }))
      continue; // its users are parsed
    Found.push_back("the macro " + Macro + "() at " + File + ":" + std::to_string(Text.take_front(At).count('\n') + 1) + " can paste the name together");
  }
}

} // namespace

bool canPaste(StringRef Directive, StringRef Word) {
  StringRef Head = Directive.take_until([](char C) { return C == ')'; });
  std::set<std::string> Parameters;
  llvm::SmallVector<StringRef, 8> Names;
  Head.split('(').second.split(Names, ',');
  for (StringRef Name : Names)
    Parameters.insert(Name.trim().str());
  auto Blank = [](char C) { return C == ' ' || C == '\t' || C == '\\' || C == '\n' || C == '\r'; };
  for (size_t At = Directive.find("##"); At != StringRef::npos; At = Directive.find("##", At + 2)) {
    StringRef Before = Directive.take_front(At), Behind = Directive.substr(At + 2).drop_while(Blank);
    while (!Before.empty() && Blank(Before.back()))
      Before = Before.drop_back();
    StringRef Left = lastWord(Before), Right = Behind.take_while(isWord);
    if (Left.empty() || Right.empty())
      continue; // , ##__VA_ARGS__ makes no name
    if ((Parameters.count(Left.str()) || Word.contains(Left)) && (Parameters.count(Right.str()) || Word.contains(Right)))
      return true;
  }
  return false;
}

std::vector<std::string> notSearched(const Database &DB, const MentionPlan &Plan, const std::string &Word, const std::string &Home) {
  Closure C(DB, Word);
  const bool OneFile = StringRef(Home).ends_with(".c");
  if (!OneFile)
    C.addUnreadable();
  for (const std::string &File : Plan.files) {
    C.addTextOf(File);
    if (!OneFile)
      C.addModuleOf(File);
  }
  return C.take();
}

} // namespace krcu
