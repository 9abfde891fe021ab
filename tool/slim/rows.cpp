// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/slim/rows.h"

#include "tool/rules/row_reader.h"
#include "tool/rules/yaml_tree.h"
#include "tool/support/error.h"

namespace krcu::slim {
namespace {

llvm::Error readHead(RowReader &R, Rows &To) {
  SlimHead Head{R.name("name"), {}, R.text("option"), R.where()};
  for (const std::string &Tag : R.list("instead_of"))
    Head.instead_of.insert(Tag);
  To.heads.push_back(std::move(Head));
  return R.take();
}

/// \p Files: of files, else C names.
llvm::Error readNames(RowReader &R, bool Files, std::set<std::string> &To) {
  for (const PlacedWord &W : Files ? R.words("name", "names") : R.names())
    To.insert(W.text);
  return R.take();
}

} // namespace

llvm::Expected<Rows> loadRows(const std::string &RulesDirectory) {
  const std::string File = RulesDirectory + "/slim/slim.yaml";
  auto Root = readYaml(File);
  if (!Root)
    return Root.takeError();
  if (Root->kind != YamlNode::Map)
    return failAt(File, 1, 1, "is no mapping of sections", "");
  Rows Out;
  const std::map<std::string, std::set<std::string> *> Lists = {
      {"size_classes", &Out.size_classes}, {"assertions", &Out.assertions}, {"copies", &Out.copies},   {"annotations", &Out.annotations},
      {"members", &Out.members},           {"debugging", &Out.debugging},   {"unusual", &Out.unusual}, {"compile_tests", &Out.compile_tests}};
  std::vector<std::string> Sections{"slim_heads"};
  for (const auto &[Name, To] : Lists)
    Sections.push_back(Name);
  for (const YamlEntry &E : Root->entries) {
    const std::string &Section = E.key.text;
    auto List = Lists.find(Section);
    std::set<std::string> *Names = List == Lists.end() ? nullptr : List->second;
    if (!Names && Section != "slim_heads")
      return failAt(File, E.key.line, E.key.column, "unknown section '" + Section + "'", mendUnknown(Section, Sections, "sections"));
    for (const YamlNode &Row : E.value.items) {
      const std::vector<llvm::StringRef> Keys = Names ? std::vector<llvm::StringRef>{"name", "names"} : std::vector<llvm::StringRef>{"name", "instead_of", "option"};
      RowReader R(File, Row, Section, Keys);
      if (llvm::Error Error = Names ? readNames(R, Names == &Out.debugging, *Names) : readHead(R, Out))
        return Error;
    }
  }
  return Out;
}

} // namespace krcu::slim
