// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The files that may say who waits for whom: everything under mm/, kernel/rcu/ and include/linux. Definitions are
// looked up by name, and the files that may define a name are lexed when it is first asked for.
#pragma once

#include "tool/kbuild/config_file.h"
#include "tool/semantics/source.h"
#include "tool/tree/tree.h"
#include <array>
#include <map>
#include <memory>
#include <optional>

namespace krcu::semantics {

/// Which texts have which names. Hundreds of thousands are noted and a few hundred asked for, so that noting must be
/// cheap: only hashes are kept, and a text may be given that does not have the name.
class NameTable {
public:
  void note(llvm::StringRef Name, uint32_t Text);
  /// Ascending, if the texts were noted in that order.
  std::vector<uint32_t> textsWith(llvm::StringRef Name) const;

private:
  struct Noted {
    uint32_t hash, text;
  };
  std::array<std::vector<Noted>, 1024> Buckets;
};

class Corpus {
public:
  /// `Config`: the only configuration that counts; null: any. It must outlive the corpus.
  explicit Corpus(const Tree &T, const ConfigFile *Config = nullptr);

  /// Every definition (function or macro) called `Name`, in order of path and line.
  const std::vector<const Definition *> &named(const std::string &Name);

  /// What a call of `Name` in `From` can mean: the static functions of that very file if there are any, else
  /// everything that other files can see. `From` null: seen from outside.
  std::vector<const Definition *> resolve(const std::string &Name, const SourceFile *From);

  /// #if lines round the definition, the makefile line that builds its file, the #if lines round the #includes of
  /// its header. A file nobody was seen to build or include has a condition of its own that nothing else implies. What the configuration
  /// answers is left out; where it says no there is a literal that contradicts itself.
  Condition conditionOf(const Definition &D);

  /// Whether `D` can be the one that exists when `World` holds: nothing contradicts, what the symbols of `World` depend
  /// on in Kconfig included, and no other definition among `Siblings` is there anyway (two of them would not link).
  bool canExist(const Definition &D, const std::vector<const Definition *> &Siblings, const Condition &World);

  /// The CONFIG_ symbols of its condition that the configuration answers, without CONFIG_.
  std::vector<std::string> answeredOf(const Definition &D);

  bool empty() const { return Paths.empty(); }
  const Tree &tree() const { return Root; }

private:
  void note(uint32_t Id, llvm::StringRef Text);
  const SourceFile &lexed(const std::string &Path);
  const Condition &fileCondition(const SourceFile &File);
  std::optional<Condition> makefileCondition(const std::string &Path) const;
  std::optional<Condition> includeCondition(const std::string &Path);
  Condition withDependencies(const Condition &World);
  const std::map<std::string, Condition> &dependencies();

  std::optional<bool> answer(const CondLiteral &L) const;

  const Tree &Root;
  const ConfigFile *Config;
  std::vector<std::string> Paths; ///< sorted. The texts are not kept: few of them are lexed, and those are read again
  NameTable MayDefine, Mention; ///< by place in Paths: names of definitions; names of headers
  std::map<std::string, std::unique_ptr<SourceFile>> Files;
  std::map<std::string, std::vector<const Definition *>> Names;
  std::map<std::string, Condition> FileConditions;
  std::optional<std::map<std::string, Condition>> Dependencies; ///< CONFIG_ symbol -> what its `depends on` lines ask for
};

} // namespace krcu::semantics
