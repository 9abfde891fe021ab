// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From bytes to YamlNode. Rule files may come from anybody, so each thing that could make a small file
// expensive (aliases, nesting) or mean something else than it shows (tags, a repeated key) ends in an error
// with its place. The parser throws; nothing thrown leaves this file.

#include "tool/rules/yaml_tree.h"

#include "tool/support/error.h"
#include "tool/support/io.h"
#include "yaml-cpp/eventhandler.h"
#include "yaml-cpp/exceptions.h"
#include "yaml-cpp/mark.h"
#include "yaml-cpp/parser.h"
#include "llvm/Support/ConvertUTF.h"
#include "llvm/Support/FileSystem.h"
#include <map>
#include <optional>
#include <sstream>

namespace krcu {
namespace {

/// The format needs five levels; more is somebody's mistake or attack.
constexpr size_t MaxDepth = 16;

/// Thrown by the builder through the parser, caught in parseYaml().
struct FormatProblem {
  unsigned line;
  unsigned column;
  std::string what;
  std::string mend;
};

unsigned lineOf(const YAML::Mark &M) { return M.line < 0 ? 0 : unsigned(M.line) + 1; }
unsigned columnOf(const YAML::Mark &M) { return M.column < 0 ? 0 : unsigned(M.column) + 1; }

/// Collects the events of one document in a tree.
class TreeBuilder : public YAML::EventHandler {
public:
  YamlNode root;

  void OnDocumentStart(const YAML::Mark &M) override {
    if (Documents++ > 0)
      refuse(M, "a second YAML document starts here", "put its rows into a file of their own");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark &M, YAML::anchor_t Anchor) override {
    refuseAnchor(M, Anchor);
    attach(make(M, YamlNode::Null));
  }

  void OnAlias(const YAML::Mark &M, YAML::anchor_t) override {
    refuse(M, "aliases (*name) are not supported", "write the value out");
  }

  void OnScalar(const YAML::Mark &M, const std::string &Tag, YAML::anchor_t Anchor,
                const std::string &Value) override {
    refuseAnchor(M, Anchor);
    refuseTag(M, Tag);
    YamlNode N = make(M, YamlNode::Scalar);
    N.text = Value;
    attach(std::move(N));
  }

  void OnSequenceStart(const YAML::Mark &M, const std::string &Tag, YAML::anchor_t Anchor,
                       YAML::EmitterStyle::value) override {
    open(M, Tag, Anchor, YamlNode::List);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark &M, const std::string &Tag, YAML::anchor_t Anchor,
                  YAML::EmitterStyle::value) override {
    open(M, Tag, Anchor, YamlNode::Map);
  }
  void OnMapEnd() override { close(); }

private:
  /// A list or mapping whose end has not come yet.
  struct Open {
    YamlNode node;
    std::optional<YamlNode> key;               ///< Map: waits for its value
    std::map<std::string, unsigned> key_lines; ///< Map: keys seen, with their lines
  };

  [[noreturn]] static void refuse(const YAML::Mark &M, std::string What, std::string Mend) {
    throw FormatProblem{lineOf(M), columnOf(M), std::move(What), std::move(Mend)};
  }

  static void refuseAnchor(const YAML::Mark &M, YAML::anchor_t Anchor) {
    if (Anchor != 0)
      refuse(M, "anchors (&name) are not supported", "write the value out wherever it is needed");
  }

  /// "?" is a plain value, "!" a quoted one; everything else was written by hand.
  static void refuseTag(const YAML::Mark &M, const std::string &Tag) {
    if (!Tag.empty() && Tag != "?" && Tag != "!")
      refuse(M, "tags (!name) are not supported", "write the value without '" + Tag + "'");
  }

  static YamlNode make(const YAML::Mark &M, YamlNode::Kind K) {
    YamlNode N;
    N.kind = K;
    N.line = lineOf(M);
    N.column = columnOf(M);
    return N;
  }

  void open(const YAML::Mark &M, const std::string &Tag, YAML::anchor_t Anchor, YamlNode::Kind K) {
    refuseAnchor(M, Anchor);
    refuseTag(M, Tag);
    if (Stack.size() >= MaxDepth)
      refuse(M, "nested too deeply", "a rule file has no more than five levels");
    Stack.push_back({make(M, K), std::nullopt, {}});
  }

