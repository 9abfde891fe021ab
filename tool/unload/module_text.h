// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A module as text: its functions, its file-scope objects with the functions in their initialisers, and which functions go with which work
// item, timer or thread. Names are resolved as C does: a static of the file first, then what the module's other files define, then the tree.
#pragma once

#include "tool/lifetime/database.h"
#include "tool/lifetime/queued.h"
#include "tool/unload/flow.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include <deque>
#include <memory>
#include <mutex>
#include <optional>

namespace krcu {

/// A function definition somewhere in the tree.
struct TextFunction {
  std::string name, file, symbol;
  uint32_t id = 0; ///< of the file
  const OutlineFunction *text = nullptr;
  bool own = false; ///< of the module
};

/// An object at file scope.
struct TextVariable {
  struct Entry {
    std::string field; ///< "" if positional
    std::string word;  ///< an identifier of the value
  };
  std::string name, file, record;
  std::vector<Entry> entries;
  bool made = false; ///< by a macro that is handed this name first, MACRO(name, f): what it is called is not known
};

/// The file-scope variables of a text that have an initialiser in braces or made by a macro, or are declared with a struct type; and what macros at file
/// scope make.
std::vector<TextVariable> variablesIn(llvm::StringRef Text, const std::string &File);

/// Whether the token is a member, `Field`, that something is stored in: `x->field = &word`. `Word`: the first identifier of that, "" if none.
bool isStored(llvm::StringRef Text, const OutlineToken &T, llvm::StringRef Field, std::string &Word);

/// What a function outside the module does for certain, and perhaps.
struct OutsideWait {
  bool always = false, sometimes = false;
  std::string way; ///< "rtnl_unlock() -> netdev_run_todo()"
  Location where;  ///< of the wait
};

/// What is known of waits outside of modules, for one kind of question. Functions are those of TreeText::visible(). Thread-safe: what several
/// threads find out is the same.
class WaitMemory {
public:
  /// Null if it is not known what the function does, followed so many steps.
  const OutsideWait *known(const TextFunction &F, unsigned Depth) const;
  const OutsideWait &keep(const TextFunction &F, unsigned Depth, OutsideWait Wait);

private:
  mutable std::mutex Lock;
  std::map<std::pair<const TextFunction *, unsigned>, OutsideWait> Known; ///< by function and depth; never move
};

/// In how many steps a text leads to the name of a wait, as far as somebody has asked. Thread-safe.
class NameMemory {
public:
  /// Whether it is no more than `Steps`; nothing if that is not known yet.
  std::optional<bool> within(const TextFunction &F, unsigned Steps) const;
  bool keep(const TextFunction &F, unsigned Steps, bool Within);

private:
  struct Bounds {
    int more_than = -1; ///< not within so many
    unsigned at_most = ~0u;
  };
  mutable std::mutex Lock;
  llvm::DenseMap<const TextFunction *, Bounds> Known;
};

/// Flows and outlines of the whole tree, made when asked for; shared by all modules. Thread-safe.
class TreeText {
public:
  explicit TreeText(const Database &DB) : DB(DB) {}
  const Database &database() const { return DB; }
  const Flow &flow(const TextFunction &F);
  /// What `Name` means in `File` where that is not the module's own: a static of that file, or the functions of that name that others can see.
  /// They live as long as the tree's text.
  llvm::ArrayRef<TextFunction> visible(const std::string &Name, const std::string &File);
  const std::vector<TextVariable> &variables(const std::string &File);
  WaitMemory &memory(const std::string &Kind);
  NameMemory &names(const std::string &Kind);

private:
  struct Meaning {
    std::vector<TextFunction> all, others; ///< others: what another file means
    bool too_many = false;                 ///< so that both are empty
  };
  Meaning meaningOf(const std::string &Name);
  llvm::ArrayRef<TextFunction> ownOf(const std::string &Name, const std::string &File);

  const Database &DB;
  std::mutex Lock; ///< of all below. What has been made never moves
  std::map<std::string, WaitMemory> Memories;
  std::map<std::string, NameMemory> Names;
  llvm::DenseMap<uint64_t, std::unique_ptr<Flow>> Flows; ///< by file and offset
  std::map<std::string, std::vector<TextVariable>> Variables;
  std::vector<std::shared_ptr<const Outline>> Held;
  std::map<std::pair<std::string, std::string>, std::vector<TextFunction>> Owns; ///< by name and file
  llvm::StringMap<Meaning> Seen;
};

/// The module's functions that an object of the module holds, those of what it leads to included.
struct HeldFunctions {
  std::set<std::string> all;      ///< symbols that may have run until it is taken away
  std::set<std::string> sure;     ///< those of them that do not run only for objects of the module
  std::set<std::string> teardown; ///< symbols that run when it is
};

class ModuleText {
public:
  /// `Files`: those of the module and what they include from beside them.
  ModuleText(std::shared_ptr<TreeText> Tree, std::vector<std::string> Files);

