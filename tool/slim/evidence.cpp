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

/// One parse: a file, or headers that go together.
struct Evidences::Job {
  std::vector<std::string> files;
  Demand demand;
  UnitUses shown;
  ParseOutcome outcome;
};

std::vector<Evidences::Job> Evidences::jobsFor(const Wanted &Asked) const {
  constexpr size_t MaxTogether = 40; // headers: with more of them one error is too likely
  std::vector<Job> Jobs;
  Job Headers;
  for (const auto &[File, D] : Asked) {
    auto It = Files.find(File);
    if (It != Files.end() && It->second.served.includes(D))
      continue;
    const bool Together = S.frontend().standsAlone(File);
    Job &J = Together ? Headers : Jobs.emplace_back();
    J.files.push_back(File);
    J.demand.add(D);
    if (It != Files.end())
      J.demand.add(It->second.served);
    if (Headers.files.size() == MaxTogether)
      Jobs.push_back(std::exchange(Headers, Job()));
  }
  if (!Headers.files.empty())
    Jobs.push_back(std::move(Headers));
  return Jobs;
}

void Evidences::run(std::vector<Job> &Jobs, const std::set<std::string> &Names) {
  UseQuestion Q = question(Names);
  Progress *Told = S.options().progress.get();
  if (Told)
    Told->add(Jobs.size());
  parallelFor(S.options().jobs, Jobs.size(), [&](size_t N, unsigned Worker) {
    Job &J = Jobs[N];
    ParseRequest Request = requestFor(J.files.front(), J.demand);
    Request.together.assign(J.files.begin() + 1, J.files.end());
    Request.bodies.headers.insert(Request.together.begin(), Request.together.end());
    J.outcome = S.frontend().parse(Request, Worker, [&](clang::ASTContext &C, const std::vector<clang::Decl *> &Decls, const ParseOutcome &) { J.shown = usesIn(C, Decls, Q); });
    J.outcome.inputs.clear();
    if (Told)
      Told->done();
  });
}

void Evidences::parse(const Wanted &Asked, const std::set<std::string> &Names) {
  std::vector<Job> Jobs = jobsFor(Asked);
  std::vector<std::string> Sources;
  for (const Job &J : Jobs)
    if (J.files.size() == 1 && StringRef(J.files.front()).ends_with(".c"))
      Sources.push_back(J.files.front());
  S.frontend().preparePch(Sources, {});
  run(Jobs, Names);
  std::vector<Job> Alone; // headers that do not go together
  for (Job &J : Jobs)
    if (J.files.size() > 1 && J.outcome.errors)
      for (const std::string &File : std::exchange(J.files, {}))
        Alone.push_back({{File}, J.demand, {}, {}});
  run(Alone, Names);
  std::move(Alone.begin(), Alone.end(), std::back_inserter(Jobs));
  for (Job &J : Jobs) {
    if (!J.files.empty())
      add(J.files, std::move(J.shown));
    for (const std::string &File : J.files)
      Files[File] = {J.demand, J.outcome};
  }
}

/// What configurations show that compile these lines of a file.
std::vector<UnitUses> Evidences::showLines(const std::string &File, std::set<unsigned> Lines, const UseQuestion &Q, unsigned Worker) const {
  std::vector<UnitUses> Shown;
  const int Id = S.index().find(File);
  auto Text = Id < 0 ? nullptr : S.index().text(static_cast<uint32_t>(Id));
  if (!Text)
    return Shown;
  const std::vector<std::string> Variants = S.frontend().variantsToTry(File);
  std::set<std::pair<std::string, Settings>> Tried; // also for the lines before
  while (!Lines.empty()) {
    const unsigned Line = *Lines.begin();
    Lines.erase(Lines.begin());
    std::vector<std::string> Conditions = conditionsAround(*Text, Line);
    size_t Tries = 0;
    bool There = Conditions.empty();
    for (size_t V = 0; V < Variants.size() && V < MaxVariants && !There; ++V)
      for (const Settings &Turned : settingsFor(Conditions, [&](const std::string &Symbol) { return S.frontend().configValue(Variants[V], Symbol); })) {
        if (There || (V == 0 && Turned.empty()) || ++Tries > MaxTries || !Tried.emplace(Variants[V], Turned).second)
          continue; // the first of them is the usual configuration
        Demand D;
        D.words = Q.names;
        ParseRequest Request = requestFor(File, D);
        Request.variant = Variants[V];
        Request.force = Turned;
        UnitUses U;
        ParseOutcome Out = S.frontend().parse(Request, Worker, [&](clang::ASTContext &C, const std::vector<clang::Decl *> &Decls, const ParseOutcome &) { U = usesIn(C, Decls, Q); });
        if (!Out.parsed || !errorOf(Out).empty())
          continue;
        for (const Use &One : U.uses)
          if (One.token.first == File && Text->size() > One.token.second) {
            const unsigned Seen = static_cast<unsigned>(StringRef(*Text).take_front(One.token.second).count('\n')) + 1;
            There = There || Seen == Line;
            Lines.erase(Seen);
          }
        Shown.push_back(std::move(U));
      }
  }
  return Shown;
}

void Evidences::parseHidden(const std::map<std::string, std::set<unsigned>> &Lines, const std::set<std::string> &Names) {
  std::vector<std::pair<std::string, std::set<unsigned>>> Jobs(Lines.begin(), Lines.end());
  std::vector<std::vector<UnitUses>> Shown(Jobs.size());
  UseQuestion Q = question(Names);
  parallelFor(S.options().jobs, Jobs.size(), [&](size_t N, unsigned Worker) { Shown[N] = showLines(Jobs[N].first, Jobs[N].second, Q, Worker); });
  for (std::vector<UnitUses> &One : Shown)
    for (UnitUses &U : One)
      add({}, std::move(U));
}

/// `Of`: the files that the parse was for. Of several headers the one in which the token stands shows it.
void Evidences::add(const std::vector<std::string> &Of, UnitUses U) {
  for (Use &One : U.uses) {
    if (!One.member.first.empty()) {
      Tokens[One.member].insert(One.token);
      if (Of.size() == 1)
        Showing[One.member].insert(Of.front());
      else if (!Of.empty())
        Showing[One.member].insert(One.token.first);
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
