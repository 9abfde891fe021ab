// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The user's own build as a source of flags: compile_commands.json, GCC databases included. What Clang does not know is
// dropped and named. Nothing in the database is executed, and no file that it names is read as options.
#pragma once

#include "tool/tree/tree.h"
#include "llvm/Support/Error.h"
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace krcu {

class CompileCommands {
public:
  struct Entry {
    std::string directory;          ///< working directory of the command
    std::vector<std::string> flags; ///< what changes the meaning of the text; paths as the parser sees them (Tree::visible())
    std::string src_arch;           ///< directory under arch/ that the include paths name, or empty
    bool has_target = false;        ///< the command names the target itself
  };

  /// Reads `Path`. Entries for missing files and for files outside `T` are left out and named in warnings(). Fails with file
  /// and mend on a file that is no such database or that has nothing to do with the tree.
  static llvm::Expected<std::shared_ptr<CompileCommands>> load(const std::string &Path, const Tree &T);

  const Entry *find(const std::string &RelativeFile) const;
  /// One line for all flags that were dropped, with how many commands had them; one for all files that are missing; one for a build that has not run.
  const std::vector<std::string> &warnings() const { return Warnings; }
  /// Where the commands run, as far as a kernel has been built there: headers may be read from them.
  const std::vector<std::string> &buildDirectories() const { return BuildDirs; }
  size_t size() const { return Entries.size(); }

private:
  void noteEnvironment(const Tree &T);
  void noteOutside(const Tree &T);

  std::map<std::string, Entry> Entries;
  std::vector<std::string> Warnings, BuildDirs;
};

} // namespace krcu
