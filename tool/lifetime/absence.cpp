// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The list is closed from both ends: Kbuild says which files can be linked with the one that has the name, and the text of these says what
// else is compiled into them. What stands on the list and was not read is named.
#include "tool/lifetime/absence.h"
#include "tool/index/walk.h"
#include "tool/lifetime/closure_text.h"
#include "tool/lifetime/variant_choices.h"
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
  Closure(const Database &DB, const MentionPlan &Plan, const std::string &Word, bool IsSymbol) : DB(DB), Plan(Plan), Word(Word), IsSymbol(IsSymbol) {}

  void addUnreadable();
  void addModuleOf(const std::string &File);
  /// What is compiled into the file: fragments, and names that its macros paste together.
  void addTextOf(const std::string &File);
  std::vector<OpenClaim> take() {
    std::sort(Found.begin(), Found.end());
    Found.erase(std::unique(Found.begin(), Found.end()), Found.end());
    return std::move(Found);
  }

private:
  void addFragments(const std::string &File, const ClosureText &Text);
  void addPasting(const std::string &File, const ClosureText &Text);
  bool usedFor(const std::string &File, const PasteInText &P) const;
  void addAssembly(const std::string &File, const ClosureText &Text, bool Made);
  void addAssemblyOfHeaders(const std::string &File);

  const Database &DB;
  const MentionPlan &Plan;
  const std::string &Word;
  const bool IsSymbol;
  std::set<std::string> Done, LookedAround;
  std::set<uint32_t> Headers; ///< looked at
  std::vector<OpenClaim> Found;
};

void Closure::addUnreadable() {
  for (const IndexedFile &F : DB.index().files())
    if (!F.problem.empty())
      Found.push_back({OpenClaim::Unreadable, F.path, F.path + " (" + F.problem + ") was not searched for it"});
}

void Closure::addModuleOf(const std::string &File) {
  const ModuleContents &M = DB.moduleOf(File);
  for (const MissingPart &Missing : M.missing)
    Found.push_back({Missing.kind == MissingPart::NoMakefile ? OpenClaim::NoMakefile : OpenClaim::NoSource, Missing.file, Missing.text() + ", and may use it"});
  for (const std::string &Source : M.files) {
    if (Source == File || !Done.insert(Source).second)
      continue;
    if (StringRef(Source).ends_with(".c")) {
      addTextOf(Source);
    } else {
      std::optional<std::string> Text = DB.otherText(Source); // assembly, Rust
      if (!Text || hasWord(*Text, Word) || StringRef(Source).ends_with(".rs"))
        Found.push_back({OpenClaim::NoC, Source, Source + " is no C and was not searched for it"});
    }
  }
}

void Closure::addTextOf(const std::string &File) {
  int Id = DB.index().find(File);
  const ClosureText *Text = DB.closureText(File);
  if (!Text) {
    if (Id < 0 || DB.index().files()[static_cast<size_t>(Id)].problem.empty()) // else it is named already
      Found.push_back({OpenClaim::NotRead, File, File + " was not searched for it"});
    return;
  }
  addFragments(File, *Text);
  addPasting(File, *Text);
  if (Text->torn)
    Found.push_back({OpenClaim::Torn, File, File + " ends in the middle of a block, a comment or an #if, and what came behind may use it"});
  if (IsSymbol) {
    addAssembly(File, *Text, true);
    addAssemblyOfHeaders(File);
  }
}

