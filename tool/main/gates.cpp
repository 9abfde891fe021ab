// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/main/gates.h"
#include "tool/main/names.h"
#include "tool/support/error.h"
#include "tool/support/io.h"
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

using Json = nlohmann::json;

namespace krcu {
namespace {

std::string joined(const std::vector<std::string> &Words) {
  std::string Text;
  for (const std::string &W : Words)
    Text += (Text.empty() ? "" : ",") + W;
  return Text;
}

/// The field as text, whatever it is; reports of others' making may lack it.
std::string field(const Json &J, const char *Name) { return J.is_object() && J.contains(Name) ? J[Name].dump(-1, ' ', false, Json::error_handler_t::replace) : ""; }

std::string siteKey(const Json &S) {
  std::string Key;
  for (const char *Name : {"file", "function", "deferral", "callback", "class"})
    Key += field(S, Name) + "\n";
  return Key;
}

std::string patchKey(const std::string &Tree, const Json &P) {
  std::string Key = Tree + "\n" + field(P, "subject") + "\n" + field(P, "verdict") + "\n";
  if (P.is_object() && P.contains("files") && P["files"].is_array())
    for (const Json &F : P["files"])
      if (F.is_object() && F.contains("findings") && F["findings"].is_array())
        for (const Json &Each : F["findings"])
          Key += field(Each, "file") + field(Each, "verdict") + field(Each, "reason") + "\n";
  return Key;
}

void patchKeys(const Json &Column, std::vector<std::string> &Keys) {
  const std::string Tree = Column.contains("tree") ? field(Column["tree"], "name") : "";
  for (const Json &P : Column["patches"])
    Keys.push_back(patchKey(Tree, P));
}

bool hasList(const Json &J, const char *Name) { return J.is_object() && J.contains(Name) && J[Name].is_array(); }

/// A line for each entry; false if it is no report of scan or review. \p Sites: which of the two.
bool keysOf(const Json &J, std::vector<std::string> &Keys, bool &Sites) {
  if (!J.is_object() || !J.contains("krcu"))
    return false;
  Sites = hasList(J, "sites");
  if (Sites) {
    for (const Json &S : J["sites"])
      Keys.push_back(siteKey(S));
    return true;
  }
  if (hasList(J, "columns")) {
    for (const Json &C : J["columns"])
      if (hasList(C, "patches"))
        patchKeys(C, Keys);
    return true;
  }
  if (!hasList(J, "patches"))
    return false;
  patchKeys(J, Keys);
  return true;
}

} // namespace

void addGateOptions(CLI::App &Command, GateOptions &O, const std::vector<std::string> &Names, const std::vector<std::string> &Default) {
  std::vector<std::string> Known = Names;
  Known.push_back("none");
  Command.add_option("--fail-on", O.fail_on, "exit with status 1 if there is one of these, with commas between them (default: " + joined(Default) + ")")
      ->delimiter(',')
      ->check(oneOf(Known, "classes"))
      ->allow_extra_args(false);
  O.fail_on = Default;
  Command.add_option("--baseline", O.baseline, "an earlier report (--format json); what it has already is neither shown nor counted");
}

std::vector<std::string> gateClasses() {
  std::vector<std::string> Names;
  for (SiteClass C : {SiteClass::Convert, SiteClass::Unsafe, SiteClass::Review, SiteClass::Refuse, SiteClass::UnknownCallback, SiteClass::NotParsed})
    Names.emplace_back(className(C));
  return Names;
}

std::vector<std::string> defaultGateClasses() { return {className(SiteClass::Convert), className(SiteClass::Unsafe), className(SiteClass::Review)}; }

std::vector<std::string> gateVerdicts() { return {"wait", "broken", "cannot_tell", "na"}; }
std::vector<std::string> defaultGateVerdicts() { return gateVerdicts(); }

bool failsOn(const GateOptions &O, const std::string &Name) { return std::find(O.fail_on.begin(), O.fail_on.end(), Name) != O.fail_on.end(); }

llvm::Expected<std::vector<bool>> knownEntries(const std::string &Current, const std::string &Baseline) {
  auto Text = readFile(Baseline, UINT64_C(256) << 20);
  if (!Text)
    return Text.takeError();
  std::vector<std::string> Old, New;
  bool OldSites = false, NewSites = false;
  const bool IsReport = keysOf(Json::parse(*Text, nullptr, false), Old, OldSites);
  if (!keysOf(Json::parse(Current, nullptr, false), New, NewSites) || !IsReport || OldSites != NewSites)
    return failAt(Baseline, 0, 0, NewSites ? "this is no report of krcu scan" : "this is no report of krcu review",
                  NewSites ? "give what krcu scan --format json printed" : "give what krcu review --format json printed");
  std::map<std::string, unsigned> Left;
  for (const std::string &Key : Old)
    ++Left[Key];
  std::vector<bool> Known;
  for (const std::string &Key : New) {
    unsigned &Count = Left[Key];
    Known.push_back(Count > 0);
    Count -= Count > 0;
  }
  return Known;
}

} // namespace krcu
