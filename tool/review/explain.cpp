// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/review/explain.h"
#include "tool/review/diff.h"
#include "tool/rewrite/rewrite.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include <algorithm>
#include <cctype>
#include <map>
#include <unordered_map>

using llvm::StringRef;

namespace krcu::review {
namespace {

struct Token {
  StringRef text;
  unsigned line = 0;
  bool directive = false;
};

bool isWordChar(char C) { return llvm::isAlnum(C) || C == '_' || C == '$'; }

/// Tokens without comments; a preprocessor line is one.
std::vector<Token> tokensOf(StringRef T) {
  std::vector<Token> Result;
  unsigned Line = 1;
  bool LineStart = true;
  for (size_t I = 0; I < T.size();) {
    char C = T[I];
    if (C == '\n') {
      ++Line, ++I;
      LineStart = true;
    } else if (std::isspace(static_cast<unsigned char>(C)) || C == '\\') {
      ++I;
    } else if (T.substr(I).starts_with("//")) {
      I = std::min(T.find('\n', I), T.size());
    } else if (T.substr(I).starts_with("/*")) {
      size_t End = T.find("*/", I + 2);
      End = End == StringRef::npos ? T.size() : End + 2;
      Line += static_cast<unsigned>(T.slice(I, End).count('\n'));
      I = End;
    } else if (C == '#' && LineStart) {
      size_t End = I;
      unsigned Lines = 0;
      while (End < T.size() && T[End] != '\n') {
        if (T[End] == '\\' && End + 1 < T.size() && T[End + 1] == '\n')
          ++Lines, ++End;
        ++End;
      }
      Result.push_back({T.slice(I, End), Line, true});
      Line += Lines;
      I = End;
      LineStart = false;
    } else {
      LineStart = false;
      size_t End = I + 1;
      if (C == '"' || C == '\'') {
        while (End < T.size() && T[End] != C && T[End] != '\n')
          End += T[End] == '\\' ? 2 : 1;
        End = std::min(End + 1, T.size());
      } else if (isWordChar(C)) {
        while (End < T.size() && isWordChar(T[End]))
          ++End;
      } else if (T.substr(I).starts_with("->") || T.substr(I).starts_with("==") || T.substr(I).starts_with("!=") || T.substr(I).starts_with("++") || T.substr(I).starts_with("--") ||
                 T.substr(I).starts_with("<=") || T.substr(I).starts_with(">=") || T.substr(I).starts_with("&&") || T.substr(I).starts_with("||")) {
        End = I + 2;
      }
      Result.push_back({T.slice(I, End), Line, false});
      I = End;
    }
  }
  return Result;
}

class Cutter {
public:
  explicit Cutter(StringRef Text) : Tokens(tokensOf(Text)) {}

