// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/slim/layouts.h"

#include "tool/slim/texts.h"
#include "llvm/ADT/StringExtras.h"
#include <deque>
#include <mutex>

using llvm::StringRef;

namespace krcu::slim {
namespace {

/// Whether the text may have a member or a variable of the type: "struct TAG name", or, with blanks before it, "struct TAG;". Costs no lexer.
bool mayDeclare(StringRef Text, const std::string &Tag) {
  for (size_t At = Text.find(Tag); At != StringRef::npos; At = Text.find(Tag, At + 1)) {
    StringRef Behind = Text.substr(At + Tag.size());
    StringRef Before = Text.take_front(At).rtrim();
    if (Before.size() == At || !Before.consume_back("struct"))
      continue;
    const bool Indented = Before.ends_with(" ") || Before.ends_with("\t");
    StringRef Next = Behind.ltrim();
    if (Next.size() != Behind.size() && !Next.empty() && (llvm::isAlpha(Next.front()) || Next.front() == '_'))
      return true;
    if (Indented && Next.starts_with(";"))
      return true;
  }
  return false;
}

/// Several threads ask, and what the database remembers is for one.
const std::vector<uint32_t> &mentioning(const Database &DB, const std::string &Word) {
  static std::mutex Lock;
  std::lock_guard<std::mutex> Guard(Lock);
  return DB.mentioning(Word);
}

std::string place(const std::string &File, unsigned Line) { return File + ":" + std::to_string(Line); }

} // namespace

std::string layoutObjection(const Database &DB, const Rows &R, const std::string &Record) {
  std::deque<std::string> Open{Record};
  std::set<std::string> Seen{Record};
  for (; !Open.empty(); Open.pop_front()) {
    const std::string &Tag = Open.front();
    for (uint32_t File : mentioning(DB, Tag)) {
      auto Text = DB.index().text(File);
      if (!Text)
        continue;
      const std::string &Path = DB.index().files()[File].path;
      const bool Asserts = llvm::any_of(R.assertions, [&](const std::string &A) { return StringRef(*Text).contains(A); });
      const bool Declares = mayDeclare(*Text, Tag);
      if (!Asserts && !Declares)
        continue;
      LexedText Lexed(*Text);
      if (unsigned Line = Asserts ? assertedIn(Lexed, R.assertions, Tag) : 0)
        return place(Path, Line) + " asserts something of struct " + Tag;
      if (!Declares)
        continue;
      Embedding E = embeddingsIn(Lexed, Tag);
      if (E.in_union)
        return "struct " + Tag + " is part of a union at " + place(Path, E.in_union);
      if (E.unnamed)
        return "struct " + Tag + " is part of another record, without a name, at " + place(Path, E.unnamed);
      if (E.positional)
        return "a struct " + Tag + " is initialised by position at " + place(Path, E.positional);
      for (const std::string &Outer : E.records)
        if (Seen.insert(Outer).second)
          Open.push_back(Outer);
    }
  }
  return {};
}

Location castBeside(const Database &DB, const std::set<std::string> &Heads, const std::string &Record) {
  for (uint32_t File : mentioning(DB, Record)) {
    auto Text = DB.index().text(File);
    if (!Text || llvm::none_of(Heads, [&](const std::string &H) { return StringRef(*Text).contains("(struct " + H + " *)"); }))
      continue;
    if (std::vector<unsigned> Lines = castsIn(LexedText(*Text), Heads); !Lines.empty())
      return {DB.index().files()[File].path, Lines.front(), 0};
  }
  return {};
}

Location cacheFor(const Database &DB, const std::string &Record) {
  std::set<std::string> Makers;
  for (const CacheRule &C : DB.rules().cache_create)
    Makers.insert(C.name);
  for (uint32_t File : mentioning(DB, Record)) {
    auto Text = DB.index().text(File);
    if (!Text || llvm::none_of(Makers, [&](const std::string &M) { return StringRef(*Text).contains(M); }))
      continue;
    LexedText Lexed(*Text);
    if (unsigned Line = assertedIn(Lexed, Makers, Record))
      return {DB.index().files()[File].path, Line, 0};
  }
  return {};
}

} // namespace krcu::slim
