// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/index/part.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include <algorithm>
#include <numeric>

namespace krcu {
namespace {

/// Rising, and the last one is the length of what they cut.
bool cuts(llvm::ArrayRef<uint32_t> Ends, size_t Length) {
  return std::is_sorted(Ends.begin(), Ends.end()) && (Ends.empty() ? Length == 0 : Ends.back() == Length);
}

} // namespace

/// Names are hashes: their first bits spread the rows evenly over short pieces, which together are sorted in half the time the whole takes.
std::vector<DefinitionRow> sortedRows(std::vector<std::vector<DefinitionRow>> Lists) {
  constexpr unsigned Bits = 12;
  auto PieceOf = [](const DefinitionRow &D) { return D.name >> (64 - Bits); };
  std::vector<size_t> Ends((size_t(1) << Bits) + 1); // at first, in the next element, how many rows a piece has
  for (const std::vector<DefinitionRow> &List : Lists)
    for (const DefinitionRow &D : List)
      ++Ends[PieceOf(D) + 1];
  std::partial_sum(Ends.begin(), Ends.end(), Ends.begin());
  std::vector<DefinitionRow> Rows(Ends.back());
  for (std::vector<DefinitionRow> &List : Lists) {
    for (const DefinitionRow &D : List)
      Rows[Ends[PieceOf(D)]++] = D;
    List = {};
  }
  size_t Begin = 0;
  for (size_t End : Ends) {
    std::sort(Rows.begin() + static_cast<ptrdiff_t>(Begin), Rows.begin() + static_cast<ptrdiff_t>(End));
    Begin = End;
  }
  Rows.erase(std::unique(Rows.begin(), Rows.end()), Rows.end());
  return Rows;
}

bool IndexPart::load(llvm::StringRef Bytes) {
  SectionReader In(Bytes);
  if (!In.section(files) || !In.section(paths) || !In.section(words) || !In.section(definitions) || !In.section(include_name_ends) ||
      !In.section(include_names) || !In.section(include_list_ends) || !In.section(include_lists) || !In.section(problems))
    return false;
  uint32_t Last = 0;
  for (const PartRow &R : files) {
    uint64_t FilterEnd = R.filter_at + uint64_t(R.blocks) * WordFilter::BlockWords;
    if (R.path_end < Last || R.path_end > paths.size() || FilterEnd > words.size())
      return false;
    Last = R.path_end;
  }
  auto IsRow = [this](uint32_t File) { return File < files.size(); };
  return include_name_ends.size() == include_list_ends.size() && cuts(include_name_ends, include_names.size()) &&
         cuts(include_list_ends, include_lists.size()) && llvm::all_of(include_lists, IsRow) &&
         llvm::all_of(definitions, [&](const DefinitionRow &D) { return IsRow(D.file); });
}

std::string IndexPart::bytes() const {
  SectionWriter Out;
  Out.bytes.reserve(words.size() * 8 + definitions.size() * 16 + files.size() * 80 + include_lists.size() * 4 + (1 << 16));
  Out.section(files), Out.section(paths), Out.section(words), Out.section(definitions), Out.section(include_name_ends);
  Out.section(include_names), Out.section(include_list_ends), Out.section(include_lists), Out.section(problems);
  return std::move(Out.bytes);
}

std::string IndexPart::problem(const PartRow &R) const {
  llvm::SmallVector<llvm::StringRef, 8> Lines;
  llvm::StringRef(problems.data(), problems.size()).split(Lines, '\n');
  return R.problem && R.problem <= Lines.size() ? Lines[R.problem - 1].str() : std::string();
}

bool KeptPart::set(std::string Bytes) {
  bytes = std::move(Bytes);
  if (!bytes.empty() && part.load(bytes))
    return true;
  part = IndexPart();
  return false;
}

} // namespace krcu
