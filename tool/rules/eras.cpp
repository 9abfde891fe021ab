// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reading rules/semantics/: two files of our own with few keys, so each key has a setter and everything else is an error.
#include "tool/rules/eras.h"
#include "tool/rules/yaml_tree.h"
#include "tool/support/error.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include <functional>
#include <optional>
#include <set>

namespace krcu {
namespace {

/// Reads mappings of one file and remembers the first mistake.
class Reader {
public:
  explicit Reader(const std::string &File) : File(File) {}

  using Setter = std::function<void(const YamlNode &)>;

  /// Hands the value of each key to its setter; all keys must be there.
  void map(const YamlNode &Node, const std::vector<std::pair<std::string, Setter>> &Keys) {
    if (Node.kind != YamlNode::Map)
      return wrong(Node, "a mapping must stand here", "write 'key: value' lines");
    std::set<std::string> Seen;
    for (const auto &[Key, Value] : Node.entries) {
      auto It = llvm::find_if(Keys, [&, K = Key.text](const auto &P) { return P.first == K; });
      if (It == Keys.end())
        return wrong(Key, "unknown key '" + Key.text + "'", "the keys here are " + names(Keys));
      Seen.insert(Key.text);
      It->second(Value);
    }
    for (const auto &[Name, Set] : Keys)
      if (!Seen.count(Name))
        return wrong(Node, "'" + Name + "' is missing", "the keys here are " + names(Keys));
  }

  void list(const YamlNode &Node, const Setter &Item) {
    if (Node.kind != YamlNode::List)
      return wrong(Node, "a list must stand here", "write '- ...' lines");
    for (const YamlNode &N : Node.items)
      Item(N);
  }

  Setter text(std::string &To) {
    return [this, &To](const YamlNode &N) {
      if (N.kind != YamlNode::Scalar || N.text.empty())
        return wrong(N, "a text must stand here", "write some words");
      To = N.text;
    };
  }

  /// A choice between two words.
  Setter flag(bool &To, llvm::StringRef True = "yes", llvm::StringRef False = "no") {
    return [this, &To, True, False](const YamlNode &N) {
      if (N.text != True && N.text != False)
        return wrong(N, "'" + N.text + "' is neither " + True.str() + " nor " + False.str(), "write one of the two");
      To = N.text == True;
    };
  }

  Setter flags(std::map<std::string, bool> &To) {
    return [this, &To](const YamlNode &N) {
      if (N.kind != YamlNode::Map)
        return wrong(N, "a mapping must stand here", "write 'fact: yes' or 'fact: no' lines");
      for (const auto &[Key, Value] : N.entries)
        flag(To[Key.text])(Value);
    };
  }

  void wrong(const YamlNode &Node, const std::string &What, const std::string &Mend) {
    if (!Failed)
      First = failAt(File, Node.line, Node.column, What, Mend);
    Failed = true;
  }
  Location where(const YamlNode &Node) const { return {File, Node.line, Node.column}; }
  llvm::Error take() { return Failed ? std::move(First) : llvm::Error::success(); }
  ~Reader() { llvm::consumeError(std::move(First)); }

private:
  static std::string names(const std::vector<std::pair<std::string, Setter>> &Keys) {
    std::string Text;
    for (const auto &[Name, Set] : Keys)
      Text += (Text.empty() ? "" : ", ") + Name;
    return Text;
  }

