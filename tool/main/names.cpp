// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/main/names.h"
#include "tool/rules/row_reader.h"
#include "tool/rules/rules.h"
#include "tool/support/error.h"
#include "tool/semantics/semantics.h"
#include "llvm/ADT/StringRef.h"
#include <algorithm>
#include <set>

namespace krcu {
namespace {

llvm::Error checkOne(const std::string &Option, const std::string &Word, const std::vector<std::string> &Known, llvm::StringRef One, llvm::StringRef Plural) {
  if (std::find(Known.begin(), Known.end(), Word) != Known.end())
    return llvm::Error::success();
  return fail(Option + " " + Word + ": there is no such " + One.str() + "; " + mendUnknown(Word, Known, Plural));
}

std::string wordAndMend(const std::string &What, const std::string &Word, const std::vector<std::string> &Known, llvm::StringRef Plural) {
  return What + " " + Word + "; " + mendUnknown(Word, Known, Plural);
}

} // namespace

CLI::Validator oneOf(std::vector<std::string> Names, std::string Plural) {
  std::string Choice; // for --help, the manual and the completions
  for (const std::string &N : Names)
    Choice += (Choice.empty() ? "{" : ",") + N;
  return CLI::Validator(
      [Names, Plural](std::string &Word) -> std::string {
        if (std::find(Names.begin(), Names.end(), Word) != Names.end())
          return "";
        return "'" + Word + "' is not known; " + mendUnknown(Word, Names, Plural);
      },
      Choice + "}");
}

llvm::Error checkRuleNames(const std::string &Builtin, const std::vector<std::string> &Overrides, const std::vector<std::string> &Assume,
                           const std::vector<std::string> &Families) {
  if (Assume.empty() && Families.empty())
    return llvm::Error::success();
  auto R = loadRules(Builtin, Overrides);
  if (!R)
    return R.takeError();
  for (const std::string &A : Assume)
    if (llvm::Error E = checkOne("--assume", A, assumptionNames(R->eras), "assumption", "assumptions"))
      return E;
  std::set<std::string> Known;
  for (const FreeRule &F : R->frees)
    Known.insert(F.family);
  for (const std::string &F : Families)
    if (llvm::Error E = checkOne("--family", F, {Known.begin(), Known.end()}, "family", "families"))
      return E;
  return llvm::Error::success();
}

std::string unknownWord(const CLI::App &App, const std::vector<std::string> &Words) {
  const CLI::App *Command = nullptr;
  for (const std::string &Word : Words) {
    if (Word == "--")
      return "";
    if (!Command && (Word.empty() || Word[0] != '-')) {
      std::vector<std::string> Names;
      for (const CLI::App *Each : App.get_subcommands({})) {
        if (Each->get_name() == Word)
          Command = Each;
        Names.push_back(Each->get_name());
      }
      if (!Command)
        return wordAndMend("there is no command", Word, Names, "commands");
      continue;
    }
    // Only long names: a short option may stand in one word with its value, and a lone dash is standard input.
    if (!llvm::StringRef(Word).starts_with("--"))
      continue;
    const std::string Name = Word.substr(0, Word.find('='));
    std::set<std::string> Options{"--help"};
    for (const CLI::Option *O : (Command ? Command : &App)->get_options())
      if (!O->get_group().empty())
        for (const std::string &Long : O->get_lnames())
          Options.insert("--" + Long);
    const CLI::App &Asked = Command ? *Command : App;
    if (!Asked.get_option_no_throw(Name))
      return wordAndMend(Command ? Command->get_name() + " has no option" : "there is no option", Name, {Options.begin(), Options.end()}, "options");
  }
  return "";
}

} // namespace krcu
