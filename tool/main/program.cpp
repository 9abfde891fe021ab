// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/main/program.h"

#include "tool/rules/row_reader.h"
#include "llvm/ADT/StringRef.h"
#include <map>
#include <string>
#include <vector>

namespace krcu {
namespace {

/// What a command's --help ends with; the program's own shows one of each.
const std::map<std::string, const char *> &commandExamples() {
  static const std::map<std::string, const char *> Examples = {
      {"scan", "  krcu scan ~/linux                          what can be converted, what not, and why\n"
               "  krcu scan ~/linux net drivers/md           only these directories\n"
               "  krcu scan --assume batching ~/linux        the same, as if kmem_cache_destroy() did not wait\n"
               "  krcu scan --config ~/build ~/linux         for the kernel configured there, too\n"
               "  krcu scan --format html -o report.html ~/linux\n"
               "  krcu scan --kernel ~/linux ~/mymod         a module outside the tree, as make M=~/mymod builds it\n"},
      {"patch", "  krcu patch ~/linux > krcu.diff             the conversions as a diff for git apply\n"
                "  krcu patch --in-place ~/linux drivers/foo  rewrite the files of one directory\n"
                "  krcu patch --series out ~/linux            mails for git am, with texts and recipients; nothing is sent\n"
                "  krcu patch --mbox out | git am -3          apply them\n"},
      {"verify", "  krcu verify out --tree ~/linux             apply, parse and scan what krcu patch --series out wrote\n"
                 "  krcu verify out --tree ~/linux --run-checkpatch\n"},
      {"review", "  krcu review series.mbox --tree ~/linux     may these be merged, and why not?\n"
                 "  krcu review --range origin/master..HEAD --tree ~/linux\n"
                 "  krcu review fix.patch --tree ~/linux --tree ~/linux-stable    a column each\n"
                 "  krcu review - --tree ~/linux --base auto < mail\n"},
      {"audit", "  krcu audit ~/linux drivers/foo             what is wrong at the end of its modules\n"
                "  krcu audit --fix ~/linux net > fix.diff    the mend, where a barrier is one\n"
                "  krcu audit --reproducer drivers/foo/x.c:321 ~/linux    how to bring that finding to fail\n"
                "  krcu audit --kind missing_rcu_barrier --all ~/linux\n"
                "  krcu audit --config ~/build ~/linux        does it matter in that kernel?\n"},
      {"explain", "  krcu explain ~/linux drivers/foo/foo.c:336         the chain of evidence of one call\n"
                  "  krcu explain ~/linux foo_free_rcu                  the same by its callback\n"
                  "  krcu explain --flags ~/linux drivers/foo/foo.c     the compiler's flags, and where they come from\n"},
      {"extract", "  krcu extract --shard 2/8 ~/linux -o facts-2        on the second of eight machines\n"
                  "  krcu scan --facts facts-1 --facts facts-2 ~/linux  on one of them\n"},
      {"semantics", "  krcu semantics ~/linux                     who waits for whom in this tree\n"
                    "  krcu semantics --why batching              why an era behaves so, as timelines\n"
                    "  krcu semantics --why 6.12:destroy_waits_call_rcu\n"}};
  return Examples;
}

/// "--format: jsn not in {text,json}", as CLI11 says it, with the nearest of the words.
std::string withNearest(llvm::StringRef What) {
  auto [Before, List] = What.split(" not in {");
  if (!List.consume_back("}"))
    return What.str();
  auto [Option, Word] = Before.rsplit(": ");
  std::vector<std::string> Names;
  for (llvm::StringRef Rest = List; !Rest.empty();) {
    auto [Name, Tail] = Rest.split(',');
    Names.push_back(Name.str());
    Rest = Tail;
  }
  return Option.str() + ": '" + Word.str() + "' is not known; " + mendUnknown(Word.str(), Names, "values");
}

} // namespace

void describeProgram(CLI::App &App, Options &O) {
  App.name("krcu");
  App.description("krcu finds call_rcu() callbacks that only free memory, proves whether kfree_rcu() is safe in this very\n"
                  "tree, and writes the patch. The tree needs no configuration and no build; nothing in it is executed.");
  App.set_version_flag("--version", std::string("krcu ") + versionText());
  App.require_subcommand(1);
  App.failure_message([](const CLI::App *Of, const CLI::Error &E) {
    const std::vector<CLI::App *> Chosen = Of->get_subcommands();
    const std::string What = withNearest(llvm::StringRef(E.what()).split('\n').first);
    return "krcu: " + What + (What.ends_with('?') ? " krcu " : "; krcu ") + (Chosen.empty() ? "" : Chosen.front()->get_name() + " ") + "--help says what can be given\n";
  });
  App.footer("Examples:\n"
             "  krcu scan ~/linux                          what can be converted, what not, and why\n"
             "  krcu scan --assume batching ~/linux        the same, as if kmem_cache_destroy() did not wait\n"
             "  krcu patch ~/linux > krcu.diff             the conversions as a diff for git apply\n"
             "  krcu patch --in-place ~/linux drivers/foo  rewrite the files of one directory\n"
             "  krcu patch --series out ~/linux            mails for git am, with texts and recipients; nothing is sent\n"
             "  krcu verify out --tree ~/linux             check them: apply, parse, scan the result\n"
             "  krcu explain ~/linux drivers/foo/foo.c:336\n"
             "  krcu scan --kernel ~/linux ~/mymod         a module outside the tree, as make M=~/mymod builds it\n"
             "  krcu scan --kernel ~/linux --include-dir ~/inc --define HAVE_X=1 ~/mymod    what its makefile does not say\n"
             "  krcu semantics ~/linux                     who waits for whom in this tree\n"
             "Exit status: 0 done, 1 found what --fail-on names (scan: convert, unsafe, review), 2 error. patch: 1 only with --exit-code, if there is something to convert.");
  addCommands(App, O);
  for (const auto &[Name, Examples] : commandExamples())
    App.get_subcommand(Name)->footer(std::string("Examples:\n") + Examples + "Exit status: 0 done, 1 found what --fail-on names, 2 error.");
}

} // namespace krcu
