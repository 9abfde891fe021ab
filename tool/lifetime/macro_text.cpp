// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A chain of ## is a pattern: what is a word in it stands as it is, what is not known is anything. The word that is looked for fits or does not.
#include "tool/lifetime/macro_text.h"

#include "tool/lifetime/words.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include <utility>

using llvm::StringRef;

namespace krcu {
namespace {

constexpr unsigned MaxDepth = 8, MaxSteps = 2000; ///< beyond them a use may make anything
constexpr unsigned MaxNested = 40;                ///< calls within calls of which the meaning is looked for
constexpr size_t MaxText = 200;                   ///< of a macro that is nothing but a name

bool isBlank(char C) { return C == ' ' || C == '\t' || C == '\\' || C == '\n' || C == '\r'; }

/// StringRef::trim() makes a table of the characters each time, and this is asked some hundred thousand times.
StringRef trimmed(StringRef Text) {
  Text = Text.drop_while(isBlank);
  while (!Text.empty() && isBlank(Text.back()))
    Text = Text.drop_back();
  return Text;
}

std::vector<std::string> parametersOf(StringRef Behind, bool &Variadic) {
  std::vector<std::string> Names;
  if (!Behind.consume_front("("))
    return Names; // like an object
  llvm::SmallVector<StringRef, 8> Parts;
  Behind.take_until([](char C) { return C == ')'; }).split(Parts, ',');
  for (StringRef Name : Parts) {
    Name = trimmed(Name);
    if (Name.consume_back("...")) {
      Variadic = true;
      Name = Name.rtrim().empty() ? "__VA_ARGS__" : Name.rtrim();
    }
    if (!Name.empty())
      Names.push_back(Name.str());
  }
  return Names;
}

/// Operands that are no words end a chain: what they make is no name.
std::vector<std::vector<std::string>> chainsOf(StringRef Text) {
  std::vector<std::vector<std::string>> Chains;
  size_t End = 0; // of the last chain
  for (size_t At = Text.find("##"); At != StringRef::npos; At = Text.find("##", At + 2)) {
    StringRef Left = lastWord(trimmed(Text.take_front(At))), Right = Text.substr(At + 2).drop_while(isBlank).take_while(isWord);
    if (Left.empty() || Right.empty())
      continue; // , ##__VA_ARGS__ makes no name
    if (!Chains.empty() && static_cast<size_t>(Left.end() - Text.begin()) == End)
      Chains.back().push_back(Right.str());
    else
      Chains.push_back({Left.str(), Right.str()});
    End = static_cast<size_t>(Right.end() - Text.begin());
  }
  return Chains;
}

bool isPattern(StringRef Text) {
  return llvm::all_of(Text, [](char C) { return isWord(C) || C == NameMaker::Anything[0]; });
}

/// What a chain makes of the arguments, which are pasted as they stand.
std::string joined(llvm::ArrayRef<std::string> Chain, const MacroText &M, const MacroArguments &Arguments) {
  std::string Made;
  for (const std::string &Operand : Chain) {
    auto It = llvm::find(M.parameters, Operand);
    if (It == M.parameters.end())
      Made += Operand;
    else if (StringRef Given = Arguments ? StringRef((*Arguments)[static_cast<size_t>(It - M.parameters.begin())]) : StringRef(); Arguments && isPattern(Given))
      Made += Given;
    else
      Made += NameMaker::Anything;
  }
  return Made.size() > MaxText ? NameMaker::Anything : Made;
}

/// Whether the word can be read as the pattern; `Spelt`: nothing in it may be unknown.
bool fits(StringRef Pattern, StringRef Word, bool Spelt) {
  llvm::SmallVector<StringRef, 8> Parts;
  Pattern.split(Parts, NameMaker::Anything[0]);
  if (Parts.size() == 1 || Spelt)
    return Word == Pattern;
  if (!Word.consume_front(Parts.front()) || !Word.consume_back(Parts.back()))
    return false;
  for (StringRef Part : llvm::ArrayRef(Parts).drop_front().drop_back()) {
    size_t At = Word.find(Part);
    if (At == StringRef::npos)
      return false;
    Word = Word.drop_front(At + Part.size());
  }
  return true;
}

/// Whether a text is words and ## alone.
bool isChainOnly(StringRef Text) {
  return llvm::all_of(Text, [](char C) { return isWord(C) || isBlank(C) || C == '#'; });
}

/// Whether there is an argument for each parameter. Those behind the last of a macro that takes any number become one.
bool fitsParameters(const MacroText &M, std::vector<std::string> &Arguments) {
  const size_t Wanted = M.parameters.size();
  if (Wanted == 0)
    return Arguments.size() == 1 && Arguments.front().empty();
  if (M.variadic && Arguments.size() + 1 == Wanted)
    Arguments.emplace_back();
  for (; M.variadic && Arguments.size() > Wanted; Arguments.pop_back())
    Arguments[Wanted - 1] = NameMaker::Anything;
  return Arguments.size() == Wanted;
}

} // namespace

bool MacroTable::add(const MacroText &M) {
  if (any(M.name, [&](const MacroText &Other) { return Other == M; }))
    return false;
  Own[M.name].push_back(&M);
  return true;
}

bool MacroTable::any(StringRef Name, llvm::function_ref<bool(const MacroText &)> Test, StringRef Only) const {
  auto It = Own.find(Name);
  if (It != Own.end() && llvm::any_of(It->getValue(), [&](const MacroText *M) { return (Only.empty() || M->file == Only) && Test(*M); }))
    return true;
  return Below && Below->any(Name, Test, Only);
}

std::vector<std::string> MacroTable::ownNames() const {
  std::vector<std::string> Names;
  for (const auto &Entry : Own)
    if (!Entry.getValue().empty())
      Names.push_back(Entry.getKey().str());
  llvm::sort(Names);
  return Names;
}

std::vector<std::string> MacroTable::names() const {
  std::vector<std::string> Names = ownNames();
  if (Below)
    llvm::append_range(Names, Below->names());
  llvm::sort(Names);
  Names.erase(std::unique(Names.begin(), Names.end()), Names.end());
  return Names;
}

MacroArguments argumentsOf(StringRef Behind, size_t *Length) {
  const StringRef Whole = Behind;
  Behind = Behind.drop_while(isBlank);
  if (!Behind.consume_front("("))
    return std::nullopt;
  std::vector<std::string> Result;
  int Depth = 0;
  size_t Begin = 0;
  for (size_t At = 0; At < Behind.size(); ++At) {
    char C = Behind[At];
    if (Depth == 0 && (C == ',' || C == ')')) {
      Result.push_back(trimmed(Behind.slice(Begin, At)).str());
      Begin = At + 1;
      if (C == ')') {
        if (Length)
          *Length = static_cast<size_t>(Behind.data() + At + 1 - Whole.data());
        return Result;
      }
    }
    Depth += (C == '(') - (C == ')');
  }
  return std::nullopt;
}

namespace {

/// Of a macro's first definition in a text.
struct FirstDefine {
  size_t at = 0, branch_end = 0; ///< of its name; of the branch of an #if that it stands in
  bool others = false;           ///< the name stands before it, or behind its branch
};

/// By name, with the ends of their branches.
llvm::StringMap<FirstDefine> firstDefines(StringRef Text) {
  llvm::StringMap<FirstDefine> Found;
  std::vector<std::vector<FirstDefine *>> Open(1); // of each branch that is not closed, those in it
  auto Close = [&](size_t End) {
    for (FirstDefine *D : Open.back())
      D->branch_end = End;
    Open.back().clear();
  };
  for (size_t Begin = 0; Begin < Text.size();) {
    const size_t End = std::min(Text.find('\n', Begin), Text.size());
    StringRef Line = Text.slice(Begin, End).ltrim(" \t");
    if (StringRef Name = macroDefinedBy(Line); !Name.empty()) {
      if (auto [It, New] = Found.try_emplace(Name); New) {
        It->second.at = static_cast<size_t>(Name.data() - Text.data());
        Open.back().push_back(&It->second);
      }
    } else if (Line.consume_front("#")) {
      Line = Line.ltrim(" \t");
      if (Line.starts_with("if"))
        Open.emplace_back();
      else if (Line.starts_with("el") || Line.starts_with("endif"))
        Close(Begin);
      if (Line.starts_with("endif") && Open.size() > 1)
        Open.pop_back();
    }
    Begin = End + 1;
  }
  for (; !Open.empty(); Open.pop_back())
    Close(Text.size());
  return Found;
}

} // namespace

llvm::StringSet<> ownMacros(StringRef Text) {
  llvm::StringMap<FirstDefine> Defines = firstDefines(Text);
  for (size_t At = 0; At < Text.size();) {
    const StringRef Word = Text.substr(At).take_while(isWord);
    if (auto It = Word.empty() ? Defines.end() : Defines.find(Word); It != Defines.end())
      It->second.others |= At < It->second.at || At >= It->second.branch_end;
    At += std::max<size_t>(Word.size(), 1);
  }
  llvm::StringSet<> Own;
  for (const auto &Entry : Defines)
    if (!Entry.getValue().others)
      Own.insert(Entry.getKey());
  return Own;
}

MacroText readMacro(StringRef Directive) {
  MacroText M;
  StringRef Name = macroDefinedBy(Directive);
  if (Name.empty())
    return M; // no #define
  M.name = Name.str();
  StringRef Behind = Directive.drop_front(static_cast<size_t>(Name.end() - Directive.begin()));
  M.object = !Behind.starts_with("(");
  M.parameters = parametersOf(Behind, M.variadic);
  StringRef Text = M.object ? Behind : Behind.split(')').second;
  M.chains = chainsOf(Text);
  for (const auto &Chain : M.chains)
    M.patterns.push_back(joined(Chain, M, std::nullopt));
  if (trimmed(Text).size() <= MaxText)
    M.text = trimmed(Text).str();
  for (size_t At = 0; At < Text.size();) {
    if (!isWord(Text[At])) {
      ++At;
      continue;
    }
    StringRef Word = Text.substr(At).take_while(isWord);
    At += Word.size();
    if (llvm::isDigit(Word.front()) || llvm::is_contained(M.parameters, Word))
      continue;
    size_t Length = 0;
    MacroArguments Arguments = argumentsOf(Text.substr(At), &Length);
    M.calls.push_back({Word.str(), std::move(Arguments), At - Word.size(), At + Length});
  }
  return M;
}

bool NameMaker::canBe(StringRef Pattern, StringRef Word) { return fits(Pattern, Word, false); }

bool NameMaker::canJoin(const MacroText &M, StringRef Word) {
  return llvm::any_of(M.patterns, [&](const std::string &Pattern) { return canBe(Pattern, Word); });
}

/// What a text in a macro means, with the macro's own arguments put in: a pattern.
std::string NameMaker::meaning(StringRef Text, const MacroText &M, const MacroArguments &Given, unsigned Depth) const {
  Text = trimmed(Text);
  if (Depth > MaxNested)
    return Anything;
  if (auto It = llvm::find(M.parameters, Text); It != M.parameters.end()) {
    if (!Given)
      return Anything;
    const std::string &Argument = (*Given)[static_cast<size_t>(It - M.parameters.begin())];
    return isPattern(Argument) ? Expand(Argument) : Anything;
  }
  StringRef Word = Text.take_while(isWord);
  if (Word == Text)
    return Text.str();
  if (std::vector<std::vector<std::string>> Chains = chainsOf(Text); Chains.size() == 1 && isChainOnly(Text))
    return joined(Chains.front(), M, Given);
  size_t Length = 0;
  MacroArguments Arguments = argumentsOf(Text.drop_front(Word.size()), &Length);
  return Word.size() + Length == Text.size() ? nameMadeBy({Word.str(), std::move(Arguments), 0, Text.size()}, M, Given, Depth) : Anything;
}

/// What a call in a macro becomes, if the macro that is called is nothing but a name: a pattern.
std::string NameMaker::nameMadeBy(const MacroCall &C, const MacroText &M, const MacroArguments &Given, unsigned Depth) const {
  const MacroText *Callee = nullptr;
  MacroArguments Arguments;
  bool Several = anyFitting(C.name, C.arguments, M.file, [&](const MacroText &Each, const MacroArguments &Fitting) {
    if (Callee && !Callee->readsAs(Each))
      return true;
    Callee = &Each;
    Arguments = Fitting;
    return false;
  });
  if (Several || !Callee || Callee->text.empty() || !Arguments)
    return Anything;
  for (std::string &Argument : *Arguments)
    Argument = meaning(Argument, M, Given, Depth + 1);
  return meaning(Callee->text, *Callee, Arguments, Depth + 1);
}

/// Whether a definition is as asked for, of those that such arguments can be for; of all, with arguments that are not known, if there is none.
bool NameMaker::anyFitting(const std::string &Macro, const MacroArguments &Given, const std::string &File,
                           llvm::function_ref<bool(const MacroText &, const MacroArguments &)> Test) const {
  const StringRef Only = Owns && !File.empty() && Owns(File, Macro) ? StringRef(File) : StringRef();
  bool Fitting = false;
  if (Given && Known.any(Macro, [&](const MacroText &M) {
        MacroArguments Own = Given;
        if (!fitsParameters(M, *Own))
          return false;
        Fitting = true;
        return Test(M, Own);
      }, Only))
    return true;
  return !Fitting && Known.any(Macro, [&](const MacroText &M) { return Test(M, std::nullopt); }, Only);
}

/// The word can be what a part of a use has become.
bool NameMaker::fitsWord(const std::string &Pattern) const {
  if (Trace)
    Trace->patterns.push_back(Pattern);
  return fits(Pattern, Word, Spelt);
}

bool NameMaker::expands(const MacroText &M, const MacroArguments &Arguments, unsigned Depth) {
  if (Depth > MaxDepth || ++Steps > MaxSteps)
    return fitsWord(Anything);
  if (llvm::any_of(M.chains, [&](const auto &Chain) { return fitsWord(joined(Chain, M, Arguments)); }))
    return true;
  size_t Done = 0; // what stands before is judged
  for (const MacroCall &C : M.calls) {
    if (C.begin < Done)
      continue; // a part of a name
    if (C.name == M.name)
      continue;
    if (!Known.any(C.name, [](const MacroText &) { return true; })) {
      if (Trace)
        Trace->unknown.push_back(C.name);
      continue;
    }
    if (std::string Made = nameMadeBy(C, M, Arguments, 0); Made != Anything) {
      if (fitsWord(Made))
        return true;
      Done = C.end;
      continue;
    }
    MacroArguments Given = C.arguments;
    if (Given)
      for (std::string &Argument : *Given)
        Argument = meaning(Argument, M, Arguments, 0);
    if (anyFitting(C.name, Given, M.file, [&](const MacroText &Inner, const MacroArguments &Own) { return expands(Inner, Own, Depth + 1); }))
      return true;
  }
  return false;
}

bool NameMaker::spells(const std::string &Macro, const MacroArguments &Arguments, const std::string &File) {
  Spelt = true;
  bool Result = makes(Macro, Arguments, File);
  Spelt = false;
  return Result;
}

bool NameMaker::makes(const std::string &Macro, const MacroArguments &Arguments, const std::string &File) {
  Steps = 0;
  return anyFitting(Macro, Arguments, File, [&](const MacroText &M, const MacroArguments &Own) { return expands(M, Own, 0); });
}

MakerTrace NameMaker::traced(const std::string &Macro, const std::string &File) {
  MakerTrace Result;
  Trace = &Result;
  makes(Macro, std::nullopt, File);
  Trace = nullptr;
  for (std::vector<std::string> *Each : {&Result.patterns, &Result.unknown}) {
    llvm::sort(*Each);
    Each->erase(std::unique(Each->begin(), Each->end()), Each->end());
  }
  return Result;
}

} // namespace krcu
