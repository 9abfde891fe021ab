// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What an input can make large must not cost its square: the whole program on inputs of n and 2n parts, one dimension at a time. What is compared
// are instructions, where this machine counts them (perf_event_open), else processor time; never seconds of a clock. What a run costs with one part is
// taken off first. A dimension begins small and grows until there is something to measure.
#include "tool/driver/run_binary.h"
#include "gtest/gtest.h"
#include <algorithm>
#include <cstdlib>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

namespace krcu {
namespace {

/// Cost of a child: in instructions or microseconds, whatever `counter()` can have. The unit stays the same while the test runs.
class Meter {
public:
  Meter() {
    perf_event_attr What{};
    What.type = PERF_TYPE_HARDWARE;
    What.size = sizeof(What);
    What.config = PERF_COUNT_HW_INSTRUCTIONS;
    What.inherit = 1;
    What.exclude_kernel = 1;
    What.disabled = 1;
    Fd = static_cast<int>(::syscall(SYS_perf_event_open, &What, 0, -1, -1, PERF_FLAG_FD_CLOEXEC));
  }
  ~Meter() {
    if (Fd >= 0)
      ::close(Fd);
  }
  bool counts() const { return Fd >= 0; }
  double of(const std::function<void()> &Run) {
    rusage Before{}, After{};
    if (Fd >= 0)
      ::ioctl(Fd, PERF_EVENT_IOC_RESET, 0), ::ioctl(Fd, PERF_EVENT_IOC_ENABLE, 0);
    ::getrusage(RUSAGE_CHILDREN, &Before);
    Run();
    ::getrusage(RUSAGE_CHILDREN, &After);
    if (Fd >= 0) {
      uint64_t Count = 0;
      ::ioctl(Fd, PERF_EVENT_IOC_DISABLE, 0);
      if (::read(Fd, &Count, sizeof(Count)) == sizeof(Count))
        return static_cast<double>(Count);
    }
    auto Used = [](const rusage &R) {
      return static_cast<double>(R.ru_utime.tv_sec + R.ru_stime.tv_sec) * 1e6 + static_cast<double>(R.ru_utime.tv_usec + R.ru_stime.tv_usec);
    };
    return Used(After) - Used(Before);
  }

private:
  int Fd = -1;
};

const std::string Includes = "// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception\n#include <linux/kernel.h>\n#include <linux/module.h>\n"
                             "#include <linux/rcupdate.h>\n#include <linux/slab.h>\n";
const std::string Record = "struct item { int key; struct rcu_head rcu; };\n";

/// The text of the part, N times, with the number in the place of each '@'.
std::string times(unsigned N, const std::string &Part) {
  std::string Result;
  for (unsigned I = 0; I < N; ++I)
    for (char C : Part)
      Result += C == '@' ? std::to_string(I) : std::string(1, C);
  return Result;
}

std::string callback(const std::string &Name) {
  return "static void " + Name + "(struct rcu_head *head)\n{\n\tkfree(container_of(head, struct item, rcu));\n}\n";
}

struct Dimension {
  const char *name;
  std::function<void(const ScratchTree &, unsigned)> make;
  std::vector<std::string> command; ///< "@" stands for the tree's root
  unsigned most;                    ///< parts
  int status = 1;                   ///< the program's exit status; 1: it has found something
};

void PrintTo(const Dimension &D, std::ostream *To) { *To << D.name; }

void module(const ScratchTree &T, const std::string &Text) {
  T.write("drv/Makefile", "obj-$(CONFIG_DRV) += many.o\n");
  T.write("drv/many.c", Includes + Record + Text);
}

const std::vector<std::string> Scan{"scan", "-q", "-j1", "--no-cache", "@"}, Audit{"audit", "-q", "-j1", "--no-cache", "@"};

const std::string CacheParts = "static struct kmem_cache *cache@;\nstatic void free@(struct rcu_head *head)\n{\n"
                               "\tkmem_cache_free(cache@, container_of(head, struct item, rcu));\n}\nvoid drop@(struct item *i)\n{\n\tcall_rcu(&i->rcu, free@);\n}\n"
                               "int make@(void)\n{\n\tcache@ = kmem_cache_create(\"c@\", sizeof(struct item), 0, 0, NULL);\n\treturn cache@ ? 0 : -1;\n}\n"
                               "void end@(void)\n{\n\tkmem_cache_destroy(cache@);\n}\n";
const std::string OneCache = "static struct kmem_cache *cache;\nstatic void item_free(struct rcu_head *head)\n{\n"
                             "\tkmem_cache_free(cache, container_of(head, struct item, rcu));\n}\nvoid item_drop(struct item *i)\n{\n\tcall_rcu(&i->rcu, item_free);\n}\n"
                             "static int __init drv_init(void)\n{\n\tcache = kmem_cache_create(\"c\", sizeof(struct item), 0, 0, NULL);\n\treturn cache ? 0 : -1;\n}\n"
                             "module_init(drv_init);\n";

void manyCalls(const ScratchTree &T, unsigned N) {
  module(T, callback("item_free") + times(N, "void drop@(struct item *i)\n{\n\tcall_rcu(&i->rcu, item_free);\n}\n"));
}

/// Each with a forward declaration, in a header where it can be, a helper, an #if and a comment.
void manyCallbacks(const ScratchTree &T, unsigned N) {
  T.write("drv/many.h", Record + times(N, "void free@(struct rcu_head *head);\n"));
  T.write("drv/Makefile", "obj-$(CONFIG_DRV) += many.o\n");
  T.write("drv/many.c", Includes + "#include \"many.h\"\n" +
                            times(N, "static struct item *item@(struct rcu_head *head)\n{\n\treturn container_of(head, struct item, rcu);\n}\n\n/* see free@() */\n"
                                     "void free@(struct rcu_head *head)\n{\n\tkfree(item@(head));\n}\n\n#ifdef CONFIG_X\nint x@;\n#endif\n"
                                     "void drop@(struct item *i)\n{\n\tcall_rcu(&i->rcu, free@);\n}\n"));
}

const Dimension Dimensions[] = {
    {"sites", manyCalls, Scan, 16000},
    {"sites_in_one_function", [](const ScratchTree &T, unsigned N) {
       module(T, callback("item_free") + "void drop(struct item **i)\n{\n" + times(N, "\tcall_rcu(&i[@]->rcu, item_free);\n") + "}\n");
     }, Scan, 16000},
    {"callbacks", [](const ScratchTree &T, unsigned N) {
       module(T, times(N, callback("free@") + "void drop@(struct item *i)\n{\n\tcall_rcu(&i->rcu, free@);\n}\n"));
     }, Scan, 8000},
    {"files", [](const ScratchTree &T, unsigned N) {
       T.write("drv/Makefile", "obj-$(CONFIG_DRV) += drv.o\ndrv-y := " + times(N, "f@.o ") + "\n");
       for (unsigned I = 0; I < N; ++I)
         T.write("drv/f" + std::to_string(I) + ".c", Includes + Record + callback("item_free") + "void drop" + std::to_string(I) + "(struct item *i)\n{\n\tcall_rcu(&i->rcu, item_free);\n}\n");
     }, Scan, 800},
    {"caches", [](const ScratchTree &T, unsigned N) { module(T, times(N, CacheParts)); }, Scan, 4000},
    {"table_of_caches", [](const ScratchTree &T, unsigned N) {
       module(T, "static struct kmem_cache *cache0" + times(N, ", *other@") + ";\nstatic struct { struct kmem_cache **slot; int size; } table[] = {\n\t{ &cache0, 8 },\n" +
                     times(N, "\t{ &other@, 16 },\n") + "};\nstatic void item_free(struct rcu_head *head)\n{\n\tkmem_cache_free(cache0, container_of(head, struct item, rcu));\n}\n"
                     "void item_drop(struct item *i)\n{\n\tcall_rcu(&i->rcu, item_free);\n}\nint make(void)\n{\n\tint n;\n\n\tfor (n = 0; n < 2; n++)\n"
                     "\t\t*table[n].slot = kmem_cache_create(\"c\", table[n].size, 0, 0, NULL);\n\treturn 0;\n}\nvoid end(void)\n{\n\tint n;\n\n"
                     "\tfor (n = 0; n < 2; n++)\n\t\tkmem_cache_destroy(*table[n].slot);\n}\n");
     }, Scan, 16000},
    {"functions_that_call_the_destruction", [](const ScratchTree &T, unsigned N) {
       module(T, OneCache + "static void end(void)\n{\n\tkmem_cache_destroy(cache);\n}\n" + times(N, "void way@(void)\n{\n\tend();\n}\n"));
     }, Scan, 20000},
    {"functions_beside_the_destruction", [](const ScratchTree &T, unsigned N) {
       module(T, OneCache + "static void __exit end(void)\n{\n\tkmem_cache_destroy(cache);\n}\nmodule_exit(end);\n" + times(N, "int beside@(int n)\n{\n\treturn n + @;\n}\n"));
     }, Scan, 40000},
    {"chain_of_calls", [](const ScratchTree &T, unsigned N) {
       std::string Chain = "static void f0(void)\n{\n\tkmem_cache_destroy(cache);\n}\n";
       for (unsigned I = 1; I <= N; ++I)
         Chain += "static void f" + std::to_string(I) + "(void)\n{\n\tf" + std::to_string(I - 1) + "();\n}\n";
       module(T, OneCache + Chain + "static void __exit end(void)\n{\n\tf" + std::to_string(N) + "();\n}\nmodule_exit(end);\n");
     }, Scan, 10000},
    {"statements_of_a_callback", [](const ScratchTree &T, unsigned N) {
       module(T, "static void item_free(struct rcu_head *head)\n{\n\tstruct item *i = container_of(head, struct item, rcu);\n\n" + times(N, "\tif (i->key == @)\n\t\ti->key++;\n") +
                     "\tkfree(i);\n}\nvoid drop(struct item *i)\n{\n\tcall_rcu(&i->rcu, item_free);\n}\n");
     }, {"scan", "-q", "-j1", "--no-cache", "--parse-all", "@"}, 8000, 0},
    {"words_of_a_makefile", [](const ScratchTree &T, unsigned N) {
       module(T, callback("item_free") + "void drop(struct item *i)\n{\n\tcall_rcu(&i->rcu, item_free);\n}\n");
       T.write("drv/Makefile", "obj-$(CONFIG_DRV) += drv.o\ndrv-y := many.o\n" + times(N, "drv-$(CONFIG_D@) += part@.o\n"));
     }, Scan, 40000},
    {"symbols_of_kconfig", [](const ScratchTree &T, unsigned N) {
       module(T, callback("item_free") + "void drop(struct item *i)\n{\n\tcall_rcu(&i->rcu, item_free);\n}\n");
       T.write("Kconfig", T.read("Kconfig") + "\nconfig D0\n\tbool \"d\"\n" + times(N, "\nconfig E@\n\tbool \"e\"\n\tdepends on D0\n\tselect D0\n"));
     }, Scan, 40000},
    {"exits_that_audit_asks", [](const ScratchTree &T, unsigned N) {
       T.write("drv/Makefile", times(N, "obj-$(CONFIG_DRV) += m@.o\n"));
       for (unsigned I = 0; I < N; ++I)
         T.write("drv/m" + std::to_string(I) + ".c", Includes + Record + OneCache + "static void __exit end(void)\n{\n\tkmem_cache_destroy(cache);\n}\nmodule_exit(end);\n");
     }, Audit, 400},
    {"calls_in_an_exit", [](const ScratchTree &T, unsigned N) {
       module(T, OneCache + times(N, "static int stop@(void)\n{\n\treturn @;\n}\n") + "static void __exit end(void)\n{\n" + times(N, "\tstop@();\n") +
                     "\tkmem_cache_destroy(cache);\n}\nmodule_exit(end);\n");
     }, Audit, 10000},
    {"rows_of_rules", [](const ScratchTree &T, unsigned N) {
       module(T, callback("item_free") + "void drop(struct item *i)\n{\n\tcall_rcu(&i->rcu, item_free);\n}\n");
       T.write("own.yaml", "frees:\n" + times(N, "  - name: own_free@\n    object: 0\n    family: kfree\n"));
     }, {"scan", "-q", "-j1", "--no-cache", "--rules", "@/own.yaml", "@"}, 20000},
    {"mails", [](const ScratchTree &T, unsigned N) {
       module(T, callback("item_free") + "void drop(struct item *i)\n{\n\tcall_rcu(&i->rcu, item_free);\n}\n");
       std::string Box;
       for (unsigned I = 0; I < N; ++I) {
         const std::string Number = std::to_string(I);
         T.write("lib/n" + Number + ".c", "int n" + Number + ";\n");
         Box += "From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001\nFrom: A <a@x.org>\nSubject: [PATCH] lib: change " + Number + "\nMessage-Id: <" + Number +
                "@x>\nDate: Mon, 5 Jan 2026 10:00:00 +0000\n\nText.\n---\ndiff --git a/lib/n" + Number + ".c b/lib/n" + Number + ".c\n--- a/lib/n" + Number + ".c\n+++ b/lib/n" + Number +
                ".c\n@@ -1 +1 @@\n-int n" + Number + ";\n+long n" + Number + ";\n-- \n2.40.0\n\n";
       }
       T.write("box", Box);
     }, {"review", "-q", "-j1", "--no-cache", "--tree", "@", "@/box"}, 4000, 0},
    {"hunks_of_a_patch", [](const ScratchTree &T, unsigned N) {
       std::string Old, Diff;
       for (unsigned I = 0; I < N; ++I) {
         const std::string Number = std::to_string(I), Line = std::to_string(I * 8 + 1);
         Old += "int a" + Number + ";\nint b;\nint c;\nint d;\nint e;\nint f;\nint g;\nint h;\n";
         Diff += "@@ -" + Line + ",2 +" + Line + ",2 @@\n-int a" + Number + ";\n+long a" + Number + ";\n int b;\n";
       }
       T.write("lib/long.c", Old);
       T.write("box", "From: A <a@x.org>\nSubject: [PATCH] lib: change\nMessage-Id: <1@x>\n\nText.\n---\n--- a/lib/long.c\n+++ b/lib/long.c\n" + Diff + "-- \n2.40.0\n");
     }, {"review", "-q", "-j1", "--no-cache", "--tree", "@", "@/box"}, 20000, 0},
    {"words_of_a_subject", [](const ScratchTree &T, unsigned N) {
       T.write("lib/n.c", "int n;\n");
       T.write("box", "From: A <a@x.org>\nSubject: [PATCH] =?utf-8?q?" + times(N, "=?utf-8?q?a@") + "\nMessage-Id: <1@x>\n\nText.\n---\n--- a/lib/n.c\n+++ b/lib/n.c\n@@ -1 +1 @@\n-int n;\n+long n;\n");
     }, {"review", "-q", "-j1", "--no-cache", "--tree", "@", "@/box"}, 400000, 0},
    {"chain_of_renames", [](const ScratchTree &T, unsigned N) {
       T.write("lib/n0.c", "int n;\n");
       std::string Diff;
       for (unsigned I = 0; I < N; ++I) {
         const std::string Old = "lib/n" + std::to_string(I) + ".c", New = "lib/n" + std::to_string(I + 1) + ".c";
         Diff += "diff --git a/" + Old + " b/" + New + "\nsimilarity index 100%\nrename from " + Old + "\nrename to " + New + "\n";
       }
       T.write("box", "From: A <a@x.org>\nSubject: [PATCH] lib: change\nMessage-Id: <1@x>\n\nText.\n---\n" + Diff);
     }, {"review", "-q", "-j1", "--no-cache", "--reply", "@/answers", "--tree", "@", "@/box"}, 20000, 0},
    {"files_that_an_answer_quotes", [](const ScratchTree &T, unsigned N) {
       std::string Diff;
       for (unsigned I = 0; I < N; ++I) {
         const std::string Name = "drv/q" + std::to_string(I) + ".c";
         T.write(Name, "int n;\n");
         Diff += "--- a/" + Name + "\n+++ b/" + Name + "\n@@ -1 +1 @@\n-int n;\n+int n(\n";
       }
       T.write("box", "From: A <a@x.org>\nSubject: [PATCH] drv: change\nMessage-Id: <1@x>\n\nText.\n---\n" + Diff);
     }, {"review", "-q", "-j1", "--no-cache", "--reply", "@/answers", "--tree", "@", "@/box"}, 4000, 0},
    {"findings_and_hunks_of_an_answer", [](const ScratchTree &T, unsigned N) {
       std::string Text = Includes + Record + callback("item_free"), Diff;
       size_t Line = static_cast<size_t>(std::count(Text.begin(), Text.end(), '\n')) + 3;
       for (unsigned I = 0; I < N; ++I, Line += 12) {
         std::string Number = std::to_string(I);
         Text += "void drop" + Number + "(struct item *i, struct item *j)\n{\n\tcall_rcu(&i->rcu, item_free);\n}\nint a" + Number + ";\n" + times(7, "/* */\n");
         std::string At = std::to_string(Line) + ",1";
         Diff += "@@ -" + At + " +" + At + " @@\n-\tcall_rcu(&i->rcu, item_free);\n+\tkfree_rcu(j, rcu);\n";
       }
       T.write("drv/Makefile", "obj-$(CONFIG_DRV) += many.o\n");
       T.write("drv/many.c", Text);
       T.write("box", "From: A <a@x.org>\nSubject: [PATCH] drv: change\nMessage-Id: <1@x>\n\nText.\n---\n--- a/drv/many.c\n+++ b/drv/many.c\n" + Diff);
     }, {"review", "-q", "-j1", "--no-cache", "--reply", "@/answers", "--tree", "@", "@/box"}, 8000},
    {"calls_as_json", manyCalls, {"scan", "-q", "-j1", "--no-cache", "--format", "json", "@"}, 8000},
    {"calls_on_a_page", manyCalls, {"scan", "-q", "-j1", "--no-cache", "--format", "html", "@"}, 8000},
    {"calls_as_sarif", manyCalls, {"scan", "-q", "-j1", "--no-cache", "--format", "sarif", "@"}, 8000},
    {"callbacks_as_json", manyCallbacks, {"scan", "-q", "-j1", "--no-cache", "--format", "json", "@"}, 8000},
    {"callbacks_of_a_patch", manyCallbacks, {"patch", "-q", "-j1", "--no-cache", "@"}, 8000, 0},
    {"barriers_in_an_exit", [](const ScratchTree &T, unsigned N) {
       module(T, OneCache + "static void __exit end(void)\n{\n\trcu_barrier();\n\trcu_barrier();\n" + times(N, "\trcu_barrier();\n") + "\tkmem_cache_destroy(cache);\n}\nmodule_exit(end);\n");
     }, {"audit", "-q", "-j1", "--no-cache", "--notes", "--all", "@"}, 8000},
};

class Doubling : public testing::TestWithParam<Dimension> {
protected:
  double costOf(unsigned N) {
    const Dimension &D = GetParam();
    ScratchTree T("no-wait");
    D.make(T, N);
    std::vector<std::string> Arguments = D.command;
    for (std::string &A : Arguments)
      if (A[0] == '@')
        A.replace(0, 1, T.root());
    Ran R;
    double Cost = Measure.of([&] { R = runKrcu(T, Arguments); });
    EXPECT_EQ(R.status, D.status) << N << " parts\n" << R.err.substr(0, 2000) << R.out.substr(0, 1000);
    return Cost;
  }
  Meter Measure;
};

TEST_P(Doubling, CostsAtMostALittleMoreThanTwice) {
  const bool Long = std::getenv("KRCU_LONG_TESTS") != nullptr;
  const double Enough = Measure.counts() ? (Long ? 4e9 : 1e9) : (Long ? 1e6 : 3e5); // instructions, or microseconds
  constexpr double Most = 2.6;
  const unsigned Cap = GetParam().most;
  const double One = std::min({costOf(1), costOf(1), costOf(1)});
  unsigned N = Cap / 64 + 1;
  double Half = costOf(std::max(N / 2, 1u)) - One, Whole = costOf(N) - One, Ratio = 0;
  for (int Try = 0; Try < 10 && !HasFailure(); ++Try) {
    for (; Whole < Enough && N * 2 <= Cap; Whole = costOf(N) - One)
      N *= 2, Half = Whole;
    Ratio = Whole / std::max(Half, 1.0);
    if (Ratio <= Most || Whole < Enough)
      break;
    // What else the machine does makes a run dearer, never cheaper: the least of some counts.
    Whole = std::min(Whole, costOf(N) - One);
    Half = std::min(Half, costOf(std::max(N / 2, 1u)) - One);
  }
  const std::string Figures = std::string(GetParam().name) + ": " + std::to_string(N / 2) + " and " + std::to_string(N) + " parts cost " + std::to_string(Half / 1e6) + " and " +
                              std::to_string(Whole / 1e6) + (Measure.counts() ? " million instructions" : " s of processor time") + " more than one";
  std::printf("%s, %.2f times\n", Figures.c_str(), Ratio);
  if (Whole >= Enough) { // else so many parts cost next to nothing
    EXPECT_LE(Ratio, Most) << Figures;
  }
}

INSTANTIATE_TEST_SUITE_P(All, Doubling, testing::ValuesIn(Dimensions), [](const testing::TestParamInfo<Dimension> &I) { return std::string(I.param.name); });

} // namespace
} // namespace krcu
