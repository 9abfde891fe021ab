// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What becomes smaller.
#include "tool/driver/run_binary.h"
#include "tool/slim/slim_trees.h"

namespace krcu::slim {
namespace {

/// The driver's member becomes smaller; the result holds.
Slimmed expectSmaller(const std::string &Code, const std::string &Member = "item.rcu") {
  SlimTree T;
  T.driver(Code);
  Slimmed S = T.slim();
  EXPECT_EQ(S.error, "");
  EXPECT_EQ(S.why(Member), "") << Code;
  return S;
}

TEST(Slim, AMemberThatOnlyKfreeRcuUses) {
  Slimmed S = expectSmaller(Item + Drop);
  ASSERT_EQ(S.result.members.size(), 1u);
  const SlimMember &M = S.result.members[0];
  EXPECT_NE(S.diff.find("-\tstruct rcu_head rcu;\n+\tstruct kvfree_rcu_head rcu;\n"), std::string::npos) << S.diff;
  ASSERT_EQ(M.objects.size(), 1u);
  EXPECT_EQ(M.objects[0].record, "item");
  EXPECT_EQ(M.objects[0].before, 24u);
  EXPECT_EQ(M.objects[0].after, 16u);
  EXPECT_EQ(M.objects[0].class_before, 32u) << "the table of the tree";
  EXPECT_EQ(M.objects[0].class_after, 16u);
  ASSERT_EQ(M.frees.size(), 1u);
  EXPECT_EQ(M.frees[0].file, "drv/drv.c");
}

TEST(Slim, ARecordThatEndsInAnArrayHasNoSizeClass) {
  for (const char *Array : {"long more[];", "long more[0];"}) {
    Slimmed S = expectSmaller("struct item {\n\tstruct rcu_head rcu;\n\t" + std::string(Array) + "\n};\n\n" + Drop);
    ASSERT_EQ(S.result.members.size(), 1u);
    ASSERT_EQ(S.result.members[0].objects.size(), 1u);
    EXPECT_TRUE(S.result.members[0].objects[0].flexible) << Array;
    EXPECT_EQ(S.result.members[0].objects[0].class_after, 0u) << Array;
  }
}

/// krcu's own configuration has all debugging options on; nobody's objects are as big as they are then.
TEST(Slim, SizesAreThoseWithoutDebugging) {
  SlimTree T;
  T.write("lib/Kconfig.debug", "config DEBUG_LOCK\n\tbool \"Check locks\"\n");
  T.write("Kconfig", T.read("Kconfig") + "source \"lib/Kconfig.debug\"\n");
  const std::string Lock = "struct lock {\n\tlong held;\n#ifdef CONFIG_DEBUG_LOCK\n\tlong owner[4];\n#endif\n};\n\n";
  T.driver(Lock + "struct item {\n\tstruct lock lock;\n\tstruct rcu_head rcu;\n};\n\n" + Drop);
  Slimmed S = T.slim();
  ASSERT_EQ(S.result.members.size(), 1u) << S.error << S.why("item.rcu");
  ASSERT_EQ(S.result.members[0].objects.size(), 1u);
  const ShrunkRecord &Usual = S.result.members[0].objects[0];
  EXPECT_EQ(Usual.before, 24u);
  EXPECT_EQ(Usual.after, 16u);
  EXPECT_EQ(Usual.class_after, 16u);
  EXPECT_FALSE(Usual.debugging);
  // What is freed under a debugging option only has no other size.
  T.driver(Lock + "struct item {\n\tstruct lock lock;\n\tstruct rcu_head rcu;\n};\n\n#ifdef CONFIG_DEBUG_LOCK\n" + Drop + "#endif\n");
  S = T.slim();
  ASSERT_EQ(S.result.members.size(), 1u) << S.error << S.why("item.rcu");
  ASSERT_EQ(S.result.members[0].objects.size(), 1u);
  EXPECT_EQ(S.result.members[0].objects[0].before, 56u);
  EXPECT_TRUE(S.result.members[0].objects[0].debugging);
}

/// A driver that one architecture runs and others compile for a test: the sizes are those of the former.
TEST(Slim, SizesAreThoseOfAnArchitectureThatRunsIt) {
  SlimTree T;
  T.write("arch/arm64/Kconfig", "config ARM64\n\tdef_bool y\n");
  T.write("arch/arm64/Makefile", "");
  T.write("Kconfig", T.read("Kconfig") + "source \"arch/$(SRCARCH)/Kconfig\"\nconfig COMPILE_TEST\n\tbool \"Compile also drivers which will not load\"\nconfig PART\n\ttristate \"A part of a board\"\n\tdepends on ARM64 || COMPILE_TEST\n");
  T.driver("struct item {\n\tlong key;\n#ifdef CONFIG_ARM64\n\tlong more;\n#endif\n\tstruct rcu_head rcu;\n};\n\n" + Drop);
  Slimmed S = T.slim();
  ASSERT_EQ(S.result.members.size(), 1u) << S.error << S.why("item.rcu");
  EXPECT_EQ(S.result.members[0].objects[0].architecture, "x86");
  EXPECT_EQ(S.result.members[0].objects[0].before, 24u);
  T.write("drv/Makefile", "obj-$(CONFIG_PART) += drv.o\n");
  S = T.slim();
  ASSERT_EQ(S.result.members.size(), 1u) << S.error << S.why("item.rcu");
  EXPECT_EQ(S.result.members[0].objects[0].architecture, "arm64");
  EXPECT_EQ(S.result.members[0].objects[0].before, 32u);
}

TEST(Slim, ASecondRunFindsNothing) {
  SlimTree T;
  T.driver(Item + Drop);
  for (const auto &[File, Texts] : T.slim().result.files)
    T.write(File, Texts.second);
  Slimmed S = T.slim();
  EXPECT_EQ(S.error, "");
  EXPECT_EQ(S.why("item.rcu"), "not asked");
  EXPECT_TRUE(S.result.files.empty());
}

TEST(Slim, TheSameForEachNumberOfThreads) {
  SlimTree T;
  T.driver(Item + Drop + "struct other { struct rcu_head rcu; struct rcu_head second; };\nvoid f(struct other *o)\n{\n\tkfree_rcu(o, rcu);\n\to->second.func = NULL;\n}\n"
                         "void g(struct other *o)\n{\n\tkfree_rcu(o, second);\n}\n");
  Slimmed One = T.slim(1), Two = T.slim(2), Five = T.slim(5);
  EXPECT_EQ(One.diff, Two.diff);
  EXPECT_EQ(One.diff, Five.diff);
  ASSERT_EQ(One.result.refused.size(), Five.result.refused.size());
  for (size_t N = 0; N < One.result.refused.size(); ++N)
    EXPECT_EQ(One.result.refused[N].why, Five.result.refused[N].why);
  EXPECT_EQ(One.why("other.rcu"), "");
  EXPECT_NE(One.why("other.second").find("its func is used"), std::string::npos) << One.why("other.second");
}

TEST(Slim, KvfreeRcuCounts) { expectSmaller(Item + "void f(struct item *i)\n{\n\tkvfree_rcu(i, rcu);\n}\n"); }

TEST(Slim, AMemberOfANamedStructInside) {
  expectSmaller("struct item {\n\tlong key;\n\tstruct {\n\t\tstruct rcu_head rcu;\n\t} end;\n};\n\nvoid f(struct item *i)\n{\n\tkfree_rcu(i, end.rcu);\n}\n");
}

TEST(Slim, AnEmbeddedRecordShrinksWhatItIsIn) {
  Slimmed S = expectSmaller(Item + "struct big {\n\tlong more;\n\tstruct item item;\n};\n\nvoid f(struct big *b)\n{\n\tkfree_rcu(b, item.rcu);\n}\n");
  ASSERT_EQ(S.result.members.size(), 1u);
  ASSERT_EQ(S.result.members[0].objects.size(), 1u);
  EXPECT_EQ(S.result.members[0].objects[0].record, "big");
  EXPECT_EQ(S.result.members[0].objects[0].before, 32u);
  EXPECT_EQ(S.result.members[0].objects[0].after, 24u);
}

TEST(Slim, AMacroAroundKfreeRcuThatDoesNothingElse) {
  expectSmaller(Item + "#define drop(object, member) kfree_rcu(object, member)\n" + Drop + "void f(struct item *i)\n{\n\tdrop(i, rcu);\n}\n");
}

TEST(Slim, AnotherRecordsMemberOfTheSameName) {
  Slimmed S = expectSmaller(Item + Drop + "struct user {\n\tstruct rcu_head rcu;\n};\nvoid user_gone(struct rcu_head *head);\nvoid f(struct user *u)\n{\n\tcall_rcu(&u->rcu, user_gone);\n}\n");
  EXPECT_EQ(S.why("user.rcu"), "not asked");
}

TEST(Slim, AfterAConversionOfKrcusOwn) {
  Slimmed S = expectSmaller(Item + "static void item_free(struct rcu_head *head)\n{\n\tkfree(container_of(head, struct item, rcu));\n}\n\nvoid item_drop(struct item *item)\n{\n\tcall_rcu(&item->rcu, item_free);\n}\n");
  EXPECT_NE(S.diff.find("+\tkfree_rcu(item, rcu);\n"), std::string::npos) << S.diff;
  ASSERT_EQ(S.result.members.size(), 1u);
  EXPECT_EQ(S.result.members[0].converted.size(), 1u);
}

TEST(Slim, OnlyTheConversionsThatAHeadWaitsFor) {
  SlimTree T;
  T.driver(Item + Drop + "struct other {\n\tstruct rcu_head rcu;\n};\nstatic void other_free(struct rcu_head *head)\n{\n\tkfree(container_of(head, struct other, rcu));\n}\n"
                         "void f(struct other *o)\n{\n\to->rcu.func = NULL;\n\tcall_rcu(&o->rcu, other_free);\n}\n");
  Slimmed S = T.slim();
  EXPECT_EQ(S.why("item.rcu"), "");
  EXPECT_EQ(S.diff.find("other_free"), std::string::npos) << S.diff;
}

TEST(Slim, ACopyOfTheWholeRecordIsRightAndNamed) {
  Slimmed S = expectSmaller(Item + Drop + "void *memcpy(void *to, const void *from, size_t n);\nvoid f(struct item *a, struct item *b)\n{\n\tmemcpy(a, b, sizeof(*a));\n}\n");
  ASSERT_EQ(S.result.members.size(), 1u);
  ASSERT_FALSE(S.result.members[0].copies.empty());
  EXPECT_EQ(S.result.members[0].copies[0].how, "memcpy() copies it");
}

TEST(Slim, AFreeThatAnIfHidesIsStillAFree) {
  expectSmaller(Item + Drop + "#ifdef CONFIG_ABSENT\nvoid f(struct item *i)\n{\n\tkfree_rcu(i, rcu);\n}\n#endif\n");
}

TEST(Slim, ObjectsThatARuleMakesAndThoseOfAGrammar) {
  SlimTree T;
  T.write("include/linux/item.h", Item);
  T.driver("#include <linux/item.h>\n" + Drop);
  T.write("drv/Makefile", "obj-$(CONFIG_DRV) += all.o\nall-y := drv.o table.asn1.o shared/more.o\n$(obj)/shared/%.o: $(srctree)/lib/%.c FORCE\n\t$(call if_changed_rule,cc_o_c)\n");
  EXPECT_NE(T.slim().why("item.rcu"), "") << "neither is there";
  T.write("drv/table.asn1", "Table ::= SEQUENCE OF OBJECT IDENTIFIER\n");
  EXPECT_NE(T.slim().why("item.rcu"), "") << "the other is not there";
  T.write("lib/more.c", SlimTree::Includes + "#include <linux/item.h>\nvoid g(struct item *i)\n{\n\tkfree_rcu(i, rcu);\n}\n");
  EXPECT_EQ(T.slim().why("item.rcu"), "");
  T.write("lib/more.c", SlimTree::Includes + "#include <linux/item.h>\nint g(struct item *i)\n{\n\treturn i->rcu.func != NULL;\n}\n");
  EXPECT_NE(T.slim().why("item.rcu").find("its func is used"), std::string::npos);
}

TEST(Slim, APointerInAUnionIsNoPart) {
  expectSmaller(Item + Drop + "#define __rcu\nstruct outer {\n\tunion {\n\t\tstruct item *item;\n\t\tstruct item __rcu *shared;\n\t};\n};\nstatic_assert(sizeof(struct outer) == 8);\n");
}

TEST(Slim, AnArrayOfRecordsWithDesignatorsIsNotInitialisedByPosition) {
  expectSmaller(Item + Drop + "struct item table[2] = {\n\t{ .key = 1 },\n\t{ .key = 2 },\n};\n");
}

TEST(Slim, ALockOfThatNameIsNoMember) {
  expectSmaller(Item + Drop + "#define guard(name) int guard_##name = 0; (void)guard_##name; (void)\nvoid f(void)\n{\n\tguard(rcu)(0);\n}\n#ifdef NOBODY_DEFINES_THIS\nvoid g(void)\n{\n\tguard(rcu)(0);\n}\n#endif\n");
}

TEST(Slim, AnArgumentOfAFunctionIsNoMember) {
  const std::string Queue = "#ifdef NOBODY_DEFINES_THIS\nvoid queue(struct rcu_head *rcu, rcu_callback_t f)\n{\n\tif (rcu)\n\t\tcall_rcu(rcu, f);\n}\n#endif\n";
  expectSmaller(Item + Drop + Queue);
  SlimTree T;
  T.write("include/linux/queue.h", "#define some_queue(i, m) ((i)->m.func)\n");
  T.driver(Item + Drop + "#ifdef NOBODY_DEFINES_THIS\n#include <linux/queue.h>\nvoid queue(struct item *i)\n{\n\tsome_queue(i, rcu);\n}\n#endif\n");
  EXPECT_NE(T.slim().why("item.rcu").find("no parse showed which"), std::string::npos) << "it may be a macro's member";
}

TEST(Slim, AGuardThatIsDefinedUnderThatNameIsNoMember) {
  SlimTree T;
  T.write("include/linux/item.h", "#ifndef ITEM_H\n#define ITEM_H\n" + Item + "#endif\n");
  T.write("include/linux/lock.h", "#include <linux/item.h>\n#define DEFINE_LOCK_GUARD_0(name, l, u) typedef struct { void *lock; } class_##name##_t;\nDEFINE_LOCK_GUARD_0(rcu, 0, 0)\n");
  T.write("include/linux/trace.h", "#include <linux/item.h>\n#define TRACE_SYSTEM rcu\n#define NAME2(x) #x\n#define NAME(x) NAME2(x)\n#define SYSTEM NAME(TRACE_SYSTEM)\n");
  T.driver("#include <linux/lock.h>\n#include <linux/trace.h>\n" + Drop + "const char *f(void)\n{\n\treturn SYSTEM;\n}\n");
  EXPECT_EQ(T.slim().why("item.rcu"), "");
}

TEST(Slim, AnotherRecordsMemberThatAnIfHidesForGood) {
  expectSmaller(Item + Drop + "struct other {\n\tstruct rcu_head rcu;\n};\n#ifdef NOBODY_DEFINES_THIS\nint f(struct other *o)\n{\n\treturn o->rcu.func != NULL;\n}\n#endif\n");
}

/// Why item.rcu stays beside a file that needs a header which only a build makes, and that frees by a member of the same name.
std::string whyBesideUnbuilt(const std::string &Free) {
  SlimTree T;
  T.write("drv/item.h", Item);
  T.driver("#include \"item.h\"\n" + Drop, "drv.o more.o");
  T.write("drv/more.c", SlimTree::Includes + "#include \"item.h\"\n#include \"made_by_a_build.h\"\nstruct other {\n\tlong key;\n\tstruct rcu_head rcu;\n};\ntypedef struct item thing;\n" + Free);
  return T.slim().why("item.rcu");
}

TEST(Slim, AFileThatDoesNotParseButSaysThatItFreesAnotherRecord) {
  EXPECT_EQ(whyBesideUnbuilt("void g(struct other *o)\n{\n\tkfree_rcu(o, rcu);\n}\n"), "");
  const std::string Refused = "drv/more.c could not be relied on";
  EXPECT_EQ(whyBesideUnbuilt("void g(struct item *i)\n{\n\tkfree_rcu(i, rcu);\n}\n").find(Refused), 0u) << "its own";
  EXPECT_EQ(whyBesideUnbuilt("void g(thing *t)\n{\n\tkfree_rcu(t, rcu);\n}\n").find(Refused), 0u) << "not known";
  EXPECT_EQ(whyBesideUnbuilt("void g(struct other *o)\n{\n\tkfree_rcu(o, rcu);\n\tkfree_rcu(first(o), rcu);\n}\n").find(Refused), 0u) << "one of two";
}

TEST(Slim, PartOfALongerNameIsNoMember) {
  SlimTree T;
  T.write("include/linux/item.h", Item);
  T.write("include/linux/unique.h", "#include <linux/item.h>\n#define __PASTE(a, b) a##b\n#define __UNIQUE_ID(name) __PASTE(__UNIQUE_ID_, name)\n"
                                    "#define of_pointer(p) ({ void *__UNIQUE_ID(rcu) = (p); __UNIQUE_ID(rcu); })\n");
  T.driver("#include <linux/unique.h>\n" + Drop + "void *f(void *p)\n{\n\treturn of_pointer(p);\n}\n");
  EXPECT_EQ(T.slim().why("item.rcu"), "");
}

TEST(Slim, AHeaderAndItsTwoUsers) {
  SlimTree T;
  T.write("drv/item.h", "#ifndef ITEM_H\n#define ITEM_H\n" + Item + "static inline void item_put(struct item *i)\n{\n\tkfree_rcu(i, rcu);\n}\n#endif\n");
  T.driver("#include \"item.h\"\nvoid f(struct item *i)\n{\n\titem_put(i);\n}\n", "drv.o more.o");
  T.write("drv/more.c", SlimTree::Includes + "#include \"item.h\"\nvoid g(struct item *i)\n{\n\tkfree_rcu(i, rcu);\n}\n");
  Slimmed S = T.slim();
  EXPECT_EQ(S.why("item.rcu"), "") << S.error;
  EXPECT_EQ(S.result.files.size(), 1u);
  EXPECT_TRUE(S.result.files.count("drv/item.h"));
}

TEST(Slim, ColumnsStay) {
  Slimmed S = expectSmaller("struct item {\n\tlong\t\t\t\tkey;\t/* key */\n\tstruct rcu_head\t\t\trcu;\t/* end */\n};\n\n" + Drop);
  EXPECT_NE(S.diff.find("+\tstruct kvfree_rcu_head\t\trcu;\t/* end */\n"), std::string::npos) << S.diff;
}

TEST(Slim, ATreeWithoutTheSmallerHeadIsOneError) {
  ScratchTree Old("waits");
  Ran R = runKrcu(Old, {"patch", "--slim-heads", "--no-cache", Old.root()});
  EXPECT_EQ(R.status, 2);
  EXPECT_EQ(R.out, "");
  EXPECT_EQ(R.err, "krcu: --slim-heads: Linux 6.12.0 has no struct kvfree_rcu_head, so there is no smaller head to use\n");
}

} // namespace
} // namespace krcu::slim
