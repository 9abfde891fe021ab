// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A tree with texts in memory over it, and the facts of the files that somebody asked about. Review has one of these for each step of
// a series and asks the same question before and after a patch; audit has one without any text of its own.
#pragma once

#include "tool/driver/scan.h"
#include "tool/index/overlay.h"
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace krcu {

class TreeState {
public:
  using Text = OverlayIndex::Text;           ///< null: deleted
  using Texts = std::map<std::string, Text>;

  /// The tree as it is on disk.
  explicit TreeState(Scan &S);
  /// `From` with other texts over it; what `From` knows of other files is known here too, unless that is of very many.
  TreeState(const TreeState &From, const Texts &Others);

  Scan &scan() { return S; }
  const Index &index() const { return Own ? *Own : S.index(); }
  const Rules &rules() const { return S.rules(); }
  const Semantics &semantics() const { return Changed ? *Changed : S.semantics(); }
  Database &database() { return *DB; }
  const std::vector<CensusEntry> &census() const { return Census; }
  /// A file's text; nothing if there is none.
  std::optional<std::string> read(const std::string &File) const;

  /// Parses what `Wanted` asks for, in parallel, and links. What was known of a file and asked for stays known.
  void parse(const std::map<std::string, Demand> &Wanted);
  /// The same of two states of one tree, side by side.
  static void parseBoth(TreeState &One, const std::map<std::string, Demand> &OfOne, TreeState &Other, const std::map<std::string, Demand> &OfOther);
  /// Asks until it gets an answer: `Ask` is called again after each round of parses for the demands that it left. False if it never came.
  bool settle(const std::function<bool()> &Ask, unsigned Rounds = 24);
  /// A parse of all bodies of one file, for what Clang says of it. `Variant`: architecture; empty: the usual one.
  ParseOutcome compile(const std::string &File, const std::string &Variant, unsigned Worker) const;
  /// Takes over what `Other` knows of a file, if it has the same text there, the demand was answered and no header tells the two apart. False
  /// if not.
  bool adopt(TreeState &Other, const std::string &File, const Demand &D);
  /// What Clang said of the file when parse() last had it.
  const ParseOutcome *outcome(const std::string &File) const;
  /// The architecture under which a file is parsed from now on, where another text of it already showed which one that is.
  void useVariant(const std::string &File, const std::string &Variant) { Variants[File] = Variant; }
  /// If the other one has another header, so that it uses no precompiled one: this one uses none from now on either, for a precompiled header has other
  /// bodies in it. What was parsed before is asked for again.
  void parseLike(const TreeState &Other);
  /// Asks for warnings about unused things in these files from now on.
  void watchUnused(const std::set<std::string> &Files) { Watched = Files; }

private:
  using Overrides = std::map<std::string, std::string>;
  Overrides overridesFor(const std::set<std::string> &Files) const;
  ParseRequest requestFor(const std::string &File, const Overrides &Over) const;
  void shareTexts(const Texts &Others);
  void parseOne(const std::string &File, const Demand &D, unsigned Worker, FileFacts &Facts, ParseOutcome &Outcome);
  struct ParseJob;
  static void run(std::vector<ParseJob> &Jobs);

  Scan &S;
  Texts All; ///< every difference to the disk
  std::shared_ptr<const Overrides> Shared; ///< those that any file may include
  std::unique_ptr<OverlayIndex> Own;
  std::optional<Semantics> Changed; ///< what waits for what, if a text has changed that
  std::unique_ptr<Database> DB;
  std::vector<CensusEntry> Census;
  std::set<std::string> CensusHeaders, Watched;
  std::map<std::string, ParseOutcome> Outcomes;
  std::map<std::string, std::string> Variants;
  bool HeadersChanged = false;
  bool Plainly = false; ///< without a precompiled header, though none has changed
};

} // namespace krcu
