// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/index/glance.h"
#include "tool/index/lex.h"
#include "llvm/ADT/StringRef.h"
#include <algorithm>

using llvm::StringRef;
namespace tok = clang::tok;

namespace krcu {
namespace {

struct GlanceToken {
  tok::TokenKind kind;
  StringRef text;
  unsigned line;
};

/// The tokens of a body, braces included; empty if it has a preprocessor directive (then nothing is certain).
std::vector<GlanceToken> tokensOf(const LexedText &Body, unsigned FirstLine) {
  if (!Body.directives().empty())
    return {};
  std::vector<GlanceToken> Result;
  for (const LexToken &T : Body.tokens())
    Result.push_back({T.kind, T.text, FirstLine + Body.lineOf(T.offset) - 1});
  return Result;
}

/// Walks the statements of one body and notes what is certain.
class Reader {
public:
  struct Call {
    std::string name;
    unsigned line;
    bool conditional;
    std::vector<bool> loaded; ///< per argument: a pointer read through ->, not an address taken with &
  };

  Reader(std::vector<GlanceToken> Tokens) : T(std::move(Tokens)) {}

  std::vector<Call> calls;              ///< statements that are one call
  std::optional<std::pair<unsigned, std::string>> certain; ///< line, what

  /// The first call of one of the names, in whatever expression it stands.
  std::optional<std::pair<unsigned, std::string>> firstCallOf(const llvm::StringSet<> &Names) const {
    for (size_t I = 0; I + 1 < T.size(); ++I)
      if (T[I].kind == tok::raw_identifier && T[I + 1].kind == tok::l_paren && Names.contains(T[I].text) &&
          (I == 0 || (T[I - 1].kind != tok::arrow && T[I - 1].kind != tok::period)))
        return std::pair(T[I].line, "calls " + T[I].text.str() + "()");
    return std::nullopt;
  }

  void run() {
    size_t I = 0;
    while (I < T.size() && !certain && !Lost)
      I = statement(I, false);
  }

private:
  bool is(size_t I, StringRef Text) const { return I < T.size() && T[I].text == Text; }

  /// Index behind the bracket that closes the one at I.
  size_t closing(size_t I) const {
    int Depth = 0;
    for (; I < T.size(); ++I) {
      if (T[I].kind == tok::l_paren || T[I].kind == tok::l_brace || T[I].kind == tok::l_square)
        ++Depth;
      else if (T[I].kind == tok::r_paren || T[I].kind == tok::r_brace || T[I].kind == tok::r_square)
        if (--Depth == 0)
          return I + 1;
    }
    return T.size();
  }

  void note(unsigned Line, std::string Text) {
    if (!certain)
      certain = {Line, std::move(Text)};
  }

  size_t statement(size_t I, bool Conditional) {
    if (I >= T.size() || certain || Lost)
      return T.size();
    if (T[I].kind == tok::l_brace) {
      size_t End = closing(I);
      for (++I; I + 1 < End && !certain && !Lost;)
        I = statement(I, Conditional);
      return End;
    }
    if (is(I, "if"))
      return ifStatement(I);
    if (is(I, "for") || is(I, "while")) {
      note(T[I].line, "has a loop");
      return T.size();
    }
    if (is(I, "switch"))
      return statement(closing(I + 1), true);
    if (is(I, "return") && Conditional) {
      Lost = true; // what follows does not run behind this
      return T.size();
    }
    if (is(I, "do") || is(I, "goto") || is(I, "case") || is(I, "default") || is(I, "asm") || (I + 1 < T.size() && T[I + 1].kind == tok::colon)) {
      Lost = true; // not worth following on text
      return T.size();
    }
    size_t End = I;
    while (End < T.size() && T[End].kind != tok::semi) {
      if (T[End].kind == tok::l_paren || T[End].kind == tok::l_brace || T[End].kind == tok::l_square) {
        size_t Close = closing(End);
        if (End > I && T[End].kind == tok::l_paren && End == I + 1 && Close < T.size() && T[Close].kind == tok::l_brace) {
          note(T[I].line, "has a " + T[I].text.str() + "() block");
          return T.size();
        }
        End = Close;
      } else {
        ++End;
      }
    }
    if (End < T.size())
      expression(I, End, Conditional);
    return End + 1;
  }

  size_t ifStatement(size_t I) {
    size_t Next = statement(closing(I + 1), true);
    if (is(Next, "else"))
      Next = statement(Next + 1, true);
    return Next;
  }

