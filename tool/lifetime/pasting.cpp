// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Names that a macro puts together with ##. The macros are those of the module's texts and of the headers for everybody, and whoever uses one of
// them in a definition of its own. Which files mention a macro is asked of the index, once for all names that are looked for.
#include "tool/lifetime/pasting.h"
#include "tool/index/text_search.h"
#include "tool/lifetime/closure_text.h"
#include "tool/lifetime/mentions.h"
#include "tool/lifetime/variant_choices.h"
#include "tool/lifetime/words.h"
#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringMap.h"
#include <optional>
#include <utility>

using llvm::StringRef;

namespace krcu {

bool canPaste(StringRef Directive, StringRef Word) { return NameMaker::canJoin(readMacro(Directive), Word); }

bool canPaste(StringRef Directive, StringRef Behind, StringRef Word) { return canPaste(readMacro(Directive), Behind, Word); }

bool canPaste(const MacroText &M, StringRef Behind, StringRef Word) {
  MacroTable Alone;
  Alone.add(M);
  return NameMaker(Alone, Word, [](const std::string &Given) { return Given; }).makes(M.name, argumentsOf(Behind));
}

namespace {

/// A use of a macro: in the code of a text, or in the definition of another macro.
struct MacroUse {
  std::string file;
  std::string function;   ///< that the place stands in; empty: none
  MacroArguments arguments;
  bool alone = false;     ///< without parentheses, as an argument of something
  MacroText within;       ///< the macro whose definition the place stands in; its name is empty if there is none
};

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

/// What macros without parentheses stand for, by name; Anything where that is no word, or not the same everywhere.
using ObjectMacros = llvm::StringMap<std::string>;

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
    const std::string Meant = llvm::all_of(Value, isWord) ? Value.str() : NameMaker::Anything;
    auto [It, New] = To.try_emplace(Name, Meant);
    if (!New && It->second != Meant)
      It->second = NameMaker::Anything;
  }
}

/// Files, and the uses in them that were asked for.
struct TextGroup {
  std::vector<uint32_t> ids;      ///< of those that the index has, in increasing order
  std::vector<std::string> links; ///< the others
  llvm::BitVector asked;          ///< by number of a name
  std::map<unsigned, std::vector<MacroUse>> uses; ///< by number of a name, if there are some
};

/// A use within the definition of a macro for everybody, which makes some words and not others.
struct SomeWords {
  const MacroUse *use = nullptr;
  MakerTrace as_it_stands, may_be_any;
  std::optional<MakerTrace> meant; ///< read when a word needs it
};

/// What is read once: a word has nothing to do with most macros for everybody.
struct WideMacros {
  MacroTable any;                                 ///< can make every word
  std::vector<const MacroText *> joiners;         ///< can make some by themselves
  std::vector<SomeWords> some;                    ///< use one of those
  llvm::StringMap<std::vector<SomeWords *>> waiting; ///< by a word that was no known macro: those of `some` that it stands in
};

/// The sources of a module, or one of them, and what they include from around them.
struct ModuleTexts : TextGroup {
  std::map<std::string, std::vector<std::string>> sources; ///< by file: those that are compiled with it
  std::vector<MacroText> joiners;
  ObjectMacros objects;
};

} // namespace

/// What is read once, whatever word is looked for.
class PasteTables {
public:
  explicit PasteTables(const Database &DB);

  ModuleTexts &of(const std::set<std::string> &Sources);
  /// Of headers that every file may include.
  TextGroup &wide() { return Wide; }
  WideMacros &wideMacros();
  const std::vector<MacroUse> &uses(TextGroup &In, const std::string &Macro);
  /// What a macro without parentheses stands for, of headers that every file may include. Only one in capitals is looked for: words in small
  /// letters stand in thousands of them, and no macro there is a part of a name that a module knows.
  const std::string &wideObject(const std::string &Name);
  /// Whether a file has its own definitions of a macro.
  bool owns(const std::string &File, const std::string &Name);

private:
  std::vector<std::string> compiledWith(const std::string &Source);
  void addIncluded(const std::string &Near, StringRef Text, std::vector<std::string> &Work);

