// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A kernel's .config, as Kconfig writes it: what one configuration has chosen. What a whole one does not name is not set; of a fragment
// (make savedefconfig, a file of CONFIG_ lines) what it does not name is not known.
#pragma once

#include "tool/support/evidence.h"
#include "tool/kbuild/kbuild.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <map>
#include <optional>
#include <string>

namespace krcu {

class ConfigFile {
public:
  /// Reads `Path`; a directory stands for its .config. Fails with the line of what is no line of a .config, or if there is none at all.
  /// \p Found: nobody has named the file, it lay there; then a link, a pipe or a device is an error.
  static llvm::Expected<ConfigFile> load(const std::string &Path, bool Found = false);
  /// The same of a text. `Name`: for messages and evidence.
  static llvm::Expected<ConfigFile> parse(const std::string &Name, llvm::StringRef Text);

  const std::string &name() const { return Name; }
  const std::string &text() const { return Text; }
  bool isWhole() const { return Whole; }
  /// "6.12.57" and "x86" of the head; empty in a fragment.
  const std::string &version() const { return Version; }
  const std::string &architecture() const { return Architecture; }
  /// The directory of that under arch/; "x86" if the file does not say.
  std::string sourceArchitecture() const;
  size_t size() const { return Lines.size(); }

  /// "y", "m", "n", a number, or a text without its quotes; nothing: not known. `Symbol` without CONFIG_.
  std::optional<std::string> value(llvm::StringRef Symbol) const;
  bool is(llvm::StringRef Symbol, llvm::StringRef Value) const { return value(Symbol) == Value; }
  /// "CONFIG_X=m", "CONFIG_X is not set".
  std::string said(llvm::StringRef Symbol) const;
  /// The same with the line.
  Evidence evidence(llvm::StringRef Symbol) const;
  /// All that is set, for Kbuild.
  std::map<std::string, std::string> values() const;

private:
  struct Line {
    std::string value;
    unsigned number = 0;
  };
  std::string Name, Text, Version, Architecture;
  bool Whole = false;
  std::map<std::string, Line> Lines; ///< by symbol; the last one counts
};

/// How a file is built.
enum class BuiltAs { Unknown, No, BuiltIn, Module };
struct FileInConfig {
  BuiltAs as = BuiltAs::Unknown;
  std::string why;       ///< "CONFIG_DRV=m"; may be empty
  std::string symbol;    ///< "DRV"; may be empty
  EvidenceList evidence; ///< the line of the configuration
};

/// `K`: of the same configuration's values (Kbuild::create()).
FileInConfig builtIn(const ConfigFile &C, Kbuild &K, const std::string &File);

/// "y", "m", "n", or empty if it is not known.
const char *builtName(BuiltAs B);

} // namespace krcu