  std::string File;
  bool Failed = false;
  llvm::Error First = llvm::Error::success();
};

/// What only the whole table shows: names given twice, values of facts that do not exist.
void checkTable(Reader &R, const YamlNode &Root, const EraTable &T) {
  std::set<std::string> Names;
  for (const FactRule &F : T.facts)
    if (!Names.insert(F.name).second)
      return R.wrong(Root, "fact '" + F.name + "' stands twice", "keep one of them");
  std::set<std::string> Eras;
  for (const EraRule &E : T.eras) {
    YamlNode Place;
    Place.line = E.where.line;
    Place.column = E.where.column;
    if (!Eras.insert(E.name).second)
      return R.wrong(Place, "era '" + E.name + "' stands twice", "keep one of them");
    for (const auto &[Fact, Value] : E.values)
      if (!Names.count(Fact))
        return R.wrong(Place, "era '" + E.name + "' has a value of '" + Fact + "', which is no fact", "name one of facts:");
  }
  if (T.facts.empty() || T.eras.empty())
    R.wrong(Root, "the table is empty", "give it facts and eras");
}

/// Quotes what YAML would not take as plain text.
std::string yamlString(llvm::StringRef Text) {
  std::string Result = "\"";
  for (char C : Text) {
    if (C == '"' || C == '\\')
      Result += '\\';
    Result += C;
  }
  return Result + '"';
}

} // namespace

const FactRule *EraTable::fact(const std::string &Name) const {
  auto It = llvm::find_if(facts, [&](const FactRule &F) { return F.name == Name; });
  return It == facts.end() ? nullptr : &*It;
}

const EraRule *EraTable::era(const std::string &Name) const {
  auto It = llvm::find_if(eras, [&](const EraRule &E) { return E.name == Name; });
  return It == eras.end() ? nullptr : &*It;
}

llvm::Expected<EraTable> loadEraTable(const std::string &File) {
  llvm::Expected<YamlNode> Root = readYaml(File);
  if (!Root)
    return Root.takeError();
  EraTable T;
  Reader R(File);
  auto Fact = [&](const YamlNode &N) {
    FactRule F;
    F.where = R.where(N);
    R.map(N, {{"name", R.text(F.name)},
              {"title", R.text(F.title)},
              {"unknown", R.flag(F.unknown)},
              {"decisive", R.flag(F.decisive)},
              {"shown_by", R.flag(F.in_models, "models", "trees")}});
    T.facts.push_back(std::move(F));
  };
  auto Era = [&](const YamlNode &N) {
    EraRule E;
    E.where = R.where(N);
    R.map(N, {{"name", R.text(E.name)},
              {"title", R.text(E.title)},
              {"see", R.text(E.see)},
              {"model", R.text(E.model)},
              {"merged", R.flag(E.merged)},
              {"values", R.flags(E.values)},
              {"in_model", [&](const YamlNode &L) { R.list(L, [&](const YamlNode &W) { std::string Word; R.text(Word)(W); E.in_model.insert(Word); }); }}});
    T.eras.push_back(std::move(E));
  };
  R.map(*Root, {{"facts", [&](const YamlNode &N) { R.list(N, Fact); }}, {"eras", [&](const YamlNode &N) { R.list(N, Era); }}});
  checkTable(R, *Root, T);
  if (llvm::Error E = R.take())
    return E;
  return T;
}

llvm::Expected<std::vector<Timeline>> loadTimelines(const std::string &File) {
  llvm::Expected<YamlNode> Root = readYaml(File);
  if (!Root)
    return Root.takeError();
  std::vector<Timeline> All;
  Reader R(File);
  auto One = [&](const YamlNode &N) {
    Timeline T;
    auto Step = [&](const YamlNode &S) { R.text(T.steps.emplace_back())(S); };
    R.map(N, {{"era", R.text(T.era)},
              {"row", R.text(T.row)},
              {"shows", R.text(T.shows)},
              {"steps", [&](const YamlNode &L) { R.list(L, Step); }}});
    All.push_back(std::move(T));
  };
  R.map(*Root, {{"timelines", [&](const YamlNode &N) { R.list(N, One); }}});
  if (llvm::Error E = R.take())
    return E;
  return All;
}

std::string timelinesYaml(const std::vector<Timeline> &Timelines) {
  std::string Text = "# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception\n#\n"
                     "# The shortest counterexamples that Spin finds in the models beside this file, as `krcu semantics --why` shows them.\n"
                     "# Made by `krcu-models write`; a test makes them again and compares.\ntimelines:\n";
  for (const Timeline &T : Timelines) {
    Text += "  - era: " + yamlString(T.era) + "\n    row: " + yamlString(T.row) + "\n    shows: " + yamlString(T.shows) + "\n    steps:\n";
    for (const std::string &S : T.steps)
      Text += "      - " + yamlString(S) + "\n";
  }
  return Text;
}

} // namespace krcu
