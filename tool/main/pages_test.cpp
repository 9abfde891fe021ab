// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Pages as a user makes them, and as a browser sees them. Without chromium the tests that open one are skipped.
#include "tool/driver/pipeline_trees.h"
#include "gtest/gtest.h"
#include <regex>
#include <sys/wait.h>

namespace krcu {
namespace {

struct Ran {
  int status;
  std::string out;
};

Ran run(const std::string &Command) {
  std::string Out;
  FILE *Pipe = ::popen(Command.c_str(), "r");
  char Buffer[4096];
  for (size_t Got; Pipe && (Got = std::fread(Buffer, 1, sizeof Buffer, Pipe)) > 0;)
    Out.append(Buffer, Got);
  int Status = Pipe ? ::pclose(Pipe) : -1;
  return {WIFEXITED(Status) ? WEXITSTATUS(Status) : -1, Out};
}

class Pages : public testing::Test {
protected:
  Pages() : Tree("no-wait") {
    Tree.write("drv/drv.c", "#include <linux/kernel.h>\n#include <linux/module.h>\n#include <linux/rcupdate.h>\n#include <linux/slab.h>\nstruct item {\n\tint key;\n\tstruct rcu_head rcu;\n};\n"
                            "static struct kmem_cache *item_cache;\nstatic void item_free(struct rcu_head *head)\n{\n\tkmem_cache_free(item_cache, container_of(head, struct item, rcu));\n}\n"
                            "void item_put(struct item *item)\n{\n\t/* </script><script>document.title = 'taken over'</script><img src=x onerror=\"document.title = 'taken over'\"> */\n\tcall_rcu(&item->rcu, item_free);\n}\n"
                            "static int __init drv_init(void)\n{\n\titem_cache = kmem_cache_create(\"item\", sizeof(struct item), 0, 0, NULL);\n\treturn 0;\n}\nmodule_init(drv_init);\n"
                            "static void __exit drv_exit(void)\n{\n\trcu_barrier();\n\tkmem_cache_destroy(item_cache);\n}\nmodule_exit(drv_exit);\n");
  }
  std::string krcu(const std::string &Arguments, int Status = 1) const {
    Ran R = run(std::string(KRCU_BINARY) + " " + Arguments + " --no-cache 2>&1");
    EXPECT_EQ(R.status, Status) << R.out;
    return R.out;
  }
  static bool hasBrowser() { return run("command -v chromium >/dev/null").status == 0; }
  /// The page's DOM after its script ran, in a frame of this width; the title says how wide the content is.
  std::string opened(const std::string &Html, unsigned Width) const {
    Tree.write("page.html", Html);
    Tree.write("frame.html", "<iframe id=f src=page.html style='border:0;width:" + std::to_string(Width) + "px;height:900px'></iframe><pre id=dom></pre><script>onload=()=>{const d=document.getElementById('f').contentDocument;"
                             "document.title='wide '+d.documentElement.scrollWidth;document.getElementById('dom').textContent='TITLE:'+d.title+':FILTERS:'+(d.getElementById('filters')||{}).hidden+"
                             "':SHOWN:'+(d.getElementById('shown')||{}).textContent+':IMAGES:'+d.images.length+':SVGS:'+d.querySelectorAll('svg.way').length+':'}</script>");
    return run("HOME=" + Tree.path("home") + " timeout 120 chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --allow-file-access-from-files --virtual-time-budget=4000 --dump-dom file://" +
               Tree.path("frame.html") + " 2>/dev/null").out;
  }
  ScratchTree Tree;
};

bool has(const std::string &Text, const std::string &Part) { return Text.find(Part) != std::string::npos; }

TEST_F(Pages, AScanShowsTheSiteTheWayAndTheChange) {
  std::string Html = krcu("scan --format html " + Tree.root());
  EXPECT_TRUE(has(Html, "data-class=\"unsafe\"")) << Html;
  EXPECT_TRUE(has(Html, "<svg class=\"way\""));
  EXPECT_TRUE(has(Html, "class=\"decides\"")) << "the step that decides is marked";
  EXPECT_TRUE(has(Html, "<ins>   17 + \tkfree_rcu(item, rcu);</ins>")) << Html;
  EXPECT_TRUE(has(Html, "class=\"lanes\"")) << "the era's counterexample";
  EXPECT_FALSE(has(Html, "class=\"assumed\""));
  EXPECT_EQ(Html, krcu("scan -j1 --format html " + Tree.root())) << "not of the number of threads";
}

TEST_F(Pages, ExplainAuditAndReview) {
  EXPECT_TRUE(has(krcu("explain --format html --source-url 'https://x.org/%f#L%l' " + Tree.root() + " drv/drv.c:17", 0), "href=\"https://x.org/drv/drv.c#L17\""));
  Tree.write("zoo/zoo.c", "#include <linux/kernel.h>\n#include <linux/module.h>\n#include <linux/rcupdate.h>\nstruct item {\n\tstruct rcu_head rcu;\n};\nstatic int count;\nstatic void counted(struct rcu_head *head)\n{\n\tcount++;\n}\n"
                          "void item_count(struct item *item)\n{\n\tcall_rcu(&item->rcu, counted);\n}\nstatic void __exit zoo_exit(void)\n{\n}\nmodule_exit(zoo_exit);\n");
  Tree.write("zoo/Makefile", "obj-$(CONFIG_DRV) += zoo.o\n");
  Tree.write("Kbuild", Tree.read("Kbuild") + "obj-y += zoo/\n");
  std::string Audit = krcu("audit --format html " + Tree.root());
  EXPECT_TRUE(has(Audit, "missing_rcu_barrier") && has(Audit, "<svg class=\"way\"")) << Audit;
  Tree.write("p.diff", "--- a/drv/drv.c\n+++ b/drv/drv.c\n@@ -15,4 +15,4 @@\n {\n \t/* </script><script>document.title = 'taken over'</script><img src=x onerror=\"document.title = 'taken over'\"> */\n-\tcall_rcu(&item->rcu, item_free);\n+\tkfree_rcu(item, rcu);\n }\n");
  std::string Review = krcu("review --format html " + Tree.path("p.diff") + " --tree " + Tree.root());
  EXPECT_TRUE(has(Review, "<pre class=\"diff\">")) << Review;
  EXPECT_FALSE(has(Review, "<img"));
}

TEST_F(Pages, ResultsGoWhereTheyAreWanted) {
  std::string Text = krcu("scan -q " + Tree.root());
  EXPECT_EQ(Text.find("drv/drv.c:17:2: unsafe: kfree_rcu(item, rcu); "), 0u) << "the place comes first, and nothing before it: " << Text;
  EXPECT_TRUE(has(Text, "\nnext: krcu explain " + Tree.root() + " drv/drv.c:17 ")) << Text;
  EXPECT_EQ(krcu("scan -q -o " + Tree.path("out.txt") + " " + Tree.root()), "");
  EXPECT_EQ(Tree.read("out.txt").substr(0, 24), Text.substr(0, 24));
  EXPECT_TRUE(has(krcu("scan --color=always " + Tree.root()), "\033[31munsafe\033[0m:"));
  EXPECT_FALSE(has(krcu("scan --color=auto " + Tree.root()), "\033")) << "no terminal";
  EXPECT_TRUE(has(krcu("scan --progress=json " + Tree.root()), "{\"phase\": \"parse\", \"done\": "));
  EXPECT_TRUE(has(krcu("explain " + Tree.root() + " drv/drv.c:17", 0), "\n      | call_rcu(&item->rcu, item_free);\n")) << "each step with its line";
  EXPECT_TRUE(has(krcu("scan -o " + Tree.path("no/such/file") + " " + Tree.root(), 2), "no/such/file"));
}

TEST_F(Pages, ASourceUrlIsCheckedFirst) {
  EXPECT_TRUE(has(krcu("scan --format html --source-url 'javascript:%f' " + Tree.root(), 2), "no pattern of URLs"));
  EXPECT_TRUE(has(krcu("scan --source-url 'https://x.org/%f' " + Tree.root(), 2), "--format html"));
}

TEST_F(Pages, ABrowserShowsThemAtEachWidth) {
  if (!hasBrowser())
    GTEST_SKIP() << "chromium is not installed (scripts/setup pages)";
  Tree.write("drv/a'\"><b>.c", Tree.read("drv/drv.c")); // with what the tree has anyway three calls
  std::string Html = krcu("scan --format html --assume batching " + Tree.root());
  for (unsigned Width : {400u, 800u, 1400u}) {
    std::string Seen = opened(Html, Width);
    EXPECT_TRUE(has(Seen, "TITLE:krcu scan: Linux ")) << "its own script runs and no other does: " << Seen;
    EXPECT_TRUE(has(Seen, ":FILTERS:false:SHOWN:3 of 3 shown:IMAGES:0:")) << Seen;
    std::smatch Wide;
    ASSERT_TRUE(std::regex_search(Seen, Wide, std::regex("wide ([0-9]+)"))) << Seen;
    EXPECT_LE(std::stoul(Wide[1]), Width) << "nothing sticks out";
  }
}

} // namespace
} // namespace krcu
