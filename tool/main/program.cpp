// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/main/program.h"

namespace krcu {

void describeProgram(CLI::App &App, Options &O) {
  App.name("krcu");
  App.description("krcu finds call_rcu() callbacks that only free memory, proves whether kfree_rcu() is safe in this very\n"
                  "tree, and writes the patch. The tree needs no configuration and no build; nothing in it is executed.");
  App.set_version_flag("--version", std::string("krcu ") + versionText());
  App.require_subcommand(1);
  App.footer("Examples:\n"
             "  krcu scan ~/linux                          what can be converted, what not, and why\n"
             "  krcu scan --assume batching ~/linux        the same, as if kmem_cache_destroy() did not wait\n"
             "  krcu patch ~/linux > krcu.diff             the conversions as a diff for git apply\n"
             "  krcu patch --in-place ~/linux net/bridge   rewrite the files of one directory\n"
             "  krcu patch --series out ~/linux            mails for git am, with texts and recipients; nothing is sent\n"
             "  krcu verify out --tree ~/linux             check them: apply, parse, scan the result\n"
             "  krcu explain ~/linux net/bridge/br_fdb.c:336\n"
             "  krcu scan --kernel ~/linux ~/mymod         a module outside the tree, as make M=~/mymod builds it\n"
             "  krcu scan --kernel ~/linux --include-dir ~/inc --define HAVE_X=1 ~/mymod    what its makefile does not say\n"
             "  krcu semantics ~/linux                     who waits for whom in this tree\n"
             "Exit status: 0 done, 1 found what --fail-on names (scan: convert, unsafe, review), 2 error.");
  addCommands(App, O);
}

} // namespace krcu
