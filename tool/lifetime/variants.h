// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the text of a function could be in other configurations. Its own #if groups, other definitions of the macros and inline functions that
// it uses, the #if around the #include that brings them: each choice of branches that differs is a variant, to be parsed with just these branches
// taken (tool/index/conditional_text.h). A function is known to be a lone free only if it is one in each of them.
#pragma once

#include "matchers/facts.h"
#include "tool/index/settings.h"
#include "tool/support/evidence.h"
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace krcu {

class Database;

/// How a file is parsed: the architecture (empty: the usual one) and CONFIG symbols that are turned.
struct ParseSetting {
  std::string arch;
  Settings force;
};

/// Some text of one parse, and what of it is to be shown.
struct VariantQuestion {
  std::string main;              ///< the file that is parsed
  ParseSetting setting;
  std::vector<BodyPlace> bodies; ///< the text
  std::optional<BodyPlace> scope; ///< function that the text is a part of; what it declares is no macro
  std::string function;          ///< symbol to be summarised; empty: a call is to be shown
  Location site;                 ///< that call
};

struct TextVariant {
  std::string main, function;
  Location site;
  ParseSetting setting;
  std::map<std::string, std::map<size_t, int>> taken; ///< file -> group -> branch, as ConditionalText::turned() takes them
  Settings symbols;              ///< CONFIG symbols with which a whole configuration chooses so
  Location where;                ///< a branch that it shows
  std::string spelled;           ///< "#ifdef CONFIG_A"
  std::set<std::string> optional; ///< macros that may have no definition left; what uses one then is in no such kernel

  std::string key() const;
};

/// A branch that cannot be shown, and why.
struct UnclearBranch {
  Location where;
  std::string text;
};

struct VariantPlan {
  std::vector<TextVariant> wanted;
  std::vector<UnclearBranch> unclear;
  std::set<std::string> read; ///< macros and functions all of whose definitions were found: what they do elsewhere is in `wanted` or `unclear`
  EvidenceList dead; ///< branches that no configuration of this tree compiles
};

/// Every variant of the text but the usual one. Rests on the text alone.
VariantPlan planVariants(const Database &DB, const VariantQuestion &Q);

/// What the parser is to see in place of the files.
std::map<std::string, std::string> textsOf(const Database &DB, const TextVariant &V);

/// Whether the word is a macro that the file, its own headers or the kernel's define, in whatever branch.
bool isMacro(const Database &DB, const std::string &Word, const std::string &File);

/// Whether a directive stands between two offsets of a file: that text is not to be replaced as if it were one piece.
bool holdsDirective(const Database &DB, const std::string &File, uint32_t Begin, uint32_t End);

} // namespace krcu
