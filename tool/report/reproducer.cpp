// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/report/reproducer.h"
#include "tool/report/head.h"
#include "tool/report/terminal.h"
#include "tool/report/version.h"
#include <nlohmann/json.hpp>

using Json = nlohmann::ordered_json;

namespace krcu {
namespace {

const char *nameOf(ReproducerStep::Kind K) { return K == ReproducerStep::Load ? "load" : K == ReproducerStep::Do ? "do" : "remove"; }

std::string joined(const std::vector<std::string> &Words) {
  std::string Text;
  for (const std::string &W : Words)
    Text += (Text.empty() ? "" : ", ") + W;
  return Text;
}

std::string evidenceText(const EvidenceList &List, unsigned Width) {
  std::string Out;
  for (const Evidence &E : List)
    Out += wrappedLine("        " + E.file + (E.line ? ":" + std::to_string(E.line) : "") + (E.function.empty() ? "" : " " + E.function + "()") + ":", E.text, Width, 10);
  return Out;
}

std::string wayText(const ReproducerWay &W, const std::string &Title, unsigned Width) {
  const std::string What = W.kind == "load" ? "loading the module" : W.kind == "remove" ? "removing the module, if there is anything to queue by then" : W.kind + (!W.name.empty() ? " " + W.name : W.named ? ", whose name could not be read" : "");
  std::string Out = wrappedLine("    " + Title + ":", What + (W.needs.empty() ? "" : "; it needs " + W.needs), Width, 6);
  unsigned Number = 0;
  for (const ReproducerStep &S : W.steps)
    Out += wrappedLine("      " + std::to_string(++Number) + ".", S.text + (S.why.empty() ? "" : "   # " + S.why), Width, 9);
  if (!W.parameters.empty())
    Out += wrappedLine("     ", "parameters of the module that functions on this way name: " + joined(W.parameters), Width, 6);
  if (!W.every_step)
    Out += wrappedLine("     ", "of a member on this way no row says who has it called, so that step has to be read", Width, 6);
  return Out + "      by these names:\n" + evidenceText(W.way, Width);
}

std::string textOf(const Reproducer &R, unsigned Width, bool Colour) {
  const AuditFinding &F = *R.finding;
  const std::string Place = F.where.file + (F.where.line ? ":" + std::to_string(F.where.line) : "") + (F.where.column ? ":" + std::to_string(F.where.column) : ""), Name = severityName(F.severity);
  const char *Mark = F.severity == Severity::Error ? "\033[31m" : F.severity == Severity::Warning ? "\033[33m" : "\033[2m";
  std::string Out = wrappedLine(Place + ": " + Name + ":", F.kind + ": " + F.reason + " [" + fingerprintOf(F) + "]", Width, 4, Colour ? Place + ": " + Mark + Name + "\033[0m:" : "");
  Out += wrappedLine(std::string("    ") + confidenceName(F.confidence) + " confidence" + (F.confidence_why.empty() ? "" : ":"), F.confidence_why, Width, 6);
  if (!R.module.empty())
    Out += wrappedLine("    module:", R.module + " (" + R.module + ".ko)" + (F.only_if.empty() ? "" : ", a module only if " + F.only_if), Width, 6);
  if (!R.no_way.empty())
    Out += wrappedLine("    no way:", R.no_way, Width, 6);
  for (size_t N = 0; N < R.ways.size(); ++N)
    Out += wayText(R.ways[N], R.ways.size() == 1 ? "way" : "way " + std::to_string(N + 1) + " of " + std::to_string(R.ways.size()), Width);
  if (!R.looked_at.empty())
    Out += "    looked at:\n" + evidenceText(R.looked_at, Width) + (R.looked_at_more ? "        and " + std::to_string(R.looked_at_more) + " more\n" : "");
  if (!R.notes.empty())
    Out += "    removing the module queues by itself, if there is anything left:\n" + evidenceText(R.notes, Width);
  if (!R.sign.empty())
    Out += wrappedLine("    to be seen if the callback is late enough:", R.sign, Width, 6);
  if (!R.ways.empty())
    Out += wrappedLine("   ", "krcu has not run this, and a name is no call: what the steps do has to be read in the source. Capitals are for you to fill in. Mostly the callback runs in time; docs/prove.md says "
                              "how a kernel makes it late, and scripts/prove --tree TREE --finding FILE:LINE tries it where it has a driver",
                       Width, 4);
  return Out;
}

Json evidenceJson(const EvidenceList &List) {
  Json Out = Json::array();
  for (const Evidence &E : List)
    Out.push_back({{"file", E.file}, {"line", E.line}, {"function", E.function}, {"text", E.text}});
  return Out;
}

Json wayJson(const ReproducerWay &W) {
  Json Steps = Json::array();
  for (const ReproducerStep &S : W.steps)
    Steps.push_back({{"kind", nameOf(S.kind)}, {"text", S.text}, {"why", textOrNull(S.why)}});
  return {{"kind", W.kind}, {"name", textOrNull(W.name)}, {"needs", textOrNull(W.needs)}, {"parameters", W.parameters}, {"steps", Steps}, {"every_step_known", W.every_step}, {"evidence", evidenceJson(W.way)}};
}

} // namespace

std::string reproducerText(const std::vector<Reproducer> &All, unsigned Width, bool Colour) {
  std::string Out;
  for (const Reproducer &R : All)
    Out += (Out.empty() ? "" : "\n") + textOf(R, Width, Colour);
  return Out;
}

std::string reproducerJson(const AuditReport &R, const std::vector<Reproducer> &All) {
  Json J;
  J["krcu"] = KRCU_VERSION;
  J["asked"] = askedJson(R.asked);
  J["tree"] = treeJson(R.asked, R.tree_version, *R.semantics);
  J["reproducers"] = Json::array();
  for (const Reproducer &Each : All) {
    const AuditFinding &F = *Each.finding;
    Json Ways = Json::array();
    for (const ReproducerWay &W : Each.ways)
      Ways.push_back(wayJson(W));
    J["reproducers"].push_back({{"kind", F.kind}, {"severity", severityName(F.severity)}, {"file", F.where.file}, {"line", F.where.line}, {"reason", F.reason}, {"fingerprint", fingerprintOf(F)}, {"holds_if", textOrNull(F.only_if)},
                                {"module", textOrNull(Each.module)}, {"sources", Each.files}, {"ways", Ways}, {"no_way", textOrNull(Each.no_way)}, {"looked_at", evidenceJson(Each.looked_at)}, {"looked_at_more", Each.looked_at_more},
                                {"exit_queues", evidenceJson(Each.notes)}, {"sign", textOrNull(Each.sign)}, {"run", false}});
  }
  return J.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

} // namespace krcu
