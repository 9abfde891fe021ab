// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/report/sarif.h"
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

Json stepOf(const Evidence &E) {
  Json Location = {{"message", {{"text", E.text}}}};
  if (!E.file.empty())
    Location["physicalLocation"] = physical(E.file, E.line, 0);
  if (!E.function.empty())
    Location["logicalLocations"] = Json::array({{{"name", E.function}, {"kind", "function"}}});
  return {{"location", Location}};
}

Json resultJson(const SarifResult &R, size_t RuleIndex) {
  Json J = {{"ruleId", R.rule}, {"ruleIndex", RuleIndex}, {"level", R.level}, {"message", {{"text", R.message}}}};
  J["locations"] = Json::array();
  if (!R.where.file.empty())
    J["locations"].push_back({{"physicalLocation", physical(R.where.file, R.where.line, R.where.column)}});
  if (!R.evidence.empty()) {
    Json Steps = Json::array();
    for (const Evidence &E : R.evidence)
      Steps.push_back(stepOf(E));
    J["codeFlows"] = Json::array({{{"threadFlows", Json::array({{{"locations", Steps}}})}}});
  }
  if (!R.fingerprint.empty())
    J["partialFingerprints"] = {{"krcu/v1", R.fingerprint}};
  if (!R.confidence.empty())
    J["properties"] = {{"confidence", R.confidence}};
  return J;
}

} // namespace

std::string sarifLog(const std::vector<SarifRule> &Rules, const std::vector<SarifResult> &Results, const std::vector<std::string> &Notes) {
  Json Driver = {{"name", "krcu"}, {"version", KRCU_VERSION}, {"rules", Json::array()}};
  std::map<std::string, size_t> Index;
  for (const SarifRule &R : Rules) {
    Index.emplace(R.id, Index.size());
    Driver["rules"].push_back({{"id", R.id}, {"shortDescription", {{"text", R.title}}}});
  }
  Json Run = {{"tool", {{"driver", Driver}}}, {"columnKind", "utf16CodeUnits"}};
  Run["originalUriBaseIds"] = {{"SRCROOT", {{"description", {{"text", "The top directory of the kernel tree."}}}}}};
  Json Invocation = {{"executionSuccessful", true}, {"toolExecutionNotifications", Json::array()}};
  for (const std::string &N : Notes)
    Invocation["toolExecutionNotifications"].push_back({{"level", "note"}, {"message", {{"text", N}}}});
  Run["invocations"] = Json::array({Invocation});
  Run["results"] = Json::array();
  for (const SarifResult &R : Results)
    Run["results"].push_back(resultJson(R, Index[R.rule]));
  Json Log = {{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"}, {"version", "2.1.0"}, {"runs", Json::array({Run})}};
  return Log.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string scanSarif(const std::vector<SiteReport> &Sites, const std::vector<std::string> &Problems) {
  std::vector<SarifRule> Rules = {{"krcu/convert", "A callback that only frees can become kfree_rcu()"},
                                  {"krcu/unsafe", "kfree_rcu() would not be safe here in this tree"},
                                  {"krcu/review", "A person must judge whether kfree_rcu() may be used here"},
                                  {"krcu/refuse", "A callback that only frees, which cannot become kfree_rcu()"}};
  std::vector<SarifResult> Results;
  for (const SiteReport &R : Sites) {
    const char *Level = R.cls == SiteClass::Convert ? "note" : R.cls == SiteClass::Unsafe ? "warning" : R.cls == SiteClass::Review ? "note" : "none";
    if (R.cls != SiteClass::Convert && R.cls != SiteClass::Unsafe && R.cls != SiteClass::Review && R.cls != SiteClass::Refuse)
      continue;
    std::string Message = (R.replacement.empty() ? "" : R.replacement + ": ") + reasonText(R);
    EvidenceList Steps = R.evidence;
    Steps.insert(Steps.end(), R.context.begin(), R.context.end());
    Results.push_back({std::string("krcu/") + className(R.cls), Level, Message, R.census.where, Steps, "", ""});
  }
  return sarifLog(Rules, Results, Problems);
}

std::string auditSarif(const AuditReport &R) {
  std::vector<SarifRule> Rules;
  for (const AuditKind &K : auditKinds())
    Rules.push_back({std::string("krcu/") + K.name, K.title});
  std::vector<SarifResult> Results;
  for (const AuditFinding &F : R.findings)
    Results.push_back({"krcu/" + F.kind, severityName(F.severity), F.reason, F.where, F.evidence, fingerprintOf(F), confidenceName(F.confidence)});
  return sarifLog(Rules, Results, R.not_looked_at);
}

} // namespace krcu
