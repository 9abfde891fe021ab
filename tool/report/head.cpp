// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/report/head.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/MD5.h"

using Json = nlohmann::ordered_json;

namespace krcu {

Json factsJson(const Semantics &S) {
  Json Facts = Json::object();
  for (const SemanticFact &F : S.facts)
    Facts[F.name] = F.known ? Json(F.value) : Json();
  return Facts;
}

Json treeJson(const Asked &A, const std::string &Version, const Semantics &S) {
  Json Assumed = Json::array();
  for (const SemanticFact &F : S.facts)
    if (F.assumed)
      Assumed.push_back(F.name);
  return {{"version", Version}, {"root", textOrNull(A.root)}, {"module", textOrNull(A.module)}, {"commit", textOrNull(A.commit)}, {"era", S.era}, {"semantics", factsJson(S)}, {"assumed", Assumed}};
}

std::string digestOf(const std::vector<std::string> &Parts) {
  llvm::MD5 Hash;
  for (const std::string &Part : Parts) {
    Hash.update(Part);
    Hash.update(llvm::StringRef("\0", 1));
  }
  llvm::MD5::MD5Result Result;
  Hash.final(Result);
  return Result.digest().str().substr(0, 16).str();
}

} // namespace krcu
