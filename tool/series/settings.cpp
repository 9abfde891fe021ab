// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/series/settings.h"

#include "tool/rules/row_reader.h"
#include "tool/rules/yaml_tree.h"
#include "tool/support/error.h"
#include "llvm/ADT/StringExtras.h"
#include <algorithm>
#include <functional>

namespace krcu::series {
namespace {

llvm::Error readPrefix(RowReader &R, Settings &To) {
  PrefixRow Row{R.text("under"), R.text("prefix")};
  if (Row.under.empty() || Row.prefix.empty())
    R.problem(R.where(), "a row needs 'under' and 'prefix'", "");
  To.prefixes.push_back(std::move(Row));
  return R.take();
}

llvm::Error readTree(RowReader &R, Settings &To) {
  TreeRow Row{R.text("match"), R.text("name"), R.text("tag"), R.flag("capital"), R.flag("catch_all")};
  if (Row.match.empty() || Row.name.empty())
    R.problem(R.where(), "a row needs 'match' and 'name'", "");
  To.trees.push_back(std::move(Row));
  return R.take();
}

llvm::Error readList(RowReader &R, Settings &To) {
  ListRow Row{R.text("use"), R.text("address")};
  if ((Row.use != "tree_wide" && Row.use != "unmaintained") || Row.address.find('@') == std::string::npos)
    R.problem(R.where(), "a row needs 'use: tree_wide' or 'use: unmaintained' and an 'address'", "");
  To.lists.push_back(std::move(Row));
  return R.take();
}

llvm::Error readCommit(RowReader &R, Settings &To) {
  CommitRow Row{R.text("fact"), R.text("era"), R.text("commit"), R.text("title")};
  bool Hex = Row.commit.size() >= 12 && std::all_of(Row.commit.begin(), Row.commit.end(), llvm::isHexDigit);
  if (Row.fact.empty() || Row.title.empty() || !Hex)
    R.problem(R.where(), "a row needs 'fact', 'title' and 'commit'", "write the commit with 12 hexadecimal digits or more");
  To.commits.push_back(std::move(Row));
  return R.take();
}

} // namespace

const CommitRow *Settings::commitOf(const std::string &Fact, const std::string &Era) const {
  const CommitRow *Any = nullptr;
  for (const CommitRow &Row : commits) {
    if (Row.fact != Fact)
      continue;
    if (!Row.era.empty() && Row.era == Era)
      return &Row;
    if (Row.era.empty() && !Any)
      Any = &Row;
  }
  return Any;
}

llvm::Expected<Settings> loadSettings(const std::string &RulesDirectory) {
  std::string File = RulesDirectory + "/series/series.yaml";
  auto Root = readYaml(File);
  if (!Root)
    return Root.takeError();
  struct SectionReader {
    std::vector<llvm::StringRef> keys;
    std::function<llvm::Error(RowReader &, Settings &)> read;
  };
  const std::vector<std::pair<std::string, SectionReader>> Readers = {
      {"prefixes", {{"under", "prefix"}, readPrefix}},
      {"trees", {{"match", "name", "tag", "capital", "catch_all"}, readTree}},
      {"commits", {{"fact", "era", "commit", "title"}, readCommit}},
      {"lists", {{"use", "address"}, readList}},
  };
  Settings Out;
  if (Root->kind != YamlNode::Map)
    return failAt(File, 1, 1, "this is no mapping of sections", "");
  for (const YamlEntry &E : Root->entries) {
    auto It = std::find_if(Readers.begin(), Readers.end(), [&](const auto &R) { return R.first == E.key.text; });
    if (It == Readers.end())
      return failAt(File, E.key.line, E.key.column, "unknown section '" + E.key.text + "'",
                    mendUnknown(E.key.text, {"prefixes", "trees", "commits", "lists"}, "sections"));
    for (const YamlNode &Row : E.value.items) {
      RowReader R(File, Row, E.key.text, It->second.keys);
      if (llvm::Error Error = It->second.read(R, Out))
        return Error;
    }
  }
  return Out;
}

} // namespace krcu::series
