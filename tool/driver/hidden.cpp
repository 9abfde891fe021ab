// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A call or a callback's body that #if hides from the usual configuration is looked for under another one: the CONFIG symbols of its
// conditions are turned, and where something else decides (the size of a page) other architectures are tried. What such a parse shows of
// call sites and callbacks counts; all bodies of a callback must agree before it is converted. What stays hidden is classed so.
#include "tool/driver/scan.h"
#include "tool/index/outline.h"
#include "tool/index/settings.h"
#include "tool/support/parallel.h"

using namespace llvm;

namespace krcu {
namespace {

constexpr size_t MaxVariants = 4; ///< architectures tried for one line
constexpr size_t MaxTries = 6;    ///< parses for one line

bool shows(const FileFacts &Facts, const std::string &File, unsigned Line) {
  for (const CallSiteFact &S : Facts.sites)
    if (S.where.file == File && S.where.line == Line)
      return true;
  for (const FunctionSummary &S : Facts.summaries)
    if (S.where.file == File && S.where.line == Line && S.begin)
      return true;
  return false;
}

} // namespace

/// The lines that are worth another configuration.
Scan::HiddenLines Scan::hiddenLines() const {
  HiddenLines Result;
  for (const SiteReport &R : Sites) {
    if (R.cls == SiteClass::NotParsed && R.reason == Reason::Hidden && !R.census.conditions.empty())
      Result.emplace(std::pair(R.census.where.file, R.census.where.line), "");
    for (const Location &L : R.callback.unseen)
      Result.emplace(std::pair(L.file, L.line), plainName(R.callback.function));
  }
  return Result;
}

/// Parses until the line is shown or nothing is left to try.
std::optional<OtherConfiguration> Scan::showLine(const HiddenLines::value_type &Hidden, const Demand &D, unsigned Worker) {
  const auto &[File, Line] = Hidden.first;
  int Id = TheIndex->find(File);
  auto Text = Id < 0 ? nullptr : TheIndex->text(static_cast<uint32_t>(Id));
  if (!Text)
    return std::nullopt;
  std::vector<std::string> Conditions = conditionsAround(*Text, Line);
  std::vector<std::string> Variants = TheFrontend->variantsToTry(File);
  size_t Tries = 0;
  for (size_t V = 0; V < Variants.size() && V < MaxVariants; ++V)
    for (const Settings &Turned : settingsFor(Conditions, [&](const std::string &Symbol) { return TheFrontend->configValue(Variants[V], Symbol); })) {
      if ((V == 0 && Turned.empty()) || ++Tries > MaxTries)
        continue; // that is the usual configuration
      ParseTask T;
      T.files = {File};
      T.demand = D;
      if (!Hidden.second.empty()) {
        T.demand.names.insert(Hidden.second);
        T.demand.summarise.insert(Hidden.second);
      }
      T.variant = Variants[V];
      T.force = Turned;
      parseOne(T, Worker);
      if (T.outcome.parsed && T.outcome.errors == 0 && shows(T.facts, File, Line))
        return OtherConfiguration{T.variant, T.force, std::move(T.facts)};
    }
  return std::nullopt;
}

/// Calls whose conditions say before any parse that the usual configuration does not compile them.
Scan::HiddenLines Scan::plainlyHidden() const {
  HiddenLines Result;
  for (const CensusEntry &E : Census) {
    bool Call = E.kind == CensusKind::Call || E.kind == CensusKind::MacroBody;
    if (!Call || E.conditions.empty() || Glances.settle(E.where.file, E.offset) || TheRules.deferral(E.function) || passesOffset(E))
      continue;
    std::vector<std::string> Variants = TheFrontend->variantsToTry(E.where.file);
    if (Variants.empty())
      continue;
    std::vector<Settings> Choices =
        settingsFor(E.conditions, [&](const std::string &Symbol) { return TheFrontend->configValue(Variants.front(), Symbol); });
    if (!Choices.empty() && !Choices.front().empty())
      Result.emplace(std::pair(E.where.file, E.where.line), "");
  }
  return Result;
}

/// The lines that were not asked for before.
Scan::HiddenLines Scan::newlyHidden(const HiddenLines &Lines) {
  HiddenLines Result;
  for (const auto &Each : Lines)
    if (Tried.insert(Each.first).second)
      Result.insert(Each);
  return Result;
}

/// True if something new was shown; the sites are to be judged again then.
bool Scan::addShown(std::vector<std::optional<OtherConfiguration>> Shown) {
  bool Any = false;
  for (auto &C : Shown)
    if (C) {
      DB->addOtherConfiguration(std::move(*C));
      Any = true;
    }
  return Any;
}

} // namespace krcu
