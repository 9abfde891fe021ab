// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The table of eras and the timelines: what is read, and what is refused with which words.
#include "tool/rules/eras.h"
#include "tool/rules/test_files.h"

namespace krcu {
namespace {

class Eras : public RuleFiles {
protected:
  const std::string Fact = "facts:\n  - {name: f, title: F holds, unknown: no, decisive: yes, shown_by: models}\n";
  const std::string Era = "eras:\n  - {name: e, title: an era, see: here, model: e.pml, merged: yes, values: {f: yes}, in_model: [g]}\n";

  std::string errorOf(const std::string &Text) {
    auto T = loadEraTable(file("eras.yaml", Text));
    if (T)
      return "";
    std::string Message = message(T.takeError());
    return Message.substr(Message.find("eras.yaml"));
  }
};

TEST_F(Eras, areRead) {
  auto T = loadEraTable(file("eras.yaml", Fact + Era));
  ASSERT_TRUE(bool(T)) << message(T.takeError());
  ASSERT_NE(T->fact("f"), nullptr);
  EXPECT_TRUE(T->fact("f")->decisive);
  EXPECT_TRUE(T->fact("f")->in_models);
  EXPECT_FALSE(T->fact("f")->unknown);
  ASSERT_NE(T->era("e"), nullptr);
  EXPECT_EQ(T->era("e")->values, (std::map<std::string, bool>{{"f", true}}));
  EXPECT_EQ(T->era("e")->in_model, (std::set<std::string>{"g"}));
  EXPECT_EQ(T->era("x"), nullptr);
}

TEST_F(Eras, mistakesAreNamedWithTheirLine) {
  EXPECT_EQ(errorOf(Fact).substr(0, 30), "eras.yaml:1:1: 'eras' is missi");
  EXPECT_NE(errorOf(Fact + "eras:\n  - {name: e, titel: x}\n").find("eras.yaml:4:15: unknown key 'titel'"), std::string::npos);
  std::string Bad = Era;
  Bad.replace(Bad.find("f: yes"), 6, "f: may");
  EXPECT_NE(errorOf(Fact + Bad).find("eras.yaml:4:"), std::string::npos);
  EXPECT_NE(errorOf(Fact + Bad).find("'may' is neither yes nor no"), std::string::npos);
  Bad = Era;
  Bad.replace(Bad.find("f: yes"), 6, "h: yes");
  EXPECT_NE(errorOf(Fact + Bad).find("'h', which is no fact"), std::string::npos);
  EXPECT_NE(errorOf(Fact + Era + Era.substr(6)).find("era 'e' stands twice"), std::string::npos);
}

TEST_F(Eras, timelinesComeBackAsTheyWereWritten) {
  std::vector<Timeline> All{{"6.12", "exit x", "it \"fails\"", {"CPU 0  a: b", "CPU 1  c \\ d"}}, {"e", "f", "g", {"h"}}};
  auto Read = loadTimelines(file("timelines.yaml", timelinesYaml(All)));
  ASSERT_TRUE(bool(Read)) << message(Read.takeError());
  ASSERT_EQ(Read->size(), 2u);
  EXPECT_EQ((*Read)[0].era, "6.12");
  EXPECT_EQ((*Read)[0].shows, "it \"fails\"");
  EXPECT_EQ((*Read)[0].steps, All[0].steps);
  EXPECT_EQ(timelinesYaml(*Read), timelinesYaml(All));
}

} // namespace
} // namespace krcu
