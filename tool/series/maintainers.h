// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The tree's MAINTAINERS file: who is to get a patch. The answer is the one that the tree's own script gives when it is told
// to leave git history aside; a maintainer who runs it on our patch must see the same names.
#pragma once

#include "tool/series/address.h"
#include "tool/series/regex.h"
#include "tool/tree/tree.h"
#include <optional>
#include <string>
#include <vector>

namespace krcu::series {

enum class Role { Maintainer, Reviewer, List };

struct Recipient {
  Address address;
  Role role = Role::List;
  std::string section; ///< the entry that named them first

  friend bool operator==(const Recipient &, const Recipient &) = default;
};

/// One entry of MAINTAINERS that covers a file.
struct SectionMatch {
  std::string title;
  std::string status;             ///< S:
  std::vector<std::string> trees; ///< T:
  int depth = 0;                  ///< how many path parts the pattern names; the most specific entry has the most
  bool has_maintainer = false;
};

class Maintainers {
public:
  /// Nothing if the tree has no MAINTAINERS.
  static std::optional<Maintainers> load(const Tree &T);

  /// Recipients of a patch, maintainers and reviewers first, then lists, each in the order of how specific their entry is. `Mail` is the whole
  /// mail: K: patterns look at its text before the diff and at the lines that the diff adds and removes.
  std::vector<Recipient> recipientsOf(llvm::StringRef Mail) const;
  /// Entries that cover a file by F: or N:, most specific first.
  std::vector<SectionMatch> sectionsOf(const std::string &File) const;
  /// The name that files of an entry share and that its title has, too: "audit" of kernel/audit_tree.c under AUDIT SUBSYSTEM with kernel/audit*,
  /// or a file's own name. Empty: there is none.
  std::string groupOf(const std::string &File) const;

private:
  struct Pattern {
    char kind = 'F';       ///< F, X, N or K
    std::string text;      ///< F, X: the path as a regular expression
    std::string literal;   ///< F, X without wildcards: the path itself
    int depth = 0;
    int slashes = 0;
    std::optional<Regex> regex;
  };
  struct Line {
    char type;
    std::string value;
  };
  struct Section {
    std::string title;
    std::vector<Line> lines;
    std::vector<Pattern> files; ///< F, X, N
    std::vector<std::pair<unsigned, Pattern>> keywords; ///< with their place in the file, which is the order in which they are asked
  };

  void parse(llvm::StringRef Text, const Tree &T);
  static bool covers(const Pattern &P, const std::string &File);
  std::optional<int> depthIn(const Section &S, const std::string &File) const;
  std::vector<const Section *> sectionsFor(const std::string &File) const;
  std::vector<const Section *> sectionsByKeyword(llvm::StringRef Mail) const;

  std::vector<Section> Sections;
  Mailmap Map;
};

} // namespace krcu::series
