// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The census: each kind of use, the callback's text, and the total of a real tree against an independent
// count.
#include "tool/index/census.h"

#include "tool/index/outline_cache.h"
#include "tool/index/test_tree.h"
#include "llvm/Support/FormatVariadic.h"
#include <map>

using namespace krcu;

namespace {

const char *nameOf(CensusKind Kind) {
  switch (Kind) {
  case CensusKind::Call:
    return "call";
  case CensusKind::MacroBody:
    return "macro";
  case CensusKind::Definition:
    return "definition";
  case CensusKind::Declaration:
    return "declaration";
  case CensusKind::Reference:
    return "reference";
  }
  return "";
}

class CensusTest : public TestTree {
protected:
  /// "line kind deferral function callback [condition]..." of every entry for one file with this text.
  Strings census(const std::string &Text) {
    write("x.c", Text);
    auto I = build();
    Strings Out;
    for (const CensusEntry &E : takeCensus(*I, R, 2)) {
      std::string Line = llvm::formatv("{0} {1} {2} {3} '{4}'", E.where.line, nameOf(E.kind), E.deferral,
                                       E.function.empty() ? "-" : E.function, E.callback);
      for (const std::string &Condition : E.conditions)
        Line += " [" + Condition + "]";
      Out.push_back(Line);
    }
    return Out;
  }
};

/// "line kind word callback", with " varies" where that is so.
class AliasTest : public TestTree {
protected:
  Strings census() {
    auto I = build();
    Strings Out;
    for (const CensusEntry &E : takeCensus(*I, R, 2))
      Out.push_back(llvm::formatv("{0}:{1} {2} {3} '{4}'{5}", E.where.file, E.where.line, nameOf(E.kind), E.word(), E.callback, E.alias_varies ? " varies" : ""));
    return Out;
  }
};

TEST_F(AliasTest, UsesOfAMacroThatHandsItsCallbackOn) {
  write("fs/a.h", "#define later(h, f) call_rcu(h, f)\n#define srcu_later(f, s, h) call_srcu(s, (h), (rcu_callback_t)(f))\n#define then call_rcu\n");
  write("fs/a.c", "#include \"a.h\"\nvoid f(void)\n{\n\tlater(&p->rcu, one);\n\tsrcu_later(two, &s, &p->rcu);\n\tthen(&p->rcu, three);\n}\n");
  EXPECT_EQ(census(), (Strings{"fs/a.c:4 call later 'one'", "fs/a.c:5 call srcu_later 'two'", "fs/a.c:6 call then 'three'", "fs/a.h:1 macro call_rcu 'f'",
                               "fs/a.h:2 macro call_srcu '(rcu_callback_t)(f)'", "fs/a.h:3 macro call_rcu ''"}));
}

TEST_F(AliasTest, NamesOfNamesAndFixedCallbacks) {
  write("fs/a.c", "#define later(h, f) call_rcu(h, f)\n#define much_later(h, f) later(h, f)\n#define drop(p) much_later(&(p)->rcu, fixed)\nvoid f(void)\n{\n\tmuch_later(&p->rcu, one);\n\tdrop(p);\n}\n");
  EXPECT_EQ(census(), (Strings{"fs/a.c:1 macro call_rcu 'f'", "fs/a.c:2 macro call_rcu 'f'", "fs/a.c:3 macro call_rcu 'fixed'", "fs/a.c:6 call much_later 'one'"}));
}

TEST_F(AliasTest, AnotherMeaningElsewhereIsTold) {
  write("fs/a.c", "#ifdef A\n#define later(h, f) call_rcu(h, f)\n#else\n#define later(h, f) f(h)\n#endif\nvoid f(void)\n{\n\tlater(&p->rcu, one);\n}\n");
  EXPECT_EQ(census(), (Strings{"fs/a.c:2 macro call_rcu 'f'", "fs/a.c:8 call later 'one' varies"}));
}

TEST_F(AliasTest, OnlyWhoSeesTheMacroUsesIt) {
  write("fs/a.c", "#define later(h, f) call_rcu(h, f)\n");
  write("fs/b.c", "void g(void)\n{\n\tlater(&p->rcu, one);\n}\n");
  EXPECT_EQ(census(), (Strings{"fs/a.c:1 macro call_rcu 'f'"}));
}

TEST_F(AliasTest, AFixedCallbackOrAnotherArgumentMakesNone) {
  write("fs/a.c", "#define drop(p, x) do { call_rcu(&(p)->rcu, fixed); } while (0)\n#define pick(h, i) call_rcu(h, table[i])\nvoid f(void)\n{\n\tdrop(p, 1);\n\tpick(&p->rcu, 2);\n}\n");
  EXPECT_EQ(census(), (Strings{"fs/a.c:1 macro call_rcu 'fixed'", "fs/a.c:2 macro call_rcu 'table[i]'"}));
}

TEST_F(CensusTest, LeavesTheOutlinesOfFilesWithCalls) {
  const std::string Text = "void f(struct a *a)\n{\n\tcall_rcu(&a->rcu, cb);\n}\n";
  write("call.c", Text);
  write("comment.c", "/* call_rcu() */\nvoid g(void)\n{\n}\n");
  auto I = build();
  takeCensus(*I, R, 2);
  EXPECT_TRUE(I->outlines().has("call.c"));
  EXPECT_FALSE(I->outlines().has("comment.c"));
  auto O = I->outlines().get("call.c");
  ASSERT_EQ(O->functions.size(), 1u);
  EXPECT_EQ(O->functions[0].identifiers, outlineOf(Text).functions[0].identifiers);
  EXPECT_EQ(I->outlines().get("call.c"), O) << "it is made once";
  I->outlines().forgetOthers([](const std::string &File) { return File != "call.c"; });
  EXPECT_FALSE(I->outlines().has("call.c"));
  ASSERT_TRUE(I->outlines().get("call.c"));
  EXPECT_EQ(I->outlines().get("call.c")->functions[0].name, "f");
  EXPECT_FALSE(I->outlines().get("none.c"));
}

TEST_F(CensusTest, ACallWithItsCallback) {
  EXPECT_EQ(census("void f(void)\n{\n\tcall_rcu(&p->rcu, my_cb);\n}\n"),
            (Strings{"3 call call_rcu f 'my_cb'"}));
}

TEST_F(CensusTest, TheCallbackPositionComesFromTheRule) {
  EXPECT_EQ(census("void f(void)\n{\n\tcall_srcu(&s, &p->rcu, cb);\n}\n"),
            (Strings{"3 call call_srcu f 'cb'"}));
}

TEST_F(CensusTest, TheCallbackIsFoldedAndCommasInsideDoNotSplit) {
  EXPECT_EQ(
      census("void f(void)\n{\n\tcall_rcu(&a[g(1, 2)].rcu,\n\t\t /* why */ x ?\n\t\t h(3, 4) : k);\n}\n"),
      (Strings{"3 call call_rcu f 'x ? h(3, 4) : k'"}));
}

TEST_F(CensusTest, AnIfBetweenTheArguments) {
  EXPECT_EQ(census("void f(void)\n{\n\tcall_rcu(&p->rcu,\n#ifdef A\n\t\tcb\n#endif\n\t\t);\n}\n"),
            (Strings{"3 call call_rcu f 'cb'"}));
}

TEST_F(CensusTest, DefinitionDeclarationAndReference) {
  EXPECT_EQ(
      census(
          "void call_rcu(struct rcu_head *head, rcu_callback_t func);\n"
          "void call_rcu(struct rcu_head *head, rcu_callback_t func)\n{\n}\n"
          "EXPORT_SYMBOL_GPL(call_rcu);\n"
          "static struct ops o = { .call = call_rcu };\n"
          "void f(void)\n{\n\textern void call_rcu(struct rcu_head *, rcu_callback_t);\n\tg(call_rcu);\n}\n"),
      (Strings{"1 declaration call_rcu - ''", "2 definition call_rcu - ''", "5 reference call_rcu - ''",
               "6 reference call_rcu - ''", "9 declaration call_rcu f ''", "10 reference call_rcu f ''"}));
}

TEST_F(CensusTest, Macros) {
  EXPECT_EQ(census("#define FREE(p) call_rcu(&(p)->rcu, \\\n\t\t\t  my_cb)\n#define ALIAS call_rcu\n"
                   "#define call_rcu(h, f) other(h, f)\n#undef call_rcu\n#define BROKEN call_rcu(x,\n"),
            (Strings{"1 macro call_rcu - 'my_cb'", "3 macro call_rcu - ''", "4 definition call_rcu - ''",
                     "5 reference call_rcu - ''", "6 macro call_rcu - ''"}));
}

TEST_F(CensusTest, CommentsStringsAndOtherWordsAreNone) {
  EXPECT_EQ(census("/* call_rcu(a, b) */\n// call_rcu(a, b)\nchar *s = \"call_rcu(a, b)\";\nint my_call_rcu, "
                   "call_rcus;\n"),
            Strings{});
}

TEST_F(CensusTest, AMemberOfThatNameIsAReference) {
  EXPECT_EQ(census("void f(void)\n{\n\tops->call_rcu(&p->rcu, cb);\n}\n"),
            (Strings{"3 reference call_rcu f ''"}));
}

TEST_F(CensusTest, StatementsInFrontOfACall) {
  EXPECT_EQ(
      census("void f(void)\n{\n\tif (a)\n\t\tg();\n\telse call_rcu(h, cb);\nout: call_rcu(h, cb2);\n}\n"),
      (Strings{"5 call call_rcu f 'cb'", "6 call call_rcu f 'cb2'"}));
}

TEST_F(CensusTest, Conditions) {
  EXPECT_EQ(census("void f(void)\n{\n#ifdef A\n\tcall_rcu(h, a);\n#else\n\tcall_rcu(h, b);\n#endif\n}\n"),
            (Strings{"4 call call_rcu f 'a' [defined(A)]", "6 call call_rcu f 'b' [!defined(A)]"}));
}

TEST_F(CensusTest, ACallThatNeverEnds) {
  EXPECT_EQ(census("void f(void)\n{\n\tcall_rcu(&p->rcu, cb"), (Strings{"3 call call_rcu f ''"}));
}

TEST_F(CensusTest, TooFewArguments) {
  EXPECT_EQ(census("void f(void)\n{\n\tcall_rcu(x);\n}\n"), (Strings{"3 call call_rcu f ''"}));
}

TEST_F(CensusTest, ZerosBeforeACallHideNothing) {
  EXPECT_EQ(census(std::string(1000, '\0') + "\nvoid f(void)\n{\n\tcall_rcu(h, cb);\n}\n"),
            (Strings{"4 call call_rcu f 'cb'"}));
}

TEST_F(CensusTest, AnUnterminatedCommentKeepsWhatWasBefore) {
  EXPECT_EQ(census("void f(void)\n{\n\tcall_rcu(h, cb);\n}\n/* call_rcu(h, cb)\n"),
            (Strings{"3 call call_rcu f 'cb'"}));
}

/// Texts that make a careless search quadratic. There is no time limit; with one of those the test would take
/// hours.
TEST_F(CensusTest, PathologicalTextsEnd) {
  for (std::string Piece :
       {"call_rcu(", "f(){", "){", "{\n{\n", "((((", "#elif X\nint f(void)\n{\n", "x\n{ y\n", "f(x)\n",
        "#if A\n{\n", "#if A\n#endif\n", ";", "#include ", "\\\n", "/*", "'\\"}) {
    std::string Text = "#if A\nvoid f(void)\n{\n";
    while (Text.size() < (1u << 20))
      Text += Piece;
    census(Text + "\ncall_rcu(h, cb);\n");
  }
  SUCCEED();
}

TEST_F(CensusTest, OrderedByFileAndLineWhateverTheThreads) {
  for (int I = 0; I < 50; ++I)
    write("d/" + std::to_string(I) + ".c", "void f(void)\n{\n\tcall_rcu(h, a);\n\tcall_rcu(h, b);\n}\n");
  auto I = build();
  auto One = takeCensus(*I, R, 1), Many = takeCensus(*I, R, 8);
  ASSERT_EQ(One.size(), 100u);
  ASSERT_EQ(Many.size(), 100u);
  for (size_t N = 0; N < One.size(); ++N) {
    EXPECT_EQ(One[N].where, Many[N].where);
    if (N > 0) {
      EXPECT_TRUE(One[N - 1].where < One[N].where);
    }
  }
}

// --- the real trees

/// The text with comments, strings and character constants blanked, written down again from the C standard
/// and sharing nothing with the lexer.
std::string stripped(std::string Text) {
  enum { Code, Line, Block, String, Char } State = Code;
  for (size_t I = 0; I < Text.size(); ++I) {
    char C = Text[I], Next = I + 1 < Text.size() ? Text[I + 1] : '\0';
    bool Blank = State != Code;
    if (State == Code) {
      if (C == '/' && (Next == '/' || Next == '*')) {
        State = Next == '/' ? Line : Block;
        Text[I] = Text[I + 1] = ' ';
        ++I;
      } else if (C == '"' || C == '\'') {
        State = C == '"' ? String : Char;
      }
    } else if (State == Line || State == String || State == Char) {
      if (C == '\\' && I + 1 < Text.size()) {
        Text[I] = ' ';
        if (Next != '\n')
          Text[I + 1] = ' ';
        ++I;
        continue;
      }
      bool Closes = C == '\n' || (State == String && C == '"') || (State == Char && C == '\'');
      if (Closes)
        State = Code;
    } else if (C == '*' && Next == '/') {
      Text[I] = Text[I + 1] = ' ';
      ++I;
      State = Code;
      continue;
    }
    if (Blank && C != '\n')
      Text[I] = ' ';
  }
  return Text;
}

struct Count {
  size_t all = 0, in_bodies = 0;
};

/// Occurrences of the word; "in bodies": '(' follows, the line is indented, and it is no #define.
Count countWord(const std::string &Text, const std::string &Word) {
  auto IsWord = [](char C) { return std::isalnum(static_cast<unsigned char>(C)) || C == '_'; };
  Count N;
  for (size_t At = Text.find(Word); At != std::string::npos; At = Text.find(Word, At + 1)) {
    size_t End = At + Word.size();
    if ((At && IsWord(Text[At - 1])) || (End < Text.size() && IsWord(Text[End])))
      continue;
    ++N.all;
    size_t Open = Text.find_first_not_of(" \t\n", End), LineStart = Text.rfind('\n', At) + 1;
    // A continued line belongs to the directive that began it.
    size_t First = LineStart;
    while (First >= 2 && Text[First - 2] == '\\')
      First = Text.rfind('\n', First - 2) + 1;
    bool Directive = Text[Text.find_first_not_of(" \t", First)] == '#';
    if (Open != std::string::npos && Text[Open] == '(' && !Directive && Text[LineStart] == '\t')
      ++N.in_bodies;
  }
  return N;
}

void compareWithIndependentCount(const char *Variable) {
  const char *Root = std::getenv(Variable);
  if (!Root)
    GTEST_SKIP() << Variable << " is not set";
  Rules R = llvm::cantFail(loadRules(std::string(KRCU_SOURCE_DIR) + "/rules", {}));
  Tree T = llvm::cantFail(Tree::open(Root));
  auto I = llvm::cantFail(Index::build(T, R, {2}));
  std::vector<CensusEntry> Entries = takeCensus(*I, R, 2);

  // The independent count reads every file of the tree itself; find_first by directory_iterator, not by the
  // index.
  std::map<std::string, Count> Want;
  namespace fs = std::filesystem;
  for (auto It = fs::recursive_directory_iterator(Root), E = fs::recursive_directory_iterator(); It != E;
       ++It) {
    std::string Name = It->path().filename().string();
    if (It.depth() == 0 &&
        (Name == "tools" || Name == "Documentation" || Name == "samples" || Name == "scripts"))
      It.disable_recursion_pending();
    if (It->is_symlink() || !It->is_regular_file() || !(Name.ends_with(".c") || Name.ends_with(".h")))
      continue;
    std::ifstream In(It->path(), std::ios::binary);
    std::string Text((std::istreambuf_iterator<char>(In)), std::istreambuf_iterator<char>());
    if (Text.find("call_rcu") == std::string::npos)
      continue;
    Text = stripped(Text);
    for (const char *Word : {"call_rcu", "call_rcu_hurry"}) {
      Count N = countWord(Text, Word);
      Want[Word].all += N.all;
      Want[Word].in_bodies += N.in_bodies;
    }
  }
  std::map<std::string, Count> Got;
  for (const CensusEntry &E : Entries) {
    ++Got[E.deferral].all;
    Got[E.deferral].in_bodies += E.kind == CensusKind::Call;
    if (E.kind == CensusKind::Call) {
      EXPECT_NE(E.function, "") << E.where.file << ":" << E.where.line;
      EXPECT_NE(E.callback, "") << E.where.file << ":" << E.where.line;
    }
  }
  EXPECT_GT(Got["call_rcu"].in_bodies, 300u);
  for (const char *Word : {"call_rcu", "call_rcu_hurry"}) {
    EXPECT_EQ(Got[Word].all, Want[Word].all) << Word;
    EXPECT_EQ(Got[Word].in_bodies, Want[Word].in_bodies) << Word;
  }
}

TEST(PassesOffset, ADifferenceOfAddressesIsNoFunction) {
  auto Passes = [](const char *Callback) {
    CensusEntry E;
    E.callback = Callback;
    return passesOffset(E);
  };
  EXPECT_TRUE(Passes("(rcu_callback_t) ((void *) head - ptr)"));
  EXPECT_FALSE(Passes("free_it"));
  EXPECT_FALSE(Passes("(rcu_callback_t) free_it"));
  EXPECT_FALSE(Passes("(rcu_callback_t) (ops->free)"));
  EXPECT_FALSE(Passes("(rcu_callback_t) (-1)"));
  EXPECT_FALSE(Passes("(rcu_callback_t) (table[a - b])"));
  EXPECT_FALSE(Passes("(rcu_callback_t) (a - b) (c)"));
  EXPECT_FALSE(Passes(""));
}

TEST(RealTree, CensusOf612EqualsAnIndependentCount) { compareWithIndependentCount("KRCU_TREE_612"); }

TEST(RealTree, CensusOf61EqualsAnIndependentCount) { compareWithIndependentCount("KRCU_TREE_61"); }

} // namespace
