// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/report/sarif.h"
#include "tool/report/head.h"
#include "tool/report/steps.h"
#include "tool/report/version.h"
#include "llvm/ADT/StringExtras.h"
#include <nlohmann/json.hpp>

using Json = nlohmann::ordered_json;

namespace krcu {
namespace {

/// A path as a relative URI reference.
std::string uriOf(const std::string &Path) {
  static const char Hex[] = "0123456789ABCDEF";
  std::string Result;
  for (unsigned char C : Path) {
    if (llvm::isAlnum(static_cast<char>(C)) || llvm::StringRef("-._~/+").contains(static_cast<char>(C)))
      Result += static_cast<char>(C);
    else
      Result += std::string("%") + Hex[C >> 4] + Hex[C & 15];
  }
  return Result;
}

Json physical(const std::string &File, unsigned Line, unsigned Column) {
  Json J = {{"artifactLocation", {{"uri", uriOf(File)}, {"uriBaseId", "SRCROOT"}}}};
  if (Line) {
    J["region"] = {{"startLine", Line}};
    if (Column)
      J["region"]["startColumn"] = Column;
  }
  return J;
}

Json stepOf(const Evidence &E, const std::string &Kind) {
  Json Location = {{"message", {{"text", E.text}}}};
  if (!E.file.empty())
    Location["physicalLocation"] = physical(E.file, E.line, 0);
  if (!E.function.empty())
    Location["logicalLocations"] = Json::array({{{"name", E.function}, {"kind", "function"}}});
  Json Step = {{"location", Location}};
  if (!Kind.empty())
    Step["kinds"] = Json::array({Kind});
  return Step;
}

/// The edits as replacements of whole lines, those of a file together.
Json fixOf(const std::vector<SiteEdit> &Edits, const std::string &Offer) {
  Json Changes = Json::array();
  std::string File;
  for (const SiteEdit &E : Edits) {
    if (Changes.empty() || File != E.file)
      Changes.push_back({{"artifactLocation", {{"uri", uriOf(E.file)}, {"uriBaseId", "SRCROOT"}}}, {"replacements", Json::array()}});
    File = E.file;
    std::string Text;
    for (const std::string &L : E.after)
      Text += L + "\n";
    Json Replacement = {{"deletedRegion", {{"startLine", E.line}, {"startColumn", 1}, {"endLine", E.line + E.before.size()}, {"endColumn", 1}}}};
    if (!Text.empty())
      Replacement["insertedContent"] = {{"text", Text}};
    Changes.back()["replacements"].push_back(Replacement);
  }
  return {{"description", {{"text", Offer}}}, {"artifactChanges", Changes}};
}

Json resultJson(const SarifResult &R, size_t RuleIndex) {
  Json J = {{"ruleId", R.rule}, {"ruleIndex", RuleIndex}};
  if (!R.kind.empty())
    J["kind"] = R.kind;
  J["level"] = R.kind.empty() ? R.level : "none";
  J["message"] = {{"text", R.message}};
  J["locations"] = Json::array();
  if (!R.where.file.empty()) {
    Json Place = physical(R.where.file, R.where.line, R.where.column);
    if (R.where.line && R.where.column && R.end_line) {
      Place["region"]["endLine"] = R.end_line;
      Place["region"]["endColumn"] = R.end_column;
    }
    J["locations"].push_back({{"physicalLocation", Place}});
  }
  if (!R.evidence.empty()) {
    Json Steps = Json::array();
    for (size_t N = 0; N < R.evidence.size(); ++N)
      Steps.push_back(stepOf(R.evidence[N], N < R.steps.size() ? R.steps[N] : ""));
    J["codeFlows"] = Json::array({{{"threadFlows", Json::array({{{"locations", Steps}}})}}});
  }
  if (!R.fingerprint.empty())
    J["partialFingerprints"] = {{"krcu/v1", R.fingerprint}};
  if (!R.edits.empty())
    J["fixes"] = Json::array({fixOf(R.edits, R.offer)});
  if (!R.confidence.empty())
    J["properties"] = {{"confidence", R.confidence}};
  return J;
}

const char Barriers[] = "https://docs.kernel.org/RCU/rcubarrier.html", Checklist[] = "https://docs.kernel.org/RCU/checklist.html";

} // namespace

std::vector<std::string> assumedFacts(const Semantics &S) {
  std::vector<std::string> Result;
  for (const SemanticFact &F : S.facts)
    if (F.assumed)
      Result.push_back(F.title + ": " + (F.value ? "yes" : "no"));
  return Result;
}

std::string sarifLog(const SarifRun &Of, const std::vector<SarifRule> &Rules, const std::vector<SarifResult> &Results, const std::vector<std::string> &Notes) {
  Json Driver = {{"name", "krcu"}, {"version", KRCU_VERSION}, {"rules", Json::array()}};
  std::map<std::string, size_t> Index;
  for (const SarifRule &R : Rules) {
    Index.emplace(R.id, Index.size());
    Driver["rules"].push_back({{"id", R.id}, {"shortDescription", {{"text", R.title}}}});
    if (!R.help.empty())
      Driver["rules"].back()["helpUri"] = R.help;
  }
  Json Run = {{"tool", {{"driver", Driver}}}, {"columnKind", "utf16CodeUnits"}};
  Run["originalUriBaseIds"] = {{"SRCROOT", {{"description", {{"text", "The top directory of the kernel tree."}}}}}};
  std::string Root = Of.asked.module.empty() ? Of.asked.root : Of.asked.module;
  if (!Root.empty())
    Run["originalUriBaseIds"]["SRCROOT"]["uri"] = "file://" + uriOf(Root) + "/";
  if (!Of.asked.commit.empty() && Of.asked.module.empty())
    Run["versionControlProvenance"] = Json::array({{{"repositoryUri", "file://" + uriOf(Of.asked.root) + "/"}, {"revisionId", Of.asked.commit}, {"mappedTo", {{"uriBaseId", "SRCROOT"}}}}});
  Json Invocation = {{"executionSuccessful", true}, {"toolExecutionNotifications", Json::array()}};
  if (!Of.asked.command.empty()) {
    std::vector<std::string> Arguments = {Of.asked.command};
    Arguments.insert(Arguments.end(), Of.asked.arguments.begin(), Of.asked.arguments.end());
    Invocation["arguments"] = Arguments;
  }
  if (!Of.assumed.empty())
    Run["properties"] = {{"assumed", Of.assumed}};
  for (const std::string &N : Notes)
    Invocation["toolExecutionNotifications"].push_back({{"level", "note"}, {"message", {{"text", N}}}});
  Run["invocations"] = Json::array({Invocation});
  Run["results"] = Json::array();
  for (const SarifResult &R : Results)
    Run["results"].push_back(resultJson(R, Index[R.rule]));
  Json Log = {{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"}, {"version", "2.1.0"}, {"runs", Json::array({Run})}};
  return Log.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string scanSarif(const ReportInput &In, const std::vector<std::string> &Problems) {
  std::vector<SarifRule> Rules = {{"krcu/convert", "A callback that only frees can become kfree_rcu()", Checklist},
                                  {"krcu/unsafe", "kfree_rcu() would not be safe here in this tree", Barriers},
                                  {"krcu/review", "A person must judge whether kfree_rcu() may be used here", Checklist},
                                  {"krcu/refuse", "A callback that only frees, which cannot become kfree_rcu()", Checklist}};
  std::vector<SarifResult> Results;
  std::map<std::string, unsigned> Seen; // two calls in one function with one callback are told apart by their order
  for (size_t N = 0; N < In.sites->size(); ++N) {
    const SiteReport &R = (*In.sites)[N];
    if (R.cls != SiteClass::Convert && R.cls != SiteClass::Unsafe && R.cls != SiteClass::Review && R.cls != SiteClass::Refuse)
      continue;
    SarifResult Each;
    Each.rule = std::string("krcu/") + className(R.cls);
    Each.level = R.cls == SiteClass::Unsafe ? "warning" : "note";
    Each.kind = R.cls == SiteClass::Review ? "review" : R.cls == SiteClass::Refuse ? "informational" : "";
    Each.message = (R.replacement.empty() ? "" : R.replacement + ": ") + reasonFor(In, R);
    Each.where = R.census.where;
    Each.evidence = R.evidence;
    Each.evidence.insert(Each.evidence.end(), R.context.begin(), R.context.end());
    for (const Evidence &E : Each.evidence)
      Each.steps.push_back(stepKind(R, *In.semantics, E));
    std::string Key = digestOf({R.census.where.file, R.census.function, R.census.deferral, R.census.callback});
    Each.fingerprint = digestOf({Key, std::to_string(++Seen[Key])});
    if (In.texts) {
      Each.end_line = (*In.texts)[N].end_line;
      Each.end_column = (*In.texts)[N].end_column;
      if (R.cls == SiteClass::Convert) // what is not safe is not offered
        Each.edits = (*In.texts)[N].edits;
    }
    Results.push_back(std::move(Each));
  }
  return sarifLog({In.asked, assumedFacts(*In.semantics)}, Rules, Results, Problems);
}

std::string auditSarif(const AuditReport &R) {
  std::vector<SarifRule> Rules;
  for (const AuditKind &K : auditKinds())
    Rules.push_back({std::string("krcu/") + K.name, K.title, Barriers});
  std::vector<SarifResult> Results;
  for (const AuditFinding &F : R.findings) {
    SarifResult Each{"krcu/" + F.kind, severityName(F.severity), F.reason + (holdsText(F).empty() ? "" : "; " + holdsText(F)), F.where, F.evidence, fingerprintOf(F), confidenceName(F.confidence)};
    for (const Evidence &E : F.evidence)
      Each.steps.push_back(stepKind(F, R.semantics, E));
    Results.push_back(std::move(Each));
  }
  return sarifLog({R.asked, R.semantics ? assumedFacts(*R.semantics) : std::vector<std::string>()}, Rules, Results, R.not_looked_at);
}

} // namespace krcu