  const Database &DB;
  TextGroup Wide;
  std::vector<MacroText> Joiners;
  std::optional<WideMacros> Macros;
  llvm::StringMap<unsigned> Numbers; ///< of macros that were asked for
  ObjectMacros WideObjects;
  llvm::StringMap<llvm::StringSet<>> OwnMacros; ///< by file
  std::map<std::string, std::map<std::string, std::vector<std::string>>> Around; ///< headers in a directory's surroundings, by the last part of their names
  std::map<std::set<std::string>, ModuleTexts> Modules;
};

PasteTables::PasteTables(const Database &DB) : DB(DB) {
  const std::vector<IndexedFile> &Files = DB.index().files();
  for (uint32_t File = 0; File < Files.size(); ++File)
    if (isForEverybody(Files[File].path) && Files[File].problem.empty())
      Wide.ids.push_back(File);
  for (uint32_t File : DB.index().mentioningAmong(Index::PasteOperator, &Wide.ids))
    if (auto Text = DB.index().text(File))
      llvm::append_range(Joiners, joinersIn(*Text, Files[File].path));
}

void PasteTables::addIncluded(const std::string &Near, StringRef Text, std::vector<std::string> &Work) {
  auto [Headers, New] = Around.try_emplace(Near);
  if (New)
    for (uint32_t Id : headersBelow(DB.index(), Near)) {
      const std::string &Path = DB.index().files()[Id].path;
      Headers->second[Path.substr(Path.rfind('/') + 1)].push_back(Path);
    }
  forEachInclude(Text, [&, &Known = Headers->second](StringRef Name, bool) {
    auto It = Known.find(Name.substr(Name.rfind('/') + 1).str());
    if (It != Known.end())
      llvm::append_range(Work, It->second);
  });
}

