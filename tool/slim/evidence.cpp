// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/slim/evidence.h"

#include "tool/index/lex.h"
#include "tool/index/outline.h"
#include "tool/index/settings.h"
#include "tool/support/parallel.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>
#include <tuple>

using llvm::StringRef;

namespace krcu::slim {
namespace {

constexpr size_t MaxVariants = 3; ///< architectures that are tried for a hidden line
constexpr size_t MaxTries = 5;    ///< parses for one

bool isSame(const Use &A, const Use &B) { return A.token == B.token && A.member == B.member && A.freed == B.freed && A.offset == B.offset && A.how == B.how && A.object.record == B.object.record; }

/// The first error that is not the tree's own.
std::string errorOf(const ParseOutcome &O) {
  if (!O.parsed)
    return O.cause.empty() ? "it could not be parsed" : O.cause;
  for (const ParseDiagnostic &D : O.diagnostics)
    if (D.error && !D.of_tree)
      return D.file + ":" + std::to_string(D.line) + ": " + D.text;
  unsigned Told = 0;
  for (const ParseDiagnostic &D : O.diagnostics)
    Told += D.error;
  return O.errors > Told ? std::to_string(O.errors) + " errors" : "";
}

} // namespace

UseQuestion Evidences::question(const std::set<std::string> &Names) const {
  UseQuestion Q{S.tree().root(), &S.rules(), &R, Names, {}};
  for (const SlimHead &H : R.heads)
    Q.heads.insert(H.instead_of.begin(), H.instead_of.end());
  return Q;
}

ParseRequest Evidences::requestFor(const std::string &File, const Demand &D) const {
  ParseRequest Request;
  Request.file = File;
  Request.bodies.words = D.words;
  Request.bodies.names = D.names;
  Request.bodies.words.insert(R.copies.begin(), R.copies.end());
  if (!StringRef(File).ends_with(".c"))
    Request.bodies.headers.insert(File);
  return Request;
}

void Evidences::parse(const Wanted &Asked, const std::set<std::string> &Names) {
  std::vector<std::pair<std::string, Demand>> Jobs;
  for (const auto &[File, D] : Asked) {
    auto It = Files.find(File);
    if (It != Files.end() && It->second.served.includes(D))
      continue;
    Demand All = D;
    if (It != Files.end())
      All.add(It->second.served);
    Jobs.emplace_back(File, std::move(All));
  }
  std::vector<UnitUses> Shown(Jobs.size());
  std::vector<ParseOutcome> Outcomes(Jobs.size());
  UseQuestion Q = question(Names);
  Progress *Told = S.options().progress.get();
  if (Told)
    Told->add(Jobs.size());
  parallelFor(S.options().jobs, Jobs.size(), [&](size_t N, unsigned Worker) {
    Outcomes[N] = S.frontend().parse(requestFor(Jobs[N].first, Jobs[N].second), Worker,
                                     [&](clang::ASTContext &C, const std::vector<clang::Decl *> &Decls, const ParseOutcome &) { Shown[N] = usesIn(C, Decls, Q); });
    Outcomes[N].inputs.clear();
    if (Told)
      Told->done();
  });
  for (size_t N = 0; N < Jobs.size(); ++N) {
    add(Jobs[N].first, std::move(Shown[N]));
    Files[Jobs[N].first] = {std::move(Jobs[N].second), std::move(Outcomes[N])};
  }
}

void Evidences::parseHidden(const std::map<std::pair<std::string, unsigned>, std::string> &Lines, const std::set<std::string> &Names) {
  std::vector<std::pair<std::pair<std::string, unsigned>, std::string>> Jobs(Lines.begin(), Lines.end());
  std::vector<std::vector<UnitUses>> Shown(Jobs.size());
  UseQuestion Q = question(Names);
  parallelFor(S.options().jobs, Jobs.size(), [&](size_t N, unsigned Worker) {
    const auto &[File, Line] = Jobs[N].first;
    int Id = S.index().find(File);
    auto Text = Id < 0 ? nullptr : S.index().text(static_cast<uint32_t>(Id));
    std::vector<std::string> Conditions = Text ? conditionsAround(*Text, Line) : std::vector<std::string>();
    if (Conditions.empty())
      return;
    std::vector<std::string> Variants = S.frontend().variantsToTry(File);
    size_t Tries = 0;
    for (size_t V = 0; V < Variants.size() && V < MaxVariants; ++V)
      for (const Settings &Turned : settingsFor(Conditions, [&](const std::string &Symbol) { return S.frontend().configValue(Variants[V], Symbol); })) {
        if ((V == 0 && Turned.empty()) || ++Tries > MaxTries)
          continue; // that is the usual configuration
        Demand D;
        D.words.insert(Jobs[N].second);
        ParseRequest Request = requestFor(File, D);
        Request.variant = Variants[V];
        Request.force = Turned;
        UnitUses U;
        ParseOutcome Out = S.frontend().parse(Request, Worker, [&](clang::ASTContext &C, const std::vector<clang::Decl *> &Decls, const ParseOutcome &) { U = usesIn(C, Decls, Q); });
        if (!Out.parsed || !errorOf(Out).empty())
          continue;
        bool There = llvm::any_of(U.uses, [&](const Use &One) {
          return One.token.first == File && Text->size() > One.token.second && static_cast<unsigned>(StringRef(*Text).take_front(One.token.second).count('\n')) + 1 == Line;
        });
        Shown[N].push_back(std::move(U));
        if (There)
          return;
      }
  });
  for (size_t N = 0; N < Jobs.size(); ++N)
    for (UnitUses &U : Shown[N])
      add("", std::move(U));
}

void Evidences::add(const std::string &File, UnitUses U) {
  for (Use &One : U.uses) {
    if (!One.member.first.empty()) {
      Tokens[One.member].insert(One.token);
      if (!File.empty())
        Showing[One.member].insert(File);
    }
    std::vector<Use> &Known = Uses[One.token];
    if (llvm::none_of(Known, [&](const Use &K) { return isSame(K, One); }))
      Known.push_back(std::move(One));
  }
  for (WholeUse &One : U.whole) {
    std::vector<WholeUse> &Known = Whole[One.member];
    if (llvm::none_of(Known, [&](const WholeUse &K) { return K.where == One.where && K.how == One.how; }))
      Known.push_back(std::move(One));
  }
  for (auto &[Member, Info] : U.members) {
    auto [It, New] = Members.try_emplace(Member, Info);
    if (!New && It->second.why.empty())
      It->second = Info;
  }
}

std::vector<Use> Evidences::of(const Place &Member) const {
  std::vector<Use> Result;
  auto It = Tokens.find(Member);
  if (It != Tokens.end())
    for (const Place &Token : It->second)
      for (const Use &U : Uses.at(Token))
        if (U.member == Member)
          Result.push_back(U);
  return Result;
}

std::vector<Use> Evidences::at(const Place &Token) const {
  auto It = Uses.find(Token);
  return It == Uses.end() ? std::vector<Use>() : It->second;
}

std::vector<WholeUse> Evidences::wholeOf(const Place &Member) const {
  auto It = Whole.find(Member);
  if (It == Whole.end())
    return {};
  std::vector<WholeUse> Result = It->second;
  std::sort(Result.begin(), Result.end(), [](const WholeUse &A, const WholeUse &B) { return std::tie(A.where, A.how) < std::tie(B.where, B.how); });
  return Result;
}

const MemberInfo *Evidences::member(const Place &Member) const {
  auto It = Members.find(Member);
  return It == Members.end() ? nullptr : &It->second;
}

std::set<std::string> Evidences::filesOf(const Place &Member) const {
  auto It = Showing.find(Member);
  return It == Showing.end() ? std::set<std::string>() : It->second;
}

std::string Evidences::problem(const std::string &File) const {
  auto It = Files.find(File);
  return It == Files.end() ? "" : errorOf(It->second.outcome);
}

const Demand *Evidences::served(const std::string &File) const {
  auto It = Files.find(File);
  return It == Files.end() ? nullptr : &It->second.served;
}

const ParseOutcome *Evidences::outcome(const std::string &File) const {
  auto It = Files.find(File);
  return It == Files.end() ? nullptr : &It->second.outcome;
}

bool Evidences::isUsed(const Database &DB, const std::string &Macro) const {
  unsigned Said = 0;
  for (uint32_t File : DB.mentioning(Macro)) {
    auto Text = DB.index().text(File);
    if (!Text)
      return true;
    LexedText Lexed(*Text);
    for (size_t N = 0; N < Lexed.tokens().size(); ++N) {
      const LexToken &T = Lexed.tokens()[N];
      if (!T.isIdentifier() || T.text != Macro)
        continue;
      const LexDirective *D = T.directive < 0 ? nullptr : &Lexed.directives()[static_cast<size_t>(T.directive)];
      const bool Itself = D && ((D->keyword == "define" && D->first_token == N) || D->keyword == "undef" || D->keyword == "ifdef" || D->keyword == "ifndef");
      Said += !Itself;
    }
  }
  return Said != 0;
}

} // namespace krcu::slim
