// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Raw lexing and cutting into definitions. Brace depth is restored at every #else, so that a function whose header or
// whose braces stand on both sides of an #if does not swallow the rest of the file.
#include "tool/semantics/source.h"
#include "tool/semantics/condition.h"
#include "clang/Basic/LangOptions.h"
#include "clang/Lex/Lexer.h"

namespace krcu::semantics {
namespace {

using clang::tok::TokenKind;

struct RawTok {
  Tok tok;
  bool starts_line = false;
  bool after_space = false;
};

Tok::Kind kindOf(TokenKind Kind) {
  if (Kind == clang::tok::raw_identifier)
    return Tok::Kind::Identifier;
  if (Kind == clang::tok::numeric_constant)
    return Tok::Kind::Number;
  return clang::tok::isStringLiteral(Kind) ? Tok::Kind::String : Tok::Kind::Punct;
}

std::vector<RawTok> rawTokens(const std::string &Text) {
  clang::LangOptions Options;
  Options.LineComment = 1;
  Options.GNUMode = 1;
  const char *Begin = Text.data();
  clang::Lexer Lexer(clang::SourceLocation(), Options, Begin, Begin, Begin + Text.size());
  std::vector<RawTok> Result;
  const char *Counted = Begin;
  unsigned Line = 1;
  for (;;) {
    clang::Token T;
    bool Last = Lexer.LexFromRawLexer(T);
    if (T.is(clang::tok::eof))
      break;
    const char *Start = Lexer.getBufferLocation() - T.getLength();
    for (; Counted < Start; ++Counted)
      Line += *Counted == '\n';
    RawTok R;
    R.tok.kind = kindOf(T.getKind());
    R.tok.text = llvm::StringRef(Start, T.getLength());
    R.tok.line = Line;
    R.starts_line = T.isAtStartOfLine();
    R.after_space = T.hasLeadingSpace();
    Result.push_back(R);
    if (Last)
      break;
  }
  return Result;
}

/// One open #if: what its current branch needs, and what its earlier branches exclude.
struct Frame {
  Condition excluded;
  Condition current;
  bool guard = false; ///< the header guard: always true where it matters
};

/// An annotation behind a parameter list, such as __acquires(lock): its name is not the function's.
bool looksLikeAnnotation(const std::vector<Tok> &Statement, size_t Name) {
  return Name > 0 && Statement[Name - 1].is(")") && Statement[Name].text.starts_with("__");
}

class Scanner {
public:
  explicit Scanner(SourceFile &File) : File(File), Raw(rawTokens(File.text)) {}

  void run() {
    for (size_t I = 0; I < Raw.size();) {
      if (Raw[I].tok.is("#") && Raw[I].starts_line)
        I = directive(I);
      else
        token(Raw[I++].tok);
    }
  }

private:
  size_t directive(size_t Hash) {
    size_t End = Hash + 1;
    while (End < Raw.size() && !Raw[End].starts_line)
      ++End;
    if (End == Hash + 1)
      return End;
    llvm::StringRef Word = Raw[Hash + 1].tok.text;
    std::vector<Tok> Rest;
    for (size_t I = Hash + 2; I < End; ++I)
      Rest.push_back(Raw[I].tok);
    if (Word == "if" || Word == "ifdef" || Word == "ifndef")
      open(Word, Rest, End, Raw[Hash].tok.line);
    else if (Word == "elif" || Word == "elifdef" || Word == "elifndef" || Word == "else")
      next(Word, Rest, Raw[Hash].tok.line);
    else if (Word == "endif")
      close(Raw[Hash].tok.line);
    else if (Word == "define")
      define(Hash + 2, End);
    else if (Word == "include")
      include(Rest);
    return End;
  }

  void open(llvm::StringRef Word, const std::vector<Tok> &Rest, size_t Next, unsigned Line) {
    Frame F;
    F.current = parseCondition(Word, Rest);
    F.guard = Frames.empty() && !SeenGuard && Word == "ifndef" && Rest.size() == 1 && File.isHeader() &&
              Next + 2 < Raw.size() && Raw[Next + 1].tok.text == "define" && Raw[Next + 2].tok.text == Rest[0].text;
    SeenGuard = true;
    Frames.push_back(std::move(F));
    Depths.push_back(Depth);
    mark(Tok::Kind::IfBegin, Line, false);
  }

  void next(llvm::StringRef Word, const std::vector<Tok> &Rest, unsigned Line) {
    if (Frames.empty())
      return;
    Frame &F = Frames.back();
    Condition Not = negate(F.current);
    F.excluded.insert(Not.begin(), Not.end());
    if (Word == "else")
      F.current.clear();
    else
      F.current = parseCondition(Word == "elif" ? "if" : Word.drop_front(2), Rest);
    restoreDepth();
    mark(Tok::Kind::IfElse, Line, Word == "else");
  }

  void close(unsigned Line) {
    if (Frames.empty())
      return;
    Frames.pop_back();
    Depths.pop_back();
    mark(Tok::Kind::IfEnd, Line, false);
  }

  /// A branch began inside a body but outside its braces: the body cannot be read as one function.
  void restoreDepth() {
    if (InBody && Depths.back() == 0)
      abandonBody();
    Depth = Depths.back();
    if (!InBody)
      Statement.clear();
  }

