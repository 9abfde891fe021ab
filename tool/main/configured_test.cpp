// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Verdicts under the user's own configuration beside those for any: the same small trees, and a .config over them.
#include "tool/audit/audit.h"
#include "tool/driver/configured.h"
#include "tool/driver/pipeline_trees.h"
#include "tool/main/program_runs.h"
#include "tool/report/report.h"
#include "tool/support/error.h"
#include "gtest/gtest.h"
#include <nlohmann/json.hpp>

namespace krcu {
namespace {

const std::string Head = "# Linux/x86 6.12.0 Kernel Configuration\nCONFIG_MODULES=y\nCONFIG_MODULE_UNLOAD=y\nCONFIG_TREE_RCU=y\n";

class Configured : public testing::Test {
protected:
  explicit Configured(const std::string &Era = "no-wait", const std::string &Case = "module-exit-unsafe") : Tree(Era) { Tree.lay(Case); }

  void scan(const std::string &Config) {
    ScanOptions O = Tree.options();
    if (!Config.empty()) {
      auto C = ConfigFile::parse("my.config", Config);
      ASSERT_TRUE(bool(C)) << message(C.takeError());
      O.config = std::make_shared<const ConfigFile>(std::move(*C));
    }
    auto S = Scan::run(O);
    ASSERT_TRUE(bool(S)) << message(S.takeError());
    Held = std::move(*S);
  }
  const SiteReport &site() const {
    for (const SiteReport &R : Held->sites())
      if (R.cls != SiteClass::Definition)
        return R;
    ADD_FAILURE() << "no site";
    return Held->sites().front();
  }
  /// "unsafe: text" of the first site.
  std::string said(const std::string &Config) {
    scan(Config);
    const SiteReport &R = site();
    return std::string(className(R.cls)) + ": " + configuredText(R, Held->configured().at(R.census.where));
  }

