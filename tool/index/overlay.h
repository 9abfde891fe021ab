// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An index of a tree in which some files have other texts than on disk, or are gone or new: a patch applied in memory. Everything else is
// answered by the index of the tree, so making one costs no more than the changed files.
#pragma once

#include "tool/index/index.h"
#include "tool/index/outline.h"
#include <map>
#include <optional>
#include <set>
#include <string>

namespace krcu {

class OverlayIndex : public Index {
public:
  /// `Base` must outlive it. Texts: path -> new text, nothing for a deleted file. Paths that the index does not read (documents) do no harm.
  /// `Previous`: another one over the same base, from which texts that are the same are taken; may be null.
  OverlayIndex(const Index &Base, const std::map<std::string, std::optional<std::string>> &Texts, const OverlayIndex *Previous = nullptr);

  /// The sizes of changed files are those of the base.
  const std::vector<IndexedFile> &files() const override { return Files.empty() ? Base.files() : Files; }
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

  /// Only the changed files are named by deferralFiles() from now on; for a census of just them.
  void narrowDeferralFiles();
  /// The changed files that the index knows, in increasing order.
  const std::vector<uint32_t> &changed() const { return Changed; }

private:
  const Index &Base;
  std::vector<IndexedFile> Files; ///< the base's, then the new ones: numbers stay; empty if there are none
  std::map<uint32_t, std::shared_ptr<const std::string>> Texts;
  std::map<uint32_t, std::shared_ptr<const Outline>> Outlines;
  std::map<std::string, uint32_t> New;
  std::vector<uint32_t> Deferrals, RuleWords, Changed;
};

} // namespace krcu
