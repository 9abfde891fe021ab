// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An index of a tree in which some files have other texts than on disk, or are gone or new: a patch applied in memory. Everything else is
// answered by the index of the tree. One may stand over another, so that a mailbox of thousands of patches costs for each of them what that patch
// changes: what the texts of a step define and name beyond those on disk is noted once, in a layer that all later steps share.
#pragma once

#include "tool/index/index.h"
#include "tool/index/outline.h"
#include <map>
#include <memory>
#include <set>
#include <string>

namespace krcu {

class OverlayIndex : public Index {
public:
  using Text = std::shared_ptr<const std::string>; ///< null: the file is deleted

  /// `Base` must outlive it. Texts: path -> new text. Paths that the index does not read (documents) do no harm. `Previous`: another one over the
  /// same base, whose texts stay where `Texts` has none; it may go away; null: there is none.
  OverlayIndex(const Index &Base, const std::map<std::string, Text> &Texts, const OverlayIndex *Previous = nullptr);

  /// The sizes of changed files are those of the base.
  const std::vector<IndexedFile> &files() const override { return Files ? *Files : Base.files(); }
  uint64_t bytesRead() const override { return Base.bytesRead(); }
  int find(llvm::StringRef Path) const override;
  std::shared_ptr<const std::string> text(uint32_t File) const override;
  std::vector<uint32_t> mentioningAmong(llvm::StringRef Word, const std::vector<uint32_t> *Some) const override;
  std::vector<uint32_t> definingMacro(llvm::StringRef Macro, const std::vector<uint32_t> *Some) const override;
  const std::vector<uint32_t> &deferralFiles() const override { return Deferrals; }
  const std::vector<uint32_t> &ruleWordFiles() const override { return RuleWords; }
  std::vector<FunctionPlace> definitionsOf(llvm::StringRef Function) const override;
  std::vector<uint32_t> includersOf(llvm::StringRef HeaderPath) const override;
  std::vector<uint32_t> transitiveIncludersOf(llvm::StringRef HeaderPath) const override;
  uint64_t memoryUsed() const override { return Base.memoryUsed(); }

  /// Only the files of `Texts`, as they were given, are named by deferralFiles() from now on; for a census of just them.
  void narrowDeferralFiles() { Deferrals = Latest; }
  /// Names of C files, without directories, that changed texts include.
  const std::set<std::string> &includedSources() const { return Sources; }

private:
  struct Layer;
  struct Held {
    Text text;
    unsigned layer; ///< that describes it
  };
  void describe(uint32_t File, const std::string &New, Layer &To);
  /// Calls `Visit(entry)` for what the layers have of a name and is still so.
  template <class Table, class F> void eachOf(Table Layer::*Of, const std::string &Name, F Visit) const;
  std::vector<uint32_t> knownTo(const std::vector<uint32_t> *Some) const;

  const Index &Base;
  std::shared_ptr<const std::vector<IndexedFile>> Files; ///< the base's, then the new ones: numbers stay; null if there are none
  std::map<uint32_t, Held> Texts;
  std::map<std::string, uint32_t> New;
  std::shared_ptr<const Layer> Top;
  std::set<std::string> Sources;
  std::vector<uint32_t> Deferrals, RuleWords, Latest;
};

} // namespace krcu