  std::vector<Piece> run() {
    while (At < Tokens.size())
      topLevel();
    return std::move(Pieces);
  }

private:
  StringRef now() const { return At < Tokens.size() ? Tokens[At].text : StringRef(); }
  void emit(size_t From, size_t To, const std::string &Around, bool Head = false) {
    if (From >= To)
      return;
    Piece P;
    for (size_t I = From; I < To; ++I)
      P.text += (P.text.empty() ? "" : " ") + Tokens[I].text.str();
    P.around = Around;
    P.function = Function;
    P.from = Tokens[From].line;
    P.to = Tokens[To - 1].line + static_cast<unsigned>(Tokens[To - 1].text.count('\n')); // a directive may go on in the next line
    P.head = Head;
    Pieces.push_back(std::move(P));
  }
  bool directive(const std::string &Around) {
    if (At >= Tokens.size() || !Tokens[At].directive)
      return false;
    emit(At, At + 1, Around);
    ++At;
    return true;
  }
  /// Past the bracket that closes the one at `At`.
  void skipBrackets() {
    int Depth = 0;
    do {
      StringRef T = now();
      Depth += T == "(" || T == "[" || T == "{";
      Depth -= T == ")" || T == "]" || T == "}";
      ++At;
    } while (Depth > 0 && At < Tokens.size());
  }
  /// A declaration at file scope, or a function.
  void topLevel() {
    if (directive(""))
      return;
    size_t From = At;
    std::string Name;
    bool Assigned = false;
    while (At < Tokens.size() && !Tokens[At].directive) {
      StringRef T = now();
      if (T == ";") {
        emit(From, ++At, "");
        return;
      }
      if (T == "=")
        Assigned = true;
      if (T == "(") {
        if (At > From && Name.empty() && !Assigned)
          Name = Tokens[At - 1].text.str();
        skipBrackets();
        continue;
      }
      if (T == "{") {
        bool Body = !Name.empty() && !Assigned && !Tokens[From].text.starts_with("struct_group");
        if (Body) {
          Function = Name;
          emit(From, At, "", true);
          statement("");
          Function.clear();
          return;
        }
        std::string Around;
        for (size_t I = From; I < At; ++I)
          Around += (Around.empty() ? "" : " ") + Tokens[I].text.str();
        emit(From, At, "");
        ++At;
        members(Around);
        From = At;
        continue;
      }
      if (T == "}") { // stray
        ++At;
        return;
      }
      ++At;
    }
    emit(From, At, "");
  }
  /// Members of a struct or an initialiser, up to its closing brace.
  void members(const std::string &Around) {
    size_t From = At;
    while (At < Tokens.size() && now() != "}") {
      if (Tokens[At].directive) {
        emit(From, At, Around);
        directive(Around);
        From = At;
        continue;
      }
      StringRef T = now();
      if (T == ";" || T == ",") {
        emit(From, ++At, Around);
        From = At;
      } else if (T == "(" || T == "[" || T == "{") {
        skipBrackets();
      } else {
        ++At;
      }
    }
    emit(From, At, Around);
    if (At < Tokens.size())
      ++At;
  }
  void statement(const std::string &Around, unsigned Depth = 0) {
    if (At >= Tokens.size() || Depth > 200) {
      At = Tokens.size();
      return;
    }
    if (directive(Around))
      return;
    StringRef T = now();
    if (T == "{") {
      ++At;
      while (At < Tokens.size() && now() != "}")
        statement(Around, Depth + 1);
      if (At < Tokens.size())
        ++At;
      return;
    }
    if (T == "}") {
      ++At;
      return;
    }
    size_t From = At;
    if (T == "if" || T == "for" || T == "while" || T == "switch") {
      ++At;
      if (now() == "(")
        skipBrackets();
      if (now() == ";") { // the end of do ... while (x);
        emit(From, ++At, Around, true);
        return;
      }
      inner(From, Around, Depth);
      if (T == "if" && now() == "else") {
        size_t Else = At++;
        std::string Inside = Around + "\x1f" + "else of " + textOf(From);
        (void)Else;
        statement(Inside, Depth + 1);
      }
      return;
    }
    if (T == "else" || T == "do") {
      ++At;
      statement(Around + "\x1f" + T.str(), Depth + 1);
      return;
    }
    if (T == "case" || T == "default") {
      while (At < Tokens.size() && now() != ":" && now() != ";")
        ++At;
      ++At;
      emit(From, std::min(At, Tokens.size()), Around, true);
      return;
    }
    if (At + 1 < Tokens.size() && Tokens[At + 1].text == ":" && isWordChar(T[0])) {
      At += 2;
      emit(From, At, Around, true);
      return;
    }
    bool Assigned = false;
    while (At < Tokens.size() && !Tokens[At].directive) {
      StringRef Each = now();
      Assigned = Assigned || Each == "=";
      if (Each == ";") {
        emit(From, ++At, Around);
        return;
      }
      if (Each == "}")
        break;
      if (Each == "{" && !Assigned && At > From && Tokens[At - 1].text == ")") { // list_for_each_entry(...) {
        inner(From, Around, Depth);
        return;
      }
      if (Each == "(" || Each == "[" || Each == "{")
        skipBrackets();
      else
        ++At;
    }
    emit(From, At, Around);
  }
  std::string textOf(size_t From) const {
    for (auto It = Pieces.rbegin(); It != Pieces.rend(); ++It)
      if (It->head && It->from == Tokens[From].line && StringRef(It->text).starts_with(Tokens[From].text))
        return It->text;
    return Tokens[From].text.str();
  }
  /// What a head controls.
  void inner(size_t From, const std::string &Around, unsigned Depth) {
    emit(From, At, Around, true);
    statement(Around + "\x1f" + Pieces.back().text, Depth + 1);
  }

