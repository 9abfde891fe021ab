// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A cache pointer that an object carries only so that its callback knows where to free it. kfree_rcu() finds the cache by itself,
// so after the conversion the field is written and never read. Decided on tokens of every file that can see the record: a field of
// the same name in another record makes the answer "somebody reads it", never the other way round.
#include "tool/lifetime/leftovers.h"
#include "llvm/ADT/StringRef.h"
#include <algorithm>

using llvm::StringRef;

namespace krcu {
namespace {

struct Field {
  std::string place;
  std::string record; ///< "rec"
  std::string home;   ///< the file that defines it
  std::string name;
};

std::optional<Field> fieldOf(const std::string &Place) {
  StringRef P = Place;
  if (!P.consume_front("F:") || !P.contains('@'))
    return std::nullopt;
  auto [Record, Rest] = P.split('@');
  auto [Home, Name] = Rest.rsplit('.');
  if (Home.empty() || Name.empty())
    return std::nullopt;
  return Field{Place, Record.str(), Home.str(), Name.str()};
}

enum class Use { Store, Declaration, Read };

Use useOf(StringRef Text, const OutlineToken &T, size_t Length) {
  StringRef Behind = Text.substr(T.offset + Length).ltrim();
  if (T.in_directive)
    return Use::Read;
  if (T.after_member_access)
    return Behind.starts_with("=") && !Behind.starts_with("==") ? Use::Store : Use::Read;
  bool EndsDeclarator = Behind.starts_with(";") || Behind.starts_with(",") || Behind.starts_with("[");
  return T.function < 0 && EndsDeclarator ? Use::Declaration : Use::Read;
}

/// Does a store at that line go to another record's field of the same name?
bool isAnothers(const Database &DB, const Field &F, const Location &Where) {
  bool Other = false;
  for (const FlowFact *Flow : DB.flows()) {
    if (Flow->where.file != Where.file || Flow->where.line != Where.line)
      continue;
    if (Flow->to == F.place)
      return false;
    Other = Other || (StringRef(Flow->to).starts_with("F:") && StringRef(Flow->to).ends_with("." + F.name));
  }
  return Other;
}

/// The stores to the field; nothing if somebody reads it.
std::optional<EvidenceList> storesOf(const Database &DB, const Field &F, const std::vector<SiteReport> &Sites) {
  EvidenceList Stores;
  std::vector<uint32_t> Seeing = DB.index().transitiveIncludersOf(F.home);
  for (uint32_t Id : DB.mentioning(F.name)) {
    const std::string &File = DB.index().files()[Id].path;
    if (File != F.home && !std::binary_search(Seeing.begin(), Seeing.end(), Id))
      continue;
    auto Text = DB.index().text(Id);
    auto O = DB.outline(Id);
    if (!Text || !O)
      return std::nullopt;
    for (const OutlineToken &T : DB.tokens(File, F.name)) {
      bool Removed = std::any_of(Sites.begin(), Sites.end(), [&](const SiteReport &R) {
        return R.callback_removed && R.callback.summary && R.callback.where.file == File && T.offset >= R.callback.summary->begin &&
               T.offset < R.callback.summary->end;
      });
      Use How = useOf(*Text, T, F.name.size());
      if (Removed || How == Use::Declaration)
        continue;
      if (How == Use::Read)
        return std::nullopt;
      if (!isAnothers(DB, F, {File, T.line, 0}))
        Stores.push_back({File, T.line, T.function < 0 ? "" : O->functions[static_cast<size_t>(T.function)].name,
                          "stores to " + F.record + "." + F.name + ", which nobody reads once the callback is gone"});
    }
  }
  return Stores;
}

} // namespace

std::vector<FieldLeftover> unreadFields(const Database &DB, const SiteReport &R, const std::vector<SiteReport> &Sites) {
  std::vector<FieldLeftover> Result;
  for (const std::string &Place : R.callback.caches)
    if (std::optional<Field> F = fieldOf(Place))
      if (std::optional<EvidenceList> Stores = storesOf(DB, *F, Sites); Stores && !Stores->empty())
        Result.push_back({F->record + "." + F->name, std::move(*Stores)});
  return Result;
}

} // namespace krcu
