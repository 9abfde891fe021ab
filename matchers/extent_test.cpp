// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What another configuration can put between the start of an object and its head.
#include "matchers/testing.h"
#include "gtest/gtest.h"

namespace krcu::testing {
namespace {

/// "FARTHEST: what moves it" of the head of `struct item`, whose members are `Members`, the head last.
std::string extent(const std::string &Members, const std::string &Before = "") {
  const std::string Symbol = "#define CONFIG_SIZE 64\n#define CONFIG_SHIFT 12\n#define ITEM_PAGE (1UL << CONFIG_SHIFT)\n#define LONGS(n) (((n) + 63) / 64)\n";
  Snippet S = siteIn("call_rcu(&it->rcu, cb);", Symbol + Before + "struct item {\n" + Members + "\tstruct rcu_head rcu;\n};\nextern struct item *it;\n");
  const HeadLevel &L = S.site().levels.front();
  return std::to_string(L.farthest) + (L.moved_by.empty() ? "" : ": " + L.moved_by);
}

TEST(Extent, WhatEveryConfigurationHasStays) {
  EXPECT_EQ(extent("\tlong n;\n"), "8");
  EXPECT_EQ(extent("\tchar text[3000];\n"), "3000");
  EXPECT_EQ(extent("\tchar text[SIZE];\n", "#define SIZE 3000\n"), "3000");
  EXPECT_EQ(extent(""), "0");
}

TEST(Extent, AnArrayWhoseBoundAConfigurationGives) {
  EXPECT_EQ(extent("\tchar text[ITEM_PAGE / 2];\n"), "262144: char text[ITEM_PAGE / 2]");
  EXPECT_EQ(extent("\tunsigned long bits[LONGS(CONFIG_SIZE)];\n"), "1024: unsigned long bits[LONGS(CONFIG_SIZE)]");
  EXPECT_EQ(extent("\tchar text[2][MANY];\n", "enum { MANY = CONFIG_SIZE };\n"), "16384: char text[2][MANY]");
  EXPECT_EQ(extent("\tpage_text text;\n", "typedef char page_text[ITEM_PAGE / 2];\n"), "262144: page_text text");
}

TEST(Extent, InAnotherRecord) {
  EXPECT_EQ(extent("\tstruct buffer b;\n", "struct buffer { long n; char text[ITEM_PAGE / 2]; };\n"), "262152: char text[ITEM_PAGE / 2]");
  EXPECT_EQ(extent("\tstruct buffer b[2];\n", "struct buffer { long n; char text[CONFIG_SIZE]; };\n"), "16400: char text[CONFIG_SIZE]");
  EXPECT_EQ(extent("\tstruct buffer *b;\n", "struct buffer { long n; char text[ITEM_PAGE / 2]; };\n"), "8");
}

TEST(Extent, AUnionIsAsWideAsItsWidest) {
  EXPECT_EQ(extent("\tunion {\n\t\tchar a[CONFIG_SIZE];\n\t\tchar b[2 * CONFIG_SIZE];\n\t};\n"), "16384: char b[2 * CONFIG_SIZE]");
  EXPECT_EQ(extent("\tunion {\n\t\tlong n;\n#ifdef CONFIG_TRACE\n\t\tchar trace[8192];\n#endif\n\t};\n"), "8200: char trace[8192] (hidden here by an #if)");
}

TEST(Extent, AnInnerRecordIsAskedItself) {
  EXPECT_EQ(extent("\tstruct {\n#if 1\n\t\tchar shown[64];\n#else\n\t\tchar trace[8192];\n#endif\n\t} in;\n"), "8256: char trace[8192] (hidden here by an #if)");
  EXPECT_EQ(extent("\tstruct {\n#if 1\n\t\tchar shown[SHOWN];\n#endif\n\t} in;\n", "#define SHOWN 64\n"), "64");
}

/// Each level holds the one before twice: as text it is short, and as a walk it is long.
TEST(Extent, ARecordIsReadOnce) {
  std::string Levels = "struct level0 { };\n";
  for (int N = 1; N <= 60; ++N)
    Levels += "struct level" + std::to_string(N) + " { struct level" + std::to_string(N - 1) + " a, b; };\n";
  EXPECT_EQ(extent("\tstruct level60 all;\n\tlong n;\n", Levels), "8");
}

TEST(Extent, BehindTheHeadOrBesideItNothingMoves) {
  Snippet S = siteIn("call_rcu(&it->rcu, cb);", "#define CONFIG_SIZE 64\nstruct item {\n\tlong n;\n\tunion {\n\t\tchar text[CONFIG_SIZE];\n\t\tstruct rcu_head rcu;\n\t};\n"
                                               "\tchar more[CONFIG_SIZE];\n};\nextern struct item *it;\n");
  EXPECT_EQ(S.site().levels.front().farthest, 8);
  EXPECT_EQ(S.site().levels.front().moved_by, "");
}

TEST(Extent, AMemberThatAnIfHides) {
  EXPECT_EQ(extent("\tlong n;\n#ifdef CONFIG_TRACE\n\tchar trace[TRACE_BYTES];\n#endif\n"), "9223372036854775807: char trace[TRACE_BYTES] (hidden here by an #if)");
  EXPECT_EQ(extent("\tlong n;\n#ifdef CONFIG_TRACE\n\tchar trace[8192];\n#else\n\tchar trace[16];\n#endif\n"), "24");
  EXPECT_EQ(extent("\tlong n;\n#ifdef CONFIG_TRACE\n\tchar trace[8192];\n#else\n\tchar spare[16];\n#endif\n"), "8216: char trace[8192] (hidden here by an #if)");
  EXPECT_EQ(extent("\tlong n;\n#ifdef CONFIG_TRACE\n\tvoid *trace[WORDS];\n#endif\n", "#define WORDS 700\n"), "5608: void *trace[WORDS] (hidden here by an #if)");
  EXPECT_EQ(extent("\tlong n;\n#ifdef CONFIG_TRACE\n\tchar room[ROOM];\n#endif\n", "# define ROOM\t(offsetof(struct foo, rcu))\n"), "200: char room[ROOM] (hidden here by an #if)");
  EXPECT_EQ(extent("\tlong n;\n#ifdef CONFIG_TRACE\n\tvoid *owner;\n#endif\n"), "8");
}

} // namespace
} // namespace krcu::testing