  std::vector<Token> Tokens;
  size_t At = 0;
  std::string Function;
  std::vector<Piece> Pieces;
};

bool same(const Piece &A, const Piece &B) { return A.text == B.text && A.around == B.around && A.function == B.function; }

/// Takes what both have, in the same order, out of both.
void cancel(std::vector<const Piece *> &Old, std::vector<const Piece *> &New) {
  size_t N = Old.size(), M = New.size();
  if (!N || !M || N * M > 4000000)
    return;
  std::vector<std::vector<unsigned>> Length(N + 1, std::vector<unsigned>(M + 1));
  for (size_t I = N; I-- > 0;)
    for (size_t J = M; J-- > 0;)
      Length[I][J] = same(*Old[I], *New[J]) ? Length[I + 1][J + 1] + 1 : std::max(Length[I + 1][J], Length[I][J + 1]);
  std::vector<const Piece *> LeftOld, LeftNew;
  size_t I = 0, J = 0;
  while (I < N && J < M) {
    if (same(*Old[I], *New[J]))
      ++I, ++J;
    else if (Length[I + 1][J] >= Length[I][J + 1])
      LeftOld.push_back(Old[I++]);
    else
      LeftNew.push_back(New[J++]);
  }
  LeftOld.insert(LeftOld.end(), Old.begin() + static_cast<ptrdiff_t>(I), Old.end());
  LeftNew.insert(LeftNew.end(), New.begin() + static_cast<ptrdiff_t>(J), New.end());
  Old = std::move(LeftOld), New = std::move(LeftNew);
}

std::vector<std::string> wordsOf(const Piece &P) {
  std::vector<std::string> Result;
  for (StringRef Rest = P.text; !Rest.empty();) {
    auto [Word, Tail] = Rest.split(' ');
    Result.push_back(Word.str());
    Rest = Tail;
  }
  return Result;
}

class Explainer {
public:
  Explainer(const Judged &J, const std::vector<Piece> &Old, const std::vector<Piece> &New) : J(J), Old(byFunction(Old)), New(byFunction(New)) {}

