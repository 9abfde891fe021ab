// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where a word of a variable comes from. The text of a variable that is expanded at once holds no names any more, so
// each piece keeps what was written, too; a word that one of the variables named there has as well comes from that one.
// Nothing is marked on the way, so tracing costs nothing until somebody asks.
#include "tool/kbuild/kbuild_flags.h"
#include "tool/kbuild/makefile.h"

namespace krcu::makefile {
namespace {

/// The plain names in $(NAME) and ${NAME}, also inside of other references.
std::vector<std::string> namesIn(llvm::StringRef Text) {
  std::vector<std::string> Names;
  for (size_t At = Text.find('$'); At != llvm::StringRef::npos; At = Text.find('$', At + 1)) {
    llvm::StringRef Rest = Text.drop_front(At + 1);
    if (!Rest.consume_front("(") && !Rest.consume_front("{"))
      continue;
    llvm::StringRef Name = Rest.take_until([](char C) { return llvm::StringRef(" \t,:$(){}").contains(C); });
    if (Rest.size() > Name.size() && (Rest[Name.size()] == ')' || Rest[Name.size()] == '}'))
      Names.push_back(Name.str());
  }
  return Names;
}

} // namespace

const std::vector<Traced> &Makefile::trace(const std::string &Name) {
  auto [Slot, New] = Traces.try_emplace(Name); // a variable that mentions itself finds nothing there yet
  auto It = Variables.find(Name);
  if (!New || It == Variables.end() || preset(O, Name))
    return Slot->second;
  std::vector<Traced> Words;
  const std::vector<Piece> Pieces = It->second.pieces; // expanding may define more
  for (const Piece &P : Pieces) {
    It->second.busy = true; // as in a look-up: it is empty inside of itself
    const std::string Text = P.deferred ? expand(P.text) : P.text;
    It->second.busy = false;
    const std::vector<std::string> Names = namesIn(P.raw);
    for (const std::string &Word : shellWords(Text)) {
      Traced Found{Word, P.file ? *P.file : std::string(), P.line};
      bool Deeper = false;
      for (size_t N = 0; N < Names.size() && !Deeper; ++N)
        for (const Traced &T : trace(Names[N]))
          if (T.word == Word) {
            Found = T;
            Deeper = true;
            break;
          }
      Words.push_back(std::move(Found));
    }
  }
  return Traces[Name] = std::move(Words);
}

} // namespace krcu::makefile
