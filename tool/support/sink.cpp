// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/support/sink.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/ConvertUTF.h"
#include <algorithm>

namespace krcu {
namespace {

/// A character that does something else than stand there: C1 controls, marks of direction, separators of lines, what is not seen, the byte order
/// mark. The joiners are letters' business.
bool isActive(uint32_t C) {
  return (C >= 0x80 && C < 0xA0) || C == 0xAD || C == 0x61C || C == 0x180E || C == 0x200B || (C >= 0x200E && C <= 0x200F) || (C >= 0x2028 && C <= 0x202E) ||
         (C >= 0x2060 && C <= 0x206F) || C == 0xFEFF || (C >= 0xFFF9 && C <= 0xFFFB) || (C >= 0xE0000 && C <= 0xE007F);
}

std::string escaped(unsigned char C) {
  switch (C) {
  case '\n':
    return "\\n";
  case '\r':
    return "\\r";
  case '\t':
    return "\\t";
  default:
    return "\\x" + llvm::utohexstr(C, /*LowerCase=*/true, 2);
  }
}

std::string cleaned(llvm::StringRef Text, bool Lines) {
  std::string Out;
  Out.reserve(Text.size());
  const auto *At = reinterpret_cast<const llvm::UTF8 *>(Text.data()), *End = At + Text.size();
  while (At != End) {
    const unsigned char C = *At;
    if (C < 0x80) {
      if ((C >= 0x20 && C != 0x7F) || (Lines && (C == '\n' || C == '\t')))
        Out += static_cast<char>(C);
      else
        Out += escaped(C);
      ++At;
      continue;
    }
    const llvm::UTF8 *Begin = At;
    llvm::UTF32 Point = 0;
    if (llvm::convertUTF8Sequence(&At, End, &Point, llvm::strictConversion) != llvm::conversionOK) {
      At = Begin + 1;
      Out += escaped(C);
    } else if (isActive(Point)) {
      Out += "\\u" + llvm::utohexstr(Point, /*LowerCase=*/true, 4);
    } else {
      Out.append(reinterpret_cast<const char *>(Begin), reinterpret_cast<const char *>(At));
    }
  }
  return Out;
}

/// The length of the sequence that the text begins with if it sets a colour, bold, faint, italic or underlined, or takes that back; nothing that
/// hides, blinks or moves.
size_t colourAt(llvm::StringRef Text) {
  llvm::StringRef Rest = Text.drop_front(2), Codes = Rest.take_while([](char C) { return llvm::isDigit(C) || C == ';'; });
  if (!Rest.drop_front(Codes.size()).starts_with("m"))
    return 0;
  const size_t Length = 2 + Codes.size() + 1;
  while (!Codes.empty()) {
    auto [One, Others] = Codes.split(';');
    unsigned Code = 0;
    if (!One.empty() && One.getAsInteger(10, Code))
      return 0;
    const bool Known = Code <= 4 || (Code >= 22 && Code <= 24) || (Code >= 30 && Code <= 37) || Code == 39 || (Code >= 90 && Code <= 97);
    if (!Known)
      return 0;
    Codes = Others;
  }
  return Length;
}

/// Most texts are harmless, and long.
bool isPlain(llvm::StringRef Text, bool Lines) {
  return std::all_of(Text.begin(), Text.end(), [&](unsigned char C) { return (C >= 0x20 && C < 0x7F) || (Lines && (C == '\n' || C == '\t')); });
}

} // namespace

std::string onOneLine(llvm::StringRef Text) { return isPlain(Text, false) ? Text.str() : cleaned(Text, false); }

std::string forTerminal(llvm::StringRef Text) { return isPlain(Text, true) ? Text.str() : cleaned(Text, true); }

std::string withColours(llvm::StringRef Text) {
  std::string Out;
  while (!Text.empty()) {
    size_t At = Text.find("\x1b[");
    Out += forTerminal(Text.take_front(At));
    Text = At == llvm::StringRef::npos ? llvm::StringRef() : Text.drop_front(At);
    if (Text.empty())
      break;
    const size_t Length = colourAt(Text);
    Out += Length ? Text.take_front(Length).str() : forTerminal(Text.take_front(2));
    Text = Text.drop_front(Length ? Length : 2);
  }
  return Out;
}

std::string inJson(llvm::StringRef Text) {
  if (isPlain(Text, true))
    return Text.str();
  std::string Out;
  Out.reserve(Text.size());
  const auto *At = reinterpret_cast<const llvm::UTF8 *>(Text.data()), *End = At + Text.size();
  while (At != End) {
    const llvm::UTF8 *Begin = At;
    llvm::UTF32 Point = 0;
    const bool Good = llvm::convertUTF8Sequence(&At, End, &Point, llvm::strictConversion) == llvm::conversionOK;
    if (!Good)
      At = Begin + 1, Point = 0xFFFD;
    if (Good && !isActive(Point) && Point != 0x7F) {
      Out.append(reinterpret_cast<const char *>(Begin), reinterpret_cast<const char *>(At));
      continue;
    }
    if (Point > 0xFFFF) {
      Out += "\\u" + llvm::utohexstr(0xD800 + ((Point - 0x10000) >> 10), /*LowerCase=*/true, 4);
      Point = 0xDC00 + ((Point - 0x10000) & 0x3FF);
    }
    Out += "\\u" + llvm::utohexstr(Point, /*LowerCase=*/true, 4);
  }
  return Out;
}

std::string inHeader(llvm::StringRef Text) {
  std::string Out = Text.str();
  std::replace_if(Out.begin(), Out.end(), [](unsigned char C) { return C < 0x20 || C == 0x7F; }, ' ');
  return Out;
}

} // namespace krcu
