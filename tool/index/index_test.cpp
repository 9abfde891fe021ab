// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The byte pass and its three questions: who mentions a word, who defines a function, who includes
// a header.
#include "tool/index/test_tree.h"

#include "tool/index/lex.h"
#include "tool/index/scan.h"
#include "tool/index/splice.h"
#include "tool/index/structure.h"
#include "tool/index/walk.h"
#include "tool/support/parallel.h"
#include "llvm/ADT/DenseSet.h"
#include <atomic>
#include <fcntl.h>
#include <random>
#include <sys/stat.h>
#include <unistd.h>

using namespace krcu;
namespace fs = std::filesystem;

namespace {

class IndexTest : public TestTree {};

TEST_F(IndexTest, FindAnswersWithThePositionOrMinusOne) {
  write("a/x.c", "");
  write("b/y.c", "");
  auto I = build();
  EXPECT_EQ(I->find("a/x.c"), 0);
  EXPECT_EQ(I->find("b/y.c"), 1);
  EXPECT_EQ(I->find("a"), -1);
  EXPECT_EQ(I->find("c"), -1);
}

TEST_F(IndexTest, AFileThatVanishesAfterTheWalkIsAProblem) {
  int RootFd = open(Root.c_str(), O_RDONLY | O_DIRECTORY);
  ReadBuffer Buffer;
  uint64_t Size = 0;
  EXPECT_EQ(readSource(RootFd, "gone.c", 1000, Buffer, Size), "No such file or directory");
  close(RootFd);
}

TEST_F(IndexTest, TextOfAFileThatVanishedIsNull) {
  write("x.c", "int some_word;\n");
  auto I = build();
  fs::remove(Root + "/x.c");
  EXPECT_EQ(I->text(0), nullptr);
  EXPECT_TRUE(I->mentioning("some_word").empty());
}

TEST_F(IndexTest, TextIsSharedWhileHeld) {
  write("x.c", "int v;\n");
  auto I = build();
  auto A = I->text(0), B = I->text(0);
  EXPECT_EQ(A, B);
  EXPECT_EQ(*A, "int v;\n");
}

// --- bad input

TEST_F(IndexTest, ZerosAreAProblemButTheWordsAroundThemAreIndexed) {
  write("zeros.c", std::string(100000, '\0'));
  write("mixed.c", std::string("int before_zero;\n") + std::string(10, '\0') + "int after_zero;\n");
  auto I = build();
  EXPECT_EQ(listing(*I), (Strings{"mixed.c: NUL bytes", "zeros.c: NUL bytes"}));
  EXPECT_EQ(paths(*I, I->mentioning("before_zero")), (Strings{"mixed.c"}));
  EXPECT_EQ(paths(*I, I->mentioning("after_zero")), (Strings{"mixed.c"}));
}

TEST_F(IndexTest, ARowOfEscapedNewlinesIsAProblemAndOverflowsNoStack) {
  std::string Row;
  for (int I = 0; I < 500000; ++I)
    Row += "\\\n";
  write("x.c", "int before;\n" + Row + "int after;\n");
  auto I = build();
  EXPECT_EQ(listing(*I), (Strings{"x.c: more than 1000 escaped newlines in a row"}));
  EXPECT_EQ(I->mentioning("after").size(), 1u);
}

TEST_F(IndexTest, AFileOverTheLimitIsAProblem) {
  write("big.c", "int first;\n" + std::string(2000, ' ') + "int last;\n");
  auto I = build(2, 1000);
  EXPECT_EQ(listing(*I), (Strings{"big.c: has more than 1000 bytes"}));
  EXPECT_EQ(I->files()[0].size, 2021u);
  EXPECT_EQ(I->text(0), nullptr);
}

TEST_F(IndexTest, AFileOf50MegabytesIsIndexed) {
  std::string Text;
  for (unsigned I = 0; Text.size() < (50u << 20); ++I)
    Text +=
        "#define REGISTER_NAME_" + std::to_string(I) + " 0x0000000000000000000000000000000000000000000000\n";
  write("big.h", Text + "static int needle(void)\n{\n\treturn 0;\n}\n");
  auto I = build();
  EXPECT_EQ(listing(*I), (Strings{"big.h"}));
  EXPECT_EQ(I->mentioning("needle").size(), 1u);
  EXPECT_EQ(I->mentioning("REGISTER_NAME_1000").size(), 1u);
  ASSERT_EQ(I->definitionsOf("needle").size(), 1u);
  EXPECT_EQ(I->definitionsOf("needle")[0].line, std::count(Text.begin(), Text.end(), '\n') + 1);
}

TEST_F(IndexTest, InvalidUtf8DoesNotHideWords) {
  write("x.c", "/* \xff\xfe\x80 */ int caf\xe9; int plain_word; \xc3 int next_word;\n");
  auto I = build();
  EXPECT_EQ(listing(*I), (Strings{"x.c"}));
  EXPECT_EQ(I->mentioning("plain_word").size(), 1u);
  EXPECT_EQ(I->mentioning("next_word").size(), 1u);
}

TEST_F(IndexTest, EmptyAndTinyFiles) {
  write("empty.c", "");
  write("one.c", "x");
  write("slash.c", "/");
  write("quote.c", "\"");
  write("open.c", "/*");
  write("backslash.c", "a\\");
  auto I = build();
  EXPECT_EQ(I->files().size(), 6u);
  EXPECT_EQ(paths(*I, I->mentioning("x")), (Strings{"one.c"}));
  EXPECT_EQ(paths(*I, I->mentioning("a")), (Strings{"backslash.c"}));
}

// --- mentioning

TEST_F(IndexTest, MentioningWantsATokenOutsideCommentsAndStrings) {
  write("a.c", "// word\n/* word */\nchar *s = \"word \\\" word\"; char c = 'word';\n");
  write("b.c", "int words, my_word, word_;\n");
  write("c.c", "int word;\n");
  write("d.c", "#define M(x) word(x)\n");
  write("e.c", "#if 0\nword();\n#endif\n");
  write("f.c", "/* word\n");
  auto I = build();
  EXPECT_EQ(paths(*I, I->mentioning("word")), (Strings{"c.c", "d.c", "e.c"}));
}

TEST_F(IndexTest, MentioningSeesBehindLiteralsThatLookLikeComments) {
  write("a.c", "char *s = \"/*\"; int word_a;\n");
  write("b.c", "char c = '\"'; int word_b; char d = '\"';\n");
  write("c.c", "#error don't\nint word_c;\n");
  write("d.c", "// a comment that goes on \\\nint word_d;\nint word_e;\n");
  write("f.c", "/*/ still a comment */ int word_f;\n");
  auto I = build();
  EXPECT_EQ(I->mentioning("word_a").size(), 1u);
  EXPECT_EQ(I->mentioning("word_b").size(), 1u);
  EXPECT_EQ(I->mentioning("word_c").size(), 1u);
  EXPECT_EQ(I->mentioning("word_d").size(), 0u);
  EXPECT_EQ(I->mentioning("word_e").size(), 1u);
  EXPECT_EQ(I->mentioning("word_f").size(), 1u);
}

TEST_F(IndexTest, MentioningSeesWordsBrokenOverLines) {
  write("a.c", "int call_\\\nrcu_word;\n");
  write("b.c", "/* comment *\\\n/ int behind_word;\n");
  write("c.c", "/\\\n* comment_word */\n");
  auto I = build();
  EXPECT_EQ(I->mentioning("call_rcu_word").size(), 1u);
  EXPECT_EQ(I->mentioning("behind_word").size(), 1u);
  EXPECT_EQ(I->mentioning("comment_word").size(), 0u);
}

TEST_F(IndexTest, MentioningAWordWithOtherCharactersAsksEveryFile) {
  write("a.c", "int a$b;\n");
  EXPECT_EQ(build()->mentioning("a$b").size(), 1u);
}

TEST_F(IndexTest, RuleWordsAndDeferralsAreFlagged) {
  write("a.c", "void f(void) { call_rcu(&x->rcu, cb); }\n");
  write("b.c", "void f(void) { kfree(x); }\n");
  write("c.c", "/* call_rcu */\n");
  write("d.c", "void f(void) { call_srcu(&s, &x->rcu, cb); }\n");
  auto I = build();
  EXPECT_EQ(paths(*I, I->deferralFiles()), (Strings{"a.c", "d.c"}));
  EXPECT_EQ(paths(*I, I->ruleWordFiles()), (Strings{"a.c", "b.c", "d.c"}));
}

TEST_F(IndexTest, TheNumberOfThreadsChangesNothing) {
  for (int I = 0; I < 200; ++I)
    write("d/f" + std::to_string(I) + ".c", "#include \"h" + std::to_string(I % 7) +
                                                ".h\"\nint common_word;\nint f" + std::to_string(I % 5) +
                                                "(void)\n{\n}\n");
  auto One = build(1), Many = build(8);
  EXPECT_EQ(listing(*One), listing(*Many));
  EXPECT_EQ(One->mentioning("common_word"), Many->mentioning("common_word"));
  EXPECT_EQ(One->includersOf("d/h3.h"), Many->includersOf("d/h3.h"));
  auto A = One->definitionsOf("f1"), B = Many->definitionsOf("f1");
  ASSERT_EQ(A.size(), 40u);
  ASSERT_EQ(B.size(), A.size());
  for (size_t I = 0; I < A.size(); ++I)
    EXPECT_EQ(A[I].file, B[I].file);
}

// --- the byte pass on its own

TEST(BytePass, WordsOfAnyLengthAtAnyPlaceOfABlock) {
  for (size_t Before = 0; Before < 130; ++Before)
    for (size_t Length : {1, 2, 62, 63, 64, 65, 127, 128, 129, 200}) {
      std::string Word(Length, 'w'), Blanks(Before, ' ');
      for (const char *Behind : {"", " ", "\n", "/", "\"x", "/* x"})
        EXPECT_TRUE(Scanned(Blanks + Word + Behind).words().equals({hashOf(Word)})) << Before << " " << Length << Behind;
      EXPECT_EQ(Scanned(Blanks + "1" + Word).words().size(), 0u); // a number
      EXPECT_TRUE(Scanned(Blanks + Word + "\\\nw").isSpliced());
      EXPECT_FALSE(Scanned(Blanks + "1" + Word + "\\\nw").isSpliced());
    }
}

TEST(BytePass, CommentsAndLiteralsOverTheEdgesOfBlocks) {
  for (size_t Before = 0; Before < 70; ++Before)
    for (std::string Filler; Filler.size() < 70; Filler += 'x')
      for (std::string Hidden : {"/*" + Filler + "**/", "//" + Filler + "\n", "\"" + Filler + "\n", "'\\'" + Filler + "'", "\"\\\"" + Filler + "\\\\\""}) {
        Scanned S(std::string(Before, ' ') + Hidden + "word / other/1/ last");
        EXPECT_TRUE(S.has("word") && S.has("other") && S.has("last") && S.words().size() == 3) << Before << Hidden;
      }
}

/// Texts of nothing but what is difficult: the lexer's words are all seen.
TEST(BytePass, MissesNoWordOfRandomTexts) {
  std::mt19937 Random(1);
  const char *Pieces[] = {"/", "*", "\"", "'", "\\", "\n", "a", "b1", "1", " ", "//", "/*", "*/", "\\\n", "word_of_nineteen_ab"};
  for (int Round = 0; Round < 4000; ++Round) {
    std::string Text;
    for (unsigned I = Random() % 120; I; --I)
      Text += Pieces[Random() % std::size(Pieces)];
    Scanned S(Text);
    LexedText L(Text);
    for (const LexToken &T : L.tokens())
      EXPECT_TRUE(S.isSpliced() || !T.isIdentifier() || S.has(T.text)) << Text << "\n--- " << T.text.str();
  }
}

TEST(BytePass, ALongRowOfSplicesIsFoundWhereverItStands) {
  for (size_t Before = 0; Before < 4000; Before += 41)
    for (std::string Splice : {"\\\n", "\\ \t\r\n"})
      for (unsigned Count : {MaxSpliceRow, MaxSpliceRow + 1}) {
        std::string Row;
        while (Row.size() < Count * Splice.size())
          Row += Splice;
        EXPECT_EQ(Scanned(std::string(Before, 'x') + Row + "x").breaksParsers(), Count > MaxSpliceRow) << Before;
      }
}

// --- definitions

/// "name:line" of every definition found by layout.
Strings definitions(llvm::StringRef Text) {
  Strings Out;
  findDefinitions(Text, [&](llvm::StringRef Name, unsigned Line) {
    Out.push_back((Name + ":" + llvm::Twine(Line)).str());
  });
  return Out;
}

TEST(Definitions, BraceInColumnOne) {
  EXPECT_EQ(definitions("static int f(int a,\n\t     int b)\n{\n\treturn a;\n}\n\nvoid\ng(void)\n{\n}\n"),
            (Strings{"f:1", "g:8"}));
}

TEST(Definitions, OnOneLine) {
  EXPECT_EQ(definitions("static inline int f(void) { return 0; }\nint g(int a,\n      int b) {\n}\n"),
            (Strings{"f:1", "g:2"}));
}

TEST(Definitions, BraceAloneAndIndented) {
  EXPECT_EQ(definitions("static inline int f(void)\n\t\t\t{ return 0; }\n"), (Strings{"f:1"}));
}

TEST(Definitions, AttributesAreNotTheName) {
  EXPECT_EQ(definitions("__printf(1, 2) void f(const char *s)\n{\n}\n"
                        "static void g(struct x *x)\n\t__releases(&x->lock)\n\t__acquires(&x->other)\n{\n}\n"
                        "void h(void) __must_hold(x)\n{\n}\n"
                        "int __init __attribute__((noinline)) k(void)\n{\n}\n"),
            (Strings{"f:1", "g:4", "h:9", "k:12"}));
}

TEST(Definitions, FunctionsReturningFunctionPointers) {
  EXPECT_EQ(definitions("static void (*get(int a))(int)\n{\n}\nvoid (paren)(int a)\n{\n}\n"),
            (Strings{"get:1", "paren:4"}));
}

TEST(Definitions, TypesInitialisersStatementsAndMacrosAreNone) {
  EXPECT_EQ(definitions("struct s\n{\n\tint a;\n};\n"
                        "static struct s t[FOO(3)] =\n{\n\t{ 1 },\n};\n"
                        "#define M(x) \\\ndo \\\n{ \\\n} while (0)\n"
                        "DECLARE(x)\nstruct u {\n\tint b;\n};\n"
                        "void f(void)\n{\n\tif (x)\n\t{\n\t}\n\tfor_each(y) {\n\t}\n}\n"),
            (Strings{"f:17"}));
}

TEST(Definitions, HeadsThatAreAlmostPlain) {
  EXPECT_EQ(definitions("typedef int a_t(void)\n{\n}\nstruct MACRO_b(x)\n{\n}\nint a_c = f(x)\n{\n}\nint 1_d(x)\n{\n}\n"), Strings{});
  EXPECT_EQ(definitions("int f_e(int a /* ) */)\n{\n}\nDECLARE_f(a)\nint g_f(void)\n{\n}\nint g_g(int a[3], void (*f)(int))\n{\n}\n"
                        "struct s *g_h (void)\n{\n}\n__init_i(void)\n{\n}\nint main(void)\n{\n}\n"),
            (Strings{"f_e:1", "g_f:5", "g_g:8", "g_h:11", "__init_i:14", "main:17"}));
  for (size_t Lines : {0, 15, 16, 17, 4079, 4080, 4081, 100000})
    EXPECT_EQ(definitions(std::string(Lines, '\n') + "int f_g(void)\n{\n}\n"), Strings{"f_g:" + std::to_string(Lines + 1)});
}

TEST(Definitions, TwoHeadsAndOneBody) {
  EXPECT_EQ(definitions("#ifdef A\nstatic int f(int a)\n#else\nstatic int g(void)\n#endif\n{\n}\n"),
            (Strings{"g:4", "f:2"}));
}

TEST(Definitions, BehindADirectiveWithContinuation) {
  EXPECT_EQ(definitions("#define LONG(a) \\\n\tdo_it(a)\nstatic int f(void)\n{\n}\n"), (Strings{"f:3"}));
}

TEST(Definitions, ACommentBetweenHeadAndBody) {
  EXPECT_EQ(definitions(
                "/*\n * doc (of f)\n */\nint f(int a, /* one */\n      int *b)\n/* what it does */\n{\n}\n"),
            (Strings{"f:4"}));
}

TEST_F(IndexTest, DefinitionsOfAreInOrderOfFileAndLine) {
  write("a.c", "#ifdef X\nint f(void)\n{\n}\n#else\nint f(void)\n{\n}\n#endif\n");
  write("b.h", "static inline int f(void) { return 0; }\n");
  auto I = build();
  auto Places = I->definitionsOf("f");
  ASSERT_EQ(Places.size(), 3u);
  EXPECT_EQ(Places[0].line, 2u);
  EXPECT_EQ(Places[1].line, 6u);
  EXPECT_EQ(Places[2].file, 1u);
  EXPECT_TRUE(I->definitionsOf("g").empty());
}

// --- includes

TEST_F(IndexTest, IncludersByPathSuffix) {
  write("include/linux/x.h", "");
  write("fs/y.h", "");
  write("fs/a.c", "#include <linux/x.h>\n#include \"y.h\"\n");
  write("fs/b.c", "#  include  \"../include/linux/x.h\"\n");
  write("fs/c.c", "#include <other/x.h>\n/* #include <linux/x.h> */\n");
  auto I = build();
  EXPECT_EQ(paths(*I, I->includersOf("include/linux/x.h")), (Strings{"fs/a.c", "fs/b.c"}));
  EXPECT_EQ(paths(*I, I->includersOf("fs/y.h")), (Strings{"fs/a.c"}));
}

TEST_F(IndexTest, AQuotedNameBesideTheIncluderMeansThatFile) {
  write("a/internal.h", "");
  write("a/x.c", "#include \"internal.h\"\n");
  write("b/internal.h", "");
  write("b/x.c", "#include \"internal.h\"\n");
  write("c/x.c", "#include \"internal.h\"\n"); // by some -I, nobody knows which
  auto I = build();
  EXPECT_EQ(paths(*I, I->includersOf("a/internal.h")), (Strings{"a/x.c", "c/x.c"}));
}

TEST_F(IndexTest, AsmHeadersMayBeWrappersOfTheGenericOnes) {
  write("include/asm-generic/x.h", "");
  write("a.c", "#include <asm/x.h>\n");
  auto I = build();
  EXPECT_EQ(paths(*I, I->includersOf("include/asm-generic/x.h")), (Strings{"a.c"}));
}

TEST_F(IndexTest, TransitiveIncludersEndInALoop) {
  write("include/linux/a.h", "#include <linux/b.h>\n");
  write("include/linux/b.h", "#include <linux/a.h>\n");
  write("x.c", "#include <linux/b.h>\n");
  write("part.c", "");
  write("whole.c", "#include \"part.c\"\n");
  auto I = build();
  EXPECT_EQ(paths(*I, I->transitiveIncludersOf("include/linux/a.h")),
            (Strings{"include/linux/a.h", "include/linux/b.h", "x.c"}));
  EXPECT_EQ(paths(*I, I->includersOf("part.c")), (Strings{"whole.c"}));
}

// --- large files, whose filters know prefixes only

TEST_F(IndexTest, AWordOfALargeFileIsFoundAndOneLikeItIsNot) {
  std::string Text;
  for (int I = 0; Text.size() < (300u << 10); ++I)
    Text += "#define regBLOCK_" + std::to_string(I) + "_LONG_NAME 0x1234\n";
  write("a/large.h", Text + "int drain_words(void);\n");
  write("a/small.h", "int drain_words(void);\n");
  auto I = build();
  EXPECT_EQ(paths(*I, I->mentioning("drain_words")), (Strings{"a/large.h", "a/small.h"}));
  EXPECT_EQ(paths(*I, I->mentioning("regBLOCK_7_LONG_NAME")), (Strings{"a/large.h"}));
  EXPECT_TRUE(I->mentioning("drain_word").empty());
  EXPECT_TRUE(I->mentioning("regBLOCK_none").empty());
}

TEST_F(IndexTest, RuleWordsAndDefinitionsOfALargeFileAreSeen) {
  std::string Text = "#include <linux/x.h>\nvoid f(void)\n{\n\tcall_rcu(a, b);\n}\n";
  while (Text.size() < (300u << 10))
    Text += "int filler;\n";
  write("a/large.c", Text);
  auto I = build();
  EXPECT_EQ(paths(*I, I->deferralFiles()), (Strings{"a/large.c"}));
  EXPECT_EQ(paths(*I, I->includersOf("include/linux/x.h")), (Strings{"a/large.c"}));
  ASSERT_EQ(I->definitionsOf("f").size(), 1u);
  EXPECT_EQ(I->definitionsOf("f")[0].line, 2u);
}

/// What the byte pass must never do: miss a word that the lexer sees. And the two ways to find functions,
/// which share no code before the head's tokens, must agree.
TEST(RealTree, TheBytePassMissesNoWordAndFewFunctions) {
  const char *Root = std::getenv("KRCU_TREE_612");
  if (!Root)
    GTEST_SKIP() << "KRCU_TREE_612 is not set";
  std::vector<IndexedFile> Files = walkTree(std::filesystem::canonical(Root).string());
  int RootFd = open(Root, O_RDONLY | O_DIRECTORY);
  ASSERT_GE(RootFd, 0);
  constexpr size_t Step = 20;
  WatchedWords None;
  std::atomic<size_t> Read{0}, MissedWords{0}, Functions{0}, MissedFunctions{0};
  parallelFor(2, Files.size() / Step, [&](size_t Slot, unsigned) {
    ReadBuffer Buffer;
    uint64_t Size = 0;
    if (!readSource(RootFd, Files[Slot * Step].path, 1 << 20, Buffer, Size).empty())
      return;
    LexedText L({Buffer.data.get(), Buffer.size});
    FileScanner Scanner(None);
    Scanner.scan(Buffer.data.get(), Buffer.size);
    if (Scanner.isSpliced())
      return;
    ++Read;
    llvm::DenseSet<uint64_t> Words(Scanner.words().begin(), Scanner.words().end());
    for (const LexToken &T : L.tokens())
      if (T.isIdentifier() && T.text.find_first_of("$\\") == llvm::StringRef::npos &&
          llvm::all_of(T.text, [](char C) { return C > 0; }))
        MissedWords += !Words.contains(Scanner.isCoarse() ? prefixHashOf(T.text) : hashOf(T.text));
    llvm::DenseSet<std::pair<uint64_t, unsigned>> Found;
    for (const ScannedDefinition &D : Scanner.definitions())
      Found.insert({D.name, D.line});
    for (const OutlineFunction &F : functionsOf(L)) {
      ++Functions;
      MissedFunctions += !Found.contains({hashOf(F.name), F.line});
    }
  });
  close(RootFd);
  EXPECT_GT(Read, 2000u);
  EXPECT_EQ(MissedWords, 0u);
  EXPECT_GT(Functions, 20000u);
  EXPECT_LT(MissedFunctions * 1000, Functions.load());
}

} // namespace
