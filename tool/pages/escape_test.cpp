// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/pages/escape.h"
#include "gtest/gtest.h"

namespace krcu::pages {
namespace {

TEST(Escape, MarkupIsText) {
  EXPECT_EQ(escaped("a<b>&\"c'"), "a&lt;b&gt;&amp;&quot;c&#39;");
  EXPECT_EQ(escaped("</script><script>x()</script>"), "&lt;/script&gt;&lt;script&gt;x()&lt;/script&gt;");
  EXPECT_EQ(escaped("{{{name}}} <!-- ]]>"), "{{{name}}} &lt;!-- ]]&gt;");
  EXPECT_EQ(escaped("&lt;"), "&amp;lt;");
}

TEST(Escape, NothingThatIsNotSeen) {
  EXPECT_EQ(escaped(llvm::StringRef("a\0b", 3)), "a\xE2\x90\x80" "b");
  EXPECT_EQ(escaped("\x1b[31m"), "\xE2\x90\x9B[31m");
  EXPECT_EQ(escaped("a\tb\nc\x7F"), "a\tb\xE2\x90\x8A" "c\xE2\x90\xA1");
  EXPECT_EQ(escaped("\xE2\x80\xAE" "evil"), "[U+202E]evil") << "turns the direction of writing";
  EXPECT_EQ(escaped("\xE2\x80\x8B\xEF\xBB\xBF\xE2\x80\xA8"), "[U+200B][U+FEFF][U+2028]");
}

TEST(Escape, BytesThatAreNoText) {
  const std::string Replaced = "\xEF\xBF\xBD";
  EXPECT_EQ(escaped("\xFF"), Replaced);
  EXPECT_EQ(escaped("\xC3"), Replaced) << "cut off";
  EXPECT_EQ(escaped("\xC0\xBC"), Replaced + Replaced) << "a < written too long";
  EXPECT_EQ(escaped("\xED\xA0\x80"), Replaced + Replaced + Replaced) << "half of a pair";
  EXPECT_EQ(escaped("\xF4\x90\x80\x80"), Replaced + Replaced + Replaced + Replaced) << "beyond the last character";
  EXPECT_EQ(escaped("\xC2\x9B"), Replaced) << "a control character of Latin-1";
  EXPECT_EQ(escaped("\xC3<"), Replaced + "&lt;") << "what follows a bad byte is looked at";
  EXPECT_EQ(escaped("\xC3\xA4\xE2\x82\xAC\xF0\x9F\x90\xA7"), "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x90\xA7");
}

TEST(Escape, UrlsOfLines) {
  EXPECT_EQ(sourceUrl("https://x.org/t/%f#L%l", "net/a b\"<.c", 7), "https://x.org/t/net/a%20b%22%3C.c#L7");
  EXPECT_EQ(sourceUrl("https://x.org/%f?h=a%2Fb", "Makefile", 0), "https://x.org/Makefile?h=a%2Fb") << "other escapes stay";
  for (const char *Good : {"https://x.org/%f#L%l", "http://localhost/%f", "file:///src/%f"})
    EXPECT_FALSE(errorToBool(checkSourceUrl(Good))) << Good;
  for (const char *Bad : {"javascript:alert(1)//%f", "https://x.org/", "%f", "data:text/html,%f", " https://x.org/%f", "https://x.org/%f\n"})
    EXPECT_TRUE(errorToBool(checkSourceUrl(Bad))) << Bad;
}

} // namespace
} // namespace krcu::pages
