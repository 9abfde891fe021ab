// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Names that a macro puts together with ##. The macros are those of the module's texts and of the headers for everybody, and whoever uses one of
// them in a definition of its own. Which files mention a macro is asked of the index, once for all names that are looked for.
#include "tool/lifetime/pasting.h"
#include "tool/lifetime/paste_tables.h"
#include "tool/index/text_search.h"
#include "tool/lifetime/mentions.h"
#include "tool/lifetime/words.h"
#include "llvm/ADT/STLExtras.h"
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

WideMacros &wideMacros(PasteTables &Tables) {
  if (Tables.wideMacros())
    return *Tables.wideMacros();
  WideMacros &M = Tables.wideMacros().emplace();
  std::vector<std::string> Names;
  for (const MacroText &Joiner : Tables.joiners())
    if (!NameMaker::canJoin(Joiner, EveryWord))
      M.joiners.push_back(&Joiner);
    else if (M.any.add(Joiner))
      Names.push_back(Joiner.name);
  Makers Make(Tables, M.any, EveryWord, wideObjects(Tables));
  readSome(Tables, M, closeOver(Tables, M.any, std::move(Names), Tables.wide(), Make));
  return M;
}

/// Whether a use can make the word, as far as macros that can make every word are known.
bool canMake(PasteTables &Tables, SomeWords &S, StringRef Word) {
  auto Fits = [&](const MakerTrace &Trace) { return llvm::any_of(Trace.patterns, [&](const std::string &P) { return NameMaker::canBe(P, Word); }); };
  if (Fits(S.as_it_stands))
    return true;
  if (!Fits(S.may_be_any))
    return false;
  if (!S.meant) {
    MacroTable With(&wideMacros(Tables).any);
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

PasteSearch::PasteSearch(const Database &DB, PasteTables &Tables, StringRef Word) : DB(DB), Tables(Tables), Word(Word), Wide(&wideMacros(Tables).any) {
  std::vector<std::string> Names;
  for (const MacroText *M : wideMacros(Tables).joiners)
    if (NameMaker::canJoin(*M, Word) && Wide.add(*M))
      Names.push_back(M->name);
  for (SomeWords &S : wideMacros(Tables).some)
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
    for (SomeWords *S : wideMacros(Tables).waiting.lookup(Name)) {
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
  for (const MacroText *Joiner : M.joiners)
    if (NameMaker::canJoin(*Joiner, Word) && Known.add(*Joiner))
      Names.push_back(Joiner->name);
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

static PasteTables &tablesOf(const Database &DB) {
  std::shared_ptr<PasteTables> &Tables = DB.pasteTables();
  if (!Tables)
    Tables = std::make_shared<PasteTables>(DB);
  return *Tables;
}

void readWidePastes(const Database &DB) {
  wideMacros(tablesOf(DB));
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
