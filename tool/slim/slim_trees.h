// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// For the tests: a small kernel that has the smaller head, a driver in it, and what becomes of the driver's heads.
#pragma once

#include "tool/driver/pipeline_trees.h"
#include "tool/rewrite/rewrite.h"
#include "tool/slim/slim.h"
#include "tool/support/error.h"
#include "gtest/gtest.h"
#include <filesystem>

namespace krcu::slim {

struct Slimmed {
  std::string error;
  SlimResult result;
  std::string diff;
  /// Why "item.rcu" stays; empty: it becomes smaller; "not asked": kfree_rcu() frees nothing by it.
  std::string why(const std::string &Member) const {
    for (const Refusal &R : result.refused)
      if (R.decl.record + "." + R.decl.member == Member)
        return R.why;
    for (const SlimMember &M : result.members)
      if (M.decl.record + "." + M.decl.member == Member)
        return "";
    return "not asked";
  }
};

class SlimTree : public ScratchTree {
public:
  SlimTree() : ScratchTree("waits") {
    std::filesystem::copy(std::string(KRCU_SOURCE_DIR) + "/testdata/slim", root(), std::filesystem::copy_options::recursive | std::filesystem::copy_options::overwrite_existing);
  }
  /// `Files` of drv/ besides drv.c, which its makefile links.
  void driver(const std::string &Code, const std::string &Objects = "drv.o") const {
    write("drv/Makefile", "obj-$(CONFIG_DRV) += all.o\nall-y := " + Objects + "\n");
    write("drv/drv.c", Includes + Code);
  }
  Slimmed slim(unsigned Jobs = 2) const {
    Slimmed Out;
    auto S = Scan::run(options(Jobs));
    if (!S) {
      Out.error = message(S.takeError());
      return Out;
    }
    std::vector<SiteReport> Sites = (*S)->sites();
    auto R = slimHeads(**S, Sites);
    if (!R) {
      Out.error = message(R.takeError());
      return Out;
    }
    Out.result = std::move(*R);
    Out.diff = llvm::cantFail(unifiedDiff(Out.result.files));
    return Out;
  }
  static inline const std::string Includes = "#include <linux/kernel.h>\n#include <linux/module.h>\n#include <linux/rcupdate.h>\n#include <linux/slab.h>\n\n";
};

/// A record and its free.
inline const std::string Item = "struct item {\n\tlong key;\n\tstruct rcu_head rcu;\n};\n\n";
inline const std::string Drop = "void item_drop(struct item *item)\n{\n\tkfree_rcu(item, rcu);\n}\n";

} // namespace krcu::slim