  ScratchTree Tree;
  std::unique_ptr<Scan> Held;
};

TEST_F(Configured, WithoutOneTheOptionIsNamed) {
  EXPECT_EQ(said(""), "unsafe: unsafe only if CONFIG_DRV=m, built in it is safe (--config FILE)");
}

TEST_F(Configured, BuiltInIsSafe) {
  EXPECT_EQ(said(Head + "CONFIG_DRV=y\n"), "unsafe: unsafe if CONFIG_DRV=m; in your configuration it is built in (CONFIG_DRV=y): safe");
  const ConfiguredAnswer &A = Held->configured().at(site().census.where);
  EXPECT_EQ(A.cls, SiteClass::Convert);
  EXPECT_EQ(A.verdict, Verdict::Safe);
  EXPECT_TRUE(std::find(A.evidence.begin(), A.evidence.end(), Evidence{"my.config", 5, "", "CONFIG_DRV=y"}) != A.evidence.end());
}

TEST_F(Configured, AModuleIsNot) {
  EXPECT_EQ(said(Head + "CONFIG_DRV=m\n"), "unsafe: so in your configuration, too (CONFIG_DRV=m)");
}

TEST_F(Configured, ModulesThatNobodyCanUnload) {
  EXPECT_EQ(said("# Linux/x86 6.12.0 Kernel Configuration\nCONFIG_MODULES=y\n# CONFIG_MODULE_UNLOAD is not set\nCONFIG_DRV=m\n"),
            "unsafe: unsafe if CONFIG_DRV=m; in your configuration modules are never unloaded (CONFIG_MODULE_UNLOAD is not set): safe");
  EXPECT_EQ(said("# Linux/x86 6.12.0 Kernel Configuration\n# CONFIG_MODULES is not set\nCONFIG_DRV=y\n"),
            "unsafe: unsafe if CONFIG_DRV=m; in your configuration there are no modules (CONFIG_MODULES is not set): safe");
}

TEST_F(Configured, WhatIsNotCompiled) {
  EXPECT_EQ(said(Head + "# CONFIG_DRV is not set\n"), "unsafe: not compiled in your configuration (CONFIG_DRV is not set)");
}

TEST_F(Configured, AFragmentSaysOnlyWhatItNames) {
  EXPECT_EQ(said("CONFIG_OTHER=y\n"), "unsafe: so in your configuration, too");
  EXPECT_EQ(said("CONFIG_DRV=y\n"), "unsafe: unsafe if CONFIG_DRV=m; in your configuration it is built in (CONFIG_DRV=y): safe");
  bool Told = false;
  for (const std::string &W : Held->warnings())
    Told = Told || W.find("part of a configuration") != std::string::npos;
  EXPECT_TRUE(Told);
}

TEST_F(Configured, AnotherVersionIsSaid) {
  scan("# Linux/x86 5.4.1 Kernel Configuration\nCONFIG_DRV=y\n");
  bool Told = false;
  for (const std::string &W : Held->warnings())
    Told = Told || W.find("was made for Linux 5.4.1, the tree is 6.12.0") != std::string::npos;
  EXPECT_TRUE(Told);
}

class ConfiguredSafe : public Configured {
protected:
  ConfiguredSafe() : Configured("waits") {}
};
TEST_F(ConfiguredSafe, WhatIsSafeForAnyNeedsNoWord) {
  EXPECT_EQ(said(Head + "CONFIG_DRV=m\n"), "convert: ");
  EXPECT_EQ(said(Head), "convert: not compiled in your configuration (CONFIG_DRV is not set)");
}

class ConfiguredSlob : public Configured {
protected:
  ConfiguredSlob() : Configured("slob") {}
};
TEST_F(ConfiguredSlob, TheAllocatorDecides) {
  // Without SLOB the exit decides: what a scan did not follow under SLOB is followed now.
  EXPECT_EQ(said(Head + "CONFIG_DRV=y\n# CONFIG_SLOB is not set\n"), "unsafe: unsafe if CONFIG_SLOB=y; in your configuration CONFIG_SLOB is not set: safe");
  EXPECT_EQ(said(Head + "CONFIG_DRV=m\n# CONFIG_SLOB is not set\n"), "unsafe: so in your configuration, too (CONFIG_DRV=m)");
  EXPECT_EQ(said(Head + "CONFIG_DRV=y\nCONFIG_SLOB=y\n"), "unsafe: so in your configuration, too (CONFIG_DRV=y)");
}

class ConfiguredSlobOnly : public Configured {
protected:
  ConfiguredSlobOnly() : Configured("slob", "module-exit-safe") {}
};
TEST_F(ConfiguredSlobOnly, TheAssumptionThatSettlesItIsNamed) {
  EXPECT_EQ(said(""), "unsafe: unsafe only if CONFIG_SLOB=y, otherwise it is safe (--assume no-slob)");
  EXPECT_EQ(said(Head + "CONFIG_DRV=m\n# CONFIG_SLOB is not set\n"), "unsafe: unsafe if CONFIG_SLOB=y; in your configuration CONFIG_SLOB is not set: safe");
}

TEST_F(Configured, TheAuditSaysWhereAFindingHolds) {
  Tree.write("drv/drv.c", "#include <linux/kernel.h>\n#include <linux/module.h>\n#include <linux/rcupdate.h>\n#include <linux/slab.h>\n"
                          "struct item {\n\tint key;\n\tstruct rcu_head rcu;\n};\nstatic int count;\nstatic void counted(struct rcu_head *head)\n{\n\tcount++;\n}\n"
                          "void item_count(struct item *item)\n{\n\tcall_rcu(&item->rcu, counted);\n}\n"
                          "static int __init drv_init(void)\n{\n\treturn 0;\n}\nmodule_init(drv_init);\nstatic void __exit drv_exit(void)\n{\n\tcount = 0;\n}\nmodule_exit(drv_exit);\n");
  auto Said = [&](const std::string &Config) {
    auto C = ConfigFile::parse("my.config", Config.empty() ? "CONFIG_A=y\n" : Config);
    EXPECT_TRUE(bool(C));
    auto S = Scan::prepare(Tree.options());
    EXPECT_TRUE(bool(S));
    AuditOptions O;
    O.config = Config.empty() ? nullptr : &*C;
    AuditReport R = auditTree(**S, O);
    EXPECT_EQ(R.findings.size(), 1u);
    return R.findings.empty() ? "" : holdsText(R.findings.front());
  };
  EXPECT_EQ(Said(""), "only if CONFIG_DRV=m");
  EXPECT_EQ(Said(Head + "CONFIG_DRV=m\n"), "so in your configuration, too (CONFIG_DRV=m)");
  EXPECT_EQ(Said(Head + "CONFIG_DRV=y\n"), "only if CONFIG_DRV=m; not in your configuration: it is built in (CONFIG_DRV=y)");
  EXPECT_EQ(Said(Head), "only if CONFIG_DRV=m; not in your configuration: it is not compiled (CONFIG_DRV is not set)");
}

TEST_F(Configured, AsAUserAsks) {
  auto Krcu = [&](const std::string &Arguments) { return runShell("cd " + Tree.root() + " && " + KRCU_BINARY + " " + Arguments + " 2>&1"); };
  Tree.write("build/.config", Head + "CONFIG_DRV=y\n");
  Ran R = Krcu("scan --no-cache --config build . drv");
  EXPECT_TRUE(R.has("in your configuration it is built in (CONFIG_DRV=y): safe [item_free]")) << R.out;
  EXPECT_TRUE(R.has("in build/.config: 0 of the calls in modules, 1 built in, 0 not compiled; 1 verdict is another one there\n")) << R.out;
  R = Krcu("explain --no-cache --config build/.config . drv/drv.c:21");
  EXPECT_TRUE(R.has("holds:   unsafe if CONFIG_DRV=m; in your configuration")) << R.out;
  EXPECT_TRUE(R.has("\nin your configuration\n")) << R.out;
  EXPECT_TRUE(R.has("build/.config:5: CONFIG_DRV=y")) << R.out;
  R = runShell("cd " + Tree.root() + " && " + KRCU_BINARY + " scan --no-cache --config build --format json . drv 2>/dev/null");
  nlohmann::json J = nlohmann::json::parse(R.out, nullptr, false);
  ASSERT_TRUE(J.is_object()) << R.out;
  EXPECT_EQ(J["config"]["file"], "build/.config");
  EXPECT_EQ(J["sites"][0]["class"], "unsafe");
  EXPECT_EQ(J["sites"][0]["holds_if"], "CONFIG_DRV=m");
  EXPECT_EQ(J["sites"][0]["in_config"]["class"], "convert");
  EXPECT_EQ(J["sites"][0]["in_config"]["built"], "y");
  EXPECT_EQ(Krcu("scan --no-cache --fail-on unsafe --config build . drv").status, 1) << "a gate asks about any configuration";
}

TEST_F(Configured, AutoTakesTheOneThatIsThere) {
  auto Krcu = [&](const std::string &Arguments) { return runShell(std::string(KRCU_BINARY) + " " + Arguments + " 2>&1"); };
  Ran R = Krcu("scan --no-cache --config auto " + Tree.root() + " drv");
  EXPECT_EQ(R.status, 2);
  EXPECT_TRUE(R.has("--config auto: there is no " + Tree.root() + "/.config; give the file")) << R.out;
  Tree.write(".config", Head + "CONFIG_DRV=y\n");
  EXPECT_TRUE(Krcu("scan --no-cache --config auto " + Tree.root() + " drv").has("it is built in (CONFIG_DRV=y)"));
}

TEST_F(Configured, ABadOneIsOneErrorBeforeTheTreeIsRead) {
  Tree.write("bad.config", "CONFIG_A=y\nCONFIG_B\n");
  for (const char *Command : {"scan", "audit", "explain"}) {
    Ran R = runShell(std::string(KRCU_BINARY) + " " + Command + " --no-cache --config " + Tree.path("bad.config") + " " + Tree.root() + (std::string(Command) == "explain" ? " drv/drv.c:21" : "") + " 2>&1");
    EXPECT_EQ(R.status, 2);
    EXPECT_EQ(R.out.find("krcu: " + Tree.path("bad.config") + ":2: this is no line of a .config"), 0u) << R.out;
    EXPECT_EQ(std::count(R.out.begin(), R.out.end(), '\n'), 1) << R.out;
  }
}

TEST_F(Configured, TheCacheAsksTheFileAgain) {
  Tree.write("my.config", Head + "CONFIG_DRV=y\n");
  std::string Line = std::string(KRCU_BINARY) + " scan --cache " + Tree.path("cache") + " --config " + Tree.path("my.config") + " " + Tree.root() + " drv 2>/dev/null";
  EXPECT_TRUE(runShell(Line).has("CONFIG_DRV=y"));
  Tree.write("my.config", Head + "CONFIG_DRV=m\n");
  EXPECT_FALSE(runShell(Line).has("CONFIG_DRV=y"));
}

} // namespace
} // namespace krcu
