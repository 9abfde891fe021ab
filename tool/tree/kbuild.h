// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kbuild makefiles, read as data: is a file built under a configuration, with which per-file flags, and as
// part of which module. A small evaluator of the makefile language (assignments, conditionals, include, a few
// pure functions); nothing is run.
#pragma once

#include "tool/support/evidence.h"
#include "tool/tree/tree.h"
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace krcu {

/// Which module (or built-in object) a file becomes part of.
struct ModuleInfo {
  std::string name;                 ///< "bridge" for bridge.ko; empty: not found in any makefile
  std::vector<std::string> symbols; ///< CONFIG symbols (without CONFIG_) that choose it: outermost directory
                                    ///< first, module_symbol last
  std::string module_symbol; ///< X of the obj-$(CONFIG_X) line that names the module object; empty if obj-y
                             ///< (or obj-m)
  bool always_built_in = false; ///< every line that names the module object is obj-y or lib-y: no
                                ///< configuration makes it a module
  EvidenceList evidence;        ///< the makefile lines that say so
};

class Kbuild {
public:
  /// `Values`: Kconfig::values(); `SrcArch`: directory under arch/. `T` must outlive the result. Files mounted in
  /// `T` are answered for by the module's own makefiles.
  /// All methods may be called from several threads.
  static std::unique_ptr<Kbuild> create(const Tree &T, std::map<std::string, std::string> Values,
                                        std::string SrcArch);
  virtual ~Kbuild() = default;

  /// Whether the object of `File` (path relative to the tree) is reached from obj-y/obj-m lists all the way
  /// up; if not, why.
  virtual bool isBuilt(const std::string &File, std::string *Why) = 0;
  /// -I, -D, -include flags of that file from the makefiles (ccflags-y, subdir-ccflags-y, CFLAGS_x.o); -I
  /// paths absolute, as the parser sees them (Tree::visible()).
  virtual std::vector<std::string> flags(const std::string &File) = 0;
  /// The same where an external module's makefile leaves a doubt: one of ways() sets, the likeliest first.
  struct FlagSet {
    std::vector<std::string> front; ///< what stands before the kernel's own flags, so that its headers win
    std::vector<std::string> back;
    friend bool operator==(const FlagSet &, const FlagSet &) = default;
  };
  virtual FlagSet flagsOf(const std::string &File, unsigned) { return {{}, flags(File)}; }
  virtual unsigned ways(const std::string &) { return 1; }
  /// The same, each with the line it was written in; for people.
  struct Flag {
    std::string text, file;
    unsigned line = 0; ///< 0: somewhere in it
  };
  virtual std::vector<Flag> flagLines(const std::string &File) = 0;
  /// Does not depend on the values: obj-$(CONFIG_X) is followed whatever X is.
  virtual ModuleInfo moduleOf(const std::string &File) = 0;
  /// All source files (existing ones, relative, sorted) of the module that `File` belongs to, `File`
  /// included.
  virtual std::vector<std::string> filesOfModule(const std::string &File) = 0;
};

/// A module outside the tree, as `make M=DIR` would build it.
struct ExternalModule {
  std::string name;
  std::vector<std::string> files; ///< relative to the directory, existing ones, sorted
  /// -I (absolute), -D, -include of its makefile and of those above, one set for each file. Several where a condition rests on what a command
  /// would print.
  using FlagSets = std::vector<Kbuild::FlagSet>; ///< the likeliest first
  std::map<std::string, FlagSets> flags;         ///< by file
  std::vector<std::string> outside; ///< paths in those flags that leave both directories; they are not used
  std::vector<std::string> unknown; ///< flags with a part that only a command would tell; they are not used
  EvidenceList evidence;            ///< the line that makes it a module, the file relative to the directory
  bool guessed = false; ///< no makefile says which: all .c files below the directory are taken as one module
};

/// The modules that the Kbuild or Makefile of `Dir` and its listed subdirectories name, sorted by name. If the
/// top directory names none, those that any directory below it names.
/// `Kernel` supplies $(srctree), `Values` its configuration. Fails if `Dir` cannot be read or holds no C
/// file.
llvm::Expected<std::vector<ExternalModule>> externalModules(const Tree &Kernel, const std::string &Dir,
                                                            const std::map<std::string, std::string> &Values);

} // namespace krcu