  void close() {
    YamlNode N = std::move(Stack.back().node);
    Stack.pop_back();
    attach(std::move(N));
  }

  void attach(YamlNode N) {
    if (Stack.empty()) {
      root = std::move(N);
      return;
    }
    Open &Top = Stack.back();
    if (Top.node.kind == YamlNode::List) {
      Top.node.items.push_back(std::move(N));
    } else if (Top.key) {
      Top.node.entries.push_back({std::move(*Top.key), std::move(N)});
      Top.key.reset();
    } else {
      takeKey(Top, std::move(N));
    }
  }

  static void takeKey(Open &Top, YamlNode Key) {
    if (Key.kind != YamlNode::Scalar)
      throw FormatProblem{Key.line, Key.column, "a key must be a plain word", "write 'key: value'"};
    auto [It, New] = Top.key_lines.emplace(Key.text, Key.line);
    if (!New)
      throw FormatProblem{Key.line, Key.column, "key '" + Key.text + "' stands twice in one mapping",
                          "the first is in line " + std::to_string(It->second) + ", merge the two"};
    Top.key = std::move(Key);
  }

  std::vector<Open> Stack;
  unsigned Documents = 0;
};

/// Line and column of a byte, counted from 1.
std::pair<unsigned, unsigned> placeOf(llvm::StringRef Text, size_t Offset) {
  llvm::StringRef Before = Text.take_front(Offset);
  size_t LineStart = Before.rfind('\n');
  size_t Column = LineStart == llvm::StringRef::npos ? Offset : Offset - LineStart - 1;
  return {unsigned(Before.count('\n')) + 1, unsigned(Column) + 1};
}

/// The parser guesses UTF-16 and UTF-32 from NUL bytes and replaces bad bytes silently; neither may happen.
llvm::Error checkBytes(const std::string &File, llvm::StringRef Text) {
  if (size_t Nul = Text.find('\0'); Nul != llvm::StringRef::npos) {
    auto [Line, Column] = placeOf(Text, Nul);
    return failAt(File, Line, Column, "a NUL byte: this is no text file", "give a YAML file in UTF-8");
  }
  const auto *Begin = reinterpret_cast<const llvm::UTF8 *>(Text.data());
  const llvm::UTF8 *Bad = Begin;
  if (!llvm::isLegalUTF8String(&Bad, Begin + Text.size())) {
    auto [Line, Column] = placeOf(Text, size_t(Bad - Begin));
    return failAt(File, Line, Column, "a byte that is no UTF-8", "save the file in UTF-8");
  }
  return llvm::Error::success();
}

} // namespace

llvm::Expected<YamlNode> parseYaml(const std::string &File, llvm::StringRef Text) {
  if (llvm::Error E = checkBytes(File, Text))
    return E;
  TreeBuilder Builder;
  try {
    std::istringstream In(Text.str());
    YAML::Parser Parser(In);
    while (Parser.HandleNextDocument(Builder)) {
    }
  } catch (const FormatProblem &P) {
    return failAt(File, P.line, P.column, P.what, P.mend);
  } catch (const YAML::Exception &E) {
    return failAt(File, lineOf(E.mark), columnOf(E.mark), "not valid YAML: " + E.msg,
                  "mend the syntax; docs/rules.md shows the format");
  }
  return std::move(Builder.root);
}

llvm::Expected<YamlNode> readYaml(const std::string &File) {
  namespace fs = llvm::sys::fs;
  fs::file_status Status;
  if (std::error_code EC = fs::status(File, Status))
    return failErrno(File, EC.value(), "give the path of a rule file that can be read");
  // A pipe would block and a device may never end, so the kind is settled before the first byte is read.
  if (Status.type() != fs::file_type::regular_file)
    return fail(File + ": not a regular file; give the path of a rule file");
  if (Status.getSize() > MaxRuleFileBytes)
    return fail(File + ": " + std::to_string(Status.getSize()) + " bytes, but a rule file may have at most " +
                std::to_string(MaxRuleFileBytes) + "; split it");
  llvm::Expected<std::string> Text = readFile(File, MaxRuleFileBytes);
  if (!Text)
    return Text.takeError();
  return parseYaml(File, *Text);
}

} // namespace krcu
