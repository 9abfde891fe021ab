// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How user space may bring a finding of krcu audit to fail, as values: found in tool/audit, printed here. Nothing of it was run.
#pragma once

#include "tool/report/findings.h"
#include "tool/report/site_text.h"
#include <string>
#include <vector>

namespace krcu {

/// Something to do, in order.
struct ReproducerStep {
  enum Kind { Load, Do, Remove } kind = Do;
  std::string text; ///< a command, or what has to happen; capitals are for the reader to fill in
  std::string why;  ///< what of the module runs then; may be empty
};

/// One way of user space to what queues the callback.
struct ReproducerWay {
  std::string kind;      ///< of the row: "qdisc"; "load", "remove": the start or the exit of the module comes there
  std::string name;      ///< what user space knows it by; empty: none, or it could not be read
  bool named = false;    ///< user space knows it by a name
  std::string needs = {}; ///< what must be there besides; may be empty
  std::vector<std::string> parameters = {}; ///< of the module, that functions on the way name
  std::vector<ReproducerStep> steps = {};
  bool every_step = true; ///< false: of a member on the way no row says who has it called
  EvidenceList way = {}; ///< from what makes it known to what queues
};

struct Reproducer {
  const AuditFinding *finding = nullptr;
  std::string module;                ///< its name, "sch_taprio"; empty: no makefile says which
  std::vector<std::string> files;    ///< its sources
  std::string no_way;                ///< why nothing can be done; empty: it can
  std::vector<ReproducerWay> ways;   ///< those that need nothing besides first, then by length
  EvidenceList notes;                ///< what else is to be known: an exit that queues by itself
  EvidenceList looked_at;            ///< without a way: what the module makes known, and who may call it from outside
  unsigned looked_at_more = 0;       ///< so many more that are not shown
  std::string sign;                  ///< what is seen if the callback is late enough
};

/// For the findings of one place.
std::string reproducerText(const std::vector<Reproducer> &All, unsigned Width = 0, bool Colour = false);
std::string reproducerJson(const AuditReport &R, const std::vector<Reproducer> &All);

} // namespace krcu
