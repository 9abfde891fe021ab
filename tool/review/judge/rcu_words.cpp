// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/review/judge/rcu_words.h"

#include "tool/driver/changes.h"
#include "tool/index/outline.h"
#include "tool/review/judge/looks.h"
#include "llvm/ADT/StringExtras.h"
#include <optional>
#include <string_view>
#include <vector>

using llvm::StringRef;

namespace krcu {

using namespace review;

RcuWords::RcuWords(const Rules &R, const ReviewRules &More) {
  auto Add = [&](const auto &Rows) {
    for (const auto &Row : Rows)
      Strong.insert(Row.name);
  };
  Strong.insert(R.replacements.begin(), R.replacements.end());
  Add(R.deferrals), Add(R.barriers), Add(R.cache_destroy);
  All = Strong;
  for (const std::vector<std::string> *Names : {&R.deferred_frees_no_head, &R.heads, &R.sleeping_waits})
    All.insert(Names->begin(), Names->end());
  for (const std::vector<std::string> *Names : {&R.reader_begins, &R.reader_ends})
    Readers.insert(Names->begin(), Names->end());
  Around = Readers;
  for (const ReviewRule &E : More.events) {
    if (E.event == ReviewRule::OrderedStore || E.event == ReviewRule::PlainStore || E.event == ReviewRule::RcuWork || E.event == ReviewRule::ReaderFlag)
      Around.insert(E.name);
    if (E.event == ReviewRule::Allocation)
      Allocations.insert(E.name);
  }
  for (const RcuCalledFieldRule &Row : R.rcu_called_fields)
    Members.insert("." + Row.field);
}

/// Whether a line sets one of the members: ".free_inode = f,"
bool RcuWords::setsMember(StringRef Line) const {
  Line = Line.ltrim();
  return Line.starts_with(".") && Members.count(Line.substr(0, Line.find_first_of(" \t=")).str()) != 0;
}

/// Whether a line stays that begins or ends a read-side section, and what looks into an object goes on one side of it and comes on the other.
bool RcuWords::crossesSection(const Hunk &H) const {
  std::set<std::string> Gone, Come, GoneAbove, ComeAbove; // above the last line that stays
  for (const HunkLine &L : H.lines) {
    if (L.kind == ' ') {
      if ((!Gone.empty() || !Come.empty()) && stand(Readers, L.text)) {
        GoneAbove.merge(Gone);
        ComeAbove.merge(Come);
      }
      continue;
    }
    bool Crosses = false;
    eachLook(L.text, [&](StringRef Object, size_t) {
      Crosses |= (L.kind == '-' ? ComeAbove : GoneAbove).count(Object.str()) != 0;
      (L.kind == '-' ? Gone : Come).insert(Object.str());
    });
    if (Crosses)
      return true;
  }
  return false;
}

bool RcuWords::mentionsRules(const AppliedFile &F) const {
  return stand(Strong, F.before.value_or("")) || stand(Strong, F.after.value_or(""));
}

bool RcuWords::mayMatter(const Diff &D, const AppliedFile &F) const {
  for (const FileDiff &Each : D.files)
    if (Each.path() == F.path)
      for (const Hunk &H : Each.hunks) {
        if (crossesSection(H))
          return true;
        for (const HunkLine &L : H.lines)
          if (stand(All, L.text) || (L.kind != ' ' && (stand(Around, L.text) || setsMember(L.text))))
            return true;
      }
  if (!mentionsRules(F))
    return false;
  for (const FileDiff &Each : D.files)
    if (Each.path() == F.path)
      for (const Hunk &H : Each.hunks)
        for (const HunkLine &L : H.lines)
          if (L.kind == '-' && stand(Allocations, L.text))
            return true;
  std::set<std::string> Changed = changedFunctions(F.before.value_or(""), F.after.value_or(""));
  for (const std::optional<std::string> *Text : {&F.before, &F.after}) {
    Outline O = outlineOf(Text->value_or(""));
    for (const std::string &Name : Changed)
      if (const OutlineFunction *Function = O.function(Name))
        for (const std::string &Word : Function->identifiers)
          if (All.count(Word))
            return true;
  }
  return false;
}

bool RcuWords::stand(const Words &These, StringRef Text) {
  for (size_t I = 0; I < Text.size();) {
    if (!llvm::isAlpha(Text[I]) && Text[I] != '_') {
      ++I;
      continue;
    }
    size_t End = I;
    while (End < Text.size() && (llvm::isAlnum(Text[End]) || Text[End] == '_'))
      ++End;
    if (These.count(std::string_view(Text.data() + I, End - I)))
      return true;
    I = End;
  }
  return false;
}

} // namespace krcu
