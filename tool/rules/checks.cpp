// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What only all files together can show: a row that speaks of a deferral, family or replacement that no row
// defines, and a name that two sections claim. Each section decides what a call of the name means, so a name
// may have one meaning only; quiet_calls is an exception, because a call can free or create a cache and yet
// make no object, and so is rcu_called_fields: who calls a member and when are two questions.

#include "tool/rules/row_tables.h"
#include "tool/support/error.h"
#include <set>

namespace krcu {
namespace {

llvm::Error failAt(const Location &Where, const std::string &What, const std::string &Mend) {
  return krcu::failAt(Where.file, Where.line, Where.column, What, Mend);
}

std::vector<std::string> keysOf(const auto &Table) {
  std::vector<std::string> Keys;
  for (const auto &Row : Table.rows())
    Keys.push_back(rowKey(Row));
  return Keys;
}

std::set<std::string> familiesOf(const RowTables &Tables) {
  std::set<std::string> Families;
  for (const FreeRule &F : Tables.frees.rows())
    Families.insert(F.family);
  return Families;
}

/// The words a barrier can wait for: what the deferrals and the replacements queue. Plain callbacks are
/// called "call_rcu" and batched frees "kfree_rcu", as in the table of semantics; the rest go by their
/// flavour.
std::set<std::string> queuedWords(const RowTables &Tables) {
  std::set<std::string> Words;
  for (const DeferralRule &D : Tables.deferrals.rows())
    Words.insert(D.flavour == "rcu" ? "call_rcu" : D.flavour);
  if (!Tables.replacements.rows().empty())
    Words.insert("kfree_rcu");
  return Words;
}

llvm::Error checkBarriers(const RowTables &Tables) {
  const std::set<std::string> Queued = queuedWords(Tables);
  for (const BarrierRule &B : Tables.barriers.rows())
    for (const std::string &Word : B.waits_for)
      if (!Queued.count(Word))
        return failAt(B.where, "'" + B.name + "' waits for '" + Word + "', which no deferral queues",
                      mendUnknown(Word, {Queued.begin(), Queued.end()}, "words"));
  return llvm::Error::success();
}

llvm::Error checkConversions(const RowTables &Tables) {
  const std::set<std::string> Families = familiesOf(Tables);
  for (const ConversionRule &C : Tables.conversions.rows()) {
    if (C.deferral != AnyWord && !Tables.deferrals.find(C.deferral))
      return failAt(C.where, "a conversion of '" + C.deferral + "', which no row of deferrals defines",
                    mendUnknown(C.deferral, keysOf(Tables.deferrals), "deferrals"));
    if (C.family != AnyWord && !Families.count(C.family))
      return failAt(C.where, "a conversion of the family '" + C.family + "', which no row of frees has",
                    mendUnknown(C.family, {Families.begin(), Families.end()}, "families"));
    if (!C.replacement.empty() && !Tables.replacements.find(C.replacement))
      return failAt(C.where, "'" + C.replacement + "' is no row of replacements",
                    mendUnknown(C.replacement, keysOf(Tables.replacements), "replacements"));
  }
  return llvm::Error::success();
}

/// Who claimed a name, and in which layer: the later claim is the one to mend.
struct Claim {
  std::string section;
  Location where;
  unsigned layer;
};

llvm::Error conflict(const std::string &Name, const Claim &A, const Claim &B) {
  const Claim &First = A.layer <= B.layer ? A : B;
  const Claim &Second = A.layer <= B.layer ? B : A;
  const std::string Place = First.where.file + ":" + std::to_string(First.where.line);
  const bool Removable = First.layer < Second.layer;
  return failAt(
      Second.where,
      "'" + Name + "' in " + Second.section + " is already in " + First.section + " (" + Place + ")",
      Removable ? "write 'remove: [" + Name + "]' as well if this file is right" : "keep one of them");
}

llvm::Error checkOneMeaning(RowTables &Tables) {
  std::map<std::string, Claim> Claims;
  std::string Name;
  std::pair<Claim, Claim> Clash;
  Tables.forEach([&](const auto &Table) {
    if (Table.section() == "quiet_calls" || Table.section() == "effect_calls" || Table.section() == "rcu_called_fields" ||
        Table.section() == "late_fields" || Table.section() == "printing_calls")
      return;
    for (size_t I = 0; I < Table.rows().size(); ++I) {
      const auto &Row = Table.rows()[I];
      Claim Mine{Table.section(), Row.where, Table.layer(I)};
      auto [It, New] = Claims.emplace(rowKey(Row), Mine);
      if (!New && Name.empty()) {
        Name = It->first;
        Clash = {It->second, Mine};
      }
    }
  });
  return Name.empty() ? llvm::Error::success() : conflict(Name, Clash.first, Clash.second);
}

} // namespace

llvm::Error checkTables(RowTables &Tables) {
  if (Tables.deferrals.rows().empty() || Tables.frees.rows().empty())
    return fail("the rules have no row of deferrals or none of frees, so nothing could be found; "
                "add both sections or remove fewer rows");
  if (llvm::Error E = checkOneMeaning(Tables))
    return E;
  if (llvm::Error E = checkBarriers(Tables))
    return E;
  return checkConversions(Tables);
}

std::vector<ConversionRule> expandConversions(const RowTables &Tables) {
  const std::set<std::string> Families = familiesOf(Tables);
  std::vector<ConversionRule> Out;
  for (const DeferralRule &D : Tables.deferrals.rows())
    for (const std::string &Family : Families) {
      // From the most to the least specific; the deferral weighs more, because the wrong kind of grace period
      // rules a conversion out whatever is freed.
      const std::string Keys[] = {D.name + "+" + Family, D.name + "+" + AnyWord, AnyWord + ("+" + Family),
                                  AnyWord + ("+" + std::string(AnyWord))};
      for (const std::string &Key : Keys) {
        const ConversionRule *C = Tables.conversions.find(Key);
        if (!C)
          continue;
        Out.push_back(*C);
        Out.back().deferral = D.name;
        Out.back().family = Family;
        break;
      }
    }
  return Out;
}

} // namespace krcu
