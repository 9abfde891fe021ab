// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The text scanning that all header generators rest on: edges, and input that is cut off in the middle.
#include "tool/frontend/synth/text.h"
#include <gtest/gtest.h>

using namespace krcu;
using llvm::StringRef;

TEST(SynthText, WordsSkipBlanks) {
  text::Words W = text::words(" \t one  two\t");
  ASSERT_EQ(W.size(), 2u);
  EXPECT_EQ(W[1], "two");
  EXPECT_TRUE(text::words(" ").empty());
}

TEST(SynthText, ArgumentsRespectBracketsAndQuotes) {
  auto A = text::arguments("a, f(b, c), { d, e }, \"x,\\\"y\"");
  ASSERT_EQ(A.size(), 4u);
  EXPECT_EQ(A[1], "f(b, c)");
  EXPECT_EQ(A[3], "\"x,\\\"y\"");
}

TEST(SynthText, BracketedFindsThePartner) {
  EXPECT_EQ(text::bracketed("(a (b) \")\") c)"), "a (b) \")\"");
  EXPECT_EQ(text::bracketed("{ never closed"), "");
  EXPECT_EQ(text::bracketed("no bracket"), "");
  EXPECT_EQ(text::bracketed(""), "");
}

TEST(SynthText, CommentsBecomeABlankAndKeepLines) {
  EXPECT_EQ(text::withoutComments("a/* b\nc */d"), "a \nd");
  EXPECT_EQ(text::withoutComments("a /* open\n"), "a  \n");
}

TEST(SynthText, ContinuationsAreJoined) { EXPECT_EQ(text::joined("a \\\n b\nc\\"), "a   b\nc\\"); }

TEST(SynthText, DefinesInEverySpelling) {
  StringRef Name, Rest;
  EXPECT_TRUE(text::parseDefine("# define  GATE\t1", Name, Rest));
  EXPECT_EQ(Name, "GATE");
  EXPECT_EQ(Rest, "\t1");
  EXPECT_FALSE(text::parseDefine("#defined GATE", Name, Rest));
  EXPECT_FALSE(text::parseDefine("#define", Name, Rest));
  EXPECT_FALSE(text::parseDefine("#define 1x", Name, Rest));
}

TEST(SynthText, IdentifiersComeWithTheRestOfTheText) {
  std::string Seen;
  text::forEachIdentifier(
      "1a b(c)_d", [&](StringRef Word, StringRef Rest) { Seen += Word.str() + "|" + Rest.str() + ";"; });
  EXPECT_EQ(Seen, "b|(c)_d;c|)_d;_d|;");
}

TEST(SynthText, LinesMayEndInCarriageReturns) {
  unsigned Lines = 0;
  text::forEachLine("a\r\n\nb", [&](StringRef Line) {
    ++Lines;
    EXPECT_FALSE(Line.contains('\r'));
  });
  EXPECT_EQ(Lines, 3u);
}