  bool explained(const Piece &P, bool IsOld) const {
    if (isJudged(P, IsOld))
      return true;
    if (StringRef(P.text).starts_with("#"))
      return StringRef(P.text).starts_with("#include") || StringRef(P.text).starts_with("# include");
    if (!P.function.empty() && J.gone.count(P.function) && IsOld)
      return true;
    std::vector<std::string> Words = wordsOf(P);
    if (P.text == ";" || (J.harmless.count(Words.front()) && Words.size() > 1 && Words[1] == "("))
      return true;
    if (P.function.empty())
      return P.around.empty() ? isPrototype(Words) : isHead(Words);
    if (P.head && !IsOld && J.walked.count(P.function) && P.around.empty() && Words[0] != "if" && Words[0] != "for" && Words[0] != "while" && Words[0] != "switch")
      return true; // the head of such a helper
    if (P.head)
      return onlyAround(P, Words, IsOld);
    return isDeclaration(Words) && !initialisedElse(Words, IsOld, P);
  }

private:
  using ByFunction = std::map<std::string, std::vector<const Piece *>>;
  static ByFunction byFunction(const std::vector<Piece> &All) {
    ByFunction Result;
    for (const Piece &P : All)
      Result[P.function].push_back(&P);
    return Result;
  }
  /// The pieces of a function, in file order.
  static llvm::ArrayRef<const Piece *> in(const ByFunction &All, const std::string &Function) {
    auto It = All.find(Function);
    return It == All.end() ? llvm::ArrayRef<const Piece *>() : llvm::ArrayRef<const Piece *>(It->second);
  }
  bool isJudged(const Piece &P, bool IsOld) const {
    size_t Paren = P.text.find(" ( ");
    if (!P.head && Paren != std::string::npos && J.walked.count(P.text.substr(0, Paren)))
      return true;
    const std::set<unsigned> &Lines = IsOld ? J.old_lines : J.new_lines;
    auto It = Lines.lower_bound(P.from);
    return !P.head && It != Lines.end() && *It <= P.to;
  }
  bool calls(const std::vector<std::string> &Words) const {
    for (size_t I = 1; I < Words.size(); ++I)
      if (Words[I] == "(" && isWordChar(Words[I - 1][0]) && !J.computing.count(Words[I - 1]))
        return true;
    return false;
  }
  static bool isPrototype(const std::vector<std::string> &Words) {
    return Words.size() > 3 && Words.back() == ";" && Words[Words.size() - 2] == ")" && !llvm::is_contained(Words, "=") && isWordChar(Words[1][0]);
  }
  bool isHead(const std::vector<std::string> &Words) const { return Words.size() == 4 && Words[0] == "struct" && J.heads.count(Words[1]) && Words[3] == ";"; }
  /// struct foo *p = container_of(...); without a call that does something.
  bool isDeclaration(const std::vector<std::string> &Words) const {
    if (Words.size() < 3 || Words.back() != ";" || calls(Words) || Words[0] == "return" || Words[0] == "goto" || Words[0] == "static")
      return false;
    size_t Name = nameAt(Words);
    return Name > 0 && (Name + 1 == Words.size() - 1 || Words[Name + 1] == "=" || Words[Name + 1] == "," || Words[Name + 1] == "[");
  }
  static size_t nameAt(const std::vector<std::string> &Words) {
    size_t I = 0;
    while (I < Words.size() && (isWordChar(Words[I][0]) || Words[I] == "*"))
      ++I;
    bool Type = I >= 2 && isWordChar(Words[I - 1][0]) && isWordChar(Words[0][0]);
    return Type ? I - 1 : 0;
  }
  /// The same variable is declared on the other side with another value.
  bool initialisedElse(const std::vector<std::string> &Words, bool IsOld, const Piece &P) const {
    const std::string &Name = Words[nameAt(Words)];
    for (const Piece *O : in(IsOld ? New : Old, P.function)) {
      if (O->head)
        continue;
      std::vector<std::string> Others = wordsOf(*O);
      if (isDeclaration(Others) && Others[nameAt(Others)] == Name)
        return true;
    }
    return false;
  }
  /// A condition without effects that has only judged things inside.
  bool onlyAround(const Piece &P, const std::vector<std::string> &Words, bool IsOld) const {
    if (Words[0] != "if" || calls(std::vector<std::string>(Words.begin() + 1, Words.end())) || llvm::is_contained(Words, "=") || llvm::is_contained(Words, "++") || llvm::is_contained(Words, "--"))
      return false;
    std::string Inside = P.around + "\x1f" + P.text, Else = P.around + "\x1f" + "else of " + P.text;
    bool Any = false;
    for (const Piece *Each : in(IsOld ? Old : New, P.function)) {
      if (!StringRef(Each->around).starts_with(Inside) && !StringRef(Each->around).starts_with(Else))
        continue;
      Any = true;
      if (!isJudged(*Each, IsOld))
        return false;
    }
    return Any;
  }

