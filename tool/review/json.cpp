// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/report/head.h"
#include "tool/report/steps.h"
#include "tool/review/verdict.h"
#include <nlohmann/json.hpp>

using Json = nlohmann::ordered_json;

namespace krcu::review {
namespace {

Json evidenceJson(const EvidenceList &List) {
  Json Result = Json::array();
  for (const Evidence &E : List)
    Result.push_back({{"kind", stepKind(nullptr, E)}, {"file", E.file}, {"line", E.line}, {"function", E.function}, {"text", E.text}});
  return Result;
}

Json patchJson(const PatchReview &P) {
  Json J;
  J["number"] = P.patch->number;
  J["subject"] = P.patch->subject;
  J["prefix"] = P.patch->prefix.empty() ? Json() : Json(P.patch->prefix);
  J["source"] = P.patch->source;
  J["message_id"] = P.patch->message_id.empty() ? Json() : Json(P.patch->message_id);
  J["verdict"] = verdictWord(P.verdict);
  J["reason"] = P.reason;
  J["applies"] = P.applies;
  J["base"] = P.base.empty() ? Json() : Json(P.base);
  J["evidence"] = evidenceJson(P.evidence);
  J["files"] = Json::array();
  for (const FileReview &F : P.files) {
    Json Findings = Json::array();
    for (const Finding &Each : F.findings) {
      Findings.push_back({{"verdict", verdictWord(Each.verdict)}, {"file", Each.file}, {"line", Each.line}, {"old_line", Each.old_line}, {"reason", Each.reason}, {"evidence", evidenceJson(Each.evidence)}});
      for (const SiteEdit &E : Each.mend)
        Findings.back()["mend"].push_back({{"file", E.file}, {"line", E.line}, {"before", E.before}, {"after", E.after}});
    }
    Json Open = Json::array();
    for (const NotJudged &N : F.not_judged)
      Open.push_back({{"file", N.file}, {"from", N.from}, {"to", N.to}, {"old_line", N.old_line}, {"function", N.function}, {"what", N.what}});
    J["files"].push_back({{"file", F.file}, {"verdict", verdictWord(F.verdict)}, {"reason", F.reason}, {"findings", Findings}, {"not_judged", Open}});
  }
  return J;
}

Json columnJson(const Column &C) {
  Json Patches = Json::array();
  for (const PatchReview &P : C.patches)
    Patches.push_back(patchJson(P));
  return {{"tree", {{"name", C.name}, {"version", C.version}, {"era", C.era}, {"assumed", C.assumed}}}, {"patches", Patches}};
}

} // namespace

std::string reviewJson(const ReviewReport &R, const std::string &KrcuVersion) {
  Json J;
  J["krcu"] = KrcuVersion;
  J["asked"] = askedJson(R.asked);
  Json First = columnJson(R.columns.front());
  J["tree"] = First["tree"];
  J["tree"]["root"] = textOrNull(R.asked.root);
  J["tree"]["commit"] = textOrNull(R.asked.commit);
  J["patches"] = First["patches"];
  if (R.columns.size() > 1) {
    J["columns"] = Json::array();
    for (const Column &C : R.columns)
      J["columns"].push_back(columnJson(C));
  }
  J["notes"] = R.notes;
  return J.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

} // namespace krcu::review
