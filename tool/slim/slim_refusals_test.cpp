// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What must stay, each with the reason that a person would give. What was not seen is not absent.
#include "tool/slim/slim_trees.h"

namespace krcu::slim {
namespace {

struct Kind {
  const char *name;
  std::string code;   ///< of drv/drv.c, behind its includes
  std::string reason; ///< part of it
  std::map<std::string, std::string> files = {};
  const char *objects = "drv.o";
};

std::vector<Kind> kinds() {
  const std::string Both = Item + Drop, F = "void f(struct item *i)\n{\n\t";
  return {
      {"Union", "struct item {\n\tunion {\n\t\tlong key;\n\t\tstruct rcu_head rcu;\n\t};\n};\n" + Drop, "stands in a union"},
      {"NamedUnion", "struct item {\n\tlong more;\n\tunion { struct { struct rcu_head rcu; } a; long b; } u;\n};\nvoid g(struct item *i)\n{\n\tkfree_rcu(i, u.a.rcu);\n}\n", "stands in a union"},
      {"QueuedWithACallback", Both + "void gone(struct rcu_head *head);\n" + F + "call_rcu(&i->rcu, gone);\n}\n", "call_rcu() takes its address"},
      {"Initialised", Both + F + "init_rcu_head(&i->rcu);\n}\n", "init_rcu_head() takes its address"},
      {"ItsFunctionIsRead", Both + "int f(struct item *i)\n{\n\treturn i->rcu.func != NULL;\n}\n", "its func is used"},
      {"ItsAddressIsTaken", Both + "struct rcu_head *f(struct item *i)\n{\n\treturn &i->rcu;\n}\n", "its address is taken"},
      {"Offset", Both + "size_t f(void)\n{\n\treturn offsetof(struct item, rcu);\n}\n", "offsetof() names it"},
      {"Container", Both + "struct item *f(struct rcu_head *h)\n{\n\treturn container_of(h, struct item, rcu);\n}\n", "container_of() names it"},
      {"SizeOfTheMember", Both + "size_t f(struct item *i)\n{\n\treturn sizeof(i->rcu);\n}\n", "it is read or written"},
      {"Copied", Both + "void f(struct item *a, struct item *b)\n{\n\ta->rcu = b->rcu;\n}\n", "it is read or written"},
      {"Designator", Both + "struct item first = { .key = 1, .rcu = { NULL } };\n", "it is initialised"},
      {"ByPosition", Both + "struct item first = { 1, { NULL } };\n", "initialised by position"},
      {"CastOfTheRecord", "struct item {\n\tstruct rcu_head rcu;\n\tlong key;\n};\nvoid gone(struct rcu_head *head);\n" + Drop + F + "call_rcu((struct rcu_head *)i, gone);\n}\n", "cast"},
      {"CastInAnotherFile", "#include \"item.h\"\n" + Drop, "casts something to a head",
       {{"drv/item.h", "struct item {\n\tstruct rcu_head rcu;\n\tlong key;\n};\n"},
        {"drv/more.c", SlimTree::Includes + "#include \"item.h\"\nvoid gone(struct rcu_head *head);\nvoid f(void *p)\n{\n\tstruct item *i = p;\n\n\tcall_rcu((struct rcu_head *)p, gone);\n\ti->key = 0;\n}\n"}}, "drv.o more.o"},
      {"Attribute", "struct item {\n\tlong key;\n\tstruct rcu_head rcu __attribute__((aligned(16)));\n};\n" + Drop, "more than a type and a name"},
      {"DeclaredTogether", "struct item {\n\tlong key;\n\tstruct rcu_head rcu, other;\n};\n" + Drop, "together with another member"},
      {"DeclaredByAMacro", "#define HEAD struct rcu_head rcu;\nstruct item {\n\tlong key;\n\tHEAD\n};\n" + Drop, "by a macro"},
      {"NoTag", "typedef struct {\n\tlong key;\n\tstruct rcu_head rcu;\n} item_t;\nvoid f(item_t *i)\n{\n\tkfree_rcu(i, rcu);\n}\n", "no tag"},
      {"MacroThatReadsIt", Both + "#define is_queued(i) ((i)->rcu.next)\nint f(struct item *i)\n{\n\treturn is_queued(i) != NULL;\n}\n", "its next is used"},
      {"MacroThatDoesMore", Item + "#define drop(i, m) do { (i)->m.func = NULL; kfree_rcu(i, m); } while (0)\n" + Drop + F + "drop(i, rcu);\n}\n", "its func is used"},
      {"MacroInAHeader", "#include \"item.h\"\n" + Drop, "its func is used",
       {{"drv/item.h", Item + "#define is_queued(i) ((i)->rcu.func)\n"}, {"drv/more.c", SlimTree::Includes + "#include \"item.h\"\nint g(struct item *i)\n{\n\treturn is_queued(i) != NULL;\n}\n"}}, "drv.o more.o"},
      {"InlineInAHeader", "#include \"item.h\"\n" + Drop, "its next is used",
       {{"drv/item.h", Item + "static inline int queued(struct item *i)\n{\n\treturn i->rcu.next != NULL;\n}\n"}}},
      {"AnotherFile", "#include \"item.h\"\n" + Drop, "drv/more.c:7 g(): its func is used",
       {{"drv/item.h", Item}, {"drv/more.c", SlimTree::Includes + "#include \"item.h\"\nint g(struct item *i) { return i->rcu.func != NULL; }\n"}}, "drv.o more.o"},
      {"HiddenByAnIfThatCanBeTrue", Both + "#ifndef CONFIG_DRV\nint f(struct item *i)\n{\n\treturn i->rcu.func != NULL;\n}\n#endif\n", "its func is used"},
      {"HiddenForGood", Both + "#ifdef NOBODY_DEFINES_THIS\nint f(struct item *i)\n{\n\treturn i->rcu.func != NULL;\n}\n#endif\n", "no parse showed which"},
      {"FileThatDoesNotParse", "#include \"item.h\"\n" + Drop, "drv/more.c",
       {{"drv/item.h", Item}, {"drv/more.c", SlimTree::Includes + "#include \"item.h\"\nint g(struct item *i)\n{\n\tthis is no C;\n\treturn i->rcu.func != NULL;\n}\n"}}, "drv.o more.o"},
      {"AssertedSize", Both + "static_assert(sizeof(struct item) == 24);\n", "asserts something of struct item"},
      {"AssertedElsewhere", "#include \"item.h\"\n" + Drop, "asserts something of struct item",
       {{"drv/item.h", Item}, {"drv/more.c", SlimTree::Includes + "#include \"item.h\"\nvoid g(void)\n{\n\tBUILD_BUG_ON(sizeof(struct item) != 24);\n}\n"}}, "drv.o more.o"},
      {"PartOfAUnion", Both + "union both {\n\tstruct item item;\n\tlong other[4];\n};\n", "is part of a union"},
      {"PartOfARecordWithoutAName", Both + "struct outer {\n\tlong more;\n\tstruct item;\n};\n", "part of another record, without a name"},
      {"NothingSmaller", "struct item {\n\tlong key;\n\tstruct rcu_head rcu;\n} __attribute__((aligned(64)));\n" + Drop, "nothing would become smaller"},
      {"UserSpace", "#include <uapi/linux/item.h>\n" + Drop, "user space", {{"include/uapi/linux/item.h", Item}}},
      {"Sample", "#include <linux/item.h>\n" + Drop, "samples/x.c speaks of the record", {{"include/linux/item.h", Item}, {"samples/x.c", "int f(struct item *i)\n{\n\treturn i->rcu.func != 0;\n}\n"}}},
      {"ProgramThatCompilesIt", Both, "also compiled by tools/test/x.c", {{"tools/test/x.c", "#include \"../../drv/drv.c\"\n"}}},
      {"ObjectWithoutASource", "#include \"item.h\"\n" + Drop, "lost", {{"drv/item.h", Item}}, "drv.o lost.o"},
      {"Assembly", "#include \"item.h\"\n" + Drop, "drv/fast.S", {{"drv/item.h", Item}, {"drv/fast.S", "/* x */\n\tmov rcu(%rdi), %rax\n"}}, "drv.o fast.o"},
      {"PastedTogether", Both + "#define GET(i, a) ((i)->r##a)\nvoid *f(struct item *i)\n{\n\treturn &GET(i, cu);\n}\n", "paste"},
  };
}

TEST(SlimRefusals, EachKindStaysWithItsReason) {
  for (const Kind &K : kinds()) {
    SCOPED_TRACE(K.name);
    SlimTree T;
    T.driver(K.code, K.objects);
    for (const auto &[File, Text] : K.files)
      T.write(File, Text);
    Slimmed S = T.slim();
    EXPECT_EQ(S.error, "");
    std::string Why = "nothing was refused";
    for (const Refusal &R : S.result.refused)
      Why = R.why;
    EXPECT_NE(Why.find(K.reason), std::string::npos) << Why;
    EXPECT_TRUE(S.result.members.empty()) << S.diff;
    EXPECT_TRUE(S.result.files.empty()) << S.diff;
  }
}

} // namespace
} // namespace krcu::slim
