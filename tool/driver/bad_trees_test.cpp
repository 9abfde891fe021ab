// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Trees that are not whole. A module that must convert and one that must not stand in a small kernel, and something of the kernel is broken:
// whatever that is, no verdict becomes another one; a site keeps its class, or it is a person's, or it was not parsed. The scan ends, and says
// at most one thing as an error. scripts/faults does the same with a whole tree.
#include "tool/driver/pipeline_trees.h"
#include "gtest/gtest.h"
#include <filesystem>
#include <functional>

namespace krcu {
namespace {

namespace fs = std::filesystem;

std::string module(const std::string &Name, const std::string &Exit) {
  return "#include <linux/kernel.h>\n#include <linux/module.h>\n#include <linux/rcupdate.h>\n#include <linux/slab.h>\n\n"
         "struct " + Name + " {\n\tint key;\n\tstruct rcu_head rcu;\n};\nstatic struct kmem_cache *" + Name + "_cache;\n"
         "static void " + Name + "_free(struct rcu_head *head)\n{\n\tkmem_cache_free(" + Name + "_cache, container_of(head, struct " + Name + ", rcu));\n}\n"
         "void " + Name + "_drop(struct " + Name + " *p)\n{\n\tcall_rcu(&p->rcu, " + Name + "_free);\n}\n"
         "static int __init " + Name + "_init(void)\n{\n\t" + Name + "_cache = kmem_cache_create(\"" + Name + "\", sizeof(struct " + Name + "), 0, 0, NULL);\n"
         "\treturn " + Name + "_cache ? 0 : -ENOMEM;\n}\nmodule_init(" + Name + "_init);\n"
         "static void __exit " + Name + "_exit(void)\n{\n" + Exit + "}\nmodule_exit(" + Name + "_exit);\n";
}

/// Two modules, one file each, and a third whose callback does more.
struct Whole : ScratchTree {
  explicit Whole(const std::string &Era = "no-wait") : ScratchTree(Era) {
    write("drv/Makefile", "obj-$(CONFIG_DRV) += keep.o lose.o more.o\n");
    write("drv/keep.c", module("keep", "\tkvfree_rcu_barrier();\n\tkmem_cache_destroy(keep_cache);\n"));
    write("drv/lose.c", module("lose", "\trcu_barrier();\n\tkmem_cache_destroy(lose_cache);\n"));
    std::string More = module("more", "\trcu_barrier();\n");
    write("drv/more.c", "extern int mores;\n" + More.insert(More.find("\tkmem_cache_free("), "\tmores--;\n"));
  }
  /// "keep convert; lose unsafe; ...", or the error.
  std::string classes() const {
    Outcome O = scanAndPatch(options());
    std::string Text;
    for (const SiteReport &R : O.sites)
      if (llvm::StringRef(R.census.where.file).starts_with("drv/"))
        Text += (Text.empty() ? "" : "; ") + R.census.function.substr(0, 4) + " " + className(R.cls);
    return O.error.empty() ? Text : "error: " + O.error;
  }
  void cut(const std::string &File) const { write(File, read(File).substr(0, read(File).size() / 2)); }
  void remove(const std::string &Path) const { fs::remove_all(path(Path)); }
};

struct Break {
  const char *name;
  std::function<void(const Whole &)> apply;
  const char *sites; ///< null: only that nothing becomes something else
};

const char Same[] = "keep convert; lose unsafe; more more_than_free";
const std::string Zeros(4000, '\0');

std::vector<Break> headerBreaks() {
  std::vector<Break> All;
  static std::vector<std::string> Names;
  Names.reserve(64);
  for (const char *Header : {"slab", "rcupdate", "types", "kernel", "module", "kconfig", "compiler_types"}) {
    const std::string Path = std::string("include/linux/") + Header + ".h";
    auto Add = [&](const char *How, std::function<void(const Whole &)> F) { All.push_back({Names.emplace_back(std::string(Header) + How).c_str(), std::move(F), nullptr}); };
    Add("Missing", [Path](const Whole &T) { T.remove(Path); });
    Add("Empty", [Path](const Whole &T) { T.write(Path, ""); });
    Add("Zeros", [Path](const Whole &T) { T.write(Path, Zeros); });
    Add("Error", [Path](const Whole &T) { T.write(Path, T.read(Path) + "#error broken\n"); });
    Add("UnknownType", [Path](const Whole &T) { T.write(Path, T.read(Path) + "extern nobody_knows_t nobody(void);\n"); });
    Add("Cut", [Path](const Whole &T) { T.cut(Path); });
  }
  return All;
}

const std::vector<Break> TreeBreaks = {
    {"Nothing", [](const Whole &) {}, Same},
    {"TopMakefileCut", [](const Whole &T) { T.cut("Makefile"); }, nullptr},
    {"TopMakefileOfVersionOnly", [](const Whole &T) { T.write("Makefile", "VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 0\nEXTRAVERSION =\n"); }, nullptr},
    {"AnArchitecturesMakefileCut", [](const Whole &T) { T.cut("arch/x86/Makefile"); }, nullptr},
    {"TopKconfigCut", [](const Whole &T) { T.cut("Kconfig"); }, nullptr},
    {"KconfigOfZeros", [](const Whole &T) { T.write("Kconfig", Zeros); }, nullptr},
    {"ADriversMakefileOfZeros", [](const Whole &T) { T.write("drv/Makefile", Zeros); }, nullptr},
    {"ADriversMakefileMissing", [](const Whole &T) { T.remove("drv/Makefile"); }, nullptr},
    {"WithoutX86", [](const Whole &T) { T.remove("arch/x86"); }, nullptr},
    {"OnlyArm64", [](const Whole &T) { fs::rename(T.path("arch/x86"), T.path("arch/arm64")); }, nullptr},
    {"WithoutMm", [](const Whole &T) { T.remove("mm"); }, nullptr},
    {"WithoutRcu", [](const Whole &T) { T.remove("kernel"); }, nullptr},
    {"SparseDriver", [](const Whole &T) { T.remove("drv/more.c"); }, "keep convert; lose unsafe"},
    {"OfTwoPointSix", [](const Whole &T) { T.write("Makefile", "VERSION = 2\nPATCHLEVEL = 6\nSUBLEVEL = 32\nEXTRAVERSION =\n"); T.remove("mm/slab_common.c"); }, nullptr},
};

class BadTrees : public testing::TestWithParam<Break> {};

TEST_P(BadTrees, NoVerdictBecomesAnotherOne) {
  Whole T;
  GetParam().apply(T);
  const std::string Found = T.classes();
  if (GetParam().sites) {
    EXPECT_EQ(Found, GetParam().sites);
    return;
  }
  llvm::StringRef Text = Found;
  if (Text.starts_with("error: ")) {
    EXPECT_FALSE(Text.contains('\n')) << Found;
    EXPECT_TRUE(Text.contains(T.root())) << Found; // names what is broken
    return;
  }
  llvm::SmallVector<llvm::StringRef, 3> Sites;
  Text.split(Sites, "; ");
  ASSERT_EQ(Sites.size(), 3u) << Found;
  auto OneOf = [](llvm::StringRef Site, std::initializer_list<llvm::StringRef> Classes) {
    return llvm::is_contained(Classes, Site.split(' ').second);
  };
  EXPECT_TRUE(OneOf(Sites[0], {"convert", "review", "not_parsed", "unknown_callback"})) << Found;
  EXPECT_TRUE(OneOf(Sites[1], {"unsafe", "review", "not_parsed", "unknown_callback"})) << Found;
  EXPECT_TRUE(OneOf(Sites[2], {"more_than_free", "review", "not_parsed", "unknown_callback"})) << Found;
}

INSTANTIATE_TEST_SUITE_P(Headers, BadTrees, testing::ValuesIn(headerBreaks()), [](const auto &I) { return std::string(I.param.name); });
INSTANTIATE_TEST_SUITE_P(Shapes, BadTrees, testing::ValuesIn(TreeBreaks), [](const auto &I) { return std::string(I.param.name); });

} // namespace
} // namespace krcu
