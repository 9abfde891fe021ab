// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Two steps, because parsing every body of a large file takes a second and almost never finds anything. The quick step
// parses the new text with the bodies that were edited. An error, or a -Wunused warning about a name that the edit
// made rarer, is suspicious: a helper that only the callback used, say, or one whose other user's body was skipped. Only then the
// slow step parses old and new text with all bodies and compares what Clang says of them.
#include "tool/driver/verify.h"
#include "matchers/extract.h"
#include "tool/driver/diagnostics.h"
#include <set>

namespace krcu {
namespace {

/// What the quick step must not let pass: errors, and words of the edit that a warning quotes.
struct Suspicion {
  bool error = false;
  std::set<std::string> words;
};

Suspicion suspicionOf(const ParseOutcome &O, const std::set<std::string> &Rarer) {
  Suspicion Result;
  for (const ParseDiagnostic &D : O.diagnostics) {
    Result.error = Result.error || (D.error && !D.of_tree);
    for (const std::string &Word : quotedWords(D.text))
      if (Rarer.count(Word))
        Result.words.insert(Word);
  }
  return Result;
}

std::string complaint(const ParseDiagnostic &D) {
  return "the new text would give " + std::string(D.error ? "an error" : "a warning") + " at line " + std::to_string(D.line) + ": " + D.text;
}

void ignoreAst(clang::ASTContext &, const std::vector<clang::Decl *> &, const ParseOutcome &) {}

std::string compareWhole(Scan &S, const std::string &File, const std::map<std::string, std::string> &Contents, unsigned Worker) {
  ParseRequest Old;
  Old.file = File;
  Old.warn_unused = true;
  Old.no_pch = true;
  Old.bodies.all = true;
  ParseRequest New = Old;
  New.overrides = &Contents;
  ParseOutcome Before = S.frontend().parse(Old, Worker, ignoreAst);
  New.variant = Before.variant; // the same architecture, or the comparison means nothing
  ParseOutcome After = S.frontend().parse(New, Worker, ignoreAst);
  if (!After.parsed)
    return "the new text could not be parsed";
  if (auto D = firstNewDiagnostic(Before, After))
    return complaint(*D);
  return {};
}

/// Sites that only another configuration compiles are looked at under that one.
std::string verifyElsewhere(Scan &S, const std::string &File, ParseRequest Request, unsigned Worker) {
  std::set<const OtherConfiguration *> Needed;
  for (const SiteReport &R : S.sites())
    if (R.cls == SiteClass::Convert && R.elsewhere && R.site->where.file == File)
      Needed.insert(R.elsewhere);
  for (const OtherConfiguration &C : S.database().otherConfigurations()) { // in a stable order
    if (!Needed.count(&C))
      continue;
    Request.variant = C.variant;
    Request.force = C.force;
    ParseOutcome Out = S.frontend().parse(Request, Worker, ignoreAst);
    for (const ParseDiagnostic &D : Out.diagnostics)
      if (D.error && !D.of_tree)
        return complaint(D) + ", in another configuration";
    if (!Out.parsed)
      return "the new text could not be parsed in another configuration";
  }
  return {};
}

} // namespace

std::string verifyFile(Scan &S, const std::string &File, const std::map<std::string, std::string> &Contents, unsigned Worker,
                       std::string *ParsedFor) {
  ParseRequest Quick;
  Quick.file = File;
  Quick.overrides = &Contents;
  Quick.warn_unused = true;
  for (const auto &[Path, Text] : Contents)
    Quick.no_pch = Quick.no_pch || llvm::StringRef(Path).ends_with(".h"); // the header may be part of the precompiled one
  for (const std::string &Name : S.rules().replacements)
    Quick.bodies.words.insert(Name);
  for (const DeferralRule &D : S.rules().deferrals)
    Quick.bodies.words.insert(D.name);
  for (const SiteReport &R : S.sites())
    Quick.bodies.words.insert(R.census.word());
  for (const SiteReport &R : S.sites()) // other users of what the callback used, or they would look unused
    if (R.cls == SiteClass::Convert && R.site && R.site->where.file == File) {
      Quick.bodies.words.insert(plainName(R.callback.function));
      for (const std::string &Place : R.callback.caches)
        Quick.bodies.words.insert(placeName(Place));
    }
  int Id = S.index().find(File);
  auto Old = Id < 0 ? nullptr : S.index().text(static_cast<uint32_t>(Id));
  auto Changed = Contents.find(File);
  std::set<std::string> Rarer = Old && Changed != Contents.end() ? rarerWords(*Old, Changed->second) : std::set<std::string>();
  FileFacts Facts;
  ExtractOptions EO = S.extractOptions(File);
  // The second time with the bodies that mention what looked unused: most often another user was just not parsed.
  for (int Step = 0; Step < 2; ++Step) {
    ParseOutcome New = S.frontend().parse(Quick, Worker, [&](clang::ASTContext &C, const std::vector<clang::Decl *> &Decls, const ParseOutcome &) {
      Facts = extractFacts(C, File, Decls, EO);
    });
    if (!New.parsed)
      return "the new text could not be parsed";
    if (ParsedFor)
      *ParsedFor = New.variant;
    Suspicion Why = suspicionOf(New, Rarer);
    if (!Why.error && Why.words.empty())
      break;
    if (Why.error || Step == 1)
      return compareWhole(S, File, Contents, Worker);
    Quick.bodies.words.insert(Why.words.begin(), Why.words.end());
  }
  if (std::string Why = verifyElsewhere(S, File, Quick, Worker); !Why.empty())
    return Why;
  for (const SiteReport &R : S.sites())
    if (R.cls == SiteClass::Convert && R.callback_removed)
      for (const CallSiteFact &Left : Facts.sites)
        if (Left.callback == R.callback.function)
          return "line " + std::to_string(Left.where.line) + " would still queue " + plainName(Left.callback) + "()";
  return {};
}

std::string verifyWholeFile(Scan &S, const std::string &File, const std::map<std::string, std::string> &Contents, unsigned Worker) {
  return compareWhole(S, File, Contents, Worker);
}

std::vector<CallSiteFact> callSitesIn(Scan &S, const std::string &File, const std::map<std::string, std::string> &Contents, unsigned Worker) {
  ParseRequest Request;
  Request.file = File;
  Request.overrides = &Contents;
  for (const DeferralRule &D : S.rules().deferrals)
    Request.bodies.words.insert(D.name);
  FileFacts Facts;
  ExtractOptions EO = S.extractOptions(File);
  S.frontend().parse(Request, Worker, [&](clang::ASTContext &C, const std::vector<clang::Decl *> &Decls, const ParseOutcome &) {
    Facts = extractFacts(C, File, Decls, EO);
  });
  return std::move(Facts.sites);
}

} // namespace krcu