  void expression(size_t Begin, size_t End, bool Conditional) {
    if (Begin >= End)
      return;
    int Depth = 0;
    bool Arrow = false;
    for (size_t I = Begin; I < End; ++I) {
      switch (T[I].kind) {
      case tok::l_paren: case tok::l_brace: case tok::l_square: ++Depth; break;
      case tok::r_paren: case tok::r_brace: case tok::r_square: --Depth; break;
      case tok::arrow: Arrow = Arrow || Depth == 0; break;
      case tok::plusplus: case tok::minusminus:
        if (Depth == 0 && (Arrow || arrowBehind(I, End)))
          return note(T[I].line, "changes " + spelled(Begin, End));
        break;
      case tok::equal: case tok::plusequal: case tok::minusequal: case tok::pipeequal: case tok::ampequal:
        if (Depth == 0) {
          if (Arrow || T[Begin].kind == tok::star)
            note(T[I].line, "stores to " + spelled(Begin, I));
          return; // a declaration or a local: what is on the right may be pure
        }
        break;
      default: break;
      }
    }
    if (Arrow && T[End - 1].kind == tok::r_paren)
      return throughPointer(Begin, End);
    if (Begin + 1 < End && T[Begin].kind == tok::raw_identifier && T[Begin + 1].kind == tok::l_paren && closing(Begin + 1) == End)
      calls.push_back({T[Begin].text.str(), T[Begin].line, Conditional, loadedArguments(Begin + 2, End - 1)});
  }

  /// x->y->f(...): the statement is a call of what the last member points to.
  void throughPointer(size_t Begin, size_t End) {
    for (size_t I = Begin; I + 1 < End; ++I) {
      bool Member = I > Begin && T[I].kind == tok::raw_identifier && (T[I - 1].kind == tok::arrow || T[I - 1].kind == tok::period);
      if (T[I].kind == tok::l_paren) {
        bool Called = I > Begin + 1 && T[I - 1].kind == tok::raw_identifier && (T[I - 2].kind == tok::arrow || T[I - 2].kind == tok::period);
        if (Called && closing(I) == End)
          note(T[Begin].line, "calls through a pointer " + spelled(Begin, I));
        return;
      }
      if (!Member && T[I].kind != tok::arrow && T[I].kind != tok::period && I != Begin)
        return;
    }
  }

  std::vector<bool> loadedArguments(size_t I, size_t End) const {
    std::vector<bool> Result;
    while (I < End) {
      bool Address = T[I].kind == tok::amp, Arrow = false, Plain = true;
      for (; I < End && T[I].kind != tok::comma; ++I) {
        Arrow = Arrow || T[I].kind == tok::arrow;
        if (T[I].kind == tok::l_paren || T[I].kind == tok::l_square || T[I].kind == tok::l_brace) {
          Plain = false; // a cast, a call: not for a glance
          I = closing(I) - 1;
        }
      }
      Result.push_back(Arrow && Plain && !Address);
      ++I;
    }
    return Result;
  }

  bool arrowBehind(size_t I, size_t End) const {
    for (; I < End; ++I)
      if (T[I].kind == tok::arrow)
        return true;
    return false;
  }

  std::string spelled(size_t Begin, size_t End) const {
    std::string Result;
    for (size_t I = Begin; I < End && Result.size() < 60; ++I)
      Result += T[I].text.str();
    return Result;
  }

