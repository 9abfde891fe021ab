// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Variants of a text (tool/lifetime/variants.h) are parsed: first with only the branches turned that matter, which needs no other
// configuration; if that does not parse, because the branch needs a declaration that another CONFIG symbol brings, with those symbols, too.
#include "tool/driver/scan.h"
#include "tool/support/parallel.h"
#include <algorithm>

using namespace llvm;

namespace krcu {
namespace {

struct VariantJob {
  TextVariant variant;
  std::map<std::string, std::string> texts;
  Demand demand;
  bool header = false; ///< one of the texts is a header's, which may be part of the precompiled one
};

/// Whether an error says that one of the names is not declared.
bool lacks(StringRef Error, const std::set<std::string> &Names) {
  bool Undeclared = Error.contains("undeclared") || Error.contains("unknown type name");
  return Undeclared && any_of(Names, [&](const std::string &Name) { return Error.contains("'" + Name + "'"); });
}

VariantAnswer notShown(const TextVariant &V, const std::string &Error) {
  VariantAnswer A;
  A.state = lacks(Error, V.optional) ? VariantAnswer::NoSuch : VariantAnswer::NotShown;
  A.why = "it does not parse: " + Error;
  return A;
}

/// What a parse says of the function, or of the call.
VariantAnswer answerFrom(const TextVariant &V, FileFacts Facts, const ParseOutcome &Outcome) {
  FileFacts Kept;
  Kept.file = Facts.file;
  std::string Error;
  for (FunctionSummary &S : Facts.summaries)
    if (!V.function.empty() && S.function == V.function && S.begin) {
      Error = S.error;
      Kept.summaries = {std::move(S)};
      break;
    }
  for (CallSiteFact &S : Facts.sites)
    if (V.function.empty() && S.where == V.site) {
      Error = S.error;
      Kept.sites = {std::move(S)};
      break;
    }
  if (Error.empty() && Kept.summaries.empty() && Kept.sites.empty()) {
    auto First = llvm::find_if(Outcome.diagnostics, [](const ParseDiagnostic &D) { return D.error; });
    Error = First == Outcome.diagnostics.end() ? "nothing of it is compiled" : First->file + ":" + std::to_string(First->line) + ": " + First->text;
  }
  if (!Error.empty())
    return notShown(V, Error);
  VariantAnswer A;
  A.state = VariantAnswer::Shown;
  A.facts = std::make_shared<const FileFacts>(std::move(Kept));
  return A;
}

} // namespace

std::vector<VariantAnswer> Scan::showVariants(const std::vector<TextVariant> &Variants, Database &Known, const std::map<std::string, std::string> *Others) {
  std::vector<VariantJob> Jobs; // made here: the database is for one thread
  for (const TextVariant &V : Variants) {
    VariantJob J{V, Others ? *Others : std::map<std::string, std::string>(), Known.served(V.main), false};
    for (auto &[File, Text] : textsOf(Known, V))
      J.texts[File] = std::move(Text);
    for (const auto &[File, Text] : J.texts)
      J.header = J.header || !StringRef(File).ends_with(".c");
    if (!V.function.empty()) {
      J.demand.names.insert(plainName(V.function));
      J.demand.summarise.insert(plainName(V.function));
    }
    Jobs.push_back(std::move(J));
  }
  std::vector<VariantAnswer> Answers(Jobs.size());
  parallelFor(Options.jobs, Jobs.size(), [&](size_t N, unsigned Worker) {
    const VariantJob &J = Jobs[N];
    const TextVariant &V = J.variant;
    Settings Whole = V.setting.force;
    Whole.insert(V.symbols.begin(), V.symbols.end());
    for (const Settings &Force : {V.setting.force, Whole}) {
      if (&Force != &V.setting.force && Answers[N].state == VariantAnswer::Shown)
        break;
      ParseRequest Request;
      Request.file = V.main;
      Request.variant = V.setting.arch;
      Request.force = Force;
      Request.overrides = &J.texts;
      Request.no_pch = J.header;
      Request.bodies.words = J.demand.words;
      Request.bodies.names = J.demand.names;
      Request.bodies.headers = CensusHeaders;
      FileFacts Facts;
      ParseOutcome Outcome;
      parseFor(std::move(Request), J.demand, Worker, Facts, Outcome);
      VariantAnswer A = answerFrom(V, std::move(Facts), Outcome);
      bool First = Answers[N].state == VariantAnswer::Open;
      // The whole configuration has the last word only if it shows more, or denies that there is such a kernel.
      if (First || A.state == VariantAnswer::Shown || Answers[N].state == VariantAnswer::NoSuch)
        Answers[N] = std::move(A);
      if (Answers[N].state == VariantAnswer::Shown || Whole == V.setting.force)
        break;
    }
  });
  return Answers;
}

void Scan::limit(Database &Of) {
  ConfigurationLimits Limits;
  Limits.version = (TheTree->versionCode(0) << 16) + (TheTree->versionCode(1) << 8) + std::min(TheTree->versionCode(2), 255u);
  Limits.settable = [this](const std::string &Symbol) {
    std::lock_guard<std::mutex> Guard(SettableLock);
    auto It = Settable.find(Symbol);
    return It != Settable.end() ? It->second : Settable.emplace(Symbol, TheFrontend->canBeSet(Symbol)).first->second;
  };
  Of.setLimits(std::move(Limits));
}

} // namespace krcu
