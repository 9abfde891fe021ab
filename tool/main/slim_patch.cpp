// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/main/slim_patch.h"

#include <nlohmann/json.hpp>

using Json = nlohmann::ordered_json;

namespace krcu {
namespace {

std::string nameOf(const slim::HeadDecl &D) { return (D.record.empty() ? "" : "struct " + D.record + ": ") + D.member; }

std::string place(const Location &L) { return L.file + ":" + std::to_string(L.line); }

} // namespace

Patch patchOf(const slim::SlimResult &R, const Scan &S) {
  Patch P;
  P.root = S.tree().root();
  P.files = R.files;
  P.parsed_for = R.parsed_for;
  P.notes = R.notes;
  for (const slim::Refusal &Refused : R.refused)
    P.refused.push_back(place(Refused.decl.where) + ": " + nameOf(Refused.decl) + " stays a struct " + Refused.decl.type + ": " + Refused.why);
  for (const slim::SlimMember &M : R.members)
    for (const slim::WholeUse &U : M.copies)
      P.notes.push_back(place(M.decl.where) + ": " + nameOf(M.decl) + ": at " + place(U.where) + " " + U.how + ", which is right with either head");
  P.notes.push_back("there are " + std::to_string(R.declared) + " such members; kfree_rcu() frees by " + std::to_string(R.asked) + " of them, and " + std::to_string(R.members.size()) + " become smaller");
  return P;
}

void addMembers(Json &To, const slim::SlimResult &R) {
  To["members"] = Json::array();
  for (const slim::SlimMember &M : R.members) {
    Json Objects = Json::array(), Frees = Json::array(), Converted = Json::array();
    for (const slim::ShrunkRecord &O : M.objects) {
      Json One = {{"record", O.record}, {"before", O.before}, {"after", O.after}, {"flexible", O.flexible}, {"architecture", O.architecture}};
      if (O.debugging)
        One["debugging"] = true;
      if (O.class_before)
        One["kmalloc"] = {{"before", O.class_before}, {"after", O.class_after}};
      if (O.cache.valid())
        One["cache"] = place(O.cache);
      Objects.push_back(std::move(One));
    }
    for (const Location &L : M.frees)
      Frees.push_back(place(L));
    for (const Location &L : M.converted)
      Converted.push_back(place(L));
    To["members"].push_back({{"file", M.decl.where.file}, {"line", M.decl.where.line}, {"record", M.decl.record}, {"member", M.decl.member},
                             {"type", M.new_type}, {"objects", Objects}, {"frees", Frees}, {"converted", Converted}});
  }
  To["refused_members"] = Json::array();
  for (const slim::Refusal &Refused : R.refused)
    To["refused_members"].push_back({{"file", Refused.decl.where.file}, {"line", Refused.decl.where.line}, {"record", Refused.decl.record},
                                     {"member", Refused.decl.member}, {"reason", Refused.why}});
}

} // namespace krcu
