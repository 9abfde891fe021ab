// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One parallel pass over the bytes of all .c and .h files of a tree (tools/, Documentation/, samples/ and
// scripts/ left out): which file defines which function, which may mention which identifier (a Bloom filter a
// file, checked against the text before an answer is given), how often the rule words stand in it.
#pragma once

#include "tool/rules/rules.h"
#include "tool/store/digest.h"
#include "tool/tree/tree.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace krcu {

struct IndexedFile {
  std::string path; ///< relative to the tree; of a directory that could not be read, the directory's
  uint64_t size = 0;
  std::string problem; ///< why it could not be read or used ("is a symlink out of the tree", "permission
                       ///< denied", "NUL bytes"); empty: fine
  Digest content;      ///< only with IndexOptions::memory
};

/// Where a function of some name is defined, as text.
struct FunctionPlace {
  uint32_t file = 0; ///< index into files()
  unsigned line = 0;
};

struct IndexMemory;
class OutlineCache;

struct IndexOptions {
  unsigned jobs = 1;
  uint64_t max_file_bytes = UINT64_C(64) << 20; ///< larger ones become a problem, not a crash
  IndexMemory *memory = nullptr; ///< what earlier runs have read need not be read again (part.h)
};

class Index {
public:
  /// mentioning() takes it for a word, too.
  static constexpr char PasteOperator[] = "##";
  /// Of the tree and of what is mounted in it.
  static llvm::Expected<std::unique_ptr<Index>> build(const Tree &T, const Rules &R,
                                                      const IndexOptions &Options);
  Index();
  Index(const Index &Other); ///< its outlines are made anew
  Index &operator=(const Index &) = delete;
  virtual ~Index();

  virtual const std::vector<IndexedFile> &files() const = 0; ///< sorted by path
  virtual uint64_t bytesRead() const = 0;
  virtual int find(llvm::StringRef Path) const = 0; ///< index into files() or -1
  /// The text; kept in memory only while somebody holds it. Null if unreadable. Thread-safe.
  virtual std::shared_ptr<const std::string> text(uint32_t File) const = 0;
  /// Files in which `Word` stands as an identifier token outside comments and strings, in increasing order.
  /// Exact: candidates from the filters are confirmed by findTokens(); with PasteOperator, files with a ## anywhere. Thread-safe.
  std::vector<uint32_t> mentioning(llvm::StringRef Word) const { return mentioningAmong(Word, nullptr); }
  /// The same for some files, in increasing order; null: all.
  virtual std::vector<uint32_t> mentioningAmong(llvm::StringRef Word, const std::vector<uint32_t> *Some) const = 0;
  /// Those of `Some` (null: all files) with a "#define Macro", in whatever branch, in increasing order. A comment that looks like one counts.
  virtual std::vector<uint32_t> definingMacro(llvm::StringRef Macro, const std::vector<uint32_t> *Some) const = 0;
  /// Files that call or define one of the rules' deferrals as text (superset of the census; comments not yet
  /// excluded).
  virtual const std::vector<uint32_t> &deferralFiles() const = 0;
  /// Files in which any of rules.words() stands, comments and strings not excluded, in increasing order.
  virtual const std::vector<uint32_t> &ruleWordFiles() const = 0;
  /// Functions defined with that name anywhere (line-oriented: kernel style '{' in column 1), in increasing
  /// order. If a mounted directory defines it for the linker (setHiding()), only there; if for one of its files, there and where the kernel
  /// defines it for all.
  virtual std::vector<FunctionPlace> definitionsOf(llvm::StringRef Function) const = 0;

  /// Files with an #include line that could name the header (or fragment): its path ends the header's path,
  /// and no file beside the includer is meant instead. <asm/x.h> may also mean asm-generic/x.h. In increasing
  /// order, not transitive.
  virtual std::vector<uint32_t> includersOf(llvm::StringRef HeaderPath) const = 0;
  /// The same, and their includers, and so on. Without the header itself, unless it is reached again.
  virtual std::vector<uint32_t> transitiveIncludersOf(llvm::StringRef HeaderPath) const = 0;
  /// The file includes the header though no line says so: a flag of the compiler does. Before anybody asks who includes it.
  void addInclude(uint32_t File, llvm::StringRef HeaderPath) { Forced[HeaderPath.str()].push_back(File); }
  /// The names that a mounted directory gives the linker. Before anybody asks for definitions.
  void setHiding(std::set<std::string> Names) { Hiding = std::move(Names); }
  std::vector<uint32_t> forcedIncludersOf(llvm::StringRef HeaderPath) const {
    auto It = Forced.find(HeaderPath.str());
    return It == Forced.end() ? std::vector<uint32_t>() : It->second;
  }

  /// Outlines of the files, made when somebody asks and kept as long as the index. Thread-safe.
  const OutlineCache &outlines() const { return *Outlines; }

  /// For --stats: bytes held by the filters and tables.
  virtual uint64_t memoryUsed() const = 0;

protected:
  std::set<std::string> Hiding;

private:
  std::map<std::string, std::vector<uint32_t>> Forced; ///< header -> files
  std::unique_ptr<const OutlineCache> Outlines;
};

} // namespace krcu
