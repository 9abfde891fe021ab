// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Manual pages and completions name what the program takes, all of it.
#include "tool/main/manual.h"
#include "tool/main/manual_options.h"
#include "tool/main/program.h"
#include "tool/main/program_runs.h"
#include "gtest/gtest.h"
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace krcu {
namespace {

class Manual : public testing::Test {
protected:
  Manual() { describeProgram(App, O); }
  static std::string asRoff(std::string Name) {
    for (size_t At = Name.find('-'); At != std::string::npos; At = Name.find('-', At + 2))
      Name.replace(At, 1, "\\-");
    return Name;
  }
  Options O;
  CLI::App App;
};

TEST_F(Manual, HasAPageForEachCommandAndALineForEachOption) {
  auto Pages = manualPages(App, "krcu 0");
  EXPECT_EQ(Pages.size(), App.get_subcommands({}).size() + 1);
  for (const CLI::App *C : App.get_subcommands({})) {
    const std::string &Page = Pages["krcu-" + C->get_name() + ".1"];
    EXPECT_NE(Pages["krcu.1"].find(asRoff("krcu-" + C->get_name())), std::string::npos) << C->get_name();
    ASSERT_FALSE(optionsOf(*C).empty());
    for (const OptionWords &W : optionsOf(*C)) {
      for (const std::string &N : W.names)
        if (W.argument.empty()) {
          EXPECT_NE(Page.find("\\fB" + asRoff(N) + "\\fR"), std::string::npos) << C->get_name() << " " << N;
        }
      if (!W.argument.empty()) {
        EXPECT_NE(Page.find("\n.I " + W.argument + "\n"), std::string::npos) << C->get_name() << " " << W.argument;
      }
    }
  }
}

TEST_F(Manual, IsFreeOfWarnings) {
  if (std::system("command -v groff >/dev/null") != 0)
    GTEST_SKIP() << "groff is not installed";
  for (const auto &[Name, Page] : manualPages(App, "krcu 0")) {
    std::string File = (std::filesystem::temp_directory_path() / ("krcu-manual-test-" + std::to_string(::getpid()) + "-" + Name)).string();
    std::ofstream(File) << Page;
    EXPECT_EQ(runShell("groff -man -Tascii -ww -z " + File + " 2>&1 | grep -v 'cannot adjust\\|cannot break'").out, "") << Name;
    std::filesystem::remove(File);
  }
}

TEST_F(Manual, KnowsChoicesAndFlags) {
  bool Format = false, All = false, Jobs = false;
  for (const OptionWords &W : optionsOf(*App.get_subcommand("scan")))
    for (const std::string &N : W.names) {
      Format |= N == "--format" && std::find(W.choices.begin(), W.choices.end(), "sarif") != W.choices.end();
      All |= N == "--all" && W.value.empty();
      Jobs |= N == "-j" && W.value == "N";
    }
  EXPECT_TRUE(Format && All && Jobs);
  for (const OptionWords &W : optionsOf(*App.get_subcommand("scan")))
    EXPECT_NE(W.names, std::vector<std::string>{"--no-pch"}) << "it is hidden";
}

class BashCompletion : public Manual {
protected:
  /// What is offered behind the words; the last one is being typed.
  std::string offered(const std::string &Words) {
    std::string File = (std::filesystem::temp_directory_path() / ("krcu-completion-" + std::to_string(::getpid()))).string();
    std::ofstream(File) << bashCompletion(App) << "COMP_WORDS=(" << Words << ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_krcu\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n";
    std::string Out = runShell("bash --norc " + File + " 2>&1").out;
    std::filesystem::remove(File);
    return Out;
  }
};

TEST_F(BashCompletion, OffersCommandsOptionsAndValues) {
  EXPECT_EQ(offered("krcu sc"), "scan\n");
  EXPECT_EQ(offered("krcu scan --fam"), "--family\n");
  EXPECT_EQ(offered("krcu scan --format js"), "json\n");
  EXPECT_EQ(offered("krcu scan --fail-on convert,uns"), "convert,unsafe\n");
  EXPECT_EQ(offered("krcu semantics --format sa"), "\n") << "not of this command";
}

TEST_F(Manual, OtherShellsHaveThemToo) {
  const std::string Zsh = zshCompletion(App), Fish = fishCompletion(App);
  for (const CLI::App *C : App.get_subcommands({}))
    for (const OptionWords &W : optionsOf(*C))
      for (const std::string &N : W.names) {
        EXPECT_NE(Zsh.find("'*" + N + "["), std::string::npos) << N;
        EXPECT_NE(Fish.find(N.size() > 2 ? " -l " + N.substr(2) : " -s " + N.substr(1)), std::string::npos) << N;
      }
}

} // namespace
} // namespace krcu
