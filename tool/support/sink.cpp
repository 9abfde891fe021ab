// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/support/sink.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/ConvertUTF.h"
#include <algorithm>

namespace krcu {
namespace {

/// A character that does something else than stand there: C1 controls, marks of direction, separators of lines, the byte order mark.
bool isActive(uint32_t C) {
  return (C >= 0x80 && C < 0xA0) || C == 0x61C || (C >= 0x200E && C <= 0x200F) || (C >= 0x2028 && C <= 0x202E) || (C >= 0x2066 && C <= 0x2069) ||
         C == 0xFEFF || (C >= 0xE0000 && C <= 0xE007F);
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

/// Most texts are harmless, and long.
bool isPlain(llvm::StringRef Text, bool Lines) {
  return std::all_of(Text.begin(), Text.end(), [&](unsigned char C) { return (C >= 0x20 && C < 0x7F) || (Lines && (C == '\n' || C == '\t')); });
}

} // namespace

std::string onOneLine(llvm::StringRef Text) { return isPlain(Text, false) ? Text.str() : cleaned(Text, false); }

std::string forTerminal(llvm::StringRef Text) { return isPlain(Text, true) ? Text.str() : cleaned(Text, true); }

std::string inHeader(llvm::StringRef Text) {
  std::string Out = Text.str();
  std::replace_if(Out.begin(), Out.end(), [](unsigned char C) { return C < 0x20 || C == 0x7F; }, ' ');
  return Out;
}

} // namespace krcu
