// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The files that may say who waits for whom: everything under mm/, kernel/rcu/ and include/linux. Definitions are
// looked up by name, and the files that may define a name are lexed when it is first asked for.
#pragma once

#include "tool/tree/semantics/source.h"
#include "tool/tree/tree.h"
#include "llvm/ADT/StringMap.h"
#include <map>
#include <memory>
#include <optional>

namespace krcu::semantics {

class Corpus {
public:
  explicit Corpus(const Tree &T);

  /// Every definition (function or macro) called `Name`, in order of path and line.
  const std::vector<const Definition *> &named(const std::string &Name);

  /// What a call of `Name` in `From` can mean: the static functions of that very file if there are any, else
  /// everything that other files can see. `From` null: seen from outside.
  std::vector<const Definition *> resolve(const std::string &Name, const SourceFile *From);

  /// #if lines round the definition, the makefile line that builds its file, the #if lines round the #includes of
  /// its header. A file nobody was seen to build or include has a condition of its own that nothing else implies.
  Condition conditionOf(const Definition &D);

  /// Whether `D` can be the one that exists when `World` holds: nothing contradicts, and no other definition among
  /// `Siblings` is there anyway (two of them would not link).
  bool canExist(const Definition &D, const std::vector<const Definition *> &Siblings, const Condition &World);

  bool empty() const { return Texts.empty(); }
  const Tree &tree() const { return Root; }

private:
  const SourceFile &lexed(const std::string &Path);
  const Condition &fileCondition(const SourceFile &File);
  std::optional<Condition> makefileCondition(const std::string &Path) const;
  std::optional<Condition> includeCondition(const std::string &Path);

  const Tree &Root;
  std::map<std::string, std::string> Texts; ///< path -> text
  llvm::StringMap<std::vector<const std::string *>> MayDefine; ///< name -> paths, in order
  std::map<std::string, std::unique_ptr<SourceFile>> Files;
  std::map<std::string, std::vector<const Definition *>> Names;
  std::map<std::string, Condition> FileConditions;
};

} // namespace krcu::semantics
