// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/support/sink.h"
#include "tool/support/error.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/ConvertUTF.h"
#include "gtest/gtest.h"
#include <random>

using namespace krcu;

namespace {

bool isUtf8(llvm::StringRef Text) {
  const auto *At = reinterpret_cast<const llvm::UTF8 *>(Text.data());
  return llvm::isLegalUTF8String(&At, At + Text.size());
}

bool hasControl(llvm::StringRef Text, llvm::StringRef But = "") {
  return llvm::any_of(Text, [&](unsigned char C) { return (C < 0x20 || C == 0x7F) && !But.contains(static_cast<char>(C)); });
}

bool hasActive(llvm::StringRef Text) {
  return llvm::any_of(std::initializer_list<const char *>{"\xc2\x9b", "\xe2\x80\xae", "\xe2\x81\xa6", "\xe2\x80\xa8", "\xef\xbb\xbf", "\xe2\x80\x8b", "\xc2\xad", "\xf3\xa0\x81\x81"},
                      [&](const char *Active) { return Text.contains(Active); });
}

/// Texts made of what does harm, at random but always the same.
std::vector<std::string> hostileTexts() {
  const std::vector<std::string> Pieces{"\x1b[31m", "\x1b]0;title\x07", "\r", "\n", "\r\nBcc: x@y", "\t", std::string(1, '\0'), "\x7f", "\x9b" "2J", "\xc2\x9b" "2J", "\xe2\x80\xae",
                                        "\xe2\x81\xa6", "\xe2\x80\xa8", "\xef\xbb\xbf", "\xe2\x80\x8b", "\xc2\xad", "\xf3\xa0\x81\x81", "\xff", "\xc0\xaf", "\xed\xa0\x80", "caf\xc3\xa9", "\xf0\x9f\x8c\x8d", "plain", " ", "\\n", "\v\f\b"};
  std::mt19937 Random(7);
  std::vector<std::string> Texts;
  for (int N = 0; N < 3000; ++N) {
    std::string Text;
    for (unsigned Parts = Random() % 8; Parts; --Parts)
      Text += Random() % 4 ? Pieces[Random() % Pieces.size()] : std::string(1, static_cast<char>(Random() % 256));
    Texts.push_back(std::move(Text));
  }
  return Texts;
}

TEST(Sink, OneLineStaysOneLine) {
  for (const std::string &Text : hostileTexts()) {
    std::string Out = onOneLine(Text);
    EXPECT_FALSE(hasControl(Out)) << testing::PrintToString(Text);
    EXPECT_TRUE(isUtf8(Out)) << testing::PrintToString(Text);
    EXPECT_EQ(onOneLine(Out), Out) << "once is enough";
    EXPECT_FALSE(hasActive(Out)) << testing::PrintToString(Text);
  }
}

TEST(Sink, ATerminalGetsLinesAndTabsAndNothingElse) {
  for (const std::string &Text : hostileTexts()) {
    std::string Out = forTerminal(Text);
    EXPECT_FALSE(hasControl(Out, "\n\t")) << testing::PrintToString(Text);
    EXPECT_TRUE(isUtf8(Out));
    EXPECT_EQ(llvm::count(Out, '\n'), llvm::count(Text, '\n'));
  }
}

TEST(Sink, ColoursOfAReportStayAndNothingElse) {
  const std::string Own = "\x1b[1;31munsafe\x1b[0m\x1b[m\n";
  EXPECT_EQ(withColours(Own), Own);
  EXPECT_EQ(withColours("\x1b[8mhidden\x1b[2J\x1b]0;x\x07\x1b[38;5;1m\x1b["), "\\x1b[8mhidden\\x1b[2J\\x1b]0;x\\x07\\x1b[38;5;1m\\x1b[");
  for (const std::string &Text : hostileTexts()) {
    std::string Out = withColours(Text);
    EXPECT_FALSE(hasControl(Out, "\n\t\x1b")) << testing::PrintToString(Text);
    for (size_t At = Out.find('\x1b'); At != std::string::npos; At = Out.find('\x1b', At + 1))
      EXPECT_EQ(Out.substr(At, 5), "\x1b[31m");
  }
}

TEST(Sink, JsonHasNothingActive) {
  for (const std::string &Text : hostileTexts()) {
    std::string Out = inJson(Text);
    EXPECT_FALSE(hasActive(Out) || llvm::StringRef(Out).contains('\x7f')) << testing::PrintToString(Text);
    EXPECT_TRUE(isUtf8(Out)) << testing::PrintToString(Text);
    EXPECT_EQ(inJson(Out), Out);
  }
  EXPECT_EQ(inJson("{\"a\": \"caf\xc3\xa9 \\n\"}\n"), "{\"a\": \"caf\xc3\xa9 \\n\"}\n");
  EXPECT_EQ(inJson("\"\xc2\x9b\xe2\x80\xae\x7f\xf3\xa0\x81\x81\xff\""), "\"\\u009b\\u202e\\u007f\\udb40\\udc41\\ufffd\"");
}

TEST(Sink, AHeaderEndsWhereItsValueEnds) {
  for (const std::string &Text : hostileTexts()) {
    EXPECT_FALSE(hasControl(inHeader(Text)));
    EXPECT_EQ(inHeader(Text).size(), Text.size());
  }
}

TEST(Sink, WhatDoesNothingStaysAsItIs) {
  const std::string Plain = "drv/a.c:12: caf\xc3\xa9, \xe4\xb8\xad\xe6\x96\x87 \\n";
  EXPECT_EQ(onOneLine(Plain), Plain);
  EXPECT_EQ(forTerminal(Plain + "\n\tx\n"), Plain + "\n\tx\n");
  EXPECT_EQ(inHeader(Plain), Plain);
  EXPECT_EQ(onOneLine("a\nb\x1b[1m\r"), "a\\nb\\x1b[1m\\r");
}

TEST(Sink, AnErrorIsOneLineWhateverItQuotes) {
  for (const std::string &Text : hostileTexts()) {
    EXPECT_FALSE(hasControl(message(fail(Text))));
    EXPECT_FALSE(hasControl(message(failAt(Text, 1, 1, Text, Text))));
  }
}

} // namespace