  const Judged &J;
  const ByFunction Old, New;
};

/// The pieces by the lines that they stand on.
class PiecesByLine {
public:
  explicit PiecesByLine(const std::vector<Piece> &All) {
    for (const Piece &P : All)
      for (unsigned L = P.from; L <= P.to; ++L)
        Lines[L].push_back(&P);
  }
  /// Those that stand on one of the lines, in file order.
  std::vector<const Piece *> touching(const std::set<unsigned> &Wanted) const {
    std::set<const Piece *> Found; // they lie in one array
    for (unsigned L : Wanted)
      if (auto It = Lines.find(L); It != Lines.end())
        Found.insert(It->second.begin(), It->second.end());
    return {Found.begin(), Found.end()};
  }

private:
  std::unordered_map<unsigned, std::vector<const Piece *>> Lines;
};

std::string kindOf(const Piece &P) {
  if (StringRef(P.text).starts_with("#"))
    return "a preprocessor line";
  if (P.head || StringRef(P.text).starts_with("return") || StringRef(P.text).starts_with("goto") || StringRef(P.text).starts_with("break") || StringRef(P.text).starts_with("continue"))
    return "control flow";
  if (P.function.empty())
    return P.around.empty() ? "a declaration" : "a declaration or an initialiser";
  return P.text.find(" ( ") != std::string::npos ? "a call" : P.text.find(" = ") != std::string::npos ? "a store" : "a statement";
}

/// What makes a line that nobody has judged one that must be.
std::string wordOf(const Piece &P, const Judged &J) {
  StringRef Text = P.text;
  if (P.function.empty() && !Text.starts_with("#"))
    return {};
  if (Text.consume_front("#")) {
    Text = Text.ltrim();
    // What a macro expands to is judged nowhere by itself.
    for (StringRef Rest = Text.starts_with("define") ? Text : StringRef(); !Rest.empty(); Rest = Rest.drop_while([](char C) { return !isWordChar(C); })) {
      StringRef Word = Rest.take_while(isWordChar);
      if (J.watched.count(Word.str()))
        return Word.str();
      Rest = Rest.drop_front(Word.size());
    }
    if (P.function.empty())
      return {};
    const bool Condition = Text.starts_with("if") || Text.starts_with("el") || Text.starts_with("endif");
    return Condition && J.freeing.count(P.function) ? "#" + Text.str() : std::string();
  }
  for (const std::string &Word : wordsOf(P))
    if (J.watched.count(Word))
      return Word;
  return {};
}

void report(const std::string &File, const std::vector<const Piece *> &Left, bool IsOld, const Judged &J, std::vector<NotJudged> &To) {
  for (const Piece *P : Left) {
    std::string What = kindOf(*P), Word = wordOf(*P, J);
    if (!To.empty() && To.back().old_line == IsOld && To.back().function == P->function && P->from <= To.back().to + 2) {
      NotJudged &Last = To.back();
      Last.to = std::max(Last.to, P->to);
      if (Last.what.find(What) == std::string::npos)
        Last.what += ", " + What;
      if (Last.word.empty() || StringRef(Last.word).starts_with("#"))
        Last.word = Word.empty() ? Last.word : Word;
      continue;
    }
    To.push_back({File, P->from, P->to, IsOld, P->function, What, Word});
  }
}

} // namespace

std::vector<Piece> piecesOf(StringRef Text) { return Cutter(Text).run(); }

std::vector<NotJudged> notJudged(const std::string &File, const std::string &Before, const std::string &After, const Judged &J) {
  std::vector<NotJudged> Result;
  auto Text = unifiedDiff({{File, {Before, After}}});
  if (!Text) {
    llvm::consumeError(Text.takeError());
    return Result;
  }
  Diff D = parseDiff(*Text);
  if (D.files.empty())
    return Result;
  std::vector<Piece> Old = piecesOf(Before), New = piecesOf(After);
  Explainer E(J, Old, New);
  const PiecesByLine OldAt(Old), NewAt(New);
  std::vector<const Piece *> LeftOld, LeftNew;
  for (const Hunk &H : D.files.front().hunks) {
    std::set<unsigned> OldLines, NewLines;
    unsigned O = H.old_start, N = H.new_start;
    for (const HunkLine &L : H.lines) {
      if (L.kind == '-')
        OldLines.insert(O);
      if (L.kind == '+')
        NewLines.insert(N);
      O += L.kind != '+';
      N += L.kind != '-';
    }
    // What is around a changed line may be one piece with it: a call over three lines of which one changed.
    std::vector<const Piece *> HunkOld = OldAt.touching(OldLines), HunkNew = NewAt.touching(NewLines);
    cancel(HunkOld, HunkNew);
    LeftOld.insert(LeftOld.end(), HunkOld.begin(), HunkOld.end());
    LeftNew.insert(LeftNew.end(), HunkNew.begin(), HunkNew.end());
  }
  llvm::erase_if(LeftOld, [&](const Piece *P) { return E.explained(*P, true); });
  llvm::erase_if(LeftNew, [&](const Piece *P) { return E.explained(*P, false); });
  report(File, LeftNew, false, J, Result);
  report(File, LeftOld, true, J, Result);
  return Result;
}

} // namespace krcu::review
