// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The audit's questions, each on a module that has the fault and on one that has not; fingerprints, suppressions, baselines; the
// structure of SARIF logs.
#include "tool/audit/audit.h"
#include "tool/audit/test_module.h"
#include "tool/driver/pipeline_trees.h"
#include "tool/report/sarif.h"
#include "tool/driver/site_text.h"
#include "tool/support/error.h"
#include "llvm/ADT/StringExtras.h"
#include "gtest/gtest.h"
#include <algorithm>
#include <nlohmann/json.hpp>

using namespace krcu;
using namespace krcu::testing_module;

namespace {


class Audit : public testing::Test {
protected:
  explicit Audit(const std::string &Era = "waits") : Tree(Era) {}
  AuditReport audit(bool All = false) {
    ScanOptions O = Tree.options();
    O.assume = Assume;
    auto S = Scan::prepare(O);
    EXPECT_TRUE(bool(S)) << message(S.takeError());
    Held = std::move(*S);
    return auditTree(*Held, {{}, All});
  }
  /// "kind confidence" of each finding in drv/.
  std::string found(bool All = false) {
    std::string Text;
    for (const AuditFinding &F : audit(All).findings)
      if (F.where.file.rfind("drv/", 0) == 0)
        Text += (Text.empty() ? "" : "; ") + F.kind + " " + confidenceName(F.confidence);
    return Text;
  }
  void module(const std::string &Text) { Tree.write("drv/drv.c", Head + Text); }

