// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A start that fails is an end, too: the text goes as it does at an exit, and what was queued by then must have run.
#include "tool/unload/timeline.h"

using llvm::StringRef;

namespace krcu {

bool UnloadTimeline::isFailure(const FlowNode &N) {
  return N.kind == FlowNode::Return && (StringRef(N.value).starts_with("-") || (N.behind_label && N.value != "0"));
}

/// Whether some failure of a start cannot be reached without the node.
bool UnloadTimeline::leadsToFailure(const Flow &G, unsigned Node) {
  const std::vector<char> Seen = reachedWithout(G, [&](unsigned N) { return N == Node; });
  for (unsigned N = 0; N < G.nodes.size(); ++N)
    if (isFailure(G.nodes[N]) && !Seen[N])
      return true;
  return false;
}

UnloadAnswer UnloadTimeline::failuresOf(const TextFunction &Init, const UnloadOptions &Options) {
  begin(Options);
  const Flow &G = M.tree().flow(Init);
  std::vector<State> At;
  Failing = &G;
  walk(Init, G, {}, Clean, 0, &At);
  Failing = nullptr;
  State Out = 0;
  std::vector<unsigned> Failed;
  for (unsigned N = 0; N < G.nodes.size(); ++N) {
    if (!isFailure(G.nodes[N]))
      continue;
    Out |= At[N];
    if (At[N] & Dirty)
      Failed.push_back(G.nodes[N].line);
  }
  UnloadAnswer A = finish(Out);
  A.failing = std::move(Failed);
  A.holds = !(Out & Dirty);
  return A;
}

} // namespace krcu