  TreeText &tree() const { return Tree; }
  const std::vector<std::string> &files() const { return Files; }
  bool owns(const std::string &File) const { return std::binary_search(Files.begin(), Files.end(), File); }
  const std::multimap<std::string, TextFunction> &functions() const { return Functions; }
  bool hasFunction(llvm::StringRef Name) const { return ByPlainName.contains(Name); }
  /// Whether the name stands behind -> or . somewhere in the module's sources.
  bool isMember(const std::string &Name) const;
  /// Whether any function of the module names it.
  bool anyNames(const std::string &Word) const;
  /// Names of own functions that name one of these.
  std::set<std::string> naming(const std::set<std::string> &Words) const;
  /// The module's own function of that name as seen from the file; null if it has none.
  const TextFunction *own(const std::string &Name, const std::string &File) const;
  const TextFunction *bySymbol(const std::string &Symbol) const;

  /// All variables with an initialiser in the module's sources.
  void forEachVariable(llvm::function_ref<void(const TextVariable &)> Visit) const;
  /// An own function, or a name of variables with an initialiser, that a function names.
  struct Mention {
    const TextFunction *function = nullptr; ///< null: none of that name can be meant
    const std::string *name = nullptr;
    bool variable = false;
  };
  /// In the order of the names. `F`: of functions().
  const std::vector<Mention> &mentionsIn(const TextFunction &F) const;
  /// Variables of that name.
  const std::vector<const TextVariable *> &variables(const std::string &Name) const;
  /// What macros at the file's scope make whose name the word has in it: dev_attr_speed of DEVICE_ATTR_RW(speed).
  std::vector<const TextVariable *> madeFor(const std::string &Word, const std::string &File) const;
  /// Functions of the file that nothing names: a macro that is handed the word names them, by ##, as speed_store() of DEVICE_ATTR_RW(speed).
  std::vector<const TextFunction *> pastedFrom(const std::string &Word, const std::string &File) const;
  /// Where the timeline keeps what an object holds; nothing before the first answer.
  std::map<std::string, HeldFunctions> &heldObjects() const { return HeldObjects; }
  /// Own functions that some call or store puts together with the name: INIT_WORK(&x->name, f), name = kthread_run(f), x->name.func = f.
  const std::set<std::string> &togetherWith(const std::string &Name) const;
  /// Last names of what some call is handed together with the name: "work" of queue_work(name, &x->work).
  const std::set<std::string> &partnersOf(const std::string &Name) const;
  /// Own functions that are stored in a member of that name, in an initialiser or by a statement.
  const std::set<std::string> &storedIn(const std::string &Field) const;
  /// Whatever names the module stores in a member of that name.
  const std::set<std::string> &wordsIn(const std::string &Field) const {
    storedIn(Field);
    return Words[Field];
  }
  /// Names of own functions that may come to one of `Names` by calls and mentions within the module, themselves included.
  std::set<std::string> comingTo(const std::set<std::string> &Names) const;

private:
  void addTogether(const std::string &File, const OutlineToken &T, const std::string &Name, std::set<std::string> &To, std::set<std::string> &Partners) const;

  std::shared_ptr<TreeText> Shared;
  TreeText &Tree;
  std::vector<std::string> Files;
  std::multimap<std::string, TextFunction> Functions;
  llvm::StringMap<std::vector<const TextFunction *>> ByPlainName; ///< the same, in the same order
  llvm::StringMap<std::vector<std::string>> TopLevel; ///< identifier -> files
  void addMacros(llvm::ArrayRef<std::pair<uint32_t, const Outline *>> Outlines);
  void addCleanups(llvm::ArrayRef<std::pair<uint32_t, const Outline *>> Outlines);

  std::vector<std::shared_ptr<const Outline>> Held;
  std::deque<OutlineFunction> Macros; ///< that are taken for functions
  std::vector<uint32_t> Ids; ///< of the files, in increasing order
  mutable std::map<std::string, HeldFunctions> HeldObjects;
  mutable llvm::StringMap<std::vector<const TextVariable *>> ByName;
  mutable std::map<std::string, std::set<std::string>> Together, Partners, Stored, Words;
  mutable llvm::StringMap<std::vector<const TextFunction *>> Mentioners; ///< name -> own functions that name it
  mutable llvm::StringSet<> InInitialisers; ///< words
  mutable llvm::StringMap<std::vector<std::string>> NamingOne; ///< word -> names of own functions that name it
  mutable llvm::StringMap<bool> Named; ///< words that somebody asked about
  mutable std::map<const TextFunction *, std::vector<Mention>> Mentions;
};

} // namespace krcu
