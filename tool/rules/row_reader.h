// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Typed access to one row of a rule file. The first mistake is kept and every later call answers with a
// harmless default, so that code which fills a struct reads as a list of fields and asks for the error once
// at the end.
#pragma once

#include "tool/rules/yaml_tree.h"
#include "tool/support/evidence.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <optional>
#include <string>
#include <vector>

namespace krcu {

/// A word and where it stands.
struct PlacedWord {
  std::string text;
  Location where;
};

/// The mend for an unknown word: "did you mean 'x'?" if one of `Known` is near, else "the <Plural> are a, b,
/// c".
std::string mendUnknown(llvm::StringRef Word, std::vector<std::string> Known, llvm::StringRef Plural);

/// True for what can be a function, macro, struct or member in C: an identifier that is no keyword.
bool isCName(llvm::StringRef Word);

class RowReader {
public:
  /// `Keys` are the keys a row of `Section` may have, besides see, since, until and note, which every row may
  /// have.
  RowReader(const std::string &File, const YamlNode &Row, llvm::StringRef Section,
            llvm::ArrayRef<llvm::StringRef> Keys);

  /// The words under `One` (a scalar) or `Many` (a list of scalars); exactly one of the two must be there.
  std::vector<PlacedWord> words(llvm::StringRef One, llvm::StringRef Many);
  /// Like words(), and each must be a C name.
  std::vector<PlacedWord> names(llvm::StringRef One = "name", llvm::StringRef Many = "names");

  unsigned argument(llvm::StringRef Key); ///< required
  unsigned argument(llvm::StringRef Key, unsigned Default);
  std::optional<unsigned> optionalArgument(llvm::StringRef Key);
  bool flag(llvm::StringRef Key);        ///< false if absent
  std::string text(llvm::StringRef Key); ///< empty if absent, never empty if there
  std::string name(llvm::StringRef Key); ///< required, a C name
  std::string choice(llvm::StringRef Key, llvm::ArrayRef<llvm::StringRef> Choices); ///< required
  std::vector<std::string> list(llvm::StringRef Key); ///< required, a list of scalars, not empty

  bool has(llvm::StringRef Key) const { return find(Key) != nullptr; }
  Location where() const { return placeOf(Row); }
  void problem(const Location &Where, const std::string &What, const std::string &Mend);
  /// The first mistake, if any. Must be asked for.
  llvm::Error take() { return std::move(First); }

private:
  const YamlEntry *find(llvm::StringRef Key) const;
  const YamlEntry *require(llvm::StringRef Key);
  Location placeOf(const YamlNode &N) const { return {File, N.line, N.column}; }
  /// The place of a value, or of its key if the value is missing: a null has no place of its own.
  Location placeOf(const YamlEntry &Entry) const;
  std::vector<PlacedWord> listOf(const YamlEntry &Entry);
  std::optional<std::string> scalar(const YamlEntry &Entry, llvm::StringRef Expected);
  void checkKeys(llvm::ArrayRef<llvm::StringRef> Keys);
  void checkRemarks();

  std::string File;
  const YamlNode &Row;
  std::string Section;
  bool Failed = false;
  llvm::Error First;
};

} // namespace krcu
