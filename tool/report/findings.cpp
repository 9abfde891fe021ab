// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/report/findings.h"
#include "tool/report/head.h"
#include "tool/report/steps.h"
#include "tool/report/terminal.h"
#include "tool/report/version.h"
#include "tool/support/error.h"
#include "tool/support/io.h"
#include "llvm/ADT/StringExtras.h"
#include <nlohmann/json.hpp>

using Json = nlohmann::ordered_json;

namespace krcu {

const std::vector<AuditKind> &auditKinds() {
  static const std::vector<AuditKind> Kinds = {
      {"unsafe_kfree_rcu", "kfree_rcu() of an object whose cache is destroyed without a wait"},
      {"missing_rcu_barrier", "A module may leave while its RCU callbacks are queued"},
      {"late_rcu_barrier", "What a callback frees to is destroyed before rcu_barrier()"},
      {"early_rcu_barrier", "A barrier behind which callbacks may still be queued"},
      {"missing_srcu_barrier", "What an SRCU callback uses may go while it is queued"},
      {"superfluous_barrier", "A barrier that nothing needs"},
      {"needed_barrier", "A barrier that looks superfluous and is not"},
      {"not_an_allocation", "kfree_rcu() of something that is not the start of an allocation"},
      {"not_a_head", "kfree_rcu() with a member that is no usable rcu_head"},
      {"costly_destroy", "kmem_cache_destroy() on a path that runs often, where it flushes every cache"},
      {"costly_barrier", "A full barrier on a path that runs often"},
  };
  return Kinds;
}

std::string fingerprintOf(const AuditFinding &F) { return digestOf({F.kind, F.where.file, F.function, F.subject}); }

const char *severityName(Severity S) { return S == Severity::Error ? "error" : S == Severity::Warning ? "warning" : "note"; }
const char *confidenceName(Confidence C) { return C == Confidence::High ? "high" : C == Confidence::Medium ? "medium" : "low"; }

llvm::Expected<std::vector<Suppression>> readSuppressions(const std::string &File) {
  auto Text = readFile(File, UINT64_C(16) << 20);
  if (!Text)
    return Text.takeError();
  std::vector<Suppression> Result;
  unsigned Number = 0;
  for (llvm::StringRef Rest = *Text; !Rest.empty();) {
    auto [Line, Tail] = Rest.split('\n');
    Rest = Tail;
    ++Number;
    Line = Line.trim();
    if (Line.empty() || Line.starts_with("#"))
      continue;
    llvm::StringRef Fingerprint = Line.take_until([](char C) { return C == ' ' || C == '\t'; });
    llvm::StringRef Reason = Line.drop_front(Fingerprint.size()).trim();
    if (Fingerprint.size() != 16 || !llvm::all_of(Fingerprint, [](char C) { return llvm::isHexDigit(C); }))
      return failAt(File, Number, 0, "'" + Fingerprint.str() + "' is no fingerprint", "write the 16 hex digits that krcu audit prints, then the reason");
    if (Reason.empty())
      return failAt(File, Number, 0, "the suppression has no reason", "write behind the fingerprint why the finding is to be ignored");
    Result.push_back({Fingerprint.lower(), Reason.str(), Number});
  }
  return Result;
}

llvm::Expected<std::set<std::string>> readBaseline(const std::string &File) {
  auto Text = readFile(File, UINT64_C(256) << 20);
  if (!Text)
    return Text.takeError();
  Json J = Json::parse(*Text, nullptr, false);
  if (J.is_discarded() || !J.is_object() || !J.contains("krcu") || !J.contains("findings") || !J["findings"].is_array())
    return failAt(File, 0, 0, "this is no report of krcu audit", "give what krcu audit --format json printed");
  std::set<std::string> Result;
  for (const Json &F : J["findings"]) {
    if (!F.is_object() || !F.contains("fingerprint") || !F["fingerprint"].is_string())
      return failAt(File, 0, 0, "this has a finding without a fingerprint", "give what krcu audit --format json printed");
    Result.insert(F["fingerprint"].get<std::string>());
  }
  return Result;
}

namespace {

const char *colourOf(Severity S) { return S == Severity::Error ? "\033[31m" : S == Severity::Warning ? "\033[33m" : "\033[2m"; }

} // namespace

std::string holdsText(const AuditFinding &F) {
  if (!F.in_config)
    return F.only_if.empty() ? "" : "only if " + F.only_if;
  const std::string Condition = F.only_if.empty() ? "" : "only if " + F.only_if + "; ", &Why = F.in_config->why;
  return F.in_config->holds ? "so in your configuration, too" + (Why.empty() ? "" : " (" + Why + ")") : Condition + "not in your configuration" + (Why.empty() ? "" : ": " + Why);
}

std::string auditText(const AuditReport &R, unsigned Width, bool Colour) {
  std::string Out, File;
  std::map<std::string, unsigned> Count;
  std::vector<const AuditFinding *> Sorted; // errors first
  for (Severity S : {Severity::Error, Severity::Warning, Severity::Note})
    for (const AuditFinding &F : R.findings)
      if (F.severity == S)
        Sorted.push_back(&F);
  for (const AuditFinding *Each : Sorted) {
    const AuditFinding &F = *Each;
    ++Count[F.kind];
    bool Short = Width && Width < ShortWidth;
    std::string Place = (F.where.line ? ":" + std::to_string(F.where.line) : "") + (F.where.column ? ":" + std::to_string(F.where.column) : "");
    if (Short && F.where.file != File)
      Out += F.where.file + "\n";
    File = F.where.file;
    Place = Short ? "  " + (Place.empty() ? "" : Place.substr(1)) : F.where.file + Place;
    std::string Name = severityName(F.severity);
    Out += wrappedLine(Place + ": " + Name + ":", F.kind + ": " + F.reason + " [" + fingerprintOf(F) + "]", Width, 4, Colour ? Place + ": " + colourOf(F.severity) + Name + "\033[0m:" : "");
    Out += wrappedLine(std::string("    ") + confidenceName(F.confidence) + " confidence" + (F.confidence_why.empty() ? "" : ":"), F.confidence_why, Width, 6);
    if (std::string Holds = holdsText(F); !Holds.empty())
      Out += wrappedLine("   ", Holds, Width, 6);
    for (const Evidence &E : F.evidence)
      Out += wrappedLine("      " + E.file + (E.line ? ":" + std::to_string(E.line) : "") + (E.function.empty() ? "" : " " + E.function + "()") + ":", E.text, Width, 8);
  }
  Out += (Out.empty() ? "" : "\n") + counted(R.findings.size(), "finding");
  const char *Separator = ": ";
  for (const auto &[Kind, N] : Count) {
    Out += Separator + std::to_string(N) + " " + Kind;
    Separator = ", ";
  }
  Out += "\n";
  if (!R.config.empty()) {
    const auto Holding = static_cast<size_t>(llvm::count_if(R.findings, [](const AuditFinding &F) { return F.in_config && F.in_config->holds; }));
    Out += std::to_string(Holding) + (Holding == 1 ? " of them holds in " : " of them hold in ") + R.config + "\n";
  }
  if (R.hidden)
    Out += std::to_string(R.hidden) + " of low confidence " + (R.hidden == 1 ? "is" : "are") + " not shown (--all shows them)\n";
  if (R.suppressed)
    Out += std::to_string(R.suppressed) + " suppressed\n";
  if (R.known)
    Out += std::to_string(R.known) + " in the baseline\n";
  if (!R.not_looked_at.empty())
    Out += counted(R.not_looked_at.size(), "file") + " did not parse cleanly or could not be judged to the end; findings in them may be missing:\n";
  for (const std::string &File : R.not_looked_at)
    Out += "  " + File + "\n";
  return Out;
}

std::string auditJson(const AuditReport &R) {
  Json J;
  J["krcu"] = KRCU_VERSION;
  J["asked"] = askedJson(R.asked);
  J["tree"] = treeJson(R.asked, R.tree_version, *R.semantics);
  if (!R.config.empty())
    J["config"] = {{"file", R.config}};
  J["findings"] = Json::array();
  for (const AuditFinding &F : R.findings) {
    Json Shown = Json::array();
    for (const Evidence &E : F.evidence)
      Shown.push_back({{"kind", stepKind(F, R.semantics, E)}, {"file", E.file}, {"line", E.line}, {"function", E.function}, {"text", E.text}});
    Json Timeline = Json::array();
    for (const FindingEvent &E : F.timeline)
      Timeline.push_back({{"kind", eventName(E.kind)}, {"file", textOrNull(E.where.file)}, {"line", E.where.line ? Json(E.where.line) : Json()}, {"function", textOrNull(E.function)}, {"text", E.text}, {"always", E.always}, {"decides", E.decides}});
    J["findings"].push_back({{"kind", F.kind}, {"severity", severityName(F.severity)}, {"confidence", confidenceName(F.confidence)}, {"confidence_why", F.confidence_why},
                             {"file", F.where.file}, {"line", F.where.line}, {"column", F.where.column ? Json(F.where.column) : Json()}, {"function", F.function}, {"subject", F.subject}, {"reason", F.reason},
                             {"fingerprint", fingerprintOf(F)}, {"evidence", Shown}, {"timeline", Timeline}, {"holds_if", textOrNull(F.only_if)}});
    if (F.in_config) {
      Json Lines = Json::array();
      for (const Evidence &E : F.in_config->evidence)
        Lines.push_back({{"file", E.file}, {"line", E.line}, {"function", E.function}, {"text", E.text}});
      J["findings"].back()["in_config"] = {{"holds", F.in_config->holds}, {"why", textOrNull(F.in_config->why)}, {"evidence", Lines}};
    }
  }
  J["hidden"] = R.hidden;
  J["suppressed"] = R.suppressed;
  J["in_baseline"] = R.known;
  J["parse_problems"] = R.not_looked_at;
  return J.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

} // namespace krcu