  ScratchTree Tree;
  std::vector<std::string> Assume;
  std::unique_ptr<Scan> Held;
};

TEST_F(Audit, AModuleThatDoesNotWait) {
  module(Counted + exitWith("\tcount = 0;\n"));
  AuditReport R = audit();
  ASSERT_EQ(R.findings.size(), 1u);
  EXPECT_EQ(R.findings[0].kind, "missing_rcu_barrier");
  EXPECT_EQ(R.findings[0].confidence, Confidence::High);
  EXPECT_NE(R.findings[0].reason.find("drv_exit() reaches no rcu_barrier()"), std::string::npos) << R.findings[0].reason;
  EXPECT_FALSE(R.findings[0].evidence.empty());
  EXPECT_FALSE(R.findings[0].confidence_why.empty());
}

TEST_F(Audit, AModuleThatWaits) {
  module(Counted + exitWith("\trcu_barrier();\n"));
  EXPECT_EQ(found(true), "");
}

TEST_F(Audit, TheBarrierStandsInACallee) {
  module(std::string(Counted) + "static void finish(void)\n{\n\trcu_barrier();\n}\n" + exitWith("\tfinish();\n"));
  EXPECT_EQ(found(true), "");
}

TEST_F(Audit, ABarrierOnSomePathOnlyLowersTheConfidence) {
  module(Counted + exitWith("\tif (count)\n\t\trcu_barrier();\n"));
  EXPECT_EQ(found(), "");
  EXPECT_EQ(found(true), "missing_rcu_barrier low");
}

TEST_F(Audit, SynchronizeRcuIsNoBarrier) {
  module(Counted + exitWith("\tsynchronize_rcu();\n"));
  EXPECT_EQ(found(), "missing_rcu_barrier high");
}

TEST_F(Audit, ACallbackThatOnlyFreesElsewhereIsNoTextOfTheModule) {
  module("void item_drop(struct item *item)\n{\n\tkfree_rcu(item, rcu);\n}\n" + exitWith("\t;\n"));
  EXPECT_EQ(found(true), "");
}

const char Pool[] = "static struct kmem_cache *item_cache;\nstatic int count;\nstatic void item_end(struct rcu_head *head)\n{\n\tcount++;\n"
                    "\tkmem_cache_free(item_cache, container_of(head, struct item, rcu));\n}\n"
                    "void item_drop(struct item *item)\n{\n\tcall_rcu(&item->rcu, item_end);\n}\n"
                    "void item_make(void)\n{\n\titem_cache = kmem_cache_create(\"item\", sizeof(struct item), 0, 0, NULL);\n}\n";

TEST_F(Audit, TheCacheGoesBeforeTheBarrier) {
  module(Pool + exitWith("\tkmem_cache_destroy(item_cache);\n\trcu_barrier();\n"));
  EXPECT_EQ(found(), "late_rcu_barrier medium");
}

TEST_F(Audit, TheBarrierBeforeADestructionIsNeeded) {
  module(Pool + exitWith("\trcu_barrier();\n\tkmem_cache_destroy(item_cache);\n"));
  AuditReport R = audit();
  ASSERT_EQ(R.findings.size(), 1u);
  EXPECT_EQ(R.findings[0].kind, "needed_barrier");
  EXPECT_EQ(R.findings[0].severity, Severity::Note);
  EXPECT_NE(R.findings[0].reason.find("call_rcu() queues item_end()"), std::string::npos) << R.findings[0].reason;
}

/// Where objects hold the module, another wait may be enough.
TEST_F(Audit, ABarrierThatMayBeNeeded) {
  auto Module = [](const std::string &Takes) {
    return Counted + "struct notifier {\n\tvoid (*call)(struct item *item);\n};\nvoid unregister_notifier(struct notifier *n);\nstatic struct notifier note = {\n\t.call = item_count,\n};\n#define THIS_MODULE ((struct module *)0)\nstruct module;\n"
           "bool try_module_get(struct module *module);\nbool item_open(void)\n{\n\treturn " + Takes + ";\n}\n" + exitWith("\trcu_barrier();\n\tunregister_notifier(&note);\n\trcu_barrier();\n");
  };
  module(Module("true"));
  EXPECT_EQ(found(), "needed_barrier high");
  module(Module("try_module_get(THIS_MODULE)"));
  EXPECT_EQ(found(), "");
  EXPECT_NE(found(true).find("needed_barrier low"), std::string::npos) << found(true);
}

/// A barrier in a function of the module's own is the same barrier.
TEST_F(Audit, ABarrierInAFunctionOfItsOwn) {
  const std::string Freed = "static struct kmem_cache *cache;\nstatic int count;\nstatic bool queued;\nstatic void counted(struct rcu_head *head)\n{\n\tcount++;\n\tkmem_cache_free(cache, container_of(head, struct item, rcu));\n}\n"
                            "void item_count(struct item *item)\n{\n\tqueued = true;\n\tcall_rcu(&item->rcu, counted);\n}\n";
  const std::string Settle = "static void settle(void)\n{\n\trcu_barrier();\n}\nstatic void settle_all(void)\n{\n\tsettle();\n}\n";
  for (const char *Wait : {"rcu_barrier();", "settle();", "settle_all();"}) {
    module(Freed + Settle + exitWith(std::string("\t") + Wait + "\n\tkmem_cache_destroy(cache);\n"));
    EXPECT_EQ(found(), std::string(Wait) == "settle_all();" ? "" : "needed_barrier high") << Wait;
    module(Freed + Settle + exitWith(std::string("\tif (queued)\n\t\t") + Wait + "\n\tkmem_cache_destroy(cache);\n"));
    EXPECT_EQ(found().find("missing"), std::string::npos) << Wait << ": what the functions that queue set\n" << found();
  }
  // Who hands the callback to a function that queues it sets the flag.
  module("static struct item *one;\nstatic int count;\nstatic bool queued;\nstatic void counted(struct rcu_head *head)\n{\n\tcount++;\n}\nstatic void later(struct rcu_head *head, void (*then)(struct rcu_head *head))\n{\n\tcall_rcu(head, then);\n}\n"
         "void item_count(struct item *item)\n{\n\tqueued = true;\n\tlater(&item->rcu, counted);\n}\n" + exitWith("\tif (queued)\n\t\trcu_barrier();\n"));
  EXPECT_EQ(found(), "");
  EXPECT_EQ(found(true), "missing_rcu_barrier low");
  // And so is a destruction. Where another barrier runs when an object goes, that may be enough.
  const std::string Gone = "static void gone(struct kmem_cache *of)\n{\n\tkmem_cache_destroy(of);\n}\n";
  module(Freed + Gone + exitWith("\trcu_barrier();\n\tgone(cache);\n"));
  AuditReport R = audit();
  ASSERT_EQ(R.findings.size(), 1u);
  EXPECT_NE(R.findings[0].reason.find("stands before kmem_cache_destroy(cache)"), std::string::npos) << R.findings[0].reason;
  EXPECT_EQ(R.findings[0].confidence, Confidence::High);
}

TEST_F(Audit, NothingIsQueued) {
  module("void item_drop(struct item *item)\n{\n\tkfree_rcu(item, rcu);\n}\n" + exitWith("\trcu_barrier();\n"));
  EXPECT_EQ(found(/*All=*/true), "superfluous_barrier low");
}

/// Each barrier is asked about beside all others, so their number has an end; the report says so.
TEST_F(Audit, MoreBarriersThanAreJudged) {
  auto Barriers = [](unsigned N) {
    std::string Text;
    for (unsigned I = 0; I < N; ++I)
      Text += "\trcu_barrier();\n";
    return Text;
  };
  module(exitWith(Barriers(100)));
  EXPECT_EQ(audit().not_looked_at, std::vector<std::string>());
  module(exitWith(Barriers(102)));
  AuditReport R = audit();
  ASSERT_EQ(R.not_looked_at.size(), 1u);
  EXPECT_NE(R.not_looked_at[0].find(" has 102 barriers; only the first 100 were judged, up to line "), std::string::npos) << R.not_looked_at[0];
  EXPECT_FALSE(R.nothing_parsed);
}

TEST_F(Audit, TwoBarriersInARow) {
  module(Counted + exitWith("\trcu_barrier();\n\tcount = 1;\n\trcu_barrier();\n"));
  EXPECT_NE(found(/*All=*/true).find("superfluous_barrier low"), std::string::npos) << found(true);
}

TEST_F(Audit, ACallbackThatQueuesAnotherNeedsBoth) {
  module("static int count;\nstatic void second(struct rcu_head *head)\n{\n\tcount++;\n}\nstatic void first(struct rcu_head *head)\n{\n\tcall_rcu(head, second);\n}\n"
         "void item_count(struct item *item)\n{\n\tcall_rcu(&item->rcu, first);\n}\n" +
         exitWith("\trcu_barrier();\n\trcu_barrier();\n"));
  EXPECT_EQ(found().find("superfluous"), std::string::npos) << found();
}

const char Work[] = "struct workqueue_struct;\nvoid destroy_workqueue(struct workqueue_struct *wq);\nstatic struct workqueue_struct *item_wq;\n";

TEST_F(Audit, WhatEndsBehindTheBarrierMayHaveQueued) {
  module(std::string(Work) + Counted + exitWith("\trcu_barrier();\n\tcount = 1;\n\trcu_barrier();\n\tdestroy_workqueue(item_wq);\n"));
  EXPECT_EQ(found(/*All=*/true).find("superfluous"), std::string::npos) << found(true);
}

TEST_F(Audit, TheCallbackThatFillsTheCacheIsNamedFirst) {
  module(std::string("struct super_operations {\n\tvoid (*free_inode)(struct item *item);\n};\nstatic struct kmem_cache *inode_cache;\n"
                     "static void item_free_inode(struct item *item)\n{\n\tkmem_cache_free(inode_cache, item);\n}\n"
                     "const struct super_operations item_ops = {\n\t.free_inode = item_free_inode,\n};\n"
                     "void item_make(void)\n{\n\tinode_cache = kmem_cache_create(\"item\", sizeof(struct item), 0, 0, NULL);\n}\n") +
         Counted + exitWith("\trcu_barrier();\n\tkmem_cache_destroy(inode_cache);\n"));
  AuditReport R = audit();
  ASSERT_EQ(R.findings.size(), 1u);
  EXPECT_EQ(R.findings[0].kind, "needed_barrier");
  EXPECT_NE(R.findings[0].reason.find("needed: drv/drv.c:"), std::string::npos) << R.findings[0].reason;
  EXPECT_NE(R.findings[0].reason.find("item_free_inode"), std::string::npos) << R.findings[0].reason;
}

TEST_F(Audit, SeveralExitsOfOneModuleAreNoCertainty) {
  Tree.write("drv/Makefile", "obj-$(CONFIG_DRV) += both.o\nboth-y := drv.o other.o\n");
  module(Counted + exitWith("\tcount = 0;\n"));
  Tree.write("drv/other.c", std::string(Head) + "static void __exit other_exit(void)\n{\n}\nmodule_exit(other_exit);\n");
  EXPECT_EQ(found(), "");
  EXPECT_NE(found(/*All=*/true).find("missing_rcu_barrier low"), std::string::npos) << found(true);
}

TEST_F(Audit, ACacheOfANamespaceFlushesAllSheaves) {
  std::string Text = "static struct kmem_cache *item_cache;\nvoid item_make(void)\n{\n\titem_cache = kmem_cache_create(\"item\", sizeof(struct item), 0, 0, NULL);\n}\n"
                     "struct net;\nstruct pernet_operations {\n\tvoid (*exit)(struct net *net);\n};\n"
                     "static void item_net_exit(struct net *net)\n{\n\tkmem_cache_destroy(item_cache);\n}\n"
                     "struct pernet_operations item_net_ops = {\n\t.exit = item_net_exit,\n};\n";
  module(Text + exitWith("\t;\n"));
  EXPECT_EQ(found().find("costly"), std::string::npos) << found();
  Assume = {"sheaves", "destroy_flushes_all_sheaves"};
  EXPECT_NE(found().find("costly_destroy medium"), std::string::npos) << found(true);
  module("static struct kmem_cache *item_cache;\nvoid item_make(void)\n{\n\titem_cache = kmem_cache_create(\"item\", sizeof(struct item), 0, 0, NULL);\n}\n" +
         exitWith("\tkmem_cache_destroy(item_cache);\n"));
  EXPECT_EQ(found(true).find("costly"), std::string::npos) << found(true);
}

const char Freed[] = "static struct kmem_cache *item_cache;\nvoid item_make(void)\n{\n\titem_cache = kmem_cache_create(\"item\", sizeof(struct item), 0, 0, NULL);\n}\n"
                     "struct item *item_get(void)\n{\n\treturn kmem_cache_alloc(item_cache, GFP_KERNEL);\n}\n"
                     "void item_drop(struct item *item)\n{\n\tkfree_rcu(item, rcu);\n}\n";

TEST_F(Audit, DeferredFreeIntoACacheThatIsDestroyed) {
  module(Freed + exitWith("\tkmem_cache_destroy(item_cache);\n"));
  EXPECT_EQ(found(), "");
  Assume = {"batching"};
  AuditReport R = audit();
  ASSERT_EQ(R.findings.size(), 1u);
  EXPECT_EQ(R.findings[0].kind, "unsafe_kfree_rcu");
  EXPECT_EQ(R.findings[0].severity, Severity::Error);
  EXPECT_NE(R.findings[0].reason.find("item_cache is destroyed in drv_exit()"), std::string::npos) << R.findings[0].reason;
}

TEST_F(Audit, ABarrierOfTheRightKindIsEnough) {
  Assume = {"batching"};
  module(Freed + exitWith("\tkvfree_rcu_barrier();\n\tkmem_cache_destroy(item_cache);\n"));
  EXPECT_EQ(found(), "");
}

TEST_F(Audit, AMemberIsNoAllocation) {
  module("struct holder {\n\tint before;\n\tstruct item item;\n};\nvoid holder_drop(struct holder *h)\n{\n\tkfree_rcu(&h->item, rcu);\n}\n" + exitWith("\t;\n"));
  EXPECT_EQ(found(), "not_an_allocation high");
}

TEST_F(Audit, AnElementIsNoAllocation) {
  module("struct holder {\n\tstruct item items[4];\n};\nvoid holder_drop(struct holder *h)\n{\n\tkfree_rcu(&h->items[2], rcu);\n}\n" + exitWith("\t;\n"));
  EXPECT_EQ(found(), "not_an_allocation high");
  module("void item_drop(struct item *p, int n)\n{\n\tkfree_rcu(&p[n], rcu);\n}\n" + exitWith("\t;\n"));
  EXPECT_EQ(found(), "not_an_allocation medium");
}

TEST_F(Audit, WhatLiesBehindAnObjectIsNoAllocation) {
  module("void item_drop(struct item *p)\n{\n\tkfree_rcu(p + 1, rcu);\n}\n" + exitWith("\t;\n"));
  EXPECT_EQ(found(), "not_an_allocation high");
}

TEST_F(Audit, AVariableIsNoAllocation) {
  module("static struct item one;\nvoid item_drop(void)\n{\n\tstruct item *i = &one;\n\n\tkfree_rcu(i, rcu);\n}\n" + exitWith("\t;\n"));
  EXPECT_EQ(found(), "not_an_allocation high");
  module("void item_drop(void)\n{\n\tstruct item one;\n\n\tkfree_rcu(&one, rcu);\n}\n" + exitWith("\t;\n"));
  EXPECT_EQ(found(), "not_an_allocation high");
}

TEST_F(Audit, AHeadBehindTheFirstPageIsNone) {
  module("struct wide {\n\tchar room[8192];\n\tstruct rcu_head rcu;\n};\n#undef kvfree_rcu_pair\n#define kvfree_rcu_pair(o, m) kvfree_call_rcu(&(o)->m, (void *)(o))\n"
         "void wide_drop(struct wide *w)\n{\n\tkfree_rcu(w, rcu);\n}\n" + exitWith("\t;\n"));
  EXPECT_EQ(found(), "not_a_head high");
}

TEST_F(Audit, FingerprintsDoNotMoveWithTheLines) {
  module(Counted + exitWith("\tcount = 0;\n"));
  std::string First = fingerprintOf(audit().findings.at(0));
  module("\n\n\n" + std::string(Counted) + exitWith("\tcount = 0;\n"));
  EXPECT_EQ(fingerprintOf(audit().findings.at(0)), First);
}

TEST_F(Audit, SuppressionsNeedAReason) {
  Tree.write("s.txt", "# known\n0123456789abcdef  discussed on the list\n");
  auto Good = readSuppressions(Tree.path("s.txt"));
  ASSERT_TRUE(bool(Good));
  EXPECT_EQ(Good->at(0).reason, "discussed on the list");
  Tree.write("s.txt", "0123456789abcdef\n");
  auto Bad = readSuppressions(Tree.path("s.txt"));
  ASSERT_FALSE(bool(Bad));
  EXPECT_NE(message(Bad.takeError()).find("s.txt:1: the suppression has no reason"), std::string::npos);
}

TEST_F(Audit, ABaselineIsAnEarlierReport) {
  module(Counted + exitWith("\tcount = 0;\n"));
  AuditReport R = audit();
  Tree.write("b.json", auditJson(R));
  auto Known = readBaseline(Tree.path("b.json"));
  ASSERT_TRUE(bool(Known));
  EXPECT_EQ(*Known, std::set<std::string>{fingerprintOf(R.findings.at(0))});
  Tree.write("b.json", "[1]");
  auto Bad = readBaseline(Tree.path("b.json"));
  EXPECT_FALSE(bool(Bad));
  llvm::consumeError(Bad.takeError());
}

/// What section 3 of SARIF 2.1.0 requires of the objects that krcu writes, and what no schema says: rules that are there, places that exist.
/// The schema itself is for scripts/check-sarif.
void checkSarif(const std::string &Text) {
  nlohmann::json J = nlohmann::json::parse(Text);
  EXPECT_EQ(J.at("version"), "2.1.0");
  ASSERT_TRUE(J.at("runs").is_array());
  for (const auto &Run : J["runs"]) {
    const auto &Driver = Run.at("tool").at("driver");
    EXPECT_TRUE(Driver.at("name").is_string());
    std::set<std::string> Ids;
    for (const auto &Rule : Driver.at("rules")) {
      EXPECT_TRUE(Ids.insert(Rule.at("id").get<std::string>()).second);
      EXPECT_TRUE(Rule.at("shortDescription").at("text").is_string());
    }
    for (const auto &I : Run.at("invocations"))
      EXPECT_TRUE(I.at("executionSuccessful").is_boolean());
    auto CheckPlace = [](const nlohmann::json &P) {
      std::string Uri = P.at("artifactLocation").at("uri");
      EXPECT_FALSE(Uri.empty());
      EXPECT_EQ(Uri.find(' '), std::string::npos);
      if (P.contains("region")) {
        EXPECT_GE(P["region"].at("startLine").get<int>(), 1);
      }
    };
    for (const auto &Result : Run.at("results")) {
      EXPECT_FALSE(Result.at("message").at("text").get<std::string>().empty());
      EXPECT_EQ(Driver["rules"].at(Result.at("ruleIndex").get<size_t>()).at("id"), Result.at("ruleId"));
      EXPECT_TRUE((std::set<std::string>{"none", "note", "warning", "error"}.count(Result.at("level"))));
      if (Result.value("kind", "fail") != "fail") {
        EXPECT_EQ(Result.at("level"), "none") << "what is no fault has no level";
      }
      for (const auto &L : Result.at("locations"))
        CheckPlace(L.at("physicalLocation"));
      for (const auto &Flow : Result.value("codeFlows", nlohmann::json::array())) {
        ASSERT_FALSE(Flow.at("threadFlows").empty());
        for (const auto &Thread : Flow["threadFlows"]) {
          ASSERT_FALSE(Thread.at("locations").empty());
          for (const auto &Step : Thread["locations"])
            if (Step.at("location").contains("physicalLocation"))
              CheckPlace(Step["location"]["physicalLocation"]);
        }
      }
    }
  }
}

TEST_F(Audit, SarifOfAnAudit) {
  module(Counted + exitWith("\tcount = 0;\n"));
  AuditReport R = audit();
  std::string Text = auditSarif(R);
  checkSarif(Text);
  nlohmann::json J = nlohmann::json::parse(Text);
  EXPECT_EQ(J["runs"][0]["results"].size(), 1u);
  EXPECT_FALSE(J["runs"][0]["results"][0].at("codeFlows").empty());
}

TEST_F(Audit, SarifOffersTheChange) {
  Tree.lay("module-exit-safe");
  Outcome O = scanAndPatch(Tree.options());
  std::vector<SiteText> Texts = siteTexts(*O.scan, O.sites);
  ReportInput In;
  In.semantics = &O.scan->semantics();
  In.sites = &O.sites;
  In.texts = &Texts;
  nlohmann::json J = nlohmann::json::parse(scanSarif(In, {}));
  // Applied to the file, the replacements give what krcu patch gives.
  ASSERT_EQ(O.patch.files.size(), 1u);
  const auto &[File, Both] = *O.patch.files.begin();
  std::vector<std::string> Lines;
  llvm::SmallVector<llvm::StringRef> Split;
  llvm::StringRef(Both.first).split(Split, '\n');
  for (llvm::StringRef L : Split)
    Lines.push_back(L.str());
  unsigned Fixes = 0;
  for (const auto &Result : J["runs"][0]["results"])
    for (const auto &Fix : Result.value("fixes", nlohmann::json::array())) {
      ++Fixes;
      ASSERT_EQ(Fix["artifactChanges"].size(), 1u);
      EXPECT_EQ(Fix["artifactChanges"][0]["artifactLocation"]["uri"], File);
      const auto &All = Fix["artifactChanges"][0]["replacements"];
      for (auto It = All.rbegin(); It != All.rend(); ++It) { // from the end, so that the lines before stay where they are
        unsigned From = (*It)["deletedRegion"]["startLine"], To = (*It)["deletedRegion"]["endLine"];
        Lines.erase(Lines.begin() + From - 1, Lines.begin() + To - 1);
        std::string Text = It->contains("insertedContent") ? (*It)["insertedContent"]["text"].get<std::string>() : "";
        if (!Text.empty())
          Lines.insert(Lines.begin() + From - 1, Text.substr(0, Text.size() - 1));
      }
    }
  EXPECT_EQ(Fixes, 1u);
  EXPECT_EQ(llvm::join(Lines, "\n"), Both.second);
}

TEST_F(Audit, SarifOfAScan) {
  Tree.lay("module-exit-unsafe");
  Outcome O = scanAndPatch(Tree.options());
  std::vector<SiteText> Texts = siteTexts(*O.scan, O.sites);
  ReportInput In;
  In.asked = {"scan", {"a tree"}, "/a tree", "", "0123456789012345678901234567890123456789"};
  In.semantics = &O.scan->semantics();
  In.sites = &O.sites;
  In.texts = &Texts;
  std::string Text = scanSarif(In, {"drv/x.c: could not be parsed"});
  checkSarif(Text);
  nlohmann::json J = nlohmann::json::parse(Text);
  ASSERT_FALSE(J["runs"][0]["results"].empty());
  EXPECT_EQ(J["runs"][0]["originalUriBaseIds"]["SRCROOT"]["uri"], "file:///a%20tree/");
  EXPECT_EQ(J["runs"][0]["versionControlProvenance"][0]["revisionId"], In.asked.commit);
  EXPECT_EQ(J["runs"][0]["invocations"][0]["arguments"][0], "scan");
  const nlohmann::json &First = J["runs"][0]["results"][0];
  EXPECT_EQ(First["partialFingerprints"]["krcu/v1"].get<std::string>().size(), 16u);
  EXPECT_EQ(First["codeFlows"][0]["threadFlows"][0]["locations"][0]["kinds"][0], "call");
  EXPECT_GE(First["locations"][0]["physicalLocation"]["region"]["endColumn"].get<unsigned>(), 2u);
  EXPECT_EQ(J["runs"][0]["invocations"][0]["toolExecutionNotifications"].size(), 1u);
}

} // namespace