  std::vector<GlanceToken> T;
  bool Lost = false;
};

} // namespace

/// A call of it does something in every configuration: all its definitions are out of line, or have a body that is more than
/// an empty stand-in.
bool Glancer::doesSomething(const std::string &Name) {
  auto It = Effective.find(Name);
  if (It != Effective.end())
    return It->second;
  std::vector<FunctionPlace> Places = I.definitionsOf(Name);
  bool Result = !Places.empty() && std::all_of(Places.begin(), Places.end(), [&](const FunctionPlace &P) {
    const std::string &Path = I.files()[P.file].path;
    if (StringRef(Path).ends_with(".c"))
      return true;
    auto O = Outlines.get(Path);
    auto Text = I.text(P.file);
    if (!O || !Text)
      return false;
    return std::any_of(O->functions.begin(), O->functions.end(), [&](const OutlineFunction &F) {
      // "{ }" and "{ return x; }" have at most one line between the braces and no call.
      return F.name == Name && F.line == P.line && StringRef(*Text).slice(F.body_begin, F.body_end).contains('(');
    });
  });
  return Effective.emplace(Name, Result).first->second;
}

std::optional<GlanceFinding> Glancer::look(const std::string &File, const OutlineFunction &F, const Outline &Own, unsigned Depth) {
  auto Text = I.text(static_cast<uint32_t>(I.find(File)));
  if (!Text || Depth > 3)
    return std::nullopt;
  StringRef Before = StringRef(*Text).take_front(F.body_begin);
  LexedText Lexed(StringRef(*Text).slice(F.body_begin, F.body_end));
  Reader Body(tokensOf(Lexed, static_cast<unsigned>(Before.count('\n')) + 1));
  Body.run();
  auto Found = [&](unsigned Line, std::string What) {
    return GlanceFinding{{File, Line, 1}, std::move(What), {File, F.line, 1}};
  };
  if (Body.certain)
    return Found(Body.certain->first, Body.certain->second);
  const Reader::Call *Free = nullptr, *Out = nullptr; // the ones that run on every path
  const Reader::Call *SometimesFree = nullptr, *SometimesOut = nullptr;
  for (const Reader::Call &C : Body.calls) {
    bool Macro = std::any_of(Own.macros.begin(), Own.macros.end(), [&](const OutlineMacro &M) { return M.name == C.name; });
    if (Macro)
      continue;
    if (const FreeRule *Rule = R.free(C.name)) {
      if (Rule->object < C.loaded.size() && C.loaded[Rule->object])
        return Found(C.line, "frees a pointer that is not the callback's own object, with " + C.name + "()");
      if (Free && !C.conditional)
        return Found(C.line, "frees a second time, with " + C.name + "()");
      (C.conditional ? SometimesFree : Free) = &C;
    } else if (const OutlineFunction *Helper = Own.function(C.name)) {
      if (Helper != &F)
        if (auto Inside = look(File, *Helper, Own, Depth + 1))
          return Found(C.line, "calls " + C.name + "(), which " + Inside->text);
    } else if (doesSomething(C.name)) {
      if (Out && !C.conditional)
        return Found(C.line, "calls " + Out->name + "() and " + C.name + "()");
      (C.conditional ? SometimesOut : Out) = &C;
    }
  }
  // A condition that can hold leads through both.
  if (Free && (Out || SometimesOut)) {
    const Reader::Call *Other = Out ? Out : SometimesOut;
    return Found(Other->line, "calls " + Other->name + "() besides freeing");
  }
  if (Free && SometimesFree)
    return Found(SometimesFree->line, "frees a second time, with " + SometimesFree->name + "()");
  if (auto Effect = Body.firstCallOf(Effects))
    return Found(Effect->first, Effect->second);
  if (Out && !SometimesOut && !SometimesFree)
    if (auto Inside = lookElsewhere(Out->name, Depth + 1))
      return Found(Out->line, "calls " + Out->name + "(), which " + Inside->text);
  return std::nullopt;
}

/// The one out-of-line definition of a function, looked at in its own file.
std::optional<GlanceFinding> Glancer::lookElsewhere(const std::string &Name, unsigned Depth) {
  std::vector<FunctionPlace> Places = I.definitionsOf(Name);
  if (Places.size() != 1)
    return std::nullopt;
  const std::string &File = I.files()[Places[0].file].path;
  auto Own = Outlines.get(File);
  const OutlineFunction *F = Own ? Own->function(Name) : nullptr;
  return F && F->line == Places[0].line ? look(File, *F, *Own, Depth) : std::nullopt;
}

/// The callback's definition: in the file that names it, or the only one in the tree.
Glancer::Home Glancer::homeOf(const std::string &File, const std::string &Callback) const {
  Home H{File, Outlines.get(File), nullptr};
  H.function = H.outline ? H.outline->function(Callback) : nullptr;
  if (!H.function) {
    std::vector<FunctionPlace> Places = I.definitionsOf(Callback);
    if (Places.size() != 1)
      return H;
    H.file = I.files()[Places[0].file].path;
    H.outline = Outlines.get(H.file);
    H.function = H.outline ? H.outline->function(Callback) : nullptr;
  }
  // Two bodies under #if: only the parser can tell which one counts.
  if (H.function && std::count_if(H.outline->functions.begin(), H.outline->functions.end(),
                                  [&](const OutlineFunction &O) { return O.name == Callback; }) != 1)
    H.function = nullptr;
  return H;
}

std::optional<GlanceFinding> Glancer::moreThanFree(const std::string &File, const std::string &Callback) {
  auto Key = std::pair(File, Callback);
  auto It = Known.find(Key);
  if (It != Known.end())
    return It->second;
  std::optional<GlanceFinding> Result;
  if (Home H = homeOf(File, Callback); H.function)
    Result = look(H.file, *H.function, *H.outline, 0);
  return Known.emplace(Key, Result).first->second;
}

std::optional<GlanceFinding> Glancer::anotherFamily(const std::string &File, const std::string &Callback,
                                                    const std::set<std::string> &Families) {
  Home H = homeOf(File, Callback);
  if (!H.function)
    return std::nullopt;
  const FreeRule *Spelled = nullptr;
  unsigned Line = 0;
  std::set<const OutlineFunction *> Seen{H.function};
  std::vector<const OutlineFunction *> Work{H.function};
  while (!Work.empty()) {
    const OutlineFunction *F = Work.back();
    Work.pop_back();
    for (const std::string &Id : F->identifiers) {
      if (const OutlineFunction *Next = H.outline->function(Id); Next && Seen.insert(Next).second)
        Work.push_back(Next);
      const FreeRule *Rule = R.free(Id);
      if (Rule && Families.count(Rule->family))
        return std::nullopt;
      if (Rule && !Spelled)
        Spelled = Rule, Line = F->line;
      for (const OutlineMacro &M : H.outline->macros) // a macro of the file may hide the free
        if (M.name == Id && std::any_of(M.identifiers.begin(), M.identifiers.end(), [&](const std::string &In) { return R.free(In) != nullptr; }))
          return std::nullopt;
    }
  }
  if (!Spelled)
    return std::nullopt;
  return GlanceFinding{{H.file, Line, 1}, "frees with " + Spelled->name + "()", {H.file, H.function->line, 1}};
}

} // namespace krcu
