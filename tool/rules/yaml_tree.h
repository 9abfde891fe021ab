// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A YAML file as a plain tree in which every node knows its place. The reader sits on the parser's events,
// not on its node graph, because the graph hides what must be an error here: a key given twice, an alias, a
// second document.
#pragma once

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <string>
#include <vector>

namespace krcu {

struct YamlEntry;

/// One value. Lines and columns count from 1.
struct YamlNode {
  enum Kind { Null, Scalar, List, Map } kind = Null;
  std::string text;               ///< Scalar
  std::vector<YamlNode> items;    ///< List
  std::vector<YamlEntry> entries; ///< Map, in the order of the file; keys are scalars, each once
  unsigned line = 0;
  unsigned column = 0;
};

struct YamlEntry {
  YamlNode key;
  YamlNode value;
};

/// Larger rule files are refused: the built-in ones have a few kilobytes.
constexpr uint64_t MaxRuleFileBytes = UINT64_C(1) << 20;

/// Parses one document. Fails on anything that is not plain text data: NUL bytes, other encodings than UTF-8,
/// anchors and aliases, tags, a second document, keys that are no scalars, a key twice in one mapping, deep
/// nesting. A file without any value gives a Null node.
llvm::Expected<YamlNode> parseYaml(const std::string &File, llvm::StringRef Text);

/// Reads and parses a regular file of at most MaxRuleFileBytes bytes.
llvm::Expected<YamlNode> readYaml(const std::string &File);

} // namespace krcu
