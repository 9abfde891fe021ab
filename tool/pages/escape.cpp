// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/pages/escape.h"
#include "tool/support/error.h"
#include "llvm/ADT/StringExtras.h"
#include <cstdint>
#include <cstdio>

namespace krcu::pages {
namespace {

constexpr uint32_t NoCharacter = 0xFFFFFFFF;

/// The character at the beginning of `Text`, which is taken off; NoCharacter for a byte that begins none.
uint32_t takeCharacter(llvm::StringRef &Text) {
  auto Byte = [&](size_t N) { return static_cast<unsigned char>(Text[N]); };
  unsigned char First = Byte(0);
  size_t Length = First < 0x80 ? 1 : First >= 0xC2 && First < 0xE0 ? 2 : First >= 0xE0 && First < 0xF0 ? 3 : First >= 0xF0 && First < 0xF5 ? 4 : 0;
  uint32_t C = Length == 1 ? First : First & (0x7Fu >> Length);
  bool Good = Length != 0 && Length <= Text.size();
  for (size_t N = 1; Good && N < Length; ++N) {
    Good = (Byte(N) & 0xC0) == 0x80;
    C = C << 6 | (Byte(N) & 0x3F);
  }
  if (!Good || (Length == 3 && (C < 0x800 || (C >= 0xD800 && C < 0xE000))) || (Length == 4 && (C < 0x10000 || C > 0x10FFFF))) {
    Text = Text.drop_front();
    return NoCharacter;
  }
  Text = Text.drop_front(Length);
  return C;
}

/// Characters that are not seen, or that change where the others are seen.
bool hides(uint32_t C) {
  return C == 0xAD || C == 0x061C || C == 0x180E || (C >= 0x200B && C <= 0x200F) || (C >= 0x2028 && C <= 0x202E) || (C >= 0x2060 && C <= 0x206F) || C == 0xFEFF ||
         (C >= 0xFFF9 && C <= 0xFFFB) || (C >= 0xE0000 && C <= 0xE0FFF) || (C & 0xFFFE) == 0xFFFE;
}

} // namespace

std::string escaped(llvm::StringRef Text) {
  std::string Result;
  Result.reserve(Text.size() + Text.size() / 8);
  while (!Text.empty()) {
    llvm::StringRef Before = Text;
    uint32_t C = takeCharacter(Text);
    if (C == NoCharacter || (C >= 0x80 && C < 0xA0)) {
      Result += "\xEF\xBF\xBD";
    } else if (C == '&') {
      Result += "&amp;";
    } else if (C == '<') {
      Result += "&lt;";
    } else if (C == '>') {
      Result += "&gt;";
    } else if (C == '"') {
      Result += "&quot;";
    } else if (C == '\'') {
      Result += "&#39;";
    } else if (C == '\t') {
      Result += '\t';
    } else if (C < 0x20 || C == 0x7F) { // the pictures of control characters
      Result += "\xE2\x90";
      Result += static_cast<char>(0x80 + (C == 0x7F ? 0x21 : C));
    } else if (hides(C)) {
      char Name[16];
      std::snprintf(Name, sizeof Name, "[U+%04X]", static_cast<unsigned>(C));
      Result += Name;
    } else {
      Result += Before.drop_back(Text.size());
    }
  }
  return Result;
}

std::string percentEncoded(llvm::StringRef Path) {
  static const char Hex[] = "0123456789ABCDEF";
  std::string Result;
  for (char C : Path) {
    if (llvm::isAlnum(C) || llvm::StringRef("-._~/+").contains(C))
      Result += C;
    else
      Result += {'%', Hex[static_cast<unsigned char>(C) >> 4], Hex[C & 15]};
  }
  return Result;
}

llvm::Error checkSourceUrl(const std::string &Pattern) {
  llvm::StringRef P = Pattern;
  bool Scheme = P.starts_with("http://") || P.starts_with("https://") || P.starts_with("file://");
  bool Plain = llvm::all_of(P, [](char C) { return static_cast<unsigned char>(C) > ' ' && static_cast<unsigned char>(C) < 0x7F; });
  if (!Scheme || !Plain || !P.contains("%f"))
    return fail("--source-url: '" + Pattern + "' is no pattern of URLs; write one that begins with https://, http:// or file:// and has %f for the file and %l for the line, such as 'https://.../%f#L%l'");
  return llvm::Error::success();
}

std::string sourceUrl(const std::string &Pattern, llvm::StringRef File, unsigned Line) {
  std::string Result;
  for (size_t N = 0; N < Pattern.size(); ++N) {
    char Next = Pattern[N] == '%' && N + 1 < Pattern.size() ? Pattern[N + 1] : '\0';
    if (Next == 'f')
      Result += percentEncoded(File);
    else if (Next == 'l')
      Result += std::to_string(Line ? Line : 1);
    else {
      Result += Pattern[N];
      continue;
    }
    ++N;
  }
  return Result;
}

} // namespace krcu::pages
