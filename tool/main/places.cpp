// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/main/places.h"
#include "tool/index/walk.h"
#include "tool/lifetime/naming.h"
#include "tool/rules/row_reader.h"
#include "tool/support/error.h"
#include "tool/support/parallel.h"
#include "llvm/ADT/StringExtras.h"

using namespace llvm;

namespace krcu {
namespace {

bool isWordChar(char C) { return isAlnum(C) || C == '_'; }

bool hasWord(StringRef Text, StringRef Word) {
  for (size_t At = Text.find(Word); At != StringRef::npos; At = Text.find(Word, At + 1))
    if ((At == 0 || !isWordChar(Text[At - 1])) && (At + Word.size() == Text.size() || !isWordChar(Text[At + Word.size()])))
      return true;
  return false;
}

} // namespace

Expected<Place> parsePlace(const std::string &Text) {
  Place P;
  StringRef File = Text;
  unsigned Numbers[2] = {0, 0};
  unsigned Count = 0;
  for (; Count < 2; ++Count) {
    auto [Before, Number] = File.rsplit(':');
    if (Before.size() == File.size() || Number.getAsInteger(10, Numbers[Count]))
      break;
    File = Before;
  }
  if (File.empty() || (File.contains(':') && Count == 0) || (Count > 0 && Numbers[Count - 1] == 0) || (Count == 2 && Numbers[0] == 0))
    return fail("explain: '" + Text + "' is no place; write FILE:LINE, as krcu scan prints it, or the name of a callback or function");
  if (Count == 0 && isCName(File)) {
    P.name = File.str();
    return P;
  }
  P.file = File.str();
  P.line = Count ? Numbers[Count - 1] : 0;
  P.column = Count == 2 ? Numbers[0] : 0;
  return P;
}

std::vector<std::string> filesWithWord(const Tree &T, StringRef Name, unsigned Jobs) {
  const bool Module = !T.mounted().empty();
  std::vector<IndexedFile> Files = walkTree(Module ? T.mounted() : T.root(), /*LeaveOut=*/!Module);
  std::vector<char> Has(Files.size());
  parallelFor(Jobs, Files.size(), [&](size_t N, unsigned) {
    std::optional<std::string> Text = T.read(Module ? (Tree::MountPoint + "/" + Files[N].path).str() : Files[N].path);
    Has[N] = Text && hasWord(*Text, Name);
  });
  std::vector<std::string> Result;
  for (size_t N = 0; N < Files.size(); ++N)
    if (Has[N])
      Result.push_back(Module ? (Tree::MountPoint + "/" + Files[N].path).str() : Files[N].path);
  return Result;
}

bool isAt(const SiteReport &R, const Place &P) {
  if (P.name.empty())
    return P.line == 0 || (R.census.where.line == P.line && (P.column == 0 || R.census.where.column == P.column));
  return R.census.function == P.name || R.census.callback == P.name || plainName(R.target) == P.name || (R.site && plainName(R.site->callback) == P.name);
}

} // namespace krcu
