// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The order: what the head's own text names, if it has the type that is freed; a variable in scope of that type that is known to point
// to the object; container_of() on what the text names. Where no free tells a type, the address decides, as it must.
// container_of() on something without side effects may be evaluated as often as the macro likes, and
// it subtracts the distance that the layout shows, so its result is the address that the callback frees; so does a helper of the
// callback's own that does nothing else (matchers/outward.h).
#include "tool/lifetime/naming.h"
#include <algorithm>

namespace krcu {
namespace {

bool begins(const HeadLevel &L, const CallbackReport &C) { return L.complete && L.offset == -C.object_offset; }

ObjectName named(const HeadLevel &L) {
  ObjectName Name;
  Name.found = true;
  Name.object = L.object;
  Name.member = L.member;
  Name.record = L.record;
  if (L.variable)
    Name.how = ", to which " + L.object + " points";
  return Name;
}

/// container_of(base, struct foo, member), if the record holds the object that `L` names just there; where the callback has a helper for it that
/// is known at the site, the helper.
ObjectName contained(const CallSiteFact &S, const HeadLevel &L, const FreedRecord &Freed, const CallbackReport &C) {
  if (!L.complete || L.variable || !L.plain || L.object.empty() || L.member.empty() || Freed.text.empty())
    return {};
  for (const InnerObject &I : Freed.inside) {
    if (I.record != L.symbol || I.offset + L.offset != -C.object_offset)
      continue;
    ObjectName Name;
    Name.found = true;
    // What the callback may call, a function further down in its file may call, too.
    const bool Known = !I.helper.empty() && C.where.line < S.where.line;
    Name.object = Known ? I.helper + "(" + L.object + ")" : "container_of(" + L.object + ", " + Freed.text + ", " + I.path + ")";
    Name.member = I.path + "." + L.member;
    Name.record = Freed.text;
    return Name;
  }
  return {};
}

/// "struct foo" of what is freed, for a reader.
std::string freedText(const CallbackReport &C) {
  if (C.records.empty())
    return "record of several types";
  if (C.summary)
    for (const FreedRecord &F : C.summary->freed)
      if (F.record == C.records.front() && !F.text.empty())
        return F.text;
  return C.records.front().substr(0, C.records.front().find('@'));
}

} // namespace

ObjectName nameObject(const CallSiteFact &S, const CallbackReport &C) {
  auto Spelled = std::find_if(S.levels.begin(), S.levels.end(), [&](const HeadLevel &L) { return !L.variable && begins(L, C); });
  if (!C.typed)
    return Spelled == S.levels.end() ? ObjectName() : named(*Spelled);
  for (const std::string &Record : C.records)
    for (bool Variable : {false, true})
      for (const HeadLevel &L : S.levels)
        if (L.variable == Variable && begins(L, C) && L.symbol == Record)
          return named(L);
  // The record must be complete where the call stands, which is certain only of the callback's own file.
  if (Spelled != S.levels.end() && C.summary && C.where.file == S.where.file)
    for (const std::string &Record : C.records)
      for (const FreedRecord &F : C.summary->freed)
        if (F.record == Record)
          for (const HeadLevel &L : S.levels)
            if (ObjectName Name = contained(S, L, F, C); Name.found)
              return Name;
  ObjectName None;
  if (Spelled != S.levels.end())
    None.other = "frees a " + freedText(C) + ", and here only " +
                 (Spelled->object.empty() ? S.head_text : Spelled->object) + ", a " + Spelled->record + " that begins at the same address, is known";
  return None;
}

const HeadLevel *movedOutOfReach(const CallSiteFact &S, int64_t Offset) {
  for (const HeadLevel &L : S.levels)
    if (L.complete && !L.moved_by.empty() && L.offset <= Offset && L.farthest - L.offset >= HeadReach - Offset)
      return &L;
  return nullptr;
}

std::string outOfReachText(const HeadLevel &L) {
  return "in another configuration the head can lie further than " + std::to_string(HeadReach - 1) +
         " bytes from the start of the object, which is as far as kfree_rcu() reaches: ahead of it is " + L.moved_by + " of " + L.record;
}

} // namespace krcu
