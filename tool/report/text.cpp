// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/report/report.h"
#include "tool/lifetime/leftovers.h"
#include <algorithm>
#include <cstdio>

namespace krcu {
namespace {

std::string pad(std::string S, size_t Width) {
  if (S.size() < Width)
    S.append(Width - S.size(), ' ');
  return S;
}

std::string place(const std::string &File, unsigned Line) { return File + ":" + std::to_string(Line); }

const char *colourOf(SiteClass C) {
  switch (C) {
  case SiteClass::Convert: return "\033[32m";
  case SiteClass::Unsafe: return "\033[31m";
  case SiteClass::Review: return "\033[33m";
  default: return "\033[2m";
  }
}

bool isCandidate(const SiteReport &R) {
  return R.cls == SiteClass::Convert || R.cls == SiteClass::Review || R.cls == SiteClass::Unsafe || R.cls == SiteClass::Refuse;
}

void evidenceLines(const EvidenceList &List, std::string &Out) {
  for (const Evidence &E : List) {
    Out += "  " + place(E.file, E.line);
    if (!E.function.empty())
      Out += " " + E.function + "()";
    Out += ": " + E.text + "\n";
  }
}

void leftoverLines(const Leftovers &L, std::string &Out) {
  if (L.barriers.empty() && L.fields.empty())
    return;
  Out += "\nwhat else changes\n";
  for (const BarrierLeftover &B : L.barriers) {
    Out += "  " + leftoverText(B) + "\n";
    std::string List;
    evidenceLines(B.looked_at, List);
    if (!List.empty())
      Out += "   callbacks that the conversion takes away\n" + List;
    List.clear();
    evidenceLines(B.needed_by, List);
    if (!List.empty())
      Out += "   callbacks that may still be queued\n" + List;
  }
  for (const FieldLeftover &F : L.fields)
    evidenceLines(F.stores, Out);
}

} // namespace

std::map<std::string, unsigned> classCounts(const std::vector<SiteReport> &Sites) {
  std::map<std::string, unsigned> Counts;
  for (SiteClass C : {SiteClass::Convert, SiteClass::Review, SiteClass::Unsafe, SiteClass::Refuse, SiteClass::MoreThanFree,
                      SiteClass::UnknownCallback, SiteClass::Definition, SiteClass::NotParsed})
    Counts[className(C)] = 0;
  for (const SiteReport &R : Sites)
    ++Counts[className(R.cls)];
  return Counts;
}

std::string scanText(const ReportInput &In) {
  std::string Out;
  size_t PlaceWidth = 0, CallbackWidth = 0;
  auto Listed = [&](const SiteReport &R) { return In.all || isCandidate(R); };
  auto CallbackOf = [](const SiteReport &R) {
    return R.site && R.site->callback_kind == CallbackKind::Function ? plainName(R.site->callback) : R.census.callback;
  };
  for (const SiteReport &R : *In.sites)
    if (Listed(R)) {
      PlaceWidth = std::max(PlaceWidth, place(R.census.where.file, R.census.where.line).size());
      CallbackWidth = std::max(CallbackWidth, std::min<size_t>(CallbackOf(R).size(), 40));
    }
  for (const SiteReport &R : *In.sites) {
    if (!Listed(R))
      continue;
    std::string Line = pad(place(R.census.where.file, R.census.where.line), PlaceWidth) + "  " + pad(CallbackOf(R), CallbackWidth) + "  ";
    std::string Class = pad(className(R.cls), 16);
    std::string Text = R.replacement.empty() ? reasonText(R) : R.replacement + "; " + reasonText(R);
    if (In.width && Line.size() + Class.size() + 2 + Text.size() > In.width && In.width > Line.size() + Class.size() + 20)
      Text = Text.substr(0, In.width - Line.size() - Class.size() - 5) + "...";
    Out += Line + (In.colour ? colourOf(R.cls) + Class + "\033[0m" : Class) + "  " + Text + "\n";
  }
  std::map<std::string, unsigned> Counts = classCounts(*In.sites);
  Out += (Out.empty() ? "" : "\n") + std::to_string(In.sites->size()) + " calls:";
  const std::pair<const char *, const char *> Words[] = {
      {"convert", "to convert"}, {"unsafe", "unsafe"}, {"review", "for review"}, {"refuse", "free-only but not replaceable"},
      {"more_than_free", "callbacks that do more than free"}, {"unknown_callback", "callbacks unknown"},
      {"definition", "wrappers and definitions"}, {"not_parsed", "not parsed"}};
  bool First = true;
  for (const auto &[Class, Words_] : Words) {
    Out += std::string(First ? " " : ", ") + std::to_string(Counts[Class]) + " " + Words_;
    First = false;
  }
  Out += "\n";
  for (const auto &[Name, Count] : In.other_flavours)
    Out += std::to_string(Count) + " calls of " + Name + "(), another flavour, are left alone\n";
  if (!In.problems.empty()) {
    Out += std::to_string(In.problems.size()) + " files did not parse cleanly:\n";
    for (const ReportProblem &P : In.problems)
      Out += "  " + P.file + ": " + P.cause + "\n";
  }
  return Out;
}

std::string statsText(const std::vector<std::pair<std::string, double>> &Phases) {
  std::string Out;
  double Total = 0;
  char Buffer[128];
  for (const auto &[Name, Seconds] : Phases) {
    std::snprintf(Buffer, sizeof Buffer, "%-24s %8.3f s\n", Name.c_str(), Seconds);
    Out += Buffer;
    Total += Seconds;
  }
  std::snprintf(Buffer, sizeof Buffer, "%-24s %8.3f s\n", "total", Total);
  return Out + Buffer;
}

std::string explainText(const SiteReport &R, const Semantics &S) {
  std::string Out = place(R.census.where.file, R.census.where.line);
  if (!R.census.function.empty())
    Out += " in " + R.census.function + "()";
  Out += ": " + R.census.word() + "(" + (R.site ? R.site->head_text : std::string("...")) + ", " + R.census.callback + ")\n";
  Out += std::string("class:   ") + className(R.cls) + "\n";
  if (R.verdict != Verdict::None)
    Out += std::string("verdict: ") + verdictName(R.verdict) + "\n";
  Out += "reason:  " + reasonText(R) + "\n";
  if (!R.replacement.empty())
    Out += std::string(R.cls == SiteClass::Convert ? "becomes: " : "would become: ") + R.replacement + ";\n";
  if (!R.family.empty())
    Out += "family:  " + R.family + "\n";
  Out += "\nwhat shows it\n";
  evidenceLines(R.evidence, Out);
  if (!R.context.empty()) {
    Out += "\nthe life of the cache\n";
    evidenceLines(R.context, Out);
  }
  for (const CacheReport &C : R.caches)
    for (const std::string &M : C.missing)
      Out += "  not known of " + C.name + ": " + M + "\n";
  if (R.leftovers)
    leftoverLines(*R.leftovers, Out);
  Out += "\nthis tree (" + S.era + ")\n";
  for (const char *Name : {"destroy_waits_kfree_rcu", "rcu_barrier_waits_kfree_rcu", "slob"}) {
    const SemanticFact &F = S.fact(Name);
    Out += "  " + F.title + ": " + (!F.known ? "not known" : F.value ? "yes" : "no") + (F.assumed ? " (assumed)" : "") + "\n";
  }
  return Out;
}

} // namespace krcu
