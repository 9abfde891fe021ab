// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/lifetime/leftovers.h"
#include "tool/report/head.h"
#include "tool/report/report.h"
#include "tool/report/steps.h"
#include "tool/report/version.h"
#include <nlohmann/json.hpp>

using Json = nlohmann::ordered_json;

namespace krcu {
namespace {

Json evidenceJson(const EvidenceList &List) {
  Json Result = Json::array();
  for (const Evidence &E : List)
    Result.push_back({{"file", E.file}, {"line", E.line}, {"function", E.function}, {"text", E.text}});
  return Result;
}

Json verdictJson(Verdict V) { return V == Verdict::None ? Json() : Json(verdictName(V)); }

/// The chain of a site, each step with what it is about.
Json stepsJson(const SiteReport &R, const Semantics &S, const EvidenceList &List) {
  Json Result = Json::array();
  for (const Evidence &E : List)
    Result.push_back({{"kind", stepKind(R, S, E)}, {"file", E.file}, {"line", E.line}, {"function", E.function}, {"text", E.text}});
  return Result;
}

Json placeJson(const Location &W, const std::string &Function) {
  return {{"file", W.file}, {"line", W.line}, {"column", W.column ? Json(W.column) : Json()}, {"function", textOrNull(Function)}};
}

Json leftoversJson(const Leftovers &L) {
  Json J;
  J["barriers"] = Json::array();
  for (const BarrierLeftover &B : L.barriers)
    J["barriers"].push_back({{"barrier", B.barrier}, {"file", B.where.file}, {"line", B.where.line}, {"function", plainName(B.function)},
                             {"before_destruction", B.before_destruction}, {"may_go", B.known ? Json(B.may_go) : Json()}, {"reason", B.why},
                             {"modules", B.modules}, {"files", B.files}, {"converted", evidenceJson(B.looked_at)},
                             {"needed_by", evidenceJson(B.needed_by)}});
  J["dead_stores"] = Json::array();
  for (const FieldLeftover &F : L.fields)
    for (const Evidence &E : F.stores)
      J["dead_stores"].push_back({{"field", F.field}, {"file", E.file}, {"line", E.line}, {"function", E.function}});
  return J;
}

/// The caches that the callback frees into, and where they end.
Json cacheJson(const SiteReport &R) {
  Json All = Json::array();
  for (const CacheReport &C : R.caches) {
    Json J;
    J["cache"] = C.name;
    J["identified"] = C.identified;
    J["search_complete"] = C.complete;
    J["missing"] = C.missing;
    J["created"] = Json::array();
    for (const CreateFact *N : C.creates) {
      Json Place = placeJson(N->where, plainName(N->function));
      Place["with"] = N->api;
      J["created"].push_back(Place);
    }
    J["destroyed"] = Json::array();
    for (const Destruction &D : C.destroys)
      J["destroyed"].push_back(placeJson(D.where, D.function ? plainName(D.function->function) : ""));
    All.push_back(J);
  }
  return All;
}

Json editsJson(const std::vector<SiteEdit> &Edits) {
  Json Result = Json::array();
  for (const SiteEdit &E : Edits)
    Result.push_back({{"file", E.file}, {"line", E.line}, {"before", E.before}, {"after", E.after}});
  return Result;
}

/// `Text` may be null: then the end and the edits are not known.
/// What holds under the configuration of --config.
Json inConfigJson(const ConfiguredAnswer &A) {
  const char *Built = builtName(A.built.as);
  return {{"built", *Built ? Json(Built) : Json()}, {"built_why", textOrNull(A.built.why)}, {"class", className(A.cls)}, {"verdict", verdictJson(A.verdict)},
          {"reason", A.reason}, {"because", textOrNull(A.because)}, {"evidence", evidenceJson(A.evidence)}};
}

Json configJson(const ConfigFile &C) {
  return {{"file", C.name()}, {"version", textOrNull(C.version())}, {"architecture", textOrNull(C.architecture())}, {"whole", C.isWhole()}};
}

Json siteJson(const SiteReport &R, const Semantics &S, const SiteText *Text, const ConfiguredAnswer *Configured) {
  Json J;
  J["file"] = R.census.where.file;
  J["line"] = R.census.where.line;
  J["column"] = R.census.where.column ? Json(R.census.where.column) : Json();
  J["end_line"] = Text && Text->end_line ? Json(Text->end_line) : Json();
  J["end_column"] = Text && Text->end_line ? Json(Text->end_column) : Json();
  J["function"] = R.census.function;
  J["deferral"] = R.census.deferral;
  if (R.census.word() != R.census.deferral)
    J["macro"] = R.census.word();
  J["callback"] = R.site && R.site->callback_kind == CallbackKind::Function ? plainName(R.site->callback) : R.census.callback;
  J["family"] = R.family.empty() ? Json() : Json(R.family);
  J["class"] = className(R.cls);
  J["verdict"] = verdictJson(R.verdict);
  J["reason"] = reasonText(R);
  J["holds_if"] = Configured ? textOrNull(Configured->only_if) : Json();
  if (Configured && Configured->given)
    J["in_config"] = inConfigJson(*Configured);
  if (R.without_slob.verdict != Verdict::None)
    J["without_slob"] = {{"verdict", verdictName(R.without_slob.verdict)}, {"reason", reasonText(R, R.without_slob.reason, R.without_slob.detail)}};
  if (R.other_kernels.valid())
    J["this_kernel_only"] = {{"file", R.other_kernels.file}, {"line", R.other_kernels.line}};
  J["replacement"] = R.replacement.empty() ? Json() : Json(R.replacement);
  J["callback_removed"] = R.callback_removed;
  if (Text)
    J["edits"] = editsJson(Text->edits);
  J["evidence"] = stepsJson(R, S, R.evidence);
  if (!R.context.empty())
    J["context"] = stepsJson(R, S, R.context);
  J["caches"] = cacheJson(R);
  if (R.leftovers)
    J["leftovers"] = leftoversJson(*R.leftovers);
  return J;
}

Json destructionJson(const DestructionReport &D) {
  Json J;
  J["file"] = D.what.where.file;
  J["line"] = D.what.where.line;
  J["function"] = plainName(D.what.function->function);
  J["reached"] = Json::array();
  for (const ReachPath &P : D.reach.paths) {
    Json Path = Json::array(); // from the destruction upwards
    for (const ReachStep &Step : P.steps)
      if (Step.caller) {
        Json Place = placeJson(Step.caller->calls[Step.call].where, plainName(Step.caller->function));
        Place["calls"] = plainName(Step.function);
        Path.push_back(Place);
      }
    J["reached"].push_back({{"file", P.where.file}, {"line", P.where.line}, {"how", describeReach(P)}, {"path", Path}});
  }
  J["barriers"] = Json::array();
  for (const BarrierUse &B : D.barriers)
    J["barriers"].push_back({{"barrier", B.barrier}, {"file", B.where.file}, {"line", B.where.line}, {"function", plainName(B.function)},
                             {"waits_for_kfree_rcu", B.waits_kfree_rcu}, {"waits_for_call_rcu", B.waits_call_rcu}, {"through", evidenceJson(B.through)}});
  J["harmless"] = D.harmless;
  return J;
}

std::string dump(const Json &J) {
  // Source text may hold any bytes; JSON may not.
  return J.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

} // namespace

std::string scanJson(const ReportInput &In) {
  Json J;
  J["krcu"] = KRCU_VERSION;
  J["asked"] = askedJson(In.asked);
  J["tree"] = treeJson(In.asked, In.tree_version, *In.semantics);
  if (In.config)
    J["config"] = configJson(*In.config);
  Json Classes = Json::object();
  for (const auto &[Name, Count] : classCounts(*In.sites))
    Classes[Name] = Count;
  J["summary"] = {{"calls", In.sites->size()}, {"classes", Classes}};
  J["summary"]["other_flavours"] = In.other_flavours;
  J["sites"] = Json::array();
  for (size_t N = 0; N < In.sites->size(); ++N)
    J["sites"].push_back(siteJson((*In.sites)[N], *In.semantics, In.texts ? &(*In.texts)[N] : nullptr, configuredOf(In, (*In.sites)[N])));
  J["parse_problems"] = Json::array();
  for (const ReportProblem &P : In.problems)
    J["parse_problems"].push_back({{"file", P.file}, {"cause", P.cause}, {"built", P.built}});
  return dump(J);
}

std::string explainJson(const ReportInput &In, size_t Number) {
  const SiteReport &R = (*In.sites)[Number];
  Json J = {{"krcu", KRCU_VERSION}, {"asked", askedJson(In.asked)}, {"tree", treeJson(In.asked, In.tree_version, *In.semantics)}};
  if (In.config)
    J["config"] = configJson(*In.config);
  J.update(siteJson(R, *In.semantics, In.texts ? &(*In.texts)[Number] : nullptr, configuredOf(In, R)));
  J["destructions"] = Json::array();
  for (const DestructionReport &D : R.destructions)
    J["destructions"].push_back(destructionJson(D));
  J["semantics"] = factsJson(*In.semantics);
  return dump(J);
}

std::string semanticsJson(const Asked &Of, const std::string &TreeVersion, const Semantics &S) {
  Json J;
  J["krcu"] = KRCU_VERSION;
  J["asked"] = askedJson(Of);
  J["tree"] = treeJson(Of, TreeVersion, S);
  J["facts"] = Json::array();
  for (const SemanticFact &F : S.facts)
    J["facts"].push_back({{"name", F.name}, {"title", F.title}, {"value", F.known ? Json(F.value) : Json()}, {"assumed", F.assumed},
                          {"evidence", evidenceJson(F.evidence)}});
  return dump(J);
}

std::string timelinesJson(const std::vector<Timeline> &Timelines) {
  Json J;
  J["krcu"] = KRCU_VERSION;
  J["timelines"] = Json::array();
  for (const Timeline &T : Timelines)
    J["timelines"].push_back({{"era", T.era}, {"row", T.row}, {"shows", T.shows}, {"steps", T.steps}});
  return dump(J);
}

} // namespace krcu
