// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A cache that is destroyed where it is hard to see. Not seen is not absent: what was seen makes the site unsafe, what could not be
// looked at makes it a review that names it. Beside each kind stands its likeness that takes nothing away: it must still convert.
#include "tool/driver/pipeline_trees.h"
#include "gtest/gtest.h"
#include <filesystem>
#include <sys/stat.h>

namespace fs = std::filesystem;

namespace krcu {
namespace {

constexpr const char *Head = "// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception\n#include <linux/kernel.h>\n#include <linux/module.h>\n"
                             "#include <linux/rcupdate.h>\n#include <linux/slab.h>\n#include \"item.h\"\n";
constexpr const char *Exit = "static void __exit drv_exit(void)\n{\n\trcu_barrier();\n\tkmem_cache_destroy(item_cache);\n}\nmodule_exit(drv_exit);\n";

/// A module of three files: the call with its callback, the creation, the destruction. In its tree nothing waits for kfree_rcu().
struct ThreeFiles : ScratchTree {
  ThreeFiles() : ScratchTree("no-wait") {
    lay("two-files-unsafe");
    write("drv/life.c", std::string(Head) + "struct kmem_cache *item_cache;\nstatic int __init drv_init(void)\n{\n"
                                            "\titem_cache = kmem_cache_create(\"item\", sizeof(struct item), 0, 0, NULL);\n"
                                            "\treturn item_cache ? 0 : -ENOMEM;\n}\nmodule_init(drv_init);\n");
    end(Exit);
    objects("core.o life.o end.o");
  }
  void end(const std::string &Text) const { write("drv/end.c", Head + Text); }
  void objects(const std::string &Words) const { write("drv/Makefile", "obj-$(CONFIG_DRV) += drv.o\ndrv-y := " + Words + "\n"); }
  void without(const std::string &File) const { fs::remove(path(File)); }
};

/// "class: reason" of the only call.
std::string verdict(const ThreeFiles &T) {
  Outcome O = scanAndPatch(T.options());
  if (!O.error.empty())
    return O.error;
  for (const SiteReport &R : O.sites)
    if (R.census.where.file == "drv/core.c")
      return std::string(R.cls == SiteClass::Review && R.verdict == Verdict::Unsafe ? "unsafe" : className(R.cls)) + ": " + reasonText(R);
  return "no site";
}

void expectVerdict(const ThreeFiles &T, const std::string &Class, const std::string &Part) {
  std::string V = verdict(T);
  EXPECT_EQ(V.substr(0, V.find(':')), Class) << V;
  EXPECT_NE(V.find(Part), std::string::npos) << V;
}

TEST(Absence, TheUnharmedModuleIsUnsafe) {
  ThreeFiles T;
  expectVerdict(T, "unsafe", "drv/end.c");
}

TEST(Absence, WithoutAnyDestructionItConverts) {
  ThreeFiles T;
  T.end("int drv_nothing;\n");
  expectVerdict(T, "convert", "never destroyed");
}

TEST(Absence, ASourceThatKbuildNamesAndThatIsMissingIsNamed) {
  ThreeFiles T;
  T.without("drv/end.c");
  expectVerdict(T, "review", "drv/end.o is named by a makefile and has no source here");
}

TEST(Absence, AMissingPartOfAPartIsNamed) {
  ThreeFiles T;
  T.without("drv/end.c");
  T.write("drv/Makefile", "obj-$(CONFIG_DRV) += drv.o\ndrv-y := core.o life.o tail.o\ntail-y := end.o\n");
  expectVerdict(T, "review", "drv/end.o is named by a makefile");
}

TEST(Absence, AMissingSourceOfAnotherModuleIsNoneOfThisOne) {
  ThreeFiles T;
  T.end("int drv_nothing;\n");
  T.write("drv/Makefile", "obj-$(CONFIG_DRV) += drv.o\ndrv-y := core.o life.o end.o\nobj-$(CONFIG_OTHER) += other.o\n");
  expectVerdict(T, "convert", "never destroyed");
}

TEST(Absence, ALinkOutOfTheTreeIsNamed) {
  ThreeFiles T, Elsewhere;
  T.without("drv/end.c");
  fs::create_symlink(Elsewhere.path("drv/end.c"), T.path("drv/end.c"));
  expectVerdict(T, "review", "drv/end.c (is a symlink out of the tree) was not searched");
}

TEST(Absence, ALinkWithinTheTreeIsSearched) {
  ThreeFiles T;
  fs::rename(T.path("drv/end.c"), T.path("lib/end_of_drv.c"));
  fs::create_symlink("../lib/end_of_drv.c", T.path("drv/end.c"));
  std::string V = verdict(T);
  EXPECT_NE(V.substr(0, 7), "convert") << V;
}

TEST(Absence, APipeIsNamed) {
  ThreeFiles T;
  T.without("drv/end.c");
  ASSERT_EQ(::mkfifo(T.path("drv/end.c").c_str(), 0600), 0);
  expectVerdict(T, "review", "drv/end.c (is no regular file) was not searched");
}

TEST(Absence, AFileThatIsTooLargeIsNamed) {
  ThreeFiles T;
  T.end(std::string(Exit) + "/*" + std::string((64u << 20) + 1, 'x') + "*/\n");
  expectVerdict(T, "review", "drv/end.c (has more than");
}

TEST(Absence, AHeaderWithTheExitIsSearched) {
  ThreeFiles T;
  T.write("drv/end.h", Exit);
  T.end("#include \"end.h\"\n");
  expectVerdict(T, "unsafe", "drv/end.h");
}

TEST(Absence, AHeaderThatNobodyIncludesTakesNothingAway) {
  ThreeFiles T;
  T.write("drv/end.h", Exit);
  T.end("int drv_nothing;\n");
  expectVerdict(T, "convert", "never destroyed");
}

TEST(Absence, FragmentsAreSearchedWhateverTheyAreCalled) {
  for (const char *Name : {"end.inc", "end.def", "end.inl"}) {
    ThreeFiles T;
    T.write(std::string("drv/") + Name, Exit);
    T.end(std::string("#include \"") + Name + "\"\n");
    expectVerdict(T, "unsafe", std::string("drv/") + Name);
  }
}

TEST(Absence, AFragmentOfAnUnusualNameIsNamed) {
  ThreeFiles T;
  T.write("drv/end.part", Exit);
  T.end("#include \"end.part\"\n");
  std::string V = verdict(T);
  EXPECT_NE(V.substr(0, 7), "convert") << V;
  T.write("drv/end.part", "static int drv_numbers[] = { 1, 2 };\n");
  T.end("#include \"end.part\"\nint drv_sum(void);\nint drv_sum(void) { return drv_numbers[0]; }\n");
  expectVerdict(T, "convert", "never destroyed");
}

TEST(Absence, ATableOfOperationsInAHeaderIsSearched) {
  ThreeFiles T;
  T.write("drv/ops.h", "static void drv_end(void)\n{\n\tkmem_cache_destroy(item_cache);\n}\nstruct drv_ops { void (*end)(void); };\n"
                       "static struct drv_ops drv_ops = {\n\t.end = drv_end,\n};\n");
  T.end("#include \"ops.h\"\nstatic void __exit drv_exit(void)\n{\n\tdrv_ops.end();\n}\nmodule_exit(drv_exit);\n");
  expectVerdict(T, "unsafe", "drv/ops.h");
}

TEST(Absence, AMacroOfTheFileThatPastesTheNameIsFollowed) {
  ThreeFiles T;
  T.end("#define ZAP(n) kmem_cache_destroy(n##_cache)\nstatic void __exit drv_exit(void)\n{\n\tZAP(item);\n}\nmodule_exit(drv_exit);\n");
  expectVerdict(T, "unsafe", "drv/end.c");
}

TEST(Absence, AMacroThatPastesTwoArgumentsIsFollowed) {
  ThreeFiles T;
  T.end("#define ZAP(a, b) kmem_cache_destroy(a##b)\nstatic void __exit drv_exit(void)\n{\n\tZAP(item, _cache);\n}\nmodule_exit(drv_exit);\n");
  std::string V = verdict(T);
  EXPECT_NE(V.substr(0, 7), "convert") << V;
}

TEST(Absence, AMacroThatPastesAnotherNameTakesNothingAway) {
  ThreeFiles T;
  T.end("struct kmem_cache *item_pool;\n#define ZAP(n) kmem_cache_destroy(n##_pool)\nstatic void __exit drv_exit(void)\n{\n\tZAP(item);\n}\n"
        "module_exit(drv_exit);\n");
  expectVerdict(T, "convert", "never destroyed");
}

TEST(Absence, AMacroThatPastesTheNameForAHelperIsNamed) {
  ThreeFiles T;
  T.end("static void drop(struct kmem_cache *c)\n{\n\tkmem_cache_destroy(c);\n}\n#define ZAP(n) drop(n##_cache)\n"
        "static void __exit drv_exit(void)\n{\n\tZAP(item);\n}\nmodule_exit(drv_exit);\n");
  std::string V = verdict(T);
  EXPECT_NE(V.substr(0, 7), "convert") << V;
}

TEST(Absence, TheSameMacroForAnotherNameTakesNothingAway) {
  ThreeFiles T;
  T.end("struct kmem_cache *other_cache;\n#define ZAP(n) kmem_cache_destroy(n##_cache)\nstatic void __exit drv_exit(void)\n{\n\tZAP(other);\n}\n"
        "module_exit(drv_exit);\n");
  expectVerdict(T, "convert", "never destroyed");
}

TEST(Absence, ADeclarationUnderAnotherNameIsNamed) {
  ThreeFiles T;
  T.end("extern struct kmem_cache *shadow __asm__(\"item_cache\");\nstatic void __exit drv_exit(void)\n{\n\tkmem_cache_destroy(shadow);\n}\n"
        "module_exit(drv_exit);\n");
  expectVerdict(T, "review", "drv/end.c:7");
  T.end("#include \"shadow.h\"\nstatic void __exit drv_exit(void)\n{\n\tkmem_cache_destroy(shadow);\n}\nmodule_exit(drv_exit);\n");
  T.write("drv/shadow.h", "extern struct kmem_cache *shadow asm(\"item_cache\");\n");
  expectVerdict(T, "review", "drv/shadow.h:1");
  T.write("drv/shadow.h", "extern struct kmem_cache *shadow asm(\"other_cache\");\n");
  expectVerdict(T, "convert", "never destroyed");
  T.without("drv/shadow.h");
  T.write("drv/Makefile", "ccflags-y += -I$(srctree)/drv/inc\nobj-$(CONFIG_DRV) += drv.o\ndrv-y := core.o life.o end.o\n");
  T.write("drv/inc/shadow.h", "extern struct kmem_cache *shadow asm(\"item_cache\");\n");
  expectVerdict(T, "review", "drv/inc/shadow.h:1");
}

TEST(Absence, ALinkThatDeclaresItUnderAnotherNameIsNamed) {
  ThreeFiles T;
  T.end("extern struct kmem_cache *shadow __asm__(\"item_cache\");\nstatic void __exit drv_exit(void)\n{\n\tkmem_cache_destroy(shadow);\n}\n"
        "module_exit(drv_exit);\n");
  fs::rename(T.path("drv/end.c"), T.path("lib/end_of_drv.c"));
  fs::create_symlink("../lib/end_of_drv.c", T.path("drv/end.c"));
  expectVerdict(T, "review", "the assembly at drv/end.c:7 can name it");
}

/// A macro that pastes the name, and an exit that uses it, wherever either of them stands.
struct Pasted {
  const char *what;
  std::vector<std::pair<const char *, const char *>> files; ///< beside drv/end.c
  const char *end;
  const char *cls;
};

TEST(Absence, APastedNameIsSeenWhereverTheMacroAndItsUseStand) {
  const char *Use = "static void __exit drv_exit(void)\n{\n\tkmem_cache_destroy(GLUE(item));\n}\nmodule_exit(drv_exit);\n";
  const char *UseOther = "extern struct kmem_cache *other_cache;\nstatic void __exit drv_exit(void)\n{\n\tkmem_cache_destroy(GLUE(other));\n}\n"
                         "module_exit(drv_exit);\n";
  const char *Macro = "#define GLUE(n) n##_cache\n", *Wide = "#define JOIN(a, b) a##b\n#define join(a, b) a##b\n#define CACHE_OF(n) n##_cache\n";
  const std::string Local = "static void __exit drv_exit(void)\n{\n\tstruct kmem_cache *c = GLUE(item);\n\n\tkmem_cache_destroy(c);\n}\nmodule_exit(drv_exit);\n";
  const std::string Same = std::string(Macro) + Use, Near = std::string("#include \"glue.h\"\n") + Use, NearLocal = "#include \"glue.h\"\n" + Local,
                    NearOther = std::string("#include \"glue.h\"\n") + UseOther, Through = "#include <linux/join.h>\n#define GLUE(n) JOIN(n, _cache)\n" + Local,
                    ThroughOther = std::string("#include <linux/join.h>\n#define GLUE(n) JOIN(n, _cache)\n") + UseOther;
  const Pasted Cases[] = {
      {"both in the file", {}, Same.c_str(), "unsafe"},
      {"both in a fragment", {{"drv/part.h", Same.c_str()}}, "#include \"part.h\"\n", "unsafe"},
      {"the macro in a header of the module", {{"drv/glue.h", Macro}}, Near.c_str(), "unsafe"},
      {"by way of a local", {{"drv/glue.h", Macro}}, NearLocal.c_str(), "unsafe"},
      {"the macro in one header, the use in another", {{"drv/glue.h", Macro}, {"drv/part.h", Use}}, "#include \"glue.h\"\n#include \"part.h\"\n", "unsafe"},
      {"a macro for everybody",
       {{"include/linux/join.h", Wide}},
       "#include <linux/join.h>\nstatic void __exit drv_exit(void)\n{\n\tkmem_cache_destroy(JOIN(item_, cache));\n}\nmodule_exit(drv_exit);\n",
       "unsafe"},
      {"one in small letters",
       {{"include/linux/join.h", Wide}},
       "#include <linux/join.h>\nstatic void __exit drv_exit(void)\n{\n\tkmem_cache_destroy(join(item, _cache));\n}\nmodule_exit(drv_exit);\n",
       "unsafe"},
      {"one that adds a part",
       {{"include/linux/join.h", Wide}},
       "#include <linux/join.h>\nstatic void __exit drv_exit(void)\n{\n\tkmem_cache_destroy(CACHE_OF(item));\n}\nmodule_exit(drv_exit);\n",
       "unsafe"},
      {"a macro that uses one for everybody", {{"include/linux/join.h", Wide}}, Through.c_str(), "unsafe"},
      {"the same for another name", {{"drv/glue.h", Macro}}, NearOther.c_str(), "convert"},
      {"the same for everybody and another name", {{"include/linux/join.h", Wide}}, ThroughOther.c_str(), "convert"},
  };
  for (const Pasted &C : Cases) {
    SCOPED_TRACE(C.what);
    ThreeFiles T;
    for (const auto &[File, Text] : C.files)
      T.write(File, Text);
    T.end(C.end);
    expectVerdict(T, C.cls, "");
  }
}

/// The same with macros of include/ in small letters, and by ways that need more than one macro.
TEST(Absence, APastedNameIsSeenThroughMacrosForEverybody) {
  const char *Wide = "#define join(a, b) a##b\n#define cache_of(n) n##_cache\n#define cache_by(n) join(n, _cache)\n#define cache_from(n) cache_by(n)\n"
                     "extern struct kmem_cache *item_cache, *other_cache, *tool_cache;\n";
  const std::string End = "static inline void end_it(void)\n{\n\tkmem_cache_destroy(cache_of(";
  auto ExitWith = [](const std::string &Statement, const std::string &Above = "") {
    return "#include <linux/join.h>\n" + Above + "static void __exit drv_exit(void)\n{\n\t" + Statement + "\n}\nmodule_exit(drv_exit);\n";
  };
  struct Shape {
    const char *what;
    std::string end;
    const char *cls;
    std::string more = ""; ///< in the header
  };
  const Shape Cases[] = {
      {"it adds a part", ExitWith("kmem_cache_destroy(cache_of(item));"), "unsafe"},
      {"it adds a part to another name", ExitWith("kmem_cache_destroy(cache_of(other));"), "convert"},
      {"it uses one that joins", ExitWith("kmem_cache_destroy(cache_by(item));"), "unsafe"},
      {"it uses one that uses one", ExitWith("kmem_cache_destroy(cache_from(item));"), "unsafe"},
      {"the same for another name", ExitWith("kmem_cache_destroy(cache_from(other));"), "convert"},
      {"what it is given is a macro", ExitWith("kmem_cache_destroy(cache_from(THE));", "#define THE item\n"), "unsafe"},
      {"what it is given is a macro in small letters", ExitWith("kmem_cache_destroy(cache_from(the));", "#define the item\n"), "unsafe"},
      {"a macro without parentheses", ExitWith("kmem_cache_destroy(the_cache);", "#define the_cache join(item, _cache)\n"), "unsafe"},
      {"a macro without parentheses, another name", ExitWith("kmem_cache_destroy(the_cache);", "#define the_cache join(other, _cache)\n"), "convert"},
      {"a macro that is given to a macro", ExitWith("each(end)", "#define end(n) kmem_cache_destroy(n##_cache);\n#define each(x) x(tool) x(item)\n"), "unsafe"},
      {"in an inline function", ExitWith("end_it();"), "unsafe", End + "item));\n}\n"},
      {"in an inline function, another name", ExitWith("end_it();"), "convert", End + "other));\n}\n"},
  };
  for (const Shape &C : Cases) {
    SCOPED_TRACE(C.what);
    ThreeFiles T;
    T.write("include/linux/join.h", Wide + C.more);
    T.end(C.end);
    expectVerdict(T, C.cls, "");
  }
}

/// The end of a module whose exit begins with `Wait`.
std::string exitWith(const std::string &Wait, const std::string &Above = "") {
  return Above + "static void __exit drv_exit(void)\n{\n" + Wait + "\tkmem_cache_destroy(item_cache);\n}\nmodule_exit(drv_exit);\n";
}

TEST(Wait, TheBarrierInEachBranch) {
  ThreeFiles T;
  const std::string Busy = "extern int drv_busy;\nvoid item_drop(struct item *item);\n";
  T.end(exitWith("\tif (drv_busy)\n\t\tkvfree_rcu_barrier();\n\telse\n\t\tkvfree_rcu_barrier();\n", Busy));
  expectVerdict(T, "convert", "waits for kfree_rcu()");
  T.end(exitWith("\tif (drv_busy)\n\t\tkvfree_rcu_barrier();\n\telse\n\t\trcu_barrier();\n", Busy));
  expectVerdict(T, "unsafe", "drv/end.c");
  T.end(exitWith("\tif (drv_busy) {\n\t\tkvfree_rcu_barrier();\n\t} else {\n\t\tkvfree_rcu_barrier();\n\t\titem_drop(NULL);\n\t}\n", Busy));
  expectVerdict(T, "unsafe", "drv/end.c");
  T.end(exitWith("\tif (drv_busy)\n\t\tkvfree_rcu_barrier();\n\telse\n\t\tkvfree_rcu_barrier();\n\titem_drop(NULL);\n", Busy));
  expectVerdict(T, "unsafe", "drv/end.c");
}

TEST(Wait, AHelperThatWaitsInEachBranch) {
  ThreeFiles T;
  const std::string Helper = "extern int drv_busy;\nstatic void quiesce(void)\n{\n\tif (drv_busy)\n\t\tkvfree_rcu_barrier();\n\telse\n\t\tkvfree_rcu_barrier();\n}\n";
  T.end(exitWith("\tquiesce();\n", Helper));
  expectVerdict(T, "convert", "waits for kfree_rcu()");
}

TEST(Wait, AHelperInAFragment) {
  ThreeFiles T;
  T.write("drv/end.inc", exitWith("\tquiesce();\n", "static void quiesce(void)\n{\n\tkvfree_rcu_barrier();\n}\n"));
  T.end("#include \"end.inc\"\n");
  expectVerdict(T, "convert", "waits for kfree_rcu()");
  T.write("drv/end.inc", exitWith("\tquiesce();\n", "static void quiesce(void)\n{\n\trcu_barrier();\n}\n"));
  expectVerdict(T, "unsafe", "drv/end.inc");
}

/// A start that fails behind the creation, with `Before` in between.
std::string startThatFails(const std::string &Before) {
  return std::string(Head) + "struct kmem_cache *item_cache;\nint drv_start(void);\nstatic void zap(struct kmem_cache *cache)\n{\n\tkmem_cache_destroy(cache);\n}\n"
         "static int __init drv_init(void)\n{\n\titem_cache = kmem_cache_create(\"item\", sizeof(struct item), 0, 0, NULL);\n"
         "\tif (!item_cache)\n\t\treturn -ENOMEM;\n" + Before + "\tzap(item_cache);\n\treturn -ENOMEM;\n}\nmodule_init(drv_init);\n";
}

TEST(Wait, AHelperThatDestroysWhatWasJustMade) {
  ThreeFiles T;
  T.end("int drv_nothing;\n");
  T.write("drv/life.c", startThatFails(""));
  expectVerdict(T, "convert", "");
  T.write("drv/life.c", startThatFails("\tdrv_start();\n"));
  expectVerdict(T, "review", "unwinding");
}

TEST(Absence, AssemblyThatSpellsTheNameIsNamed) {
  ThreeFiles T;
  T.without("drv/end.c");
  T.write("drv/end.S", "\t.text\nexit:\tmov item_cache, %rdi\n\tjmp kmem_cache_destroy\n");
  expectVerdict(T, "review", "drv/end.S");
  T.write("drv/end.S", "\t.text\nexit:\tret\n");
  expectVerdict(T, "convert", "never destroyed");
}

TEST(Absence, AFragmentThatCannotBeReadIsNamed) {
  ThreeFiles T, Elsewhere;
  Elsewhere.write("drv/end.inc", Exit);
  fs::create_symlink(Elsewhere.path("drv/end.inc"), T.path("drv/end.inc"));
  T.end("#include \"end.inc\"\n");
  std::string V = verdict(T);
  EXPECT_NE(V.substr(0, 7), "convert") << V;
}

TEST(Absence, AStaticIsSeenByItsOwnFileOnly) {
  ThreeFiles T;
  T.write("drv/core.c", std::string(Head) +
                            "static struct kmem_cache *own_cache;\nstatic void item_free(struct rcu_head *head)\n{\n"
                            "\tkmem_cache_free(own_cache, container_of(head, struct item, rcu));\n}\nvoid item_drop(struct item *item)\n{\n"
                            "\tcall_rcu(&item->rcu, item_free);\n}\nint own_start(void);\nint own_start(void)\n{\n"
                            "\town_cache = kmem_cache_create(\"own\", sizeof(struct item), 0, 0, NULL);\n\treturn own_cache ? 0 : -ENOMEM;\n}\n");
  T.without("drv/end.c");
  expectVerdict(T, "convert", "never destroyed");
}

} // namespace
} // namespace krcu
