// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The names of commands, options and arguments by the rules of newer CLI11 (2.3 to 2.5), which throws for what it refuses: whatever version
// this is built with, it must start with the others, too.
#include "tool/main/program.h"
#include "gtest/gtest.h"
#include <set>

namespace krcu {
namespace {

/// Empty, or what newer CLI11 has against the name of an option without its dashes, of an argument or of a command.
std::string objection(const std::string &Name) {
  if (Name.empty())
    return "it is empty";
  if (Name.front() == '-' || static_cast<unsigned char>(Name.front()) <= 33)
    return "it begins with a dash, a space or '!'";
  for (unsigned char C : Name.substr(1))
    if (C == '=' || C == ':' || C == '{' || C <= 32)
      return std::string("it contains '") + static_cast<char>(C) + "'";
  if (Name == "true" || Name == "false" || Name == "++" || Name == "-" || Name == "--")
    return "it is reserved";
  return "";
}

/// The objections to one command, its options and its own commands, a line each.
std::string objectionsTo(const CLI::App &App) {
  std::string Result;
  std::set<std::string> Names, Arguments;
  for (const CLI::Option *O : App.get_options()) {
    std::vector<std::string> Own = O->get_lnames();
    for (const std::string &Short : O->get_snames())
      if (Short.size() == 1 && (Short[0] < '0' || Short[0] > '9')) // -1 is a number to newer CLI11
        Own.push_back(Short);
      else
        Result += App.get_name() + " -" + Short + ": it is no letter\n";
    for (const std::string &Name : Own) {
      if (std::string Why = objection(Name); !Why.empty())
        Result += App.get_name() + " --" + Name + ": " + Why + "\n";
      if (!Names.insert(Name).second)
        Result += App.get_name() + " --" + Name + ": it is there twice\n";
    }
    if (std::string Argument = O->get_name(/*positional=*/true, false); O->get_positional() && !Argument.empty()) {
      std::string Name = O->get_single_name();
      // With a long name as well, CLI11 tells that one; the argument's own is in the positional text.
      if (!O->get_lnames().empty())
        Name = Argument.substr(0, Argument.find(','));
      if (std::string Why = objection(Name); !Why.empty())
        Result += App.get_name() + " " + Name + ": " + Why + "\n";
      Arguments.insert(Name);
    }
  }
  for (const std::string &Argument : Arguments)
    if (Names.count(Argument))
      Result += App.get_name() + " " + Argument + ": an argument and an option have this name\n";
  std::set<std::string> Commands;
  for (const CLI::App *Command : App.get_subcommands({})) {
    if (std::string Why = objection(Command->get_name()); !Why.empty())
      Result += Command->get_name() + ": " + Why + "\n";
    if (!Commands.insert(Command->get_name()).second)
      Result += Command->get_name() + ": the command is there twice\n";
    Result += objectionsTo(*Command);
  }
  return Result;
}

TEST(OptionNamesTest, AllAreAcceptedByNewerVersionsOfTheLibrary) {
  CLI::App App;
  Options O;
  describeProgram(App, O);
  EXPECT_EQ(objectionsTo(App), "");
  EXPECT_GE(App.get_subcommands({}).size(), 8u);
}

// The rules above find what they are for, under a version of the library that lets it pass; one that throws needs no finding.
TEST(OptionNamesTest, WhatTheyRefuseIsSeen) {
  for (const char *Name : {"FILE:LINE", "--a=b", "--a:b", "-1", "--x{y"}) {
    CLI::App App;
    std::string Value;
    try {
      App.add_option(Name, Value);
    } catch (const CLI::Error &) {
      continue;
    }
    EXPECT_NE(objectionsTo(App), "") << Name;
  }
}

TEST(OptionNamesTest, EachCommandExplainsItself) {
  CLI::App App;
  Options O;
  describeProgram(App, O);
  for (const CLI::App *Command : App.get_subcommands({})) {
    EXPECT_FALSE(Command->get_description().empty()) << Command->get_name();
    for (const CLI::Option *Each : Command->get_options())
      EXPECT_FALSE(Each->get_description().empty()) << Command->get_name() << " " << Each->get_name();
  }
}

} // namespace
} // namespace krcu
