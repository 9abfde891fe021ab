// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Names that a macro puts together with ##. Text decides: an operand of ## is a parameter or a word, and an argument that is pasted is not
// expanded before.
#include "tool/lifetime/pasting.h"
#include "tool/lifetime/mentions.h"
#include "tool/lifetime/variant_choices.h"
#include "tool/lifetime/words.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include <optional>

using llvm::StringRef;

namespace krcu {
namespace {

bool isBlank(char C) { return C == ' ' || C == '\t' || C == '\\' || C == '\n' || C == '\r'; }

StringRef dropBlanksBehind(StringRef Text) {
  while (!Text.empty() && isBlank(Text.back()))
    Text = Text.drop_back();
  return Text;
}

/// The parameters of "#define NAME(a, b) ...".
llvm::SmallVector<StringRef, 8> parametersOf(StringRef Directive) {
  llvm::SmallVector<StringRef, 8> Names;
  Directive.take_until([](char C) { return C == ')'; }).split('(').second.split(Names, ',');
  for (StringRef &Name : Names)
    Name = Name.trim(" \t\r\n\\");
  return Names;
}

/// Words that ## joins, as the macro has them: {"n", "_cache"} of n##_cache. Other operands end a chain: what they make is no name.
llvm::SmallVector<llvm::SmallVector<StringRef, 4>, 4> chainsOf(StringRef Directive) {
  llvm::SmallVector<llvm::SmallVector<StringRef, 4>, 4> Chains;
  size_t End = 0; // of the last chain
  for (size_t At = Directive.find("##"); At != StringRef::npos; At = Directive.find("##", At + 2)) {
    StringRef Left = lastWord(dropBlanksBehind(Directive.take_front(At)));
    StringRef Right = Directive.substr(At + 2).drop_while(isBlank).take_while(isWord);
    if (Left.empty() || Right.empty())
      continue; // , ##__VA_ARGS__ makes no name
    bool GoesOn = !Chains.empty() && static_cast<size_t>(Left.end() - Directive.begin()) == End;
    if (GoesOn)
      Chains.back().push_back(Right);
    else
      Chains.push_back({Left, Right});
    End = static_cast<size_t>(Right.end() - Directive.begin());
  }
  return Chains;
}

/// What stands between the commas of (a, b); nothing if the parentheses do not close.
std::optional<llvm::SmallVector<StringRef, 8>> argumentsBehind(StringRef Behind) {
  Behind = Behind.ltrim();
  if (!Behind.consume_front("("))
    return std::nullopt;
  llvm::SmallVector<StringRef, 8> Result;
  int Depth = 0;
  size_t Begin = 0;
  for (size_t At = 0; At < Behind.size(); ++At) {
    char C = Behind[At];
    if (Depth == 0 && (C == ',' || C == ')')) {
      Result.push_back(Behind.slice(Begin, At).trim());
      Begin = At + 1;
      if (C == ')')
        return Result;
    }
    Depth += (C == '(') - (C == ')');
  }
  return std::nullopt;
}

} // namespace

bool canPaste(StringRef Directive, StringRef Word) {
  llvm::SmallVector<StringRef, 8> Parameters = parametersOf(Directive);
  for (const auto &Chain : chainsOf(Directive))
    for (size_t N = 0; N + 1 < Chain.size(); ++N)
      if ((llvm::is_contained(Parameters, Chain[N]) || Word.contains(Chain[N])) &&
          (llvm::is_contained(Parameters, Chain[N + 1]) || Word.contains(Chain[N + 1])))
        return true;
  return false;
}

bool canPaste(StringRef Directive, StringRef Behind, StringRef Word) {
  llvm::SmallVector<StringRef, 8> Parameters = parametersOf(Directive);
  auto Arguments = argumentsBehind(Behind);
  if (!Arguments || Arguments->size() != Parameters.size())
    return canPaste(Directive, Word);
  for (const auto &Chain : chainsOf(Directive)) {
    std::string Made;
    for (StringRef Part : Chain) {
      auto *It = llvm::find(Parameters, Part);
      StringRef Text = It == Parameters.end() ? Part : (*Arguments)[static_cast<size_t>(It - Parameters.begin())];
      if (!llvm::all_of(Text, isWord))
        return canPaste(Directive, Word);
      Made += Text;
    }
    if (Made == Word)
      return true;
  }
  return false;
}

namespace {

/// One search for uses that make one word.
class PasteSearch {
public:
  PasteSearch(const Database &DB, StringRef Word) : DB(DB), Word(Word) {}

