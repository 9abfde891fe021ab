// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Expansion of $(...) in makefiles: variables, substitution references, and the functions that need
// variables. Depth and work are bounded, because a makefile may define a to be $(b)$(b), b to be $(c)$(c),
// and so on.
#include "tool/kbuild/makefile.h"
#include "tool/kbuild/makefile_words.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"

namespace krcu::makefile {
namespace {

constexpr unsigned MaxDepth = 60;
constexpr size_t MaxWork = 20'000'000;

size_t closing(llvm::StringRef Text, size_t From) {
  const char Opening = Text[From - 1], Closing = Opening == '(' ? ')' : '}';
  unsigned Open = 1;
  for (size_t I = From; I < Text.size(); ++I) {
    if (Text[I] == Opening)
      ++Open;
    else if (Text[I] == Closing && --Open == 0)
      return I + 1;
  }
  return llvm::StringRef::npos;
}

std::vector<std::string> splitArguments(llvm::StringRef Text) {
  std::vector<std::string> Parts;
  int Open = 0;
  size_t Start = 0;
  for (size_t I = 0; I < Text.size(); ++I) {
    if (Text[I] == '(' || Text[I] == '{')
      ++Open;
    else if (Text[I] == ')' || Text[I] == '}')
      --Open;
    else if (Text[I] == ',' && Open <= 0) {
      Parts.push_back(Text.slice(Start, I).str());
      Start = I + 1;
    }
  }
  Parts.push_back(Text.drop_front(Start).str());
  return Parts;
}

/// The value of NAME in a list "base-suffix" variable, cut: "foo-" for foo-y, foo-m, foo-objs and foo-\1X\2.
llvm::StringRef listBase(llvm::StringRef Name) {
  if (size_t Mark = Name.find_first_of("\1\3"); Mark != llvm::StringRef::npos)
    return Mark && Name[Mark - 1] == '-' ? Name.take_front(Mark) : llvm::StringRef();
  for (llvm::StringRef Suffix : {"-y", "-m"})
    if (Name.ends_with(Suffix))
      return Name.drop_back(1);
  return {};
}

} // namespace

std::string Makefile::expand(llvm::StringRef Text, const Arguments *Parameters) {
  if (!Text.contains('$'))
    return Text.str();
  std::string Out;
  if (Depth >= MaxDepth)
    return Out;
  ++Depth;
  for (size_t I = 0; I < Text.size() && Work < MaxWork;) {
    size_t Dollar = std::min(Text.find('$', I), Text.size());
    Out += Text.slice(I, Dollar);
    Work += Dollar - I + 1;
    I = Dollar + 1;
    if (I >= Text.size())
      break;
    if (Text[I] == '(' || Text[I] == '{') {
      size_t End = closing(Text, I + 1);
      if (End == llvm::StringRef::npos)
        break;
      Out += reference(Text.slice(I + 1, End - 1), Parameters);
      I = End;
    } else if (Text[I] == '$') {
      Out += '$';
      ++I;
    } else {
      Out += reference(Text.substr(I, 1), Parameters);
      ++I;
    }
    Work += 16;
  }
  --Depth;
  Work += Out.size();
  if (Work >= MaxWork)
    tooMuch("its variables and functions come to more than " + std::to_string(MaxWork) + " characters, and the rest of it is not expanded");
  return Out;
}

std::string Makefile::reference(llvm::StringRef Inner, const Arguments *Parameters) {
  llvm::StringRef First = Inner.take_until([](char C) { return C == ' ' || C == '\t' || C == '$'; });
  if (First.size() < Inner.size() && Inner[First.size()] != '$')
    if (std::optional<std::string> Result = function(First, Inner.drop_front(First.size() + 1), Parameters))
      return *Result;
  std::string Name = expand(Inner, Parameters);
  unsigned Index;
  if (Parameters && !llvm::StringRef(Name).getAsInteger(10, Index))
    return Index < Parameters->size() ? (*Parameters)[Index] : std::string();
  // $(NAME:.c=.o) and $(NAME:m=y)
  auto [Variable, Change] = llvm::StringRef(Name).split(':');
  if (Change.contains('=')) {
    auto [From, To] = Change.split('=');
    std::string Value = lookup(Variable.str());
    if (hasMark(Value) && From == "m")
      return asConditions(Value);
    bool Known;
    bool Pattern = From.contains('%');
    return makefile::wordFunction(
        "patsubst", {(Pattern ? "" : "%") + From.str(), (Pattern ? "" : "%") + To.str(), Value}, Known);
  }
  return lookup(Name);
}

std::string Makefile::piecesOf(Variable &V, const std::string &Mark) {
  // A deferred variable that mentions itself: make reports an error; here it is simply empty.
  if (V.busy)
    return {};
  V.busy = true;
  std::string Out;
  for (size_t I = 0; I < V.pieces.size(); ++I) { // by index: $(eval) may append
    const Piece P = V.pieces[I];
    std::string Text = P.deferred ? expand(P.text) : P.text;
    if (!Out.empty() && !Text.empty())
      Out += ' ';
    Out += markWords(Text, conditionMarks(P.conditions) + Mark);
  }
  V.busy = false;
  return Out;
}

const std::string *preset(const Options &O, llvm::StringRef Name) {
  if (auto It = O.preset.find(Name); It != O.preset.end())
    return &It->second;
  if (!O.defaults)
    return nullptr;
  auto It = O.defaults->find(Name);
  return It == O.defaults->end() ? nullptr : &It->second;
}

const std::string *given(const Options &O, llvm::StringRef Name) {
  if (const std::string *Value = preset(O, Name))
    return Value;
  return O.values && Name.consume_front("CONFIG_") ? O.values->find(Name) : nullptr;
}

const std::string *Makefile::ask(llvm::StringRef Name) {
  const std::string *Value = given(O, Name);
  if (Asked && (Value || (O.values && Name.starts_with("CONFIG_"))))
    if (auto [It, New] = Asked->try_emplace(Name); New && Value)
      It->second = *Value;
  return Value;
}

std::string Makefile::lookup(const std::string &Name) {
  if (const std::string *Value = ask(Name))
    return *Value;
  if (Name == "MAKEFILE_LIST" && !O.base.empty())
    return makefileList();
  llvm::StringRef Symbol = Name;
  const bool IsConfig = Symbol.consume_front("CONFIG_");
  if (symbolic() && (Name == "BITS" || Name == "CONFIG_WORD_SIZE"))
    return std::string(1, BitsMark);
  if (IsConfig && symbolic())
    return valueMark(Symbol);
  std::string Out;
  if (auto It = Variables.find(Name); It != Variables.end())
    Out = piecesOf(It->second, "");
  if (!symbolic() || IsConfig)
    return Out;
  // In the symbolic reading $(foo-y) holds the words of every foo-$(CONFIG_X) as well.
  llvm::StringRef Base = listBase(Name);
  if (Base.empty())
    return Out;
  for (auto It = Variables.lower_bound(Base.str()); It != Variables.end(); ++It) {
    llvm::StringRef Key = It->first;
    if (!Key.starts_with(Base))
      break;
    llvm::StringRef Rest = Key.drop_front(Base.size());
    bool Marked = !Rest.empty() && (Rest.front() == ValueMark || Rest.front() == ConditionMark);
    bool Plain = hasMark(Name) && (Rest == "y" || Rest == "m");
    if (Key == Name || (!Marked && !Plain))
      continue;
    std::string More = piecesOf(It->second, Marked ? asConditions(Rest) : "");
    if (!Out.empty() && !More.empty())
      Out += ' ';
    Out += More;
  }
  return Out;
}

std::optional<std::string> Makefile::function(llvm::StringRef Name, llvm::StringRef Rest,
                                              const Arguments *Parameters) {
  Arguments Raw = splitArguments(Rest.ltrim());
  for (llvm::StringRef Lazy : {"if", "or", "and", "foreach", "call", "eval"})
    if (Name == Lazy)
      return lazyFunction(Name, Raw, Parameters);
  if (Name == "shell")
    return O.shell ? O.shell(expand(Rest, Parameters)) : std::string();
  if (Name == "file" && !O.base.empty() && Rest.trim().starts_with("<"))
    return std::string(1, UnknownMark);
  if (Name == "origin" && !O.base.empty()) {
    std::string Of = llvm::StringRef(expand(Rest, Parameters)).trim().str();
    return std::string(Variables.count(Of) ? "file" : ask(Of) ? "environment" : "undefined");
  }
  // What would print, or asks make itself.
  for (llvm::StringRef Empty : {"info", "warning", "error", "file", "origin", "flavor"})
    if (Name == Empty)
      return std::string();
  Arguments Values;
  for (const std::string &Argument : Raw)
    Values.push_back(expand(Argument, Parameters));
  if (Name == "wildcard") {
    std::string Out;
    for (llvm::StringRef Pattern : words(Values[0]))
      for (const std::string &Path : O.glob ? O.glob(Pattern.str()) : std::vector<std::string>())
        Out += (Out.empty() ? "" : " ") + Path;
    return Out;
  }
  if (Name == "value")
    return lookup(llvm::StringRef(Values[0]).trim().str());
  if (!O.where.empty() && (Name == "abspath" || Name == "realpath"))
    return pathFunction(Name, Values[0]);
  // Each word may have to be held against each pattern.
  if (Values.size() > 1 && Name.starts_with("filter"))
    Work += static_cast<size_t>(llvm::StringRef(Values[0]).count('%')) * words(Values[1]).size();
  for (const std::string &V : Values)
    Work += V.size();
  bool Known;
  std::string Result = makefile::wordFunction(Name, Values, Known);
  return Known ? std::optional(Result) : std::nullopt;
}

/// The makefiles read so far, as make would name them.
std::string Makefile::makefileList() const {
  std::string Out;
  for (const std::string &File : Read)
    Out += " " + (llvm::StringRef(File).starts_with("/") ? File : O.base + "/" + File);
  return Out;
}

/// abspath and realpath. What is asked of a path outside both directories is not known.
std::string Makefile::pathFunction(llvm::StringRef Name, llvm::StringRef Words) const {
  std::string Out;
  for (llvm::StringRef Word : words(Words)) {
    llvm::SmallString<256> Path(Word);
    if (!Word.starts_with("/") && !isUnknown(Word))
      Path = O.where + "/" + Word.str();
    llvm::sys::path::remove_dots(Path, /*remove_dot_dot=*/true);
    std::string Result = Path.size() > 1 ? Path.str().rtrim('/').str() : Path.str().str();
    if (Name == "realpath" && O.glob && !isUnknown(Word)) {
      std::vector<std::string> There = O.glob(Result);
      Result = There.empty() ? std::string() : There.front();
    }
    Out += (Out.empty() || Result.empty() ? "" : " ") + Result;
  }
  return Out;
}

std::string Makefile::lazyFunction(llvm::StringRef Name, const Arguments &Raw, const Arguments *Parameters) {
  auto Value = [&](size_t I) { return I < Raw.size() ? expand(Raw[I], Parameters) : std::string(); };
  auto Trimmed = [&](size_t I) { return llvm::StringRef(Value(I)).trim().str(); };
  if (Name == "if") {
    std::string Condition = Trimmed(0);
    bool Doubtful = mayBeEmpty(Condition), Both = Doubtful && (symbolic() || O.doubt == Doubt::Both);
    Doubted = Doubted || Doubtful;
    if (!hasMark(Condition) && !Both)
      return Condition.empty() || (Doubtful && O.doubt == Doubt::Unlikely) ? Value(2) : Value(1);
    std::vector<std::string> Symbols;
    stripMarks(Condition, Symbols);
    std::string Then = markWords(Value(1), conditionMarks(Symbols));
    std::string Else = markWords(Value(2), conditionMarks(Symbols));
    return Then + (Then.empty() || Else.empty() ? "" : " ") + Else;
  }
  if (Name == "or" || Name == "and") {
    std::string Marks, Last;
    for (size_t I = 0; I < Raw.size(); ++I) {
      Last = Trimmed(I);
      if (hasMark(Last) || mayBeEmpty(Last))
        Marks += Last;
      else if (Last.empty() == (Name == "and"))
        return Name == "and" ? "" : Last;
    }
    return Marks.empty() ? Last : Marks;
  }
  if (Name == "foreach") {
    std::string Variable = Trimmed(0), Out;
    const std::string List = Value(1);
    for (llvm::StringRef Word : words(List)) {
      if (Work > MaxWork || Out.size() > MaxWork || Raw.size() < 3)
        break;
      Makefile::Variable &V = Variables[Variable];
      V.deferred = false;
      V.pieces.clear();
      V.pieces.push_back({Word.str(), false, "", nullptr, 0, {}, ""});
      Out += (Out.empty() ? "" : " ") + Value(2);
    }
    Variables.erase(Variable);
    return Out;
  }
  if (Name == "eval") {
    const std::string Text = Value(0);
    if (Depth < MaxDepth)
      evaluateText(Text, std::string(*CurrentFile), CurrentLine);
    return {};
  }
  // call: those that O knows, and functions of the makefile itself.
  Arguments Values;
  for (size_t I = 0; I < Raw.size(); ++I)
    Values.push_back(Value(I));
  std::string Function = llvm::StringRef(Values[0]).trim().str();
  if (O.call)
    if (std::optional<std::string> Known = O.call(Function, Values))
      return *Known;
  auto It = Variables.find(Function);
  if (It == Variables.end() || It->second.busy)
    return {};
  std::string Out;
  const std::vector<Piece> Body = It->second.pieces;
  for (const Piece &P : Body)
    Out += (Out.empty() ? "" : " ") + expand(P.text, &Values);
  return Out;
}

} // namespace krcu::makefile
