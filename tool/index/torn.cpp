// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/index/torn.h"
#include "tool/index/lex.h"
#include "llvm/ADT/StringExtras.h"
#include <algorithm>
#include <vector>

using llvm::StringRef;

namespace krcu {
namespace {

/// A group of branches that is open.
struct Group {
  bool first = true; ///< the first branch is being read
  int before = 0;    ///< depth at the #if
  int last = 0;      ///< depth behind the branch that is being read, if it is the one that counts
};

/// Braces that stay open, each group of branches reduced to its first or to its last one. Counts #if that stay open in `Open`.
int depthAtEnd(const LexedText &L, bool First, size_t &Open) {
  std::vector<Group> Groups;
  int Depth = 0;
  size_t Next = 0;
  auto Directive = [&](StringRef Keyword) {
    if (Keyword.starts_with("if")) {
      Groups.push_back({true, Depth, Depth});
    } else if (Groups.empty()) {
      return;
    } else if (Keyword.starts_with("el")) {
      Group &G = Groups.back();
      if (First && G.first)
        G.last = Depth; // what the later branches do is undone
      G.first = false;
      Depth = G.before;
    } else if (Keyword == "endif") {
      if (First && !Groups.back().first)
        Depth = Groups.back().last;
      Groups.pop_back();
    }
  };
  for (const LexToken &T : L.tokens()) {
    for (; Next < L.directives().size() && L.directives()[Next].offset < T.offset; ++Next)
      Directive(L.directives()[Next].keyword);
    if (T.directive < 0)
      Depth += T.is(clang::tok::l_brace) - T.is(clang::tok::r_brace);
  }
  for (; Next < L.directives().size(); ++Next)
    Directive(L.directives()[Next].keyword);
  Open = Groups.size();
  return Depth;
}

} // namespace

/// How often "#if" and the like, less how often "#endif", stand in the text.
static long openGroups(StringRef Text) {
  long Open = 0;
  for (size_t At = Text.find('#'); At != StringRef::npos; At = Text.find('#', At + 1)) // a search for one byte is much the faster
    Open += Text.substr(At + 1).starts_with("if") - Text.substr(At + 1).starts_with("endif");
  return Open;
}

bool endsInside(StringRef Text) {
  const size_t Opens = Text.rfind("/*"), Closes = Text.rfind("*/");
  const bool CommentOpen = Opens != StringRef::npos && (Closes == StringRef::npos || Opens > Closes); // or a string that has one
  // Braces in strings may add up by accident, but not at the beginning of a line.
  StringRef Trimmed = Text.rtrim(), Line = Trimmed.substr(Trimmed.rfind('\n') + 1);
  const bool Outside = Line.empty() || Line.starts_with("#endif") ||
                       (!llvm::isSpace(Line.front()) && (Line.ends_with("}") || Line.ends_with(";") || Line.ends_with(")") || Line.ends_with("*/")));
  if (Outside && !CommentOpen && std::count(Text.begin(), Text.end(), '{') == std::count(Text.begin(), Text.end(), '}') && openGroups(Text) <= 0)
    return false;
  LexedText L(Text);
  size_t Open = 0;
  const int FirstDepth = depthAtEnd(L, true, Open), LastDepth = depthAtEnd(L, false, Open);
  if (Open || (FirstDepth > 0 && LastDepth > 0))
    return true;
  // The lexer makes one token, or none, of a comment that does not close.
  StringRef Rest = L.tokens().empty() ? Text : Text.substr(std::min<size_t>(L.tokens().back().is(clang::tok::unknown) ? L.tokens().back().offset : L.tokens().back().end, Text.size()));
  const size_t Comment = Rest.rfind("/*");
  return Comment != StringRef::npos && Rest.find("*/", Comment + 2) == StringRef::npos && !Rest.slice(Rest.take_front(Comment).rfind('\n') + 1, Comment).contains("//");
}

} // namespace krcu
