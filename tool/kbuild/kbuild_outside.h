// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the makefiles of an external module may ask of the disk, and what the make that starts Kbuild hands down. Private to the room.
#pragma once

#include "tool/kbuild/makefile.h"
#include "tool/tree/tree.h"
#include <map>
#include <set>
#include <string>
#include <vector>

namespace krcu::makefile {

/// Stands in LINUXINCLUDE for the kernel's own include paths.
inline const std::string KernelIncludes = "@LINUXINCLUDE@";

class ModuleDirectory {
public:
  /// `Root`: absolute, symlinks resolved.
  ModuleDirectory(const Tree &Kernel, std::string Root) : Kernel(Kernel), Root(std::move(Root)) {}

  const std::string &root() const { return Root; }
  /// A makefile, by its absolute path or by that below the directory; of the kernel, too.
  std::optional<std::string> read(const std::string &Path) const;
  /// $(wildcard): paths that exist in one of the two directories; UnknownMark for a pattern that leads to neither.
  std::vector<std::string> glob(const std::string &Pattern) const;
  /// What a command would print; UnknownMark if only running it would tell.
  std::string shell(llvm::StringRef Command, const std::string &Where) const;
  /// A path of a -I or -include that stands in the makefile of `Dir`; empty if it leaves both directories. Kbuild compiles in the kernel's directory,
  /// so a relative one counts from there; but most makefiles mean their own.
  std::string absolute(llvm::StringRef Path, const std::string &Dir) const;
  /// What `make M=...` finds in its environment for a module that is built from the directory `Entry`: the kernel's version, what the module's
  /// makefiles set when make reads them first, outside of Kbuild, and export or give on the command line. `Doubted` is set if that rests on what
  /// nobody knows.
  Presets environment(const std::string &Entry, Doubt D, bool &Doubted) const;
  /// Directories below the top, no hidden ones and none behind a symlink; sorted.
  std::vector<std::string> directories() const;
  /// Names of the files in `Dir` that match; sorted.
  std::vector<std::string> matching(const std::string &Dir, const std::string &Pattern) const;

private:
  std::optional<std::string> inKernel(llvm::StringRef Path) const;

  const Tree &Kernel;
  const std::string Root;
};

} // namespace krcu::makefile