/// The source and what it includes from around it, as far as it can be read.
std::vector<std::string> PasteTables::compiledWith(const std::string &Source) {
  const std::string Near = surroundingsOf(Source);
  std::set<std::string> Done;
  std::vector<std::string> Files, Work{Source};
  while (!Work.empty()) {
    std::string File = std::move(Work.back());
    Work.pop_back();
    std::shared_ptr<const std::string> Text = Done.insert(File).second ? textOf(DB, File) : nullptr;
    if (!Text)
      continue;
    addIncluded(Near, *Text, Work);
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
      auto Text = With.size() == 1 ? textOf(DB, File) : nullptr;
      if (!Text)
        continue;
      llvm::append_range(M.joiners, joinersIn(*Text, File));
      addObjects(*Text, M.objects);
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

namespace {

/// The question of a use, in three ways: whether a word is a macro is asked only where it makes a difference.
class Makers {
public:
  /// `Expand`: what is behind a word that is a macro without parentheses.
  Makers(PasteTables &Tables, const MacroTable &Known, StringRef Word, NameMaker::Expansion Expand)
      : AsItStands(maker(Tables, Known, Word, [](const std::string &Given) { return Given; })),
        MayBeAny(maker(Tables, Known, Word, [](const std::string &Given) { return isPlainWord(Given) ? NameMaker::Anything : Given; })),
        Meant(maker(Tables, Known, Word, [Expand = std::move(Expand)](const std::string &Given) { return isPlainWord(Given) ? Expand(Given) : Given; })) {}

  bool makes(const std::string &Macro, const MacroArguments &Arguments, const std::string &File) {
    return AsItStands.makes(Macro, Arguments, File) || (MayBeAny.makes(Macro, Arguments, File) && Meant.makes(Macro, Arguments, File));
  }
  bool spells(const std::string &Macro, const MacroArguments &Arguments, const std::string &File) { return Meant.spells(Macro, Arguments, File); }
  /// What the answers about a macro that is used with anything rest on.
  void trace(const MacroText &M, SomeWords &To) {
    To.as_it_stands = AsItStands.traced(M.name, M.file);
    To.may_be_any = MayBeAny.traced(M.name, M.file);
  }
  MakerTrace traceMeant(const MacroText &M) { return Meant.traced(M.name, M.file); }

private:
  static NameMaker maker(PasteTables &Tables, const MacroTable &Known, StringRef Word, NameMaker::Expansion Expand) {
    return {Known, Word, std::move(Expand), [&Tables](const std::string &File, const std::string &Name) { return Tables.owns(File, Name); }};
  }
  NameMaker AsItStands, MayBeAny, Meant;
};

/// Adds the macros whose definitions use a known one, and so on. Returns the uses in definitions that do not make the word.
std::vector<const MacroUse *> closeOver(PasteTables &Tables, MacroTable &Known, std::vector<std::string> Work, TextGroup &In, Makers &Make) {
  std::vector<const MacroUse *> Left;
  while (!Work.empty()) {
    const std::string Macro = std::move(Work.back());
    Work.pop_back();
    for (const MacroUse &U : Tables.uses(In, Macro)) {
      if (U.within.name.empty() || !Known.add(U.within))
        continue;
      if (Make.makes(U.within.name, std::nullopt, U.file)) {
        Work.push_back(U.within.name);
      } else {
        Known.remove(U.within);
        Left.push_back(&U);
      }
    }
  }
  return Left;
}

NameMaker::Expansion wideObjects(PasteTables &Tables) {
  return [&Tables](const std::string &Name) { return Tables.wideObject(Name); };
}

/// No text spells a part of it, so a macro that can make it can make every word.
constexpr char EveryWord[] = "\x01";

/// Uses that make some words: each definition once.
void readSome(PasteTables &Tables, WideMacros &M, llvm::ArrayRef<const MacroUse *> Uses) {
  MacroTable Seen(&M.any);
  for (const MacroUse *U : Uses) {
    if (!Seen.add(U->within))
      continue;
    MacroTable With(&M.any);
    With.add(U->within);
    M.some.emplace_back().use = U;
    Makers(Tables, With, EveryWord, wideObjects(Tables)).trace(U->within, M.some.back());
  }
  for (SomeWords &S : M.some)
    for (const MakerTrace *Trace : {&S.as_it_stands, &S.may_be_any})
      for (const std::string &Word : Trace->unknown)
        if (std::vector<SomeWords *> &Waiting = M.waiting[Word]; Waiting.empty() || Waiting.back() != &S)
          Waiting.push_back(&S);
}

/// Whether a use can make the word, as far as macros that can make every word are known.
bool canMake(PasteTables &Tables, SomeWords &S, StringRef Word) {
  auto Fits = [&](const MakerTrace &Trace) { return llvm::any_of(Trace.patterns, [&](const std::string &P) { return NameMaker::canBe(P, Word); }); };
  if (Fits(S.as_it_stands))
    return true;
  if (!Fits(S.may_be_any))
    return false;
  if (!S.meant) {
    MacroTable With(&Tables.wideMacros().any);
    With.add(S.use->within);
    S.meant = Makers(Tables, With, EveryWord, wideObjects(Tables)).traceMeant(S.use->within);
  }
  return Fits(*S.meant);
}

/// One search for uses that make one word.
class PasteSearch {
public:
  PasteSearch(const Database &DB, PasteTables &Tables, StringRef Word);
  /// In the sources and in what they include from around them.
  std::set<PastingUse> among(const std::set<std::string> &Sources);

private:
  void addWaiting();
  bool isUse(const MacroTable &Known, const std::string &Macro, const MacroUse &U) const;
  bool includes(const std::string &Source, const std::string &Header) const;

  const Database &DB;
  PasteTables &Tables;
  StringRef Word;
  MacroTable Wide; ///< macros for everybody that can make the word
};

PasteSearch::PasteSearch(const Database &DB, PasteTables &Tables, StringRef Word) : DB(DB), Tables(Tables), Word(Word), Wide(&Tables.wideMacros().any) {
  std::vector<std::string> Names;
  for (const MacroText *M : Tables.wideMacros().joiners)
    if (NameMaker::canJoin(*M, Word) && Wide.add(*M))
      Names.push_back(M->name);
  for (SomeWords &S : Tables.wideMacros().some)
    if (canMake(Tables, S, Word) && Wide.add(S.use->within))
      Names.push_back(S.use->within.name);
  Makers Make(Tables, Wide, Word, wideObjects(Tables));
  closeOver(Tables, Wide, std::move(Names), Tables.wide(), Make);
  addWaiting();
}

/// A use that was asked about before one of its words was known to be a macro that makes this word is asked about again.
void PasteSearch::addWaiting() {
  Makers Make(Tables, Wide, Word, wideObjects(Tables));
  std::vector<std::string> New = Wide.ownNames();
  while (!New.empty()) {
    const std::string Name = std::move(New.back());
    New.pop_back();
    for (SomeWords *S : Tables.wideMacros().waiting.lookup(Name)) {
      const MacroText &Within = S->use->within;
      if (!Wide.add(Within))
        continue;
      if (!Make.makes(Within.name, std::nullopt, S->use->file)) {
        Wide.remove(Within);
        continue;
      }
      New.push_back(Within.name);
      closeOver(Tables, Wide, {Within.name}, Tables.wide(), Make);
    }
  }
}

/// Whether the macro is expanded there: one with parentheses must have them, or be handed on to a macro that adds them.
bool PasteSearch::isUse(const MacroTable &Known, const std::string &Macro, const MacroUse &U) const {
  return U.within.name.empty() && (U.arguments || U.alone || Known.any(Macro, [](const MacroText &M) { return M.object; }));
}

bool PasteSearch::includes(const std::string &Source, const std::string &Header) const {
  int Id = DB.index().find(Source);
  const std::vector<uint32_t> &In = DB.transitiveIncludersOf(Header);
  return Id >= 0 && std::binary_search(In.begin(), In.end(), static_cast<uint32_t>(Id));
}

std::set<PastingUse> PasteSearch::among(const std::set<std::string> &Sources) {
  ModuleTexts &M = Tables.of(Sources);
  MacroTable Known(&Wide);
  std::vector<std::string> Names = Known.names();
  for (const MacroText &Joiner : M.joiners)
    if (NameMaker::canJoin(Joiner, Word) && Known.add(Joiner))
      Names.push_back(Joiner.name);
  const NameMaker::Expansion Expand = [&](const std::string &Name) {
    auto It = M.objects.find(Name);
    return It == M.objects.end() ? Tables.wideObject(Name) : It->second;
  };
  Makers Make(Tables, Known, Word, Expand);
  closeOver(Tables, Known, std::move(Names), M, Make);
  std::set<PastingUse> Found;
  for (const std::string &Macro : Known.names()) {
    for (const MacroUse &U : Tables.uses(M, Macro))
      if (isUse(Known, Macro, U) && Make.makes(Macro, U.arguments, U.file))
        for (const std::string &Source : M.sources[U.file])
          Found.insert({Macro, Source, U.file == Source ? "" : U.function});
    // In an inline function, say. What is for everybody can only mean a module's name if it spells it.
    for (const MacroUse &U : Tables.uses(Tables.wide(), Macro))
      if (isUse(Known, Macro, U) && Make.spells(Macro, U.arguments, U.file))
        for (const std::string &Source : Sources)
          if (includes(Source, U.file))
            Found.insert({Macro, Source, U.function});
  }
  return Found;
}

} // namespace

WideMacros &PasteTables::wideMacros() {
  if (Macros)
    return *Macros;
  WideMacros &M = Macros.emplace();
  std::vector<std::string> Names;
  for (const MacroText &Joiner : Joiners)
    if (!NameMaker::canJoin(Joiner, EveryWord))
      M.joiners.push_back(&Joiner);
    else if (M.any.add(Joiner))
      Names.push_back(Joiner.name);
  Makers Make(*this, M.any, EveryWord, wideObjects(*this));
  readSome(*this, M, closeOver(*this, M.any, std::move(Names), Wide, Make));
  return M;
}

static PasteTables &tablesOf(const Database &DB) {
  std::shared_ptr<PasteTables> &Tables = DB.pasteTables();
  if (!Tables)
    Tables = std::make_shared<PasteTables>(DB);
  return *Tables;
}

void readWidePastes(const Database &DB) {
  tablesOf(DB).wideMacros();
}

std::set<PastingUse> usesThatPaste(const Database &DB, const std::set<std::string> &Sources, StringRef Word, bool Alone) {
  std::set<std::string> All = Sources;
  if (!Alone)
    for (const std::string &Source : Sources)
      for (const std::string &Other : DB.moduleOf(Source).files)
        if (StringRef(Other).ends_with(".c"))
          All.insert(Other);
  return PasteSearch(DB, tablesOf(DB), Word).among(All);
}

} // namespace krcu
