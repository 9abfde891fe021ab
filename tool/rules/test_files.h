// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// For the tests of this room: rule files in a directory that goes away with the test.
#pragma once

#include "tool/rules/rules.h"
#include "tool/support/error.h"
#include "gtest/gtest.h"
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace krcu {

class RuleFiles : public testing::Test {
protected:
  void SetUp() override {
    std::string Pattern = (std::filesystem::temp_directory_path() / "krcu-rules-XXXXXX").string();
    ASSERT_NE(mkdtemp(Pattern.data()), nullptr);
    Directory = Pattern;
  }
  void TearDown() override { std::filesystem::remove_all(Directory); }

  /// Writes a file and answers its path.
  std::string file(const std::string &Name, const std::string &Text) {
    std::filesystem::path Path = std::filesystem::path(Directory) / Name;
    std::filesystem::create_directories(Path.parent_path());
    std::ofstream(Path, std::ios::binary) << Text;
    return Path.string();
  }

  /// The message of loading `Builtin` and `Overrides`, with the directory taken out; "" if it loads.
  std::string messageOf(const std::string &Builtin, const std::vector<std::string> &Overrides = {}) {
    auto R = loadRules(Builtin, Overrides);
    if (R)
      return "";
    std::string Text = message(R.takeError());
    for (size_t At; (At = Text.find(Directory + "/")) != std::string::npos;)
      Text.erase(At, Directory.size() + 1);
    return Text;
  }

  /// The message of loading one file "x.yaml" with that text.
  std::string messageOfText(const std::string &Text) { return messageOf(file("x.yaml", Text)); }

  /// The message of loading "x.yaml" after a small set of rules that is in order.
  std::string messageOfOverride(const std::string &Text) {
    return messageOf(small(), {file("x.yaml", Text)});
  }

  std::string small() {
    return file("small/small.yaml",
                "deferrals:\n"
                "  - {name: call_rcu, head: 0, callback: 1, flavour: rcu}\n"
                "  - {name: call_srcu, head: 1, callback: 2, flavour: srcu}\n"
                "frees:\n"
                "  - {name: kmem_cache_free, cache: 0, object: 1, family: kmem_cache_free}\n"
                "  - {name: kfree, object: 0, family: kfree}\n"
                "replacements: [kfree_rcu]\n"
                "barriers:\n"
                "  - {name: rcu_barrier, waits_for: [call_rcu]}\n"
                "callback_fields:\n"
                "  - {record: pernet_operations, field: exit, reached: module_exit}\n"
                "conversions:\n"
                "  - {deferral: call_rcu, family: any, replacement: kfree_rcu}\n"
                "  - {deferral: any, family: any, refusal: no rule}\n");
  }

  std::string Directory;
};

} // namespace krcu
