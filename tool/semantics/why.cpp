// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/semantics/why.h"
#include "tool/support/error.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringRef.h"
#include <set>

namespace krcu {
namespace {

/// What --why asks for; an empty part means all.
struct Wanted {
  std::string era, row;
};

bool hasRow(const EraTable &T, const std::vector<Timeline> &All, llvm::StringRef Row) {
  return T.fact(Row.str()) || llvm::any_of(All, [&](const Timeline &L) { return L.row == Row; });
}

bool hasEra(const EraTable &T, const std::vector<Timeline> &All, llvm::StringRef Era) {
  return T.era(Era.str()) || llvm::any_of(All, [&](const Timeline &L) { return L.era == Era; });
}

llvm::Expected<Wanted> parse(const EraTable &T, const std::vector<Timeline> &All, llvm::StringRef Row) {
  auto [Before, After] = Row.split(':');
  if (Row.contains(':') && hasEra(T, All, Before) && hasRow(T, All, After))
    return Wanted{Before.str(), After.str()};
  // "sheaves" and "slob" are eras as well as facts, and the era has the whole story.
  if (hasEra(T, All, Row))
    return Wanted{Row.str(), ""};
  if (hasRow(T, All, Row))
    return Wanted{"", Row.str()};
  std::set<std::string> Others;
  std::string Known;
  for (const EraRule &E : T.eras)
    Known += (Known.empty() ? "" : ", ") + E.name;
  Known += "; rows:";
  for (const FactRule &F : T.facts)
    Known += " " + F.name + ",";
  for (const Timeline &L : All)
    if (!T.fact(L.row) && Others.insert(L.row).second)
      Known += " '" + L.row + "',";
  Known.pop_back();
  return fail("--why " + Row.str() + ": there is no such row; write ERA, ROW or ERA:ROW. Eras: " + Known);
}

/// One line for a value that no timeline tells of.
std::string untold(const EraRule &E, const FactRule &F) {
  auto It = E.values.find(F.name);
  if (It == E.values.end())
    return "";
  std::string Text = E.name + ", " + F.name + ": " + F.title + "? " + (It->second ? "yes" : "no") + "\n  ";
  if (!F.in_models)
    return Text + "no question of time: `krcu semantics TREE` shows the lines of a tree\n\n";
  return Text + "Spin tries every order of steps of " + E.model + " and finds none that shows otherwise\n\n";
}

/// `Which`: "(1 of 2)", where a row has several.
std::string print(const EraTable &T, const Timeline &L, const std::string &Which) {
  const EraRule *E = T.era(L.era);
  const FactRule *F = T.fact(L.row);
  std::string Text = L.era + ", " + L.row;
  if (E && F)
    if (auto It = E->values.find(L.row); It != E->values.end())
      Text += ": " + F->title + "? " + (It->second ? "yes" : "no");
  Text += Which + "\n";
  for (const std::string &S : L.steps)
    Text += "  " + S + "\n";
  return Text + "  => " + L.shows + "\n\n";
}

} // namespace

namespace {

/// Which of the timelines of its era and row it is; empty if it is the only one.
std::string placeAmong(const std::vector<Timeline> &All, const Timeline &L) {
  size_t Place = 0, Count = 0;
  for (const Timeline &Each : All)
    if (Each.era == L.era && Each.row == L.row)
      Count += 1, Place = &Each == &L ? Count : Place;
  return Count < 2 ? "" : " (" + std::to_string(Place) + " of " + std::to_string(Count) + ")";
}

} // namespace

llvm::Expected<std::vector<Timeline>> findTimelines(const EraTable &T, const std::vector<Timeline> &All, const std::string &Row) {
  auto W = parse(T, All, Row);
  if (!W)
    return W.takeError();
  std::vector<Timeline> Found;
  for (const Timeline &L : All)
    if ((W->era.empty() || L.era == W->era) && (W->row.empty() || L.row == W->row))
      Found.push_back(L);
  return Found;
}

llvm::Expected<std::string> printWhy(const EraTable &T, const std::vector<Timeline> &All, const std::string &Row) {
  auto W = parse(T, All, Row);
  if (!W)
    return W.takeError();
  auto Found = findTimelines(T, All, Row);
  if (!Found)
    return Found.takeError();
  std::string Text;
  for (const EraRule &E : T.eras) {
    if (!W->era.empty() && W->era != E.name)
      continue;
    for (const FactRule &F : T.facts)
      if ((W->row.empty() || W->row == F.name) &&
          llvm::none_of(*Found, [&](const Timeline &L) { return L.era == E.name && L.row == F.name; }))
        Text += untold(E, F);
    for (const Timeline &L : *Found)
      if (L.era == E.name)
        Text += print(T, L, placeAmong(*Found, L));
  }
  for (const Timeline &L : *Found)
    if (!T.era(L.era))
      Text += print(T, L, placeAmong(*Found, L));
  if (llvm::StringRef(Text).ends_with("\n\n"))
    Text.pop_back();
  return Text;
}

} // namespace krcu
