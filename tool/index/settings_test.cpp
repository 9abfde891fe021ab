// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/index/settings.h"
#include "gtest/gtest.h"

namespace krcu {
namespace {

/// "A=n B=y | C=y": the settings for the conditions where A is y, M is m and everything else n.
std::string settings(const std::vector<std::string> &Conditions) {
  std::string Out;
  bool First = true;
  for (const Settings &S : settingsFor(Conditions, [](const std::string &Symbol) { return std::string(Symbol == "A" ? "y" : Symbol == "M" ? "m" : "n"); })) {
    Out += First ? "" : " | ";
    First = false;
    std::string One;
    for (const auto &[Symbol, Value] : S)
      One += (One.empty() ? "" : " ") + Symbol + "=" + Value;
    Out += One.empty() ? "as it is" : One;
  }
  return Out.empty() ? "none" : Out;
}

/// Whether the conditions hold with the same values.
std::string holds(const std::vector<std::string> &Conditions) {
  auto Answer = conditionsHold(Conditions, [](const std::string &Symbol) { return std::string(Symbol == "A" ? "y" : Symbol == "M" ? "m" : "n"); });
  return !Answer ? "unknown" : *Answer ? "yes" : "no";
}

TEST(Settings, ConditionsHoldForCertain) {
  EXPECT_EQ(holds({}), "yes");
  EXPECT_EQ(holds({"defined(CONFIG_A)", "IS_ENABLED(CONFIG_M)"}), "yes");
  EXPECT_EQ(holds({"defined(CONFIG_A)", "defined(CONFIG_M)"}), "no");
  EXPECT_EQ(holds({"defined(CONFIG_A)", "PAGE_SIZE > 4096"}), "unknown");
  EXPECT_EQ(holds({"PAGE_SIZE > 4096", "defined(CONFIG_B)"}), "no");
  EXPECT_EQ(holds({"((("}), "unknown");
}

TEST(Settings, ASymbolIsTurnedOff) { EXPECT_EQ(settings({"!defined(CONFIG_A)"}), "A=n"); }
TEST(Settings, ASymbolIsTurnedOn) { EXPECT_EQ(settings({"IS_ENABLED(CONFIG_B)"}), "B=y"); }
TEST(Settings, AllConditionsHoldTogether) { EXPECT_EQ(settings({"defined(CONFIG_B)", "!defined(CONFIG_A)"}), "A=n B=y"); }
TEST(Settings, TheFewestChangesComeFirst) { EXPECT_EQ(settings({"defined(CONFIG_B) || (defined(CONFIG_C) && !CONFIG_A)"}), "B=y | A=n B=y | A=n C=y | B=y C=y"); }
TEST(Settings, WhatHoldsAlreadyNeedsNothing) { EXPECT_EQ(settings({"defined(CONFIG_A)"}), "as it is"); }
TEST(Settings, AModuleIsNotBuiltIn) {
  EXPECT_EQ(settings({"IS_MODULE(CONFIG_M)"}), "as it is");
  EXPECT_EQ(settings({"defined(CONFIG_M_MODULE)"}), "as it is");
  EXPECT_EQ(settings({"IS_BUILTIN(CONFIG_M)"}), "none");
}
TEST(Settings, WhatIsNoSymbolIsNotKnown) {
  EXPECT_EQ(settings({"!(THREAD_SIZE >= PAGE_SIZE || defined(CONFIG_A))"}), "A=n");
  EXPECT_EQ(settings({"CONFIG_LEVELS > 3"}), "as it is | LEVELS=y");
}
TEST(Settings, TheKernelIsNoUserProgram) {
  EXPECT_EQ(settings({"defined(__KERNEL__)"}), "as it is");
  EXPECT_EQ(settings({"!defined(__KERNEL__)"}), "none");
}
TEST(Settings, GarbageIsNotKnown) {
  EXPECT_EQ(settings({"((("}), "as it is");
  EXPECT_EQ(settings({"defined("}), "as it is");
  EXPECT_EQ(settings({std::string(5000, '!') + "X"}), "as it is");
}
TEST(Settings, TooManySymbolsGiveNothing) {
  std::string Long = "defined(CONFIG_S0)";
  for (int I = 1; I < 9; ++I)
    Long += " && defined(CONFIG_S" + std::to_string(I) + ")";
  EXPECT_EQ(settings({Long}), "none");
}

} // namespace
} // namespace krcu
