// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which modules queue callbacks of their own, and through which hooks they end.
#include "tool/audit/parts.h"
#include "tool/driver/review_judge.h"
#include "tool/index/lex.h"
#include "llvm/ADT/StringRef.h"
#include <algorithm>

using llvm::StringRef;

namespace krcu {

std::map<std::string, std::set<std::string>> initialisersIn(StringRef Text) {
  namespace tok = clang::tok;
  std::map<std::string, std::set<std::string>> Result;
  LexedText Lexed(Text);
  std::vector<std::string> Names; // of the declaration so far: the variable's own is one of them, attributes may stand behind it
  std::set<std::string> Words;
  int Depth = 0;
  bool Assigned = false, Open = false;
  for (const LexToken &T : Lexed.tokens()) {
    if (T.directive >= 0)
      continue;
    Open = Open || (Depth == 0 && Assigned && T.is(tok::l_brace));
    if (T.isIdentifier() && Open)
      Words.insert(T.text.str());
    else if (T.isIdentifier() && !Assigned && Depth <= 1)
      Names.push_back(T.text.str());
    Assigned = Assigned || (Depth == 0 && T.is(tok::equal));
    Depth += T.is(tok::l_brace) || T.is(tok::l_paren) || T.is(tok::l_square);
    Depth -= T.is(tok::r_brace) || T.is(tok::r_paren) || T.is(tok::r_square);
    Depth = std::max(Depth, 0); // #if may leave one too many
    if (Depth || !(T.is(tok::semi) || T.is(tok::r_brace)))
      continue;
    if (Open)
      for (const std::string &Name : Names)
        Result[Name].insert(Words.begin(), Words.end());
    Names.clear(), Words.clear();
    Assigned = Open = false;
  }
  return Result;
}

std::vector<QueueingModule> queueingModules(TreeState &State) {
  std::map<std::pair<std::string, std::string>, QueueingModule> ByModule; // by name and first file
  for (const CensusEntry &E : State.census()) {
    const DeferralRule *Rule = State.rules().deferral(E.deferral);
    if (E.kind != CensusKind::Call || !Rule || Rule->flavour != "rcu" || !StringRef(E.where.file).ends_with(".c"))
      continue;
    std::string Callback = namedCallback(E.callback);
    if (Callback.empty())
      continue;
    ModuleFact Fact = State.scan().moduleFact(E.where.file);
    if (!Fact.can_be_module || Fact.symbol.empty() || Fact.module.empty())
      continue;
    std::vector<std::string> Files = State.scan().frontend().filesOfModule(E.where.file);
    std::string Symbol;
    for (const FunctionPlace &P : State.database().definitionsOf(Callback)) {
      const std::string &File = State.index().files()[P.file].path;
      auto O = State.database().outline(P.file);
      const OutlineFunction *F = O ? O->function(Callback) : nullptr;
      if (F && std::find(Files.begin(), Files.end(), File) != Files.end() && (!F->is_static || File == E.where.file))
        Symbol = F->is_static ? Callback + "@" + File : Callback;
    }
    if (Symbol.empty())
      continue; // not text of this module
    QueueingModule &M = ByModule[{Fact.module, Files.empty() ? E.where.file : Files.front()}];
    M.scope = {Fact.module, Files};
    M.sites.push_back(&E);
    M.callbacks.insert(Symbol);
    M.queueing.insert(E.function);
  }
  std::vector<QueueingModule> Result;
  for (auto &[Key, M] : ByModule) {
    M.exits = exitsOf(State, M.scope.files);
    Result.push_back(std::move(M));
  }
  return Result;
}

} // namespace krcu
