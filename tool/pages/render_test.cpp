// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Values to HTML: every text is escaped, the bytes are the same each time, a large page stays small.
#include "tool/pages/drawing.h"
#include "tool/pages/render.h"
#include "gtest/gtest.h"

namespace krcu::pages {
namespace {

const char Evil[] = "</script><img src=x onerror=alert(1)>\"'&\x1b{{title}}";

size_t count(const std::string &Text, const std::string &Part) {
  size_t N = 0;
  for (size_t At = Text.find(Part); At != std::string::npos; At = Text.find(Part, At + Part.size()))
    ++N;
  return N;
}

RenderOptions options() {
  RenderOptions O;
  O.templates = std::string(KRCU_SOURCE_DIR) + "/rules/templates";
  O.source = [](const std::string &) { return std::make_shared<const std::string>("one\ntwo <b>\n\tthree\nfour\r\nfive\nsix\n"); };
  return O;
}

std::string htmlOf(const Page &P, const RenderOptions &O) {
  auto Html = render(P, O);
  if (!Html) {
    ADD_FAILURE() << toString(Html.takeError());
    return "";
  }
  return *Html;
}

Item item(const std::string &Class, const std::string &File, unsigned Line) {
  Item I;
  I.cls = Class;
  I.tone = "bad";
  I.where = {File, Line, 1};
  I.title = "freed";
  I.reason = "because";
  I.filters = {{"class", Class}};
  I.chains = {{"What shows it", {{"call", {File, Line, 0}, "f", "queues"}}}};
  return I;
}

Page page() {
  Page P;
  P.asked = {"scan", {"--assume", "batching", "tree"}, "/tree", "", ""};
  P.title = "a title";
  P.groups = {{"unsafe", "bad", "not safe", "words", false}, {"more", "dim", "more", "words", true}};
  P.filters = {{"class", "class"}, {"directory", "directory"}};
  P.items = {item("unsafe", "net/a/x.c", 3), item("more", "fs/y.c", 1)};
  return P;
}

/// Every text of a page that may come from elsewhere.
Page evilPage() {
  const std::string E = Evil;
  Page P = page();
  P.title = P.asked.command = E;
  P.asked.arguments = {E};
  P.about = {{E, E}};
  P.assumed = P.notes = {E};
  P.facts = {{E, E, true, {{"tree", {E, 3, 0}, E, E}}}};
  P.lists = {{E, {E}}};
  static const Timeline T{E, E, E, {E, "CPU 0  thread 1     " + E}};
  for (Item &I : P.items) {
    I.where.file = I.title = I.reason = I.replacement = I.change_title = E;
    I.facts = {{E, E}};
    I.filters = {{"class", E}, {"directory", E}};
    I.changes = {{E, {{'+', 1, E}, {'-', 2, E}, {'@', 0, E}}}};
    I.drawings = {{E, {{Event::Exit, {E, 3, 0}, E, E}, {Event::End, {}, "", E, true, true, true}}}};
    I.chains = {{E, {{"code", {E, 3, 0}, E, E}}}};
    I.also = {{"code", {E, 3, 0}, E, E}};
    I.counterexamples = {&T};
  }
  return P;
}

TEST(Render, ForeignTextIsNeverMarkup) {
  RenderOptions O = options();
  O.source = [](const std::string &) { return std::make_shared<const std::string>(std::string(Evil) + "\n" + Evil + "\n" + Evil + "\n"); };
  O.source_url = "https://x.org/%f#L%l";
  std::string Html = htmlOf(evilPage(), O);
  EXPECT_EQ(count(Html, "<img"), 0u);
  EXPECT_EQ(count(Html, "<script"), 1u) << "the page's own";
  EXPECT_EQ(count(Html, "</script"), 1u);
  EXPECT_EQ(Html.find('\x1b'), std::string::npos);
  EXPECT_GT(count(Html, "{{title}}"), 20u) << "no template in a text is filled in";
  // The templates have no single quotes in attributes, so one that is left would be a foreign one.
  std::string Body = Html.substr(Html.find("<body>"), Html.find("<script>") - Html.find("<body>"));
  EXPECT_EQ(Body.find('\''), std::string::npos);
}

TEST(Render, TheSameBytesEachTime) { EXPECT_EQ(htmlOf(evilPage(), options()), htmlOf(evilPage(), options())); }

TEST(Render, LoadsNothing) {
  std::string Html = htmlOf(page(), options());
  EXPECT_NE(Html.find("default-src 'none'"), std::string::npos);
  for (const char *Bad : {"src=", "@import", "url(", "http://", "https://", "<link", "<iframe"})
    EXPECT_EQ(Html.find(Bad), std::string::npos) << Bad;
}

TEST(Render, FiveLinesOfSource) {
  std::string Html = htmlOf(page(), options());
  EXPECT_NE(Html.find("<pre>     1  one\n     2  two &lt;b&gt;\n<b>     3  \tthree</b>     4  four\n     5  five</pre>"), std::string::npos) << Html;
  EXPECT_NE(Html.find("<pre><b>     1  one</b>     2  two &lt;b&gt;\n     3  \tthree</pre>"), std::string::npos) << "at the beginning of a file";
}

TEST(Render, GroupsFoldsAndFilters) {
  std::string Html = htmlOf(page(), options());
  EXPECT_NE(Html.find("<section class=\"group\" id=\"g-unsafe\">"), std::string::npos);
  EXPECT_NE(Html.find("<details class=\"item t-bad\" id=\"net-a-x-c-3\" data-class=\"unsafe\" data-directory=\"net/a\">"), std::string::npos) << Html;
  EXPECT_EQ(count(Html, "<details class=\"whole\">"), 1u);
  EXPECT_NE(Html.find("<option value=\"net/a\">net/a (1)</option>"), std::string::npos);
  EXPECT_NE(Html.find("<option value=\"net\">net (1)</option>"), std::string::npos) << "also the directory above";
  EXPECT_NE(Html.find("krcu scan --assume batching tree"), std::string::npos);
  Page P = page();
  P.items.pop_back();
  EXPECT_EQ(htmlOf(P, options()).find("<form"), std::string::npos) << "nothing to choose from";
}

TEST(Render, AssumedFactsAreSaid) {
  Page P = page();
  EXPECT_EQ(htmlOf(P, options()).find("class=\"assumed\""), std::string::npos);
  P.assumed = {"kmem_cache_destroy() waits: no"};
  EXPECT_NE(htmlOf(P, options()).find("class=\"assumed\""), std::string::npos);
}

TEST(Render, LinksLeadToTheLine) {
  RenderOptions O = options();
  O.source_url = "https://x.org/%f#L%l";
  EXPECT_NE(htmlOf(page(), O).find("<a class=\"place\" href=\"https://x.org/net/a/x.c#L3\">net/a/x.c:3</a>"), std::string::npos);
  Page P = page();
  P.items[0].drawings = {{"way", {{Event::Queue, {"net/a/x.c", 3, 0}, "f", "queues"}}}};
  EXPECT_NE(htmlOf(P, options()).find("<a href=\"#net-a-x-c-3-s1\">"), std::string::npos) << "a drawing leads to the step that shows the line";
}

TEST(Render, ALargePageLeavesSourceOutAndSaysSo) {
  Page P = page();
  for (unsigned N = 0; N < 2000; ++N)
    P.items.push_back(item("unsafe", "net/a/x.c", 3));
  RenderOptions O = options();
  std::string Whole = htmlOf(P, O);
  O.budget = 100000;
  std::string Small = htmlOf(P, O);
  EXPECT_LT(Small.size() + 100000, Whole.size());
  EXPECT_EQ(Whole.find("have no source lines"), std::string::npos);
  EXPECT_NE(Small.find("have no source lines"), std::string::npos);
  EXPECT_EQ(count(Small, "<details class=\"item"), P.items.size()) << "no item is left out";
}

TEST(Render, ATemplateThatIsNotThere) {
  RenderOptions O = options();
  O.templates = "/nonexistent";
  auto Html = render(page(), O);
  EXPECT_FALSE(static_cast<bool>(Html));
  consumeError(Html.takeError());
}

std::string draw(std::vector<Event> Events) {
  return drawingSvg({"way", std::move(Events)}, [](const Location &) { return std::string(); }, [](const std::string &F) { return F; });
}

TEST(Drawing, TheBarShowsWhatIsInFlight) {
  Event Exit{Event::Exit, {}, "", "exit"}, Queue{Event::Queue, {}, "", "queues"}, Wait{Event::Wait, {}, "", "waits"}, End{Event::End, {}, "", "ends"};
  EXPECT_EQ(count(draw({Exit, End}), "class=\"flight"), 0u) << "nothing is queued";
  std::string Good = draw({Exit, Queue, Wait, End});
  EXPECT_EQ(count(Good, "class=\"flight\""), 2u) << "from what queues to the wait";
  Wait.always = false;
  EXPECT_GT(count(draw({Exit, Queue, Wait, End}), "class=\"flight\""), 2u) << "a wait on some path leaves it in flight";
  Wait.always = true, Wait.counts = false;
  EXPECT_GT(count(draw({Exit, Queue, Wait, End}), "class=\"flight\""), 2u) << "so does a wait for something else";
  EXPECT_EQ(count(Good, "flight bad"), 0u);
  End.decides = true;
  EXPECT_GT(count(draw({Exit, Queue, Wait, End}), "flight bad"), 0u);
  EXPECT_EQ(count(draw({Exit, Queue, Wait, End}), "class=\"decides\""), 1u);
}

TEST(Drawing, WordsAreWrappedAndNeverLost) {
  EXPECT_EQ(wrapped("one two  three", 7), (std::vector<std::string>{"one two", "three"}));
  EXPECT_EQ(wrapped("drivers/very/long/path.c:12", 14), (std::vector<std::string>{"drivers/very/", "long/path.c:12"}));
  EXPECT_EQ(wrapped("abcdefghij", 4), (std::vector<std::string>{"abcd", "efgh", "ij"}));
  EXPECT_TRUE(wrapped("", 4).empty());
}

TEST(Drawing, ALaneForEachCpu) {
  std::string Html = lanesHtml({"era", "row", "shows", {"CPU 1  flush work   flushes", "       RCU          a grace period ends", "CPU 0  thread 1     queues <A>"}});
  EXPECT_NE(Html.find("<th></th><th>CPU 0</th><th>CPU 1</th><th>elsewhere</th>"), std::string::npos) << Html;
  EXPECT_NE(Html.find("<tr class=\"last\"><td class=\"n\">3</td><td class=\"on\"><i>thread 1</i> queues &lt;A&gt;</td><td></td><td></td></tr>"), std::string::npos) << Html;
}

} // namespace
} // namespace krcu::pages