/// Texts that are included and that the index has not.
void Closure::addFragments(const std::string &File, const ClosureText &Text) {
  for (const std::string &Name : Text.quoted) {
    llvm::SmallString<128> Path(directoryOf(File));
    llvm::sys::path::append(Path, Name);
    llvm::sys::path::remove_dots(Path, /*remove_dot_dot=*/true);
    if (int Id = DB.index().find(Path); Id >= 0) {
      const IndexedFile &Known = DB.index().files()[static_cast<size_t>(Id)];
      if (!Known.problem.empty())
        Found.push_back({OpenClaim::Unreadable, Known.path, Known.path + " (" + Known.problem + "), which " + File + " includes, was not searched for it"});
      continue;
    }
    if (Name.empty() || isSourceName(Name))
      continue;
    std::optional<std::string> Fragment = DB.otherText(std::string(Path));
    if (!Fragment)
      Found.push_back({OpenClaim::Fragment, std::string(Path), File + " includes " + Name + ", which was not read"});
    else if (hasWord(*Fragment, Word) || StringRef(*Fragment).contains("##"))
      Found.push_back({OpenClaim::Fragment, std::string(Path), std::string(Path) + ", which " + File + " includes, was not searched for it"});
  }
}

/// asm("name") behind a declaration gives a variable the name that the linker knows; a template can use it, too. No index has words of strings.
/// \p Made: also where a macro makes the name.
void Closure::addAssembly(const std::string &File, const ClosureText &Text, bool Made) {
  for (const InlineAssembly &A : Text.assembly) {
    if (A.mayName(Word, Made))
      Found.push_back({OpenClaim::Assembly, File, "the assembly at " + File + ":" + std::to_string(A.line) + " can name it"});
  }
}

/// The same in the module's own headers, whoever includes them, and in those of include/ that the source names itself. There EXPORT_SYMBOL() and the
/// like name only what they are given.
void Closure::addAssemblyOfHeaders(const std::string &File) {
  const Index &I = DB.index();
  const std::vector<IndexedFile> &Files = I.files();
  auto Look = [&](uint32_t Id, bool Made) {
    if (const ClosureText *Text = Headers.insert(Id).second ? DB.closureText(Files[Id].path) : nullptr)
      addAssembly(Files[Id].path, *Text, Made);
  };
  const std::string Around = surroundingsOf(File);
  if (!StringRef(Around).starts_with("include/") && LookedAround.insert(Around).second) {
    const std::vector<uint32_t> Near = headersBelow(I, Around);
    for (const char *Keyword : AssemblyKeywords)
      for (uint32_t Id : I.mentioningAmong(Keyword, &Near))
        Look(Id, true);
  }
  int Id = I.find(File);
  if (auto O = Id < 0 ? nullptr : DB.outline(static_cast<uint32_t>(Id)))
    for (const auto &[Line, Name] : O->includes)
      if (int Header = I.find("include/" + Name); Header >= 0)
        Look(static_cast<uint32_t>(Header), false);
}

/// Whether a use of the macro in the file that defines it may make the name; one in another macro may make any.
bool Closure::usedFor(const std::string &File, const PasteInText &P) const {
  std::shared_ptr<const std::string> Held = textOf(DB, File);
  return !Held || llvm::any_of(DB.tokens(File, P.macro.name), [&](const OutlineToken &T) {
    const StringRef Text = *Held;
    if (T.in_directive && directiveAround(Text, T.offset).data() == Text.data() + P.begin)
      return false; // its definition
    return T.in_directive || canPaste(P.macro, Text.substr(T.offset + P.macro.name.size()), Word);
  });
}

void Closure::addPasting(const std::string &File, const ClosureText &Text) {
  for (const PasteInText &P : Text.pastes) {
    if (!NameMaker::canJoin(P.macro, Word))
      continue;
    if (Plan.demand.words.count(P.macro.name))
      continue; // every use is parsed
    const auto &Handled = DB.rememberedPasting();
    if (Handled && llvm::any_of(*Handled, [&](const PastingMacro &M) { return M.name == P.macro.name && M.file == File; }))
      continue; // its users are parsed
    if (StringRef(File).ends_with(".c") && !usedFor(File, P))
      continue;
    Found.push_back({OpenClaim::Pasting, File, "the macro " + P.macro.name + "() at " + File + ":" + std::to_string(P.line) + " can paste the name together"});
  }
}

} // namespace

std::vector<OpenClaim> notSearched(const Database &DB, const MentionPlan &Plan, const std::string &Word, MentionKind Kind, const std::string &Home) {
  Closure C(DB, Plan, Word, Kind != MentionKind::Field);
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
