// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/report/terminal.h"
#include "llvm/Support/ConvertUTF.h"
#include <algorithm>

namespace krcu {
namespace {

/// Columns of UTF-8 text; a stray byte counts as one.
size_t columnsOf(llvm::StringRef Text) {
  size_t Columns = 0;
  for (char C : Text)
    Columns += (static_cast<unsigned char>(C) & 0xC0) != 0x80;
  return Columns;
}

/// Control characters of Latin-1, and what is not seen or turns the direction of writing (U+200B to U+200F, U+2028 to U+202E, U+2060 to U+206F).
bool hidden(llvm::StringRef Character) {
  auto Byte = [&](size_t N) { return static_cast<unsigned char>(Character[N]); };
  if (Byte(0) == 0xC2)
    return Byte(1) < 0xA0;
  if (Byte(0) != 0xE2)
    return false;
  return (Byte(1) == 0x80 && ((Byte(2) >= 0x8B && Byte(2) <= 0x8F) || (Byte(2) >= 0xA8 && Byte(2) <= 0xAE))) || (Byte(1) == 0x81 && Byte(2) >= 0xA0 && Byte(2) <= 0xAF);
}

} // namespace

std::string wrappedLine(const std::string &Head, const std::string &Text, unsigned Width, unsigned Indent, const std::string &Shown) {
  std::string Out = Shown.empty() ? Head : Shown;
  size_t At = columnsOf(Head);
  bool Fresh = Head.empty();
  llvm::StringRef Rest = Text;
  if (!Width) {
    Out += (Head.empty() || Text.empty() ? "" : " ") + Text;
    return Out + "\n";
  }
  while (!Rest.empty()) {
    auto [Word, Tail] = Rest.split(' ');
    Rest = Tail;
    if (Word.empty())
      continue;
    size_t Columns = columnsOf(Word);
    if (!Fresh && At + 1 + Columns > Width) {
      Out += "\n" + std::string(Indent, ' ');
      At = Indent;
      Fresh = true;
    }
    Out += (Fresh ? "" : " ") + Word.str();
    At += Columns + !Fresh;
    Fresh = false;
  }
  return Out + "\n";
}

std::string wrappedText(llvm::StringRef Text, unsigned Width) {
  if (!Width)
    return Text.str();
  std::string Out;
  while (!Text.empty()) {
    auto [Line, Rest] = Text.split('\n');
    Text = Rest;
    if (columnsOf(Line) <= Width) {
      Out += Line.str() + "\n";
      continue;
    }
    Line = Line.rtrim(' ');
    const size_t Start = std::min(Line.find_first_not_of(' '), Line.size());
    const size_t Most = Width * 2 / 3;
    size_t Last = Start > Width / 4 ? Start : 0; // where the last column begins
    for (size_t Gap = Line.find("  ", Start); Gap < Most; Gap = Line.find("  ", Last))
      Last = Line.find_first_not_of(' ', Gap);
    if (Last && Last <= Most) {
      Out += wrappedLine(Line.take_front(Last - 1).str(), Line.substr(Last).str(), Width, static_cast<unsigned>(Last));
    } else {
      auto [Word, Others] = Line.drop_front(Start).split(' ');
      Out += wrappedLine(Line.take_front(Start).str() + Word.str(), Others.str(), Width, static_cast<unsigned>(Start) + 4);
    }
  }
  return Out;
}

std::string counted(size_t Count, const std::string &Singular, const char *Plural) {
  return std::to_string(Count) + " " + (Count == 1 ? Singular : Plural ? Plural : Singular + "s");
}

std::string printableLine(llvm::StringRef Line) {
  std::string Result;
  const char *At = Line.begin();
  while (At != Line.end()) {
    unsigned char C = static_cast<unsigned char>(*At);
    unsigned Length = llvm::getNumBytesForUTF8(C);
    if (C == '\t') {
      Result += std::string(8 - columnsOf(Result) % 8, ' ');
      ++At;
    } else if (C < 0x80) {
      Result += C < 0x20 || C == 0x7F ? '?' : *At;
      ++At;
    } else if (At + Length <= Line.end() && llvm::isLegalUTF8Sequence(reinterpret_cast<const llvm::UTF8 *>(At), reinterpret_cast<const llvm::UTF8 *>(At + Length))) {
      Result += hidden(llvm::StringRef(At, Length)) ? "?" : llvm::StringRef(At, Length);
      At += Length;
    } else {
      Result += '?';
      ++At;
    }
  }
  return Result;
}

} // namespace krcu
