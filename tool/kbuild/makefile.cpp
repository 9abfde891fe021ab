// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The makefile reader: logical lines, conditionals, include, assignments, and the list words that come out of
// them. Expansion of $(...) is in makefile_expand.cpp.
#include "tool/kbuild/makefile.h"
#include "tool/kbuild/makefile_words.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include <utility>

namespace krcu::makefile {

/// A line with its continuations joined. `starts` says where each physical line begins in `text`.
struct Makefile::Logical {
  std::string text;
  std::vector<std::pair<size_t, unsigned>> starts;
};

namespace {

constexpr unsigned MaxIncludes = 200;

/// `Text` up to a comment; `\#` is a number sign. In a variable reference a # is kept, as make 4.3 does.
llvm::StringRef withoutComment(llvm::StringRef Text) {
  for (size_t At = Text.find('#'); At != llvm::StringRef::npos; At = Text.find('#', At + 1))
    if (At == 0 || Text[At - 1] != '\\')
      return Text.take_front(At);
  return Text;
}

/// Finds the assignment operator outside of $(...). False for rules and other lines.
bool findAssignment(llvm::StringRef Text, size_t &NameEnd, llvm::StringRef &Operator, size_t &ValueAt) {
  unsigned Open = 0;
  for (size_t I = 0; I < Text.size(); ++I) {
    char C = Text[I];
    if (C == '(' || C == '{')
      ++Open;
    else if ((C == ')' || C == '}') && Open)
      --Open;
    if (Open)
      continue;
    for (llvm::StringRef Token : {"::=", ":=", "+=", "?=", "="})
      if (Text.drop_front(I).starts_with(Token)) {
        NameEnd = I;
        Operator = Token;
        ValueAt = I + Token.size();
        return true;
      }
    if (C == ':') // a rule, perhaps with a variable of its own
      return false;
  }
  return false;
}

int parentheses(llvm::StringRef Text) {
  return int(Text.count('(') + Text.count('{')) - int(Text.count(')') + Text.count('}'));
}

} // namespace

Makefile::Makefile(std::shared_ptr<const Options> Of) : Shared(std::move(Of)), O(*Shared) {
  if (O.environment)
    for (const auto &Each : *O.environment) {
      Variable &V = Variables[Each.getKey().str()];
      V.deferred = false;
      V.pieces.push_back({Each.second, false, "", nullptr, 0, {}, ""});
    }
}

void Makefile::evaluate(llvm::StringRef Text, const std::string &File, unsigned Number) {
  Read.push_back(File);
  evaluateText(Text, File, Number);
}

void Makefile::evaluateText(llvm::StringRef Text, const std::string &File, unsigned Number) {
  const size_t Outer = std::exchange(FileBranches, Branches.size());
  const unsigned OuterDefines = DefineDepth;
  const auto Place = std::make_shared<const std::string>(File);
  if (Text.contains('\0'))
    Flaws.push_back({File, 1, "is no text"});
  while (!Text.empty()) {
    Logical L;
    bool More = true, Recipe = Text.front() == '\t';
    while (More) {
      auto [Line, Rest] = Text.split('\n');
      Line = Line.rtrim('\r');
      More = Line.ends_with("\\") && !Rest.empty();
      L.starts.emplace_back(L.text.size(), Number++);
      L.text += More ? Line.drop_back() : Line;
      if (More)
        L.text += ' ';
      Text = Rest;
    }
    if (Recipe && !O.base.empty() && DefineDepth == 0 && active())
      Recipes.push_back(L.text);
    // A line of a recipe is a command; but some makefiles indent assignments inside conditionals by tabs.
    if (!Recipe || !Branches.empty())
      line(L, Place);
  }
  if (Branches.size() > FileBranches)
    Flaws.push_back({File, Branches[FileBranches].line, "the conditional that begins here has no endif"});
  if (DefineDepth > OuterDefines)
    Flaws.push_back({File, DefineLine, "the define that begins here has no endef"});
  Branches.resize(std::min(FileBranches, Branches.size()));
  DefineDepth = OuterDefines;
  FileBranches = Outer;
}

/// No makefile of a kernel comes near; each line costs what it stands in.
constexpr size_t MaxNesting = 200, MaxSymbols = 200;

void Makefile::tooMuch(std::string What) {
  if (!std::exchange(ToldTooMuch, true))
    Flaws.push_back({CurrentFile ? *CurrentFile : Read.empty() ? std::string() : Read.back(), CurrentLine, std::move(What)});
}

bool Makefile::active() const {
  for (const Branch &B : Branches)
    if (!B.active)
      return false;
  return true;
}

std::vector<std::string> Makefile::conditions() const {
  std::vector<std::string> Symbols;
  for (const Branch &B : Branches)
    if (B.unknown)
      Symbols.insert(Symbols.end(), B.symbols.begin(), B.symbols.end());
  return Symbols;
}

void Makefile::line(const Logical &L, const std::shared_ptr<const std::string> &File) {
  CurrentFile = File;
  CurrentLine = L.starts.front().second;
  llvm::StringRef Whole = withoutComment(L.text);
  llvm::StringRef Text = Whole.trim();
  if (Text.empty())
    return;
  llvm::StringRef First = llvm::getToken(Text).first;
  // The bodies of define ... endef are templates of commands.
  if (First == "define" && DefineDepth++ == 0)
    DefineLine = CurrentLine;
  if (First == "endef" && DefineDepth) {
    --DefineDepth;
    return;
  }
  if (DefineDepth || conditional(Text) || !active())
    return;
  if (First == "include" || First == "-include" || First == "sinclude") {
    includeFiles(Text.drop_front(First.size()));
    return;
  }
  size_t NameEnd, ValueAt;
  llvm::StringRef Operator;
  if (findAssignment(Whole, NameEnd, Operator, ValueAt)) {
    llvm::StringRef Name = Whole.take_front(NameEnd).trim();
    bool Export = false;
    for (llvm::StringRef Modifier : {"export ", "override ", "private "})
      if (Name.consume_front(Modifier)) {
        Export |= Modifier == "export ";
        Name = Name.trim();
      }
    assign(Name, Operator, L, ValueAt, File);
    if (Export)
      Exports[llvm::StringRef(expand(Name)).trim().str()] = true;
  } else if (!exports(Text) && (Text.starts_with("$(eval ") || Text.starts_with("$(foreach ") || Text.starts_with("$(call "))) {
    expand(Text); // for what $(eval) inside it defines
  }
}

/// "export", "export A B", "unexport A"; false for any other line.
bool Makefile::exports(llvm::StringRef Text) {
  auto [Keyword, Names] = llvm::getToken(Text);
  if (Keyword != "export" && Keyword != "unexport")
    return false;
  const std::string Expanded = expand(Names);
  for (llvm::StringRef Name : words(Expanded))
    Exports[Name.str()] = Keyword == "export";
  if (Names.trim().empty())
    ExportsAll = Keyword == "export";
  return true;
}

Presets Makefile::exported() {
  std::map<std::string, bool> All;
  auto IsPlain = [](llvm::StringRef Name) { return llvm::all_of(Name, [](char C) { return llvm::isAlnum(C) || C == '_'; }); };
  for (const auto &[Name, V] : Variables)
    if (ExportsAll && IsPlain(Name))
      All[Name] = true;
  if (O.environment) // what came in so goes on, with its new value
    for (const auto &Each : *O.environment)
      All[Each.getKey().str()] = true;
  for (const auto &[Name, Yes] : Exports)
    All[Name] = Yes;
  Presets Result;
  for (const auto &[Name, Yes] : All)
    if (Yes)
      Result[Name] = lookup(Name);
  return Result;
}

bool Makefile::conditional(llvm::StringRef Text) {
  auto [Keyword, Rest] = llvm::getToken(Text, " \t(\"'");
  Rest = Text.drop_front(Keyword.size()).trim();
  if (Keyword == "endif" || Keyword == "else") {
    if (Branches.size() <= FileBranches) {
      Flaws.push_back({*CurrentFile, CurrentLine, Keyword.str() + " without a conditional"});
      return true;
    }
  }
  if (Keyword == "endif") {
    Branches.pop_back();
    return true;
  }
  if (Keyword == "else") {
    Branch Old = Branches.back();
    Branches.pop_back();
    auto [Next, Condition] = llvm::getToken(Rest, " \t(\"'");
    Branch New{true, true, false, {}};
    if (Next.starts_with("if"))
      New = decide(Next, Rest.drop_front(Next.size()).trim());
    if (Old.taken && !Old.unknown)
      New.active = false;
    // The else of an unknown condition is as unknown, and depends on the same symbols.
    if (Old.unknown)
      New.unknown = true;
    if (Old.symbols.size() < MaxSymbols)
      New.symbols.insert(New.symbols.begin(), Old.symbols.begin(), Old.symbols.end());
    else
      New.symbols = std::move(Old.symbols), tooMuch("an else has more than " + std::to_string(MaxSymbols) + " conditions before it");
    New.taken = Old.taken || New.active;
    if (Old.unknown && New.unknown)
      New.taken = true;
    New.line = Old.line;
    Branches.push_back(New);
    return true;
  }
  if (Keyword != "ifdef" && Keyword != "ifndef" && Keyword != "ifeq" && Keyword != "ifneq")
    return false;
  const bool TooDeep = Branches.size() >= MaxNesting;
  if (TooDeep)
    tooMuch("there are more than " + std::to_string(MaxNesting) + " conditionals in each other");
  Branches.push_back(!TooDeep && active() ? decide(Keyword, Rest) : Branch{false, true, false, {}});
  Branches.back().line = CurrentLine;
  return true;
}

namespace {

/// The two sides of ifeq: (A,B), "A" "B" or 'A' 'B'.
bool splitComparison(llvm::StringRef Text, llvm::StringRef &Left, llvm::StringRef &Right) {
  if (Text.consume_front("(")) {
    Text = Text.rtrim();
    if (!Text.consume_back(")"))
      return false;
    int Open = 0;
    for (size_t I = 0; I < Text.size(); ++I) {
      Open += Text[I] == '(' ? 1 : Text[I] == ')' ? -1 : 0;
      if (Text[I] == ',' && Open == 0) {
        Left = Text.take_front(I).trim();
        Right = Text.drop_front(I + 1).trim();
        return true;
      }
    }
    return false;
  }
  auto Quoted = [&](llvm::StringRef &Side) {
    Text = Text.ltrim();
    if (Text.empty() || (Text.front() != '"' && Text.front() != '\''))
      return false;
    size_t End = Text.find(Text.front(), 1);
    if (End == llvm::StringRef::npos)
      return false;
    Side = Text.slice(1, End);
    Text = Text.drop_front(End + 1);
    return true;
  };
  return Quoted(Left) && Quoted(Right);
}

} // namespace

std::vector<std::string> Makefile::recipes() {
  std::vector<std::string> Lines;
  for (const std::string &Line : Recipes)
    Lines.push_back(expand(Line));
  return Lines;
}

/// \p Doubtful: nobody knows whether the condition holds; `Holds` then says what is more likely.
void Makefile::settle(Branch &B, bool Doubtful, bool Holds) {
  Doubted = Doubted || Doubtful;
  B.unknown = B.unknown || (Doubtful && (symbolic() || O.doubt == Doubt::Both));
  B.active = B.taken = B.unknown || (Doubtful && O.doubt == Doubt::Unlikely ? !Holds : Holds);
}

Makefile::Branch Makefile::decide(llvm::StringRef Keyword, llvm::StringRef Condition) {
  Branch B{false, false, false, {}};
  if (Keyword == "ifdef" || Keyword == "ifndef") {
    std::string Name = llvm::StringRef(expand(Condition)).trim().str();
    std::string Value = lookup(Name);
    bool Known = preset(O, Name) || Variables.count(Name);
    B.unknown = symbolic() && (hasMark(Value) || !Known);
    stripMarks(Value, B.symbols);
    settle(B, mayBeEmpty(Value), !Value.empty() == (Keyword == "ifdef"));
  } else {
    llvm::StringRef LeftText, RightText;
    if (!splitComparison(Condition, LeftText, RightText))
      return B;
    std::string Left = expand(LeftText), Right = expand(RightText);
    B.unknown = symbolic() && (hasMark(Left) || hasMark(Right));
    stripMarks(Left, B.symbols);
    stripMarks(Right, B.symbols);
    llvm::StringRef A = llvm::StringRef(Left).trim(), Z = llvm::StringRef(Right).trim();
    // Against nothing: the command prints something. Against a word: it prints that.
    bool Doubtful = A.empty() ? mayBeEmpty(Z) : Z.empty() ? mayBeEmpty(A) : isUnknown(A) || isUnknown(Z);
    bool Equal = Doubtful ? !A.empty() && !Z.empty() : A == Z;
    settle(B, Doubtful, Equal == (Keyword == "ifeq"));
  }
  return B;
}

void Makefile::includeFiles(llvm::StringRef Names) {
  const std::string Expanded = expand(Names);
  for (llvm::StringRef Word : words(Expanded)) {
    std::vector<std::string> Ignored;
    std::string Path = stripMarks(Word, Ignored);
    while (llvm::StringRef(Path).starts_with("./"))
      Path.erase(0, 2);
    // The rules of Kbuild itself say nothing about a directory, and what a build has generated is of another configuration.
    if ((O.whole ? Path.starts_with("include/") : Path.starts_with("scripts/")) || ++Includes > MaxIncludes)
      continue;
    if (std::optional<std::string> Text = O.read(Path))
      evaluate(*Text, Path);
  }
}

void Makefile::assign(llvm::StringRef Name, llvm::StringRef Operator, const Logical &L, size_t ValueAt,
                      const std::shared_ptr<const std::string> &File) {
  std::string Key = llvm::StringRef(expand(Name)).trim().str();
  if (Key.empty() || Key.size() > 4096)
    return;
  ask(Key); // whether it is preset may depend on the configuration
  if (preset(O, Key))
    return;
  Variable &V = Variables[Key];
  bool Exists = !V.pieces.empty();
  if (Operator == "?=" && Exists)
    return;
  bool Unknown = false;
  for (const Branch &B : Branches)
    Unknown |= B.unknown;
  bool Append = Operator == "+=" || Unknown; // under an unknown condition the old value may stay
  bool Deferred = Operator == "=" || Operator == "?=" || (Operator == "+=" && V.deferred);

  // `a := $(a) b`: the old pieces are needed until the new ones are made.
  std::vector<Piece> New = piecesIn(L, ValueAt, {"", Deferred, "", File, 0, conditions(), Name.str()});
  Variable &Target = Variables[Key]; // $(foreach) may have taken it away
  if (!Append)
    Target.pieces.clear();
  llvm::move(New, std::back_inserter(Target.pieces));
  Target.deferred = Operator == "+=" && Exists ? Target.deferred : Deferred;
}

/// The value from `ValueAt` on, cut at the ends of lines. All that is not text and line is as in `Like`.
std::vector<Makefile::Piece> Makefile::piecesIn(const Logical &L, size_t ValueAt, const Piece &Like) {
  std::vector<Piece> New;
  llvm::StringRef Text = withoutComment(L.text);
  size_t Start = ValueAt;
  int Open = 0;
  unsigned Line = L.starts.front().second;
  for (size_t I = 0; I <= L.starts.size(); ++I) {
    size_t End = I < L.starts.size() ? std::min(L.starts[I].first, Text.size()) : Text.size();
    if (End > Start) {
      llvm::StringRef Part = Text.slice(Start, End);
      Open += parentheses(Part);
      // A reference that spans lines must stay in one piece.
      if (Open == 0 || End == Text.size()) {
        if (!Part.trim().empty() || Start == ValueAt) {
          std::string Value = Like.deferred ? Part.trim().str() : expand(Part.trim());
          Evals |= Part.contains("eval");
          Piece &P = New.emplace_back(Like);
          P.text = std::move(Value);
          if (O.whole)
            P.raw = Part.trim().str();
          P.line = Line;
        }
        Start = End;
      } else {
        Open -= parentheses(Part);
      }
    }
    if (I < L.starts.size() && Start == End)
      Line = L.starts[I].second;
    else if (I < L.starts.size() && L.starts[I].first <= ValueAt)
      Line = L.starts[I].second;
  }
  return New;
}

std::string Makefile::value(const std::string &Name) { return lookup(Name); }

bool isFlagVariable(llvm::StringRef Name) { return Name.contains("flags") || Name.contains("CFLAGS"); }

std::vector<std::string> Makefile::flagVariables() const {
  std::vector<std::string> Names;
  for (const auto &[Key, V] : Variables)
    if (isFlagVariable(Key))
      Names.push_back(Key);
  return Names;
}

namespace {

/// What a variable's name says about its words.
struct ListName {
  std::string list;
  Item::How how = Item::Disabled;
  std::vector<std::string> symbols, values;
};

std::optional<ListName> listName(const std::string &Key) {
  ListName N;
  if (Key == "targets") {
    N.list = Key;
    N.how = Item::BuiltIn;
    return N;
  }
  // The first mark follows the last hyphen that belongs to the name: "foo-\1BAR\2".
  size_t Mark = Key.find_first_of("\1\3");
  size_t Hyphen = Key.rfind('-', Mark);
  if (Hyphen == std::string::npos || Hyphen == 0)
    return std::nullopt;
  N.list = Key.substr(0, Hyphen);
  std::string Suffix = stripMarks(llvm::StringRef(Key).drop_front(Hyphen + 1), N.symbols, &N.values);
  if (llvm::StringRef(N.list).ends_with("flags"))
    return std::nullopt;
  if (!N.values.empty())
    N.how = Item::BySymbol;
  else if (Suffix == "y" || Suffix == "objs" || (Suffix.empty() && !N.symbols.empty()))
    N.how = Item::BuiltIn;
  else if (Suffix == "m")
    N.how = Item::Module;
  else if (!Suffix.empty() && Suffix != "n")
    return std::nullopt;
  return N;
}

bool isListed(llvm::StringRef Word) { return Word.ends_with(".o") || Word.ends_with("/") || Word == "*"; }

} // namespace

std::vector<Item> Makefile::items() {
  std::vector<Item> Result;
  for (auto &[Key, V] : Variables) {
    std::optional<ListName> N = listName(Key);
    if (!N)
      continue;
    for (const Piece &P : V.pieces) {
      const std::string Text = P.deferred ? expand(P.text) : P.text;
      for (llvm::StringRef Word : words(Text)) {
        Item I{N->list, N->how, "", {}, "", P.written, P.file ? *P.file : std::string(), P.line};
        I.word = stripMarks(Word, I.symbols);
        for (const std::string &S : P.conditions)
          if (!llvm::is_contained(I.symbols, S))
            I.symbols.push_back(S);
        for (const std::string &S : N->symbols) {
          llvm::erase(I.symbols, S);
          I.symbols.push_back(S);
        }
        if (!N->values.empty())
          I.chooser = N->values.back();
        if (size_t Bits = I.word.find(BitsMark); Bits != std::string::npos) {
          Item Other = I;
          I.word.replace(Bits, 1, "32");
          Other.word.replace(Bits, 1, "64");
          if (isListed(Other.word))
            Result.push_back(std::move(Other));
        }
        if (isUnknown(I.word))
          I.word = "*";
        if (isListed(I.word))
          Result.push_back(std::move(I));
      }
    }
  }
  return Result;
}

} // namespace krcu::makefile
