// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the byte pass found in some files, as one piece of memory that can be kept and used again without being taken apart:
// arrays of fixed-size rows, one behind the other. An index is put together from parts: that of an earlier run for
// most files, a small one for those that have changed since, and the files just read.
#pragma once

#include "tool/index/filter.h"
#include "tool/index/index.h"
#include "tool/store/digest.h"
#include "llvm/ADT/ArrayRef.h"
#include <cstring>
#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

namespace krcu {

/// Arrays with their lengths in front, at multiples of 8 bytes.
struct SectionWriter {
  std::string bytes;
  template <typename T> void section(llvm::ArrayRef<T> Rows) {
    static_assert(std::has_unique_object_representations_v<T>, "bytes between members would differ from run to run");
    uint64_t Count = Rows.size();
    bytes.append(reinterpret_cast<const char *>(&Count), sizeof(Count));
    bytes.append(reinterpret_cast<const char *>(Rows.data()), Rows.size() * sizeof(T));
    bytes.resize((bytes.size() + 7) / 8 * 8);
  }
};

/// Gives the arrays back in order, in place; false if they do not fit. `Bytes` must be aligned to 8, as every std::string on the heap is.
struct SectionReader {
  explicit SectionReader(llvm::StringRef Bytes) : rest(Bytes) {}
  llvm::StringRef rest;
  template <typename T> bool section(llvm::ArrayRef<T> &Rows) {
    static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= 8);
    uint64_t Count = 0;
    if (rest.size() < sizeof(Count) || reinterpret_cast<uintptr_t>(rest.data()) % 8)
      return false;
    std::memcpy(&Count, rest.data(), sizeof(Count));
    rest = rest.drop_front(sizeof(Count));
    if (Count > rest.size() / sizeof(T))
      return false;
    Rows = llvm::ArrayRef<T>(reinterpret_cast<const T *>(rest.data()), Count);
    rest = rest.drop_front(std::min<size_t>((Count * sizeof(T) + 7) / 8 * 8, rest.size()));
    return true;
  }
};

/// A definition in the table: sorted by name, then by place.
struct DefinitionRow {
  uint64_t name;
  uint32_t file;
  uint32_t line;

  friend bool operator<(const DefinitionRow &A, const DefinitionRow &B) {
    return std::tie(A.name, A.file, A.line) < std::tie(B.name, B.file, B.line);
  }
  friend bool operator==(const DefinitionRow &, const DefinitionRow &) = default;
};

/// The rows of several lists in order, each once.
std::vector<DefinitionRow> sortedRows(std::vector<std::vector<DefinitionRow>> Lists);

/// What a part holds of a file.
struct PartRow {
  Digest content;
  uint32_t path_end = 0;
  uint32_t filter_at = 0; ///< first word of the filter
  uint32_t blocks = 0;
  uint8_t watched = 0, coarse = 0, spliced = 0;
  uint8_t problem = 0; ///< number of a line of `problems`, from 1
};

struct IndexPart {
  llvm::ArrayRef<PartRow> files; ///< sorted by path
  llvm::ArrayRef<char> paths;
  llvm::ArrayRef<uint64_t> words;
  llvm::ArrayRef<DefinitionRow> definitions; ///< sorted; `file` is a row of `files`
  llvm::ArrayRef<uint32_t> include_name_ends; ///< names as written, sorted
  llvm::ArrayRef<char> include_names;
  llvm::ArrayRef<uint32_t> include_list_ends;
  llvm::ArrayRef<uint32_t> include_lists; ///< rows of `files`, per name
  llvm::ArrayRef<char> problems; ///< lines

  /// Points into `Bytes`, which must outlive it. False if they are no part, or one that contradicts itself.
  bool load(llvm::StringRef Bytes);
  std::string bytes() const;
  llvm::StringRef path(size_t Row) const { return between(paths, Row ? files[Row - 1].path_end : 0, files[Row].path_end); }
  llvm::StringRef includeName(size_t N) const { return between(include_names, N ? include_name_ends[N - 1] : 0, include_name_ends[N]); }
  llvm::ArrayRef<uint32_t> includers(size_t N) const {
    size_t Begin = N ? include_list_ends[N - 1] : 0;
    return include_lists.slice(Begin, include_list_ends[N] - Begin);
  }
  std::string problem(const PartRow &R) const;

private:
  static llvm::StringRef between(llvm::ArrayRef<char> Text, size_t Begin, size_t End) { return {Text.data() + Begin, End - Begin}; }
};

/// A part with the memory it stands in.
struct KeptPart {
  std::string bytes;
  IndexPart part;
  /// False if the bytes are no good; then the part is empty.
  bool set(std::string Bytes);
};

/// What earlier runs left of an index, and what this one leaves. In: survey, body, delta (empty if there is none). Out: where new_body or new_delta
/// is not empty, it is to be kept instead of the old one; a new body makes the delta worthless.
struct IndexMemory {
  class Survey *survey = nullptr;
  std::string body, delta;
  std::string new_body, new_delta;
};

} // namespace krcu
