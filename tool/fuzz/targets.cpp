// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/fuzz/targets.h"
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace fs = std::filesystem;

namespace krcu {

const std::vector<FuzzTarget> &fuzzTargets() {
  static const std::vector<FuzzTarget> All = {
      {"rules", "a YAML file of --rules", fuzzRules},
      {"kconfig", "Kconfig files", fuzzKconfig},
      {"makefiles", "makefiles of the tree and of an external module, with what $(shell) would print", fuzzMakefiles},
      {"maintainers", "MAINTAINERS and .mailmap, with a mail", fuzzMaintainers},
      {"mails", "mails and mboxes", fuzzMails},
      {"diffs", "diffs, applied to a text", fuzzDiffs},
      {"compile_commands", "compile_commands.json", fuzzCompileCommands},
      {"facts", "the values in a file of facts", fuzzFacts},
      {"cache", "the SQLite file of a cache, or of facts", fuzzCache},
      {"index_parts", "the index and the survey of a cache", fuzzIndexParts},
      {"baselines", "baselines and suppressions", fuzzBaselines},
      {"lexers", "all readers of C as text", fuzzLexers},
      {"whole", "a file, its makefile, a patch: scan, patch, review and audit of a small tree", fuzzWhole},
  };
  return All;
}

const std::string &fuzzScratch() {
  struct Directory {
    std::string path;
    Directory() {
      std::error_code None;
      const fs::path Base = fs::is_directory("/dev/shm", None) && ::access("/dev/shm", W_OK) == 0 ? fs::path("/dev/shm") : fs::temp_directory_path();
      path = (Base / "krcu-fuzz-XXXXXX").string();
      if (!::mkdtemp(path.data()))
        std::abort();
    }
    ~Directory() {
      std::error_code Ignored;
      fs::remove_all(path, Ignored);
    }
  };
  static const Directory Mine;
  return Mine.path;
}

std::string inScratch(const std::string &Name, llvm::StringRef Text) {
  const fs::path Path = fs::path(fuzzScratch()) / Name;
  fs::create_directories(Path.parent_path());
  std::ofstream(Path, std::ios::binary | std::ios::trunc).write(Text.data(), static_cast<std::streamsize>(Text.size()));
  return Path.string();
}

std::vector<std::pair<std::string, std::string>> filesIn(llvm::StringRef Bytes, const std::string &First) {
  std::vector<std::pair<std::string, std::string>> Result{{First, {}}};
  while (!Bytes.empty()) {
    size_t End = Bytes.find('\n');
    llvm::StringRef Line = Bytes.take_front(End == llvm::StringRef::npos ? Bytes.size() : End + 1);
    Bytes = Bytes.drop_front(Line.size());
    if (llvm::StringRef Name = Line.rtrim(); Name.consume_front("=== "))
      Result.emplace_back(Name.str(), "");
    else
      Result.back().second += Line;
  }
  return Result;
}

} // namespace krcu
