// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The layer below the Kconfig grammar: lines, comments, the end of a help text.
#include "tool/kbuild/kconfig_lines.h"

namespace krcu::kconfig {
namespace {

unsigned indentation(llvm::StringRef Line) {
  unsigned Column = 0;
  for (char C : Line) {
    if (C == ' ')
      ++Column;
    else if (C == '\t')
      Column = (Column / 8 + 1) * 8;
    else
      break;
  }
  return Column;
}

bool isBlank(char C) { return C == ' ' || C == '\t'; }

} // namespace

llvm::StringRef Lines::rawLine() {
  auto [Line, Tail] = Rest.split('\n');
  Rest = Tail;
  ++Next;
  return Line.rtrim('\r');
}

bool Lines::next(llvm::StringRef &Line) {
  if (Rest.empty())
    return false;
  Start = Next;
  llvm::StringRef Raw = rawLine();
  WasJoined = Raw.ends_with("\\");
  if (WasJoined) {
    Joined.clear();
    while (Raw.ends_with("\\") && !Rest.empty()) {
      Joined += Raw.drop_back();
      Joined += ' ';
      Raw = rawLine();
    }
    Joined += Raw;
    Raw = Joined;
  }
  Line = Raw.trim();
  return true;
}

void Lines::skipHelp() {
  unsigned Base = 0;
  while (!Rest.empty()) {
    llvm::StringRef Line = Rest.split('\n').first;
    if (!Line.trim().empty()) {
      unsigned Indent = indentation(Line);
      // The text ends at the first line that is less indented than its first one.
      if (Indent == 0 || Indent < Base)
        return;
      if (Base == 0)
        Base = Indent;
    }
    rawLine();
  }
}

llvm::StringRef withoutComment(llvm::StringRef Text) {
  if (!Text.contains('#'))
    return Text;
  char Quote = 0;
  unsigned Open = 0;
  for (size_t I = 0; I < Text.size(); ++I) {
    char C = Text[I];
    if (Quote) {
      if (C == '\\')
        ++I;
      else if (C == Quote)
        Quote = 0;
    } else if ((C == '"' || C == '\'') && !Open)
      Quote = C;
    else if (C == '(')
      ++Open;
    else if (C == ')' && Open)
      --Open;
    else if (C == '#' && !Open)
      return Text.take_front(I).rtrim();
  }
  return Text;
}

void splitCondition(llvm::StringRef Text, llvm::StringRef &Head, llvm::StringRef &Condition) {
  char Quote = 0;
  for (size_t I = 0; I < Text.size(); ++I) {
    char C = Text[I];
    if (Quote) {
      if (C == '\\')
        ++I;
      else if (C == Quote)
        Quote = 0;
      continue;
    }
    if (C == '"' || C == '\'') {
      Quote = C;
      continue;
    }
    bool Word = Text.drop_front(I).starts_with("if") && I + 2 < Text.size() &&
                (isBlank(Text[I + 2]) || Text[I + 2] == '(' || Text[I + 2] == '!');
    if (Word && (I == 0 || isBlank(Text[I - 1]) || Text[I - 1] == '"' || Text[I - 1] == '\'')) {
      Head = Text.take_front(I).trim();
      Condition = Text.drop_front(I + 2).trim();
      return;
    }
  }
  Head = Text.trim();
  Condition = {};
}

} // namespace krcu::kconfig
