// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/driver/hook_macros.h"
#include "tool/index/lex.h"
#include "llvm/ADT/STLExtras.h"
#include <map>
#include <optional>
#include <tuple>

using llvm::StringRef;

namespace krcu {
namespace {

constexpr unsigned MaxDepth = 4;      ///< macros that call macros
constexpr size_t MaxDefinitions = 16; ///< of a macro with more none is read: it is no wrapper of this module

using Words = std::vector<StringRef>; ///< arguments that are one word each; "" for any other

/// The arguments of the parenthesis at `Open`, and where it closes; `Tokens.size()` if it does not.
std::pair<Words, size_t> argumentsAt(llvm::ArrayRef<LexToken> Tokens, size_t Open) {
  Words Result;
  size_t From = Open + 1, At = From;
  for (int Depth = 0; At < Tokens.size(); ++At) {
    bool Opens = Tokens[At].text == "(" || Tokens[At].text == "{" || Tokens[At].text == "[", Closes = Tokens[At].text == ")" || Tokens[At].text == "}" || Tokens[At].text == "]";
    if (Depth == 0 && (Tokens[At].text == "," || Closes)) {
      Result.push_back(At == From + 1 && Tokens[From].isIdentifier() ? Tokens[From].text : StringRef());
      From = At + 1;
      if (Closes)
        break;
    }
    Depth += Opens;
    Depth -= Closes;
  }
  return {Result, At};
}

class HookSearch {
public:
  HookSearch(const Database &DB, HookMemory &Memory) : DB(DB), Memory(Memory) {}

  HookMacros of(const std::vector<std::string> &Files) {
    for (const std::string &File : Files)
      if (int Id = StringRef(File).ends_with(".c") ? DB.index().find(File) : -1; Id >= 0)
        look(File, static_cast<uint32_t>(Id));
    return std::move(Found);
  }

private:
  /// Does a row name it, of any kind?
  bool isRow(StringRef Name) const {
    return llvm::any_of(DB.rules().module_hooks, [&](const ModuleHookRule &H) { return H.name == Name; });
  }

  void look(const std::string &File, uint32_t Id) {
    auto Text = DB.index().text(Id);
    auto O = DB.outline(Id);
    if (!Text || !O)
      return;
    LexedText Lexed(*Text);
    std::vector<LexToken> Code;
    for (const LexToken &T : Lexed.tokens())
      if (T.directive < 0)
        Code.push_back(T);
    int Depth = 0;
    for (size_t I = 0; I + 1 < Code.size(); ++I) {
      Depth += Code[I].text == "{";
      Depth -= Code[I].text == "}";
      bool Begins = Depth == 0 && Code[I].isIdentifier() && Code[I + 1].text == "(" && (I == 0 || Code[I - 1].text == ";" || Code[I - 1].text == "}" || Code[I - 1].text == ")");
      if (!Begins || isRow(Code[I].text) || O->function(Code[I].text))
        continue;
      auto [Arguments, Close] = argumentsAt(Code, I + 1);
      Location Where{File, Lexed.lineOf(Code[I].offset), Lexed.columnOf(Code[I].offset)};
      add(Code[I].text, Arguments, Where, *O);
      I = std::min(Close, Code.size() - 1);
    }
  }

  void add(StringRef Macro, const Words &Arguments, const Location &Where, const Outline &O) {
    auto Hook = [&](StringRef Name) {
      ModuleExit E;
      E.where = Where;
      E.macro = Macro.str();
      const OutlineFunction *F = O.function(Name);
      E.function = F && F->is_static ? Name.str() + "@" + Where.file : Name.str();
      return E;
    };
    if (llvm::none_of(Arguments, [&](StringRef A) { return !A.empty() && O.function(A); }))
      return;
    bool Defined = false;
    std::optional<size_t> At = exitArgument(Macro, 0, Defined);
    if (At && *At < Arguments.size() && O.function(Arguments[*At]))
      Found.exits.push_back(Hook(Arguments[*At]));
    else if (!Defined)
      for (StringRef A : Arguments)
        if (!A.empty() && O.function(A))
          Found.unknown.push_back(Hook(A));
  }

  /// Which argument of the macro becomes that of an exit. \p Defined: any definition was found.
  std::optional<size_t> exitArgument(StringRef Macro, unsigned Depth, bool &Defined) {
    for (const ModuleHookRule &H : DB.rules().module_hooks)
      if (H.name == Macro && H.kind == "exit")
        return H.argument;
    auto [Known, New] = Answers.try_emplace(Macro.str());
    if (!New) {
      Defined = Defined || Known->second.second;
      return Known->second.first;
    }
    {
      std::lock_guard Guard(Memory.lock);
      if (auto It = Memory.answers.find(Macro.str()); It != Memory.answers.end()) {
        Defined = Defined || It->second.second;
        return (Answers[Macro.str()] = It->second).first;
      }
    }
    Answers[Macro.str()].first = definedArgument(Macro, Depth, Defined); // an answer that asks for itself gets none
    Answers[Macro.str()].second = Defined;
    if (Depth == 0) { // deeper ones may have been cut off
      std::lock_guard Guard(Memory.lock);
      Memory.answers.emplace(Macro.str(), Answers[Macro.str()]);
    }
    return Answers[Macro.str()].first;
  }

  /// The same of a macro that is no row.
  std::optional<size_t> definedArgument(StringRef Macro, unsigned Depth, bool &Defined) {
    std::vector<uint32_t> In = Depth < MaxDepth ? DB.index().definingMacro(Macro, nullptr) : std::vector<uint32_t>();
    Defined = Defined || !In.empty();
    if (In.size() > MaxDefinitions)
      return std::nullopt;
    for (uint32_t Id : In) {
      auto Text = DB.index().text(Id);
      if (!Text)
        continue;
      LexedText Lexed(*Text);
      for (const LexDirective &D : Lexed.directives()) {
        llvm::ArrayRef<LexToken> T = Lexed.tokensOf(D);
        if (D.keyword != "define" || T.size() < 4 || T[0].text != Macro || T[1].text != "(")
          continue;
        auto [Parameters, Close] = argumentsAt(T, 1);
        for (size_t I = Close + 1; I + 1 < T.size(); ++I) {
          if (!T[I].isIdentifier() || T[I + 1].text != "(" || T[I].text == Macro)
            continue;
          bool Inner = false;
          std::optional<size_t> At = exitArgument(T[I].text, Depth + 1, Inner);
          Words Passed = At ? argumentsAt(T, I + 1).first : Words();
          if (At && *At < Passed.size() && !Passed[*At].empty())
            if (auto Same = llvm::find(Parameters, Passed[*At]); Same != Parameters.end())
              return static_cast<size_t>(Same - Parameters.begin());
        }
      }
    }
    return std::nullopt;
  }

  const Database &DB;
  HookMemory &Memory;
  std::map<std::string, std::pair<std::optional<size_t>, bool>> Answers; ///< by macro
  HookMacros Found;
};

} // namespace

HookMacros hookMacros(const Database &DB, const std::vector<std::string> &Files, HookMemory &Memory) {
  HookMacros Result = HookSearch(DB, Memory).of(Files);
  auto ByPlace = [](const ModuleExit &A, const ModuleExit &B) { return std::tie(A.where, A.function) < std::tie(B.where, B.function); };
  llvm::sort(Result.exits, ByPlace);
  llvm::sort(Result.unknown, ByPlace);
  return Result;
}

} // namespace krcu
