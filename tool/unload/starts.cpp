// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A start that fails is an end, too: the text goes as it does at an exit, and what was queued by then must have run.
#include "tool/unload/timeline.h"

using llvm::StringRef;

namespace krcu {

bool UnloadTimeline::isFailure(const Flow &G, unsigned Node) {
  const FlowNode &N = G.nodes[Node];
  StringRef Value = N.value;
  if (N.kind != FlowNode::Return || Value == "0")
    return false;
  if (Value.starts_with("-") || N.behind_label || Value.starts_with("PTR_ERR") || Value.contains('('))
    return true; // return register_it();
  for (unsigned X = 0; X < Node; ++X) { // if (err) return err;
    StringRef Condition = G.nodes[X].condition;
    if (G.nodes[X].kind == FlowNode::Join && !G.nodes[X].loop && Node < G.nodes[X].then_end && (Condition == Value || Condition == (Value + "<0").str() || Condition == (Value + "!=0").str()))
      return true;
  }
  return false;
}

/// Whether some failure of a start cannot be reached without the node.
bool UnloadTimeline::leadsToFailure(const Flow &G, unsigned Node) {
  const std::vector<char> Seen = reachedWithout(G, [&](unsigned N) { return N == Node; });
  for (unsigned N = 0; N < G.nodes.size(); ++N)
    if (isFailure(G, N) && !Seen[N])
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
    if (!isFailure(G, N))
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