  /// The source and what it includes from around it.
  void lookAt(const std::string &Source);
  std::set<PastingUse> Found;

private:
  struct Seen {
    std::string path;
    std::shared_ptr<const std::string> text;
  };
  std::vector<Seen> compiledWith(const std::string &Source);
  void addIncluded(const std::string &Source, StringRef Text, std::vector<std::string> &Work);
  void collectMacros(const std::vector<Seen> &Texts);
  const std::vector<std::string> &directivesOf(const std::string &Macro);
  bool makesWord(const std::string &Macro, StringRef Behind);
  bool mayMakeWord(const std::string &Macro, StringRef Directive, StringRef Behind);
  void usesIn(const std::string &Source, const Seen &S);
  std::string functionAround(const Seen &S, const std::string &Macro, size_t At) const;

  const Database &DB;
  StringRef Word;
  std::map<std::string, std::vector<std::string>> Around; ///< file names of headers in a directory's surroundings, by the last part
  std::set<std::string> Listed;                           ///< surroundings whose headers are in it
  std::map<std::string, std::vector<std::string>> Own;    ///< definitions of this source's macros that paste, by name
  std::set<std::string> Given;                            ///< what is given a part of the word, and what macros among that use
  std::set<std::string> Loose;                            ///< macros of this source that use one, with what they are given
  std::map<std::string, std::vector<std::string>> Wide;   ///< the same of headers for everybody, as they are asked for
};

void PasteSearch::addIncluded(const std::string &Source, StringRef Text, std::vector<std::string> &Work) {
  const std::string Near = surroundingsOf(Source);
  if (Listed.insert(Near).second)
    for (uint32_t Id : headersBelow(DB.index(), Near)) {
      const std::string &Path = DB.index().files()[Id].path;
      Around[Path.substr(Path.rfind('/') + 1)].push_back(Path);
    }
  for (size_t At = Text.find("#include"); At != StringRef::npos; At = Text.find("#include", At + 1)) {
    StringRef Name = Text.substr(At + StringRef("#include").size()).take_until([](char C) { return C == '\n'; }).trim().drop_front();
    Name = Name.take_until([](char C) { return C == '"' || C == '>'; });
    auto It = Around.find(Name.substr(Name.rfind('/') + 1).str());
    if (It != Around.end())
      Work.insert(Work.end(), It->second.begin(), It->second.end());
  }
}

std::vector<PasteSearch::Seen> PasteSearch::compiledWith(const std::string &Source) {
  std::vector<Seen> Result;
  std::set<std::string> Done;
  std::vector<std::string> Work{Source};
  while (!Work.empty()) {
    std::string File = std::move(Work.back());
    Work.pop_back();
    if (!Done.insert(File).second)
      continue;
    std::shared_ptr<const std::string> Text = textOf(DB, File);
    if (!Text)
      continue;
    addIncluded(Source, *Text, Work);
    Result.push_back({File, std::move(Text)});
  }
  return Result;
}

void PasteSearch::collectMacros(const std::vector<Seen> &Texts) {
  Own.clear();
  Loose.clear();
  Given.clear();
  for (const Seen &S : Texts)
    for (size_t At = S.text->find("##"); At != std::string::npos; At = S.text->find("##", At + 2)) {
      StringRef Directive = directiveAround(*S.text, At);
      std::string Name = macroDefinedBy(Directive).str();
      if (Name.empty() || !canPaste(Directive, Word))
        continue;
      std::vector<std::string> &Known = Own[Name];
      if (Known.empty() || Known.back() != Directive)
        Known.push_back(Directive.str());
    }
}

/// Of headers that every file may include.
const std::vector<std::string> &PasteSearch::directivesOf(const std::string &Macro) {
  auto [It, New] = Wide.try_emplace(Macro);
  if (New)
    for (uint32_t File : DB.definingMacro(Macro, ""))
      if (auto Text = DB.index().text(File))
        for (const OutlineToken &T : DB.tokens(DB.index().files()[File].path, Macro)) {
          StringRef Directive = T.in_directive ? directiveAround(*Text, T.offset) : StringRef();
          if (macroDefinedBy(Directive) == Macro && canPaste(Directive, Word))
            It->second.push_back(Directive.str());
        }
  return It->second;
}

/// Whether arguments are parts of the word. A search of the headers for everybody is dear. There a macro that adds a part of its own has a name
/// in capitals; one in small letters, such as __concat(), only joins what it is given: `All`.
bool arePiecesOf(llvm::ArrayRef<StringRef> Arguments, StringRef Word, bool All) {
  auto Part = [&](StringRef A) { return !A.empty() && A.size() < Word.size() && llvm::all_of(A, isWord) && Word.contains(A); };
  if (!All)
    return llvm::any_of(Arguments, Part);
  return llvm::any_of(Arguments, [&](StringRef A) {
    return Part(A) && Word.starts_with(A) && llvm::any_of(Arguments, [&](StringRef B) { return Part(B) && Word.drop_front(A.size()).starts_with(B); });
  });
}

bool PasteSearch::makesWord(const std::string &Macro, StringRef Behind) {
  if (Loose.count(Macro))
    return true;
  auto Makes = [&](const std::string &Directive) { return canPaste(Directive, Behind, Word); };
  if (auto It = Own.find(Macro); It != Own.end() && llvm::any_of(It->second, Makes))
    return true;
  auto Arguments = argumentsBehind(Behind);
  if (!Arguments || !arePiecesOf(*Arguments, Word, /*All=*/false))
    return false;
  Given.insert(Macro);
  bool Piece = arePiecesOf(*Arguments, Word, /*All=*/!llvm::any_of(Macro, llvm::isUpper));
  return Piece && llvm::any_of(directivesOf(Macro), Makes);
}

/// The same in another macro, whose parameters are anything.
bool PasteSearch::mayMakeWord(const std::string &Macro, StringRef Directive, StringRef Behind) {
  if (Loose.count(Macro) || Own.count(Macro))
    return true;
  auto Arguments = argumentsBehind(Behind);
  llvm::SmallVector<StringRef, 8> Parameters = parametersOf(Directive);
  bool Joins = Arguments && (Arguments->size() > 1 || llvm::any_of(Macro, llvm::isUpper)); // as arePiecesOf() has it
  bool Given = Joins && llvm::all_of(*Arguments, [&](StringRef A) { return llvm::is_contained(Parameters, A) || (!A.empty() && Word.contains(A)); });
  return Given && !directivesOf(Macro).empty();
}

/// The function of a header that a use of a macro stands in; empty at file level.
std::string PasteSearch::functionAround(const Seen &S, const std::string &Macro, size_t At) const {
  int Id = DB.index().find(S.path);
  auto O = Id < 0 ? nullptr : DB.outline(static_cast<uint32_t>(Id));
  if (O)
    for (const OutlineToken &T : DB.tokens(S.path, Macro))
      if (T.offset == At && T.function >= 0)
        return O->functions[static_cast<size_t>(T.function)].name;
  return {};
}

void PasteSearch::usesIn(const std::string &Source, const Seen &S) {
  StringRef Text = *S.text;
  for (size_t Open = Text.find('('); Open != StringRef::npos; Open = Text.find('(', Open + 1)) {
    StringRef Name = lastWord(Text.take_front(Open));
    if (Name.empty() || llvm::isDigit(Name.front()))
      continue;
    const size_t Begin = static_cast<size_t>(Name.begin() - Text.begin());
    StringRef Directive = directiveAround(Text, Begin);
    const std::string Inside = macroDefinedBy(Directive).str();
    if (Inside == Name)
      continue;
    if (Inside.empty()) {
      if (makesWord(Name.str(), Text.substr(Open)))
        Found.insert({Name.str(), Source, S.path == Source ? "" : functionAround(S, Name.str(), Begin)});
    } else if (Given.count(Inside) && !Loose.count(Inside)) {
      Given.insert(Name.str());
      if (mayMakeWord(Name.str(), Directive, Text.substr(Open)))
        Loose.insert(Inside);
    }
  }
}

void PasteSearch::lookAt(const std::string &Source) {
  std::vector<Seen> Texts = compiledWith(Source);
  collectMacros(Texts);
  // A macro that uses one may stand in a text that was read before.
  for (size_t Before = SIZE_MAX; Before != Loose.size() + Given.size();) {
    Before = Loose.size() + Given.size();
    for (const Seen &S : Texts)
      usesIn(Source, S);
  }
}

} // namespace

std::set<PastingUse> usesThatPaste(const Database &DB, const std::set<std::string> &Sources, StringRef Word, bool Alone) {
  PasteSearch Search(DB, Word);
  std::set<std::string> All = Sources;
  if (!Alone)
    for (const std::string &Source : Sources)
      for (const std::string &Other : DB.moduleOf(Source).files)
        if (StringRef(Other).ends_with(".c"))
          All.insert(Other);
  for (const std::string &Source : All)
    Search.lookAt(Source);
  return std::move(Search.Found);
}

} // namespace krcu
