// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/main/edits_text.h"
#include "tool/main/commands.h"
#include "tool/main/slim_patch.h"
#include "tool/rewrite/edits.h"
#include <nlohmann/json.hpp>

using Json = nlohmann::ordered_json;

namespace krcu {

llvm::Expected<std::string> editsJson(const Patch &P, const std::string &TreeVersion, const slim::SlimResult *Slim) {
  Json J;
  J["krcu"] = versionText();
  J["tree"] = {{"version", TreeVersion}};
  J["files"] = Json::array();
  for (const auto &[File, Texts] : P.files) {
    auto Edits = lineEdits(File, Texts.first, Texts.second);
    if (!Edits)
      return Edits.takeError();
    Json List = Json::array();
    for (const LineEdit &E : *Edits)
      List.push_back({{"line", E.line}, {"count", E.count}, {"before", E.before}, {"after", E.after}});
    J["files"].push_back({{"file", File}, {"edits", List}});
  }
  if (Slim)
    addMembers(J, *Slim);
  J["refused"] = P.refused;
  J["notes"] = P.notes;
  return J.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

} // namespace krcu