  void abandonBody() {
    Body.regular = false;
    Body.body.clear();
    File.definitions.push_back(std::move(Body));
    Body = Definition();
    InBody = false;
  }

  void mark(Tok::Kind Kind, unsigned Line, bool IsElse) {
    if (!InBody)
      return;
    Tok T;
    T.kind = Kind;
    T.line = Line;
    T.is_else = IsElse;
    Body.body.push_back(T);
  }

  Condition condition() const {
    Condition C;
    for (const Frame &F : Frames) {
      if (F.guard)
        continue;
      C.insert(F.excluded.begin(), F.excluded.end());
      C.insert(F.current.begin(), F.current.end());
    }
    return C;
  }

  void define(size_t Name, size_t End) {
    if (Name >= End || !Raw[Name].tok.isIdentifier())
      return;
    Definition D;
    D.name = Raw[Name].tok.text.str();
    D.file = &File;
    D.line = Raw[Name].tok.line;
    D.is_macro = true;
    D.condition = condition();
    size_t I = Name + 1;
    D.object_like = I >= End || !Raw[I].tok.is("(") || Raw[I].after_space;
    if (!D.object_like) {
      for (++I; I < End && !Raw[I].tok.is(")"); ++I)
        if (Raw[I].tok.isIdentifier())
          D.params.push_back(Raw[I].tok.text.str());
      ++I;
    }
    for (; I < End; ++I)
      D.body.push_back(Raw[I].tok);
    File.definitions.push_back(std::move(D));
  }

  void include(const std::vector<Tok> &Rest) {
    std::string Path;
    for (const Tok &T : Rest)
      Path += T.text;
    if (Path.size() < 3)
      return;
    File.includes.push_back({Path.substr(1, Path.size() - 2), condition()});
  }

  void token(const Tok &T) {
    if (InBody)
      return bodyToken(T);
    if (T.is("{")) {
      if (Depth == 0 && beginFunction())
        return;
      ++Depth;
    } else if (T.is("}")) {
      Depth -= Depth > 0;
      if (Depth == 0)
        Statement.clear();
      return;
    } else if (T.is(";") && Depth == 0) {
      noteExport();
      Statement.clear();
      return;
    }
    if (Depth == 0)
      Statement.push_back(T);
  }

  void bodyToken(const Tok &T) {
    if (T.is("{"))
      ++Depth;
    if (T.is("}") && --Depth == 0) {
      File.definitions.push_back(std::move(Body));
      Body = Definition();
      InBody = false;
      Statement.clear();
      return;
    }
    Body.body.push_back(T);
  }

  void noteExport() {
    for (size_t I = 0; I + 2 < Statement.size(); ++I)
      if (Statement[I].text.starts_with("EXPORT_") && Statement[I + 1].is("("))
        File.exports.push_back({Statement[I].text.str(), Statement[I + 2].text.str(), Statement[I].line});
  }

  /// The statement collected so far and an opening brace: a function, if a name and a parameter list stand there
  /// and no initialiser begins.
  bool beginFunction() {
    noteExport();
    size_t Name = 0, Open = 0, Nesting = 0;
    bool Found = false;
    for (size_t I = 0; I < Statement.size(); ++I) {
      const Tok &T = Statement[I];
      if (T.is("=") && Nesting == 0)
        return false;
      if (T.is("(")) {
        if (Nesting++ == 0 && I > 0 && Statement[I - 1].isIdentifier() && !looksLikeAnnotation(Statement, I - 1)) {
          Name = I - 1;
          Open = I;
          Found = true;
        }
      } else if (T.is(")")) {
        Nesting -= Nesting > 0;
      }
    }
    if (!Found)
      return false;
    Body = Definition();
    Body.name = Statement[Name].text.str();
    Body.file = &File;
    Body.line = Statement[Name].line;
    Body.condition = condition();
    for (size_t I = 0; I < Name; ++I)
      Body.is_static |= Statement[I].is("static");
    readParams(Open);
    InBody = true;
    ++Depth;
    return true;
  }

  void readParams(size_t Open) {
    std::vector<Tok> Param;
    auto Finish = [&] {
      std::string Name;
      for (const Tok &T : Param)
        if (T.isIdentifier())
          Name = T.text.str();
      if (!Param.empty() && Name != "void") {
        Body.params.push_back(Name);
        Body.param_tokens.push_back(Param);
      }
      Param.clear();
    };
    unsigned Nesting = 1;
    for (size_t I = Open + 1; I < Statement.size(); ++I) {
      const Tok &T = Statement[I];
      Nesting += T.is("(");
      if (T.is(")") && --Nesting == 0)
        break;
      if (T.is(",") && Nesting == 1)
        Finish();
      else
        Param.push_back(T);
    }
    Finish();
  }

  SourceFile &File;
  std::vector<RawTok> Raw;
  std::vector<Frame> Frames;
  std::vector<unsigned> Depths;
  std::vector<Tok> Statement;
  Definition Body;
  unsigned Depth = 0;
  bool InBody = false;
  bool SeenGuard = false;
};

} // namespace

std::unique_ptr<SourceFile> lexSource(std::string Path, std::string Text) {
  auto File = std::make_unique<SourceFile>();
  File->path = std::move(Path);
  File->text = std::move(Text);
  Scanner(*File).run();
  return File;
}

} // namespace krcu::semantics
