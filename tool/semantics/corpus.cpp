// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Finding definitions and the conditions under which they exist. One pass over the text notes which file may define
// which name; only the files that may define a name somebody asks for are lexed.
#include "tool/semantics/corpus.h"
#include "tool/semantics/condition.h"
#include "tool/tree/stored.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/xxhash.h"
#include <algorithm>
#include <cstring>

namespace krcu::semantics {
namespace {

constexpr const char *Directories[] = {"include/linux", "kernel/rcu", "mm"};
constexpr const char *Kconfigs[] = {"init/Kconfig", "kernel/rcu/Kconfig", "mm/Kconfig"};
constexpr size_t MaxFileBytes = 4u << 20; ///< nothing of a kernel's core is nearly as large

/// Relative paths of all .c and .h files below `Directory`, symbolic links left alone.
std::vector<std::string> sourcesBelow(const Tree &T, const std::string &Directory) {
  std::vector<std::string> Result;
  std::error_code Error;
  for (std::string &File : regularFilesBelow(T.root(), Directory, /*Recursive=*/true))
    if (llvm::StringRef(File).ends_with(".c") || llvm::StringRef(File).ends_with(".h"))
      Result.push_back(std::move(File));
  return Result;
}

/// Lines of a makefile with continuations joined.
std::vector<std::string> logicalLines(llvm::StringRef Text) {
  std::vector<std::string> Lines(1);
  llvm::SmallVector<llvm::StringRef, 64> Physical;
  Text.split(Physical, '\n');
  for (llvm::StringRef Line : Physical) {
    bool More = Line.consume_back("\\");
    Lines.back() += Line.str() + (More ? " " : "");
    if (!More)
      Lines.emplace_back();
  }
  return Lines;
}

/// The condition of "obj-y", "obj-$(CONFIG_X)", "mmu-y"; nothing for what is not understood.
std::optional<Condition> conditionOfTarget(llvm::StringRef Target) {
  llvm::StringRef Switch = Target.rsplit('-').second;
  if (Switch == "y")
    return Condition();
  if (!Switch.consume_front("$(") || !Switch.consume_back(")") || !Switch.starts_with("CONFIG_"))
    return std::nullopt;
  return Condition{{Switch.str(), true}};
}

/// What a `depends on` line certainly asks for: its terms, if they are joined by && only. Others say nothing.
Condition dependsOn(llvm::StringRef Expression) {
  Condition Result;
  if (Expression.contains("||"))
    return Result;
  llvm::SmallVector<llvm::StringRef, 4> Terms;
  Expression.split(Terms, "&&");
  for (llvm::StringRef Term : Terms) {
    Term = Term.trim();
    bool Positive = !Term.consume_front("!");
    Term = Term.trim();
    if (!Term.empty() && llvm::all_of(Term, [](char C) { return llvm::isAlnum(C) || C == '_'; }))
      Result.insert({"CONFIG_" + Term.str(), Positive});
  }
  return Result;
}

/// Adds the symbols that one Kconfig file defines. One that is defined twice has two sets of dependencies, so none is certain.
void addDependencies(llvm::StringRef Text, std::map<std::string, Condition> &Symbols) {
  Condition *Mine = nullptr;
  for (const std::string &Whole : logicalLines(Text)) {
    llvm::StringRef Line = llvm::StringRef(Whole).split('#').first.trim();
    if (Line.consume_front("config ") || Line.consume_front("menuconfig ")) {
      auto [It, New] = Symbols.try_emplace("CONFIG_" + Line.trim().str());
      if (!New)
        It->second.clear();
      Mine = New ? &It->second : nullptr;
    } else if (Line.starts_with("menu ") || Line == "choice" || Line.starts_with("choice ") || Line.starts_with("comment ")) {
      Mine = nullptr;
    } else if (Mine && Line.consume_front("depends on ")) {
      Condition More = dependsOn(Line);
      Mine->insert(More.begin(), More.end());
    }
  }
}

bool isWord(char C) { return llvm::isAlnum(C) || C == '_'; }

bool isBlank(char C) { return C == ' ' || (C >= '\t' && C <= '\r'); }
llvm::StringRef afterBlanks(llvm::StringRef Text) { return Text.drop_while(isBlank); }

/// The words of a line that may be names of definitions. In the first column stand definitions and #define lines
/// (calls do not); of an indented line only "static inline void name(" and its like count. The word before the first
/// parenthesis is the name, or else a macro of an annotation behind which the name stands.
void noteNames(llvm::StringRef Line, llvm::function_ref<void(llvm::StringRef)> Note) {
  llvm::StringRef Text = afterBlanks(Line);
  bool Indented = Text.size() != Line.size();
  if (Text.consume_front("#")) {
    Text = afterBlanks(Text);
    if (Text.consume_front("define"))
      Note(afterBlanks(Text).take_while(isWord));
    return;
  }
  // Nothing behind the last parenthesis counts, and most lines have none.
  const size_t Last = Text.rfind('(');
  if (Last == llvm::StringRef::npos)
    return;
  size_t Words = 0;
  for (size_t At = 0; At < Last;) {
    if (!isWord(Text[At])) {
      if (Indented && Text[At] != ' ' && Text[At] != '\t' && Text[At] != '*')
        return;
      ++At;
      continue;
    }
    llvm::StringRef Word = Text.substr(At).take_while(isWord);
    At += Word.size();
    ++Words;
    if (Indented && (Word == "return" || Word == "else" || Word == "goto" || Word == "case"))
      return;
    if (afterBlanks(Text.substr(At)).starts_with("(") && (!Indented || Words > 1))
      Note(Word);
  }
}

bool endsPath(char C) { return isBlank(C) || C == '/' || C == '"' || C == '<'; }

/// The names of headers in a text, in #include lines or anywhere else: what stands before ".h" back to a slash, a
/// quote, an angle or a blank. What is longer than a file's name can be is cut somewhere and means nothing.
void noteHeaders(llvm::StringRef Text, llvm::function_ref<void(llvm::StringRef)> Note) {
  constexpr size_t Longest = 255;
  for (size_t Dot = Text.find('.'); Dot != llvm::StringRef::npos; Dot = Text.find('.', Dot + 1)) {
    if (Dot + 1 == Text.size() || Text[Dot + 1] != 'h')
      continue;
    size_t Begin = Dot;
    while (Begin > 0 && Dot - Begin < Longest && !endsPath(Text[Begin - 1]))
      --Begin;
    Note(Text.slice(Begin, Dot + 2));
  }
}

} // namespace

void NameTable::note(llvm::StringRef Name, uint32_t Text) {
  uint64_t Hash = llvm::xxh3_64bits(Name);
  std::vector<Noted> &Bucket = Buckets[Hash % Buckets.size()];
  Bucket.push_back({uint32_t(Hash >> 32), Text});
}

std::vector<uint32_t> NameTable::textsWith(llvm::StringRef Name) const {
  uint64_t Hash = llvm::xxh3_64bits(Name);
  std::vector<uint32_t> Texts;
  for (const Noted &N : Buckets[Hash % Buckets.size()])
    if (N.hash == uint32_t(Hash >> 32) && (Texts.empty() || Texts.back() != N.text))
      Texts.push_back(N.text);
  return Texts;
}

Corpus::Corpus(const Tree &T, const ConfigFile *Config) : Root(T), Config(Config) {
  std::vector<std::string> All;
  for (const char *Directory : Directories)
    llvm::append_range(All, sourcesBelow(T, Directory));
  std::sort(All.begin(), All.end());
  for (std::string &Path : All) {
    std::optional<std::string> Text = T.read(Path);
    if (!Text || Text->size() > MaxFileBytes)
      continue;
    note(Paths.size(), *Text);
    Paths.push_back(std::move(Path));
  }
}

void Corpus::note(uint32_t Id, llvm::StringRef Text) {
  noteHeaders(Text, [&](llvm::StringRef Name) { Mention.note(Name, Id); });
  for (llvm::StringRef Line : llvm::split(Text, '\n'))
    noteNames(Line, [&](llvm::StringRef Name) { MayDefine.note(Name, Id); });
}

const SourceFile &Corpus::lexed(const std::string &Path) {
  std::unique_ptr<SourceFile> &File = Files[Path];
  if (!File)
    File = lexSource(Path, Root.read(Path).value_or(""));
  return *File;
}

const std::vector<const Definition *> &Corpus::named(const std::string &Name) {
  auto [It, New] = Names.try_emplace(Name);
  if (!New)
    return It->second;
  std::vector<const Definition *> Found;
  for (uint32_t Id : MayDefine.textsWith(Name))
    for (const Definition &D : lexed(Paths[Id]).definitions)
      if (D.name == Name)
        Found.push_back(&D);
  return Names[Name] = std::move(Found);
}

std::vector<const Definition *> Corpus::resolve(const std::string &Name, const SourceFile *From) {
  std::vector<const Definition *> Own, Shared;
  for (const Definition *D : named(Name)) {
    bool Private = !D->file->isHeader() && (D->is_static || D->is_macro);
    if (D->file == From)
      Own.push_back(D);
    if (!Private)
      Shared.push_back(D);
  }
  bool OwnPrivate = std::any_of(Own.begin(), Own.end(), [](const Definition *D) {
    return !D->file->isHeader() && D->is_static && !D->is_macro;
  });
  if (OwnPrivate)
    return Own;
  for (const Definition *D : Own)
    if (std::find(Shared.begin(), Shared.end(), D) == Shared.end())
      Shared.push_back(D);
  return Shared;
}

std::optional<Condition> Corpus::makefileCondition(const std::string &Path) const {
  std::string Makefile = (llvm::sys::path::parent_path(Path) + "/Makefile").str();
  std::optional<std::string> Text = Root.read(Makefile);
  if (!Text)
    return std::nullopt;
  std::string Object = (llvm::sys::path::stem(Path) + ".o").str();
  std::optional<Condition> Result;
  unsigned Nesting = 0;
  for (const std::string &Line : logicalLines(*Text)) {
    llvm::StringRef L = llvm::StringRef(Line).split('#').first.trim();
    Nesting += L.starts_with("if");
    Nesting -= L.starts_with("endif") && Nesting > 0;
    auto [Target, Words] = L.split('=');
    llvm::SmallVector<llvm::StringRef, 16> Objects;
    Words.split(Objects, ' ', -1, false);
    bool Named = std::any_of(Objects.begin(), Objects.end(), [&](llvm::StringRef W) { return W.trim() == Object; });
    if (!Named || Target.starts_with("CFLAGS"))
      continue;
    std::optional<Condition> C = conditionOfTarget(Target.rtrim(" \t:+?"));
    if (Result || Nesting > 0 || !C)
      return std::nullopt; // built in several ways: no simple condition
    Result = C;
  }
  return Result;
}

std::optional<Condition> Corpus::includeCondition(const std::string &Path) {
  llvm::StringRef Base = llvm::sys::path::filename(Path);
  llvm::StringRef Public = llvm::StringRef(Path);
  Public.consume_front("include/");
  std::optional<Condition> Common;
  for (uint32_t Id : Mention.textsWith(Base)) {
    const std::string &User = Paths[Id];
    if (User == Path)
      continue;
    for (const Include &I : lexed(User).includes) {
      bool Same = I.path == Public ||
                  (llvm::sys::path::parent_path(User) + "/" + I.path).str() == Path;
      if (!Same)
        continue;
      if (I.condition.empty())
        return Condition();
      if (Common && *Common != I.condition)
        return std::nullopt;
      Common = I.condition;
    }
  }
  return Common;
}

const Condition &Corpus::fileCondition(const SourceFile &File) {
  auto [It, New] = FileConditions.try_emplace(File.path);
  if (New) {
    std::optional<Condition> C = File.isHeader() ? includeCondition(File.path) : makefileCondition(File.path);
    FileConditions[File.path] = C ? *C : Condition{{"whatever brings in " + File.path, true}};
  }
  return FileConditions[File.path];
}

/// What the configuration says of a literal; nothing: it does not know.
std::optional<bool> Corpus::answer(const CondLiteral &L) const {
  llvm::StringRef Symbol = L.text;
  // A macro of a symbol that is m; those of mm/ and kernel/rcu/ are none.
  if (!Config || !Symbol.consume_front("CONFIG_") || Symbol.ends_with("_MODULE") || Symbol.find_first_of(" ()") != llvm::StringRef::npos)
    return std::nullopt;
  std::optional<std::string> Value = Config->value(Symbol);
  if (!Value || (*Value != "y" && *Value != "n"))
    return std::nullopt;
  return (*Value == "y") == L.positive;
}

std::vector<std::string> Corpus::answeredOf(const Definition &D) {
  std::vector<std::string> Symbols;
  for (const CondLiteral &L : both(D.condition, fileCondition(*D.file)))
    if (answer(L))
      Symbols.push_back(L.text.substr(std::strlen("CONFIG_")));
  return Symbols;
}

Condition Corpus::conditionOf(const Definition &D) {
  Condition Left;
  for (const CondLiteral &L : both(D.condition, fileCondition(*D.file)))
    if (std::optional<bool> Holds = answer(L); !Holds)
      Left.insert(L);
    else if (!*Holds)
      Left.insert({"0", true});
  return Left;
}

const std::map<std::string, Condition> &Corpus::dependencies() {
  if (!Dependencies) {
    Dependencies.emplace();
    for (const char *File : Kconfigs)
      addDependencies(Root.read(File).value_or(""), *Dependencies);
  }
  return *Dependencies;
}

Condition Corpus::withDependencies(const Condition &World) {
  Condition Result = World;
  std::vector<CondLiteral> Open(World.begin(), World.end());
  while (!Open.empty()) {
    CondLiteral L = Open.back();
    Open.pop_back();
    auto It = L.positive ? dependencies().find(L.text) : dependencies().end();
    if (It == dependencies().end())
      continue;
    for (const CondLiteral &More : It->second)
      if (Result.insert(More).second)
        Open.push_back(More);
  }
  return Result;
}

bool Corpus::canExist(const Definition &D, const std::vector<const Definition *> &Siblings, const Condition &Asked) {
  Condition Mine = conditionOf(D), World = withDependencies(Asked);
  if (contradicts(Mine, World) || contradicts(Mine, Mine))
    return false;
  return std::none_of(Siblings.begin(), Siblings.end(), [&](const Definition *Other) {
    return Other != &D && !implies(World, Mine) && implies(World, conditionOf(*Other));
  });
}

} // namespace krcu::semantics
