// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/report/report.h"
#include "tool/lifetime/leftovers.h"
#include "tool/support/stable_sort.h"
#include <algorithm>
#include <cstdio>

namespace krcu {
namespace {

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

/// What is to be done first; refusals behind that, and at the end what nobody can do anything about.
unsigned rankOf(SiteClass C) {
  switch (C) {
  case SiteClass::Convert: return 0;
  case SiteClass::Review: return 1;
  case SiteClass::Unsafe: return 2;
  case SiteClass::Refuse: return 3;
  case SiteClass::UnknownCallback: return 4;
  case SiteClass::NotParsed: return 5;
  case SiteClass::MoreThanFree: return 6;
  case SiteClass::Definition: return 7;
  }
  return 8;
}

/// How a chain is printed.
struct Style {
  const LineOracle &lines;
  unsigned width = 0;
};

void evidenceLines(const EvidenceList &List, const Style &How, std::string &Out) {
  for (const Evidence &E : List) {
    Out += wrappedLine("  " + place(E.file, E.line) + (E.function.empty() ? "" : " " + E.function + "()") + ":", E.text, How.width, 6);
    std::string Line = How.lines && E.line ? How.lines(E.file, E.line) : std::string();
    if (llvm::StringRef Text = llvm::StringRef(Line).trim(); !Text.empty() && Text != E.text)
      Out += "      | " + printableLine(Text) + "\n";
  }
}

void leftoverLines(const Leftovers &L, const Style &How, std::string &Out) {
  if (L.barriers.empty() && L.fields.empty())
    return;
  Out += "\nwhat else changes\n";
  for (const BarrierLeftover &B : L.barriers) {
    Out += wrappedLine(" ", leftoverText(B), How.width, 6);
    std::string List;
    evidenceLines(B.looked_at, How, List);
    if (!List.empty())
      Out += "   callbacks that the conversion takes away\n" + List;
    List.clear();
    evidenceLines(B.needed_by, How, List);
    if (!List.empty())
      Out += "   callbacks that may still be queued\n" + List;
  }
  for (const FieldLeftover &F : L.fields)
    evidenceLines(F.stores, How, Out);
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

namespace {

std::string callbackOf(const SiteReport &R) {
  return R.site && R.site->callback_kind == CallbackKind::Function ? plainName(R.site->callback) : R.census.callback;
}

/// The sites to be listed, in the order in which they are printed.
std::vector<const SiteReport *> listed(const ReportInput &In) {
  std::vector<const SiteReport *> Result;
  for (const SiteReport &R : *In.sites)
    if (In.all || isCandidate(R))
      Result.push_back(&R);
  stableSort(Result, [](const SiteReport *A, const SiteReport *B) { return rankOf(A->cls) < rankOf(B->cls); });
  return Result;
}

} // namespace

const ConfiguredAnswer *configuredOf(const ReportInput &In, const SiteReport &R) {
  if (!In.configured)
    return nullptr;
  auto It = In.configured->find(R.census.where);
  return It == In.configured->end() ? nullptr : &It->second;
}

std::string reasonFor(const ReportInput &In, const SiteReport &R) {
  const ConfiguredAnswer *A = configuredOf(In, R);
  std::string Text = A ? configuredText(R, *A) : "";
  return reasonText(R) + (Text.empty() ? "" : "; " + Text);
}

namespace {

/// How many of the sites are compiled under the configuration, and where it makes a difference.
std::string configuredSummary(const ReportInput &In) {
  unsigned Modules = 0, BuiltIn = 0, Not = 0, Other = 0;
  for (const SiteReport &R : *In.sites)
    if (const ConfiguredAnswer *A = configuredOf(In, R); A && A->given) {
      Modules += A->built.as == BuiltAs::Module, BuiltIn += A->built.as == BuiltAs::BuiltIn, Not += A->built.as == BuiltAs::No;
      Other += !A->because.empty() && A->built.as != BuiltAs::No;
    }
  return "in " + In.config->name() + ": " + std::to_string(Modules) + " of the calls in modules, " + std::to_string(BuiltIn) + " built in, " + std::to_string(Not) +
         " not compiled; " + std::to_string(Other) + (Other == 1 ? " verdict is" : " verdicts are") + " another one there\n";
}

} // namespace

std::string scanText(const ReportInput &In) {
  std::string Out, File;
  bool Short = In.width && In.width < ShortWidth;
  for (const SiteReport *R : listed(In)) {
    const Location &W = R->census.where;
    std::string Place = std::to_string(W.line) + (W.column ? ":" + std::to_string(W.column) : "");
    if (Short && W.file != File)
      Out += W.file + "\n";
    File = W.file;
    Place = Short ? "  " + Place : W.file + ":" + Place;
    std::string Text = (R->replacement.empty() ? "" : R->replacement + "; ") + reasonFor(In, *R), Callback = callbackOf(*R), Class = className(R->cls);
    if (!Callback.empty())
      Text += " [" + Callback + "]";
    Out += wrappedLine(Place + ": " + Class + ":", Text, In.width, Short ? 6 : 4, In.colour ? Place + ": " + colourOf(R->cls) + Class + "\033[0m:" : "");
  }
  std::map<std::string, unsigned> Counts = classCounts(*In.sites);
  std::string Sum;
  const std::pair<const char *, const char *> Words[] = {
      {"convert", "to convert"}, {"unsafe", "unsafe"}, {"review", "for review"}, {"refuse", "free-only but not replaceable"},
      {"more_than_free", "callbacks that do more than free"}, {"unknown_callback", "callbacks unknown"},
      {"definition", "wrappers and definitions"}, {"not_parsed", "not parsed"}};
  bool First = true;
  for (const auto &[Class, Words_] : Words) {
    Sum += std::string(First ? "" : ", ") + std::to_string(Counts[Class]) + " " + Words_;
    First = false;
  }
  Out += (Out.empty() ? "" : "\n") + wrappedLine(counted(In.sites->size(), "call") + ":", Sum, In.width, 4);
  if (In.config && In.configured)
    Out += configuredSummary(In);
  for (const auto &[Name, Count] : In.other_flavours)
    Out += counted(Count, "call") + " of " + Name + "(), another flavour, " + (Count == 1 ? "is" : "are") + " left alone\n";
  if (!In.problems.empty()) {
    Out += counted(In.problems.size(), "file") + " did not parse cleanly:\n";
    for (const ReportProblem &P : In.problems)
      Out += "  " + P.file + ": " + P.cause + "\n";
  }
  if (!In.next.empty())
    Out += "next: " + In.next + "\n";
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

std::string explainText(const SiteReport &R, const Semantics &S, const LineOracle &Lines, unsigned Width, const ConfiguredAnswer *Configured) {
  const Style How{Lines, Width};
  std::string Out = place(R.census.where.file, R.census.where.line);
  if (!R.census.function.empty())
    Out += " in " + R.census.function + "()";
  Out += ": " + R.census.word() + "(" + (R.site ? R.site->head_text : std::string("...")) + ", " + R.census.callback + ")\n";
  Out += std::string("class:   ") + className(R.cls) + "\n";
  if (R.verdict != Verdict::None)
    Out += std::string("verdict: ") + verdictName(R.verdict) + "\n";
  Out += wrappedLine("reason: ", reasonText(R), Width, 9);
  if (std::string Text = Configured ? configuredText(R, *Configured) : ""; !Text.empty())
    Out += wrappedLine("holds:  ", Text, Width, 9);
  if (!R.replacement.empty())
    Out += std::string(R.cls == SiteClass::Convert ? "becomes: " : "would become: ") + R.replacement + ";\n";
  if (!R.family.empty())
    Out += "family:  " + R.family + "\n";
  Out += "\nwhat shows it\n";
  evidenceLines(R.evidence, How, Out);
  if (!R.context.empty()) {
    Out += "\nthe life of the cache\n";
    evidenceLines(R.context, How, Out);
  }
  if (Configured && Configured->given && !Configured->because.empty()) {
    Out += "\nin your configuration\n" + wrappedLine(" ", Configured->reason, Width, 6);
    evidenceLines(Configured->evidence, How, Out);
  }
  for (const CacheReport &C : R.caches)
    for (const std::string &M : C.missing)
      Out += "  not known of " + C.name + ": " + M + "\n";
  if (R.leftovers)
    leftoverLines(*R.leftovers, How, Out);
  Out += "\nthis tree (" + S.era + ")\n";
  for (const char *Name : {"destroy_waits_kfree_rcu", "rcu_barrier_waits_kfree_rcu", "slob"}) {
    const SemanticFact &F = S.fact(Name);
    Out += "  " + F.title + "? " + (!F.known ? "not known" : F.value ? "yes" : "no") + (F.assumed ? " (assumed)" : "") + "\n";
  }
  return Out;
}

} // namespace krcu
