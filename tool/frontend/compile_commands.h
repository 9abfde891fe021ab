// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The user's own build as a source of flags: compile_commands.json, GCC databases included. Flags that Clang does not know
// are dropped and named; nothing in the database is executed.
#pragma once

#include "llvm/Support/Error.h"
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace krcu {

class CompileCommands {
public:
  struct Entry {
    std::string directory;            ///< working directory of the command
    std::vector<std::string> flags;   ///< without compiler, -c, -o, dependency output and the input file
  };

  /// Reads `Path`. Entries outside `Root` or for missing files are left out and counted. Fails with file and mend on a
  /// file that is no such database.
  static llvm::Expected<std::shared_ptr<CompileCommands>> load(const std::string &Path, const std::string &Root);

  const Entry *find(const std::string &RelativeFile) const;
  /// Flags that were dropped because Clang 19 does not know them, sorted; with how many commands had them.
  const std::map<std::string, unsigned> &dropped() const { return Dropped; }
  const std::vector<std::string> &missingFiles() const { return Missing; }
  size_t size() const { return Entries.size(); }

private:
  std::map<std::string, Entry> Entries;
  std::map<std::string, unsigned> Dropped;
  std::vector<std::string> Missing;
};

} // namespace krcu
