// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The makefile language as far as Kbuild makefiles use it as data: assignments, conditionals, include,
// functions on words. Rules are passed over. Private to the room.
//
// There are two ways to read a makefile. The concrete one takes the values of a configuration. The symbolic
// one must be right for all configurations: both branches of a conditional count, and a CONFIG variable
// leaves a mark in the text wherever it is expanded, so that every word of a list still knows which symbols
// decide about it.
//
// No command is ever run. Whoever knows what a command would print, or what a function that runs one would give,
// says so in the options; all others are empty, or for an external module unknown: then a condition that depends on it may go
// both ways.
#pragma once

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace krcu::makefile {

using Presets = llvm::StringMap<std::string>;

/// CONFIG values by their names without CONFIG_. The texts stay in the map.
class ValueTable {
public:
  explicit ValueTable(const std::map<std::string, std::string> &Values) : ByName(unsigned(Values.size())) {
    for (const auto &[Name, Value] : Values)
      ByName[Name] = &Value;
  }
  const std::string *find(llvm::StringRef Name) const { return ByName.lookup(Name); }

private:
  llvm::StringMap<const std::string *> ByName;
};

/// How the concrete reading goes on where nobody knows: as if a command had printed what the condition asks for, the other way, or
/// both ways at once, as the symbolic reading always does.
enum class Doubt { Likely, Unlikely, Both };

struct Options {
  std::function<std::optional<std::string>(const std::string &Path)>
      read; ///< for include; nothing: not there
  std::function<std::vector<std::string>(const std::string &Pattern)> glob; ///< for $(wildcard); may be empty
  std::shared_ptr<const ValueTable> values;                                 ///< CONFIG values; null: symbolic
  Presets preset;                          ///< src, obj, srctree, SRCARCH, ...
  std::shared_ptr<const Presets> defaults; ///< those that are not in `preset`; may be null
  bool whole = false; ///< the tree's top makefile: what it includes of scripts/ counts, and words can be traced
  /// $(call NAME,ARGUMENTS...) of a known meaning, arguments from 1 on; nothing: the makefile's own definition counts.
  std::function<std::optional<std::string>(llvm::StringRef Name, const std::vector<std::string> &Arguments)> call;
  /// What $(shell COMMAND) would print, as far as known; UnknownMark stands for the rest.
  std::function<std::string(llvm::StringRef Command)> shell;
  Doubt doubt = Doubt::Likely;
  std::shared_ptr<const Presets> environment; ///< what a makefile may set anew; may be null
  std::string base;  ///< of an external module: the directory that paths of makefiles count from
  std::string where; ///< the same: that in which make runs
};

/// One word of a list variable: `LIST-y += WORD` at file:line.
struct Item {
  enum How { Disabled, BuiltIn, Module, BySymbol };
  std::string list;                 ///< "obj", "lib", or the composite's name: "bridge" of bridge-y
  How how = Disabled;               ///< BySymbol only in the symbolic reading
  std::string chooser;              ///< BySymbol: the CONFIG symbol in the variable's name
  std::vector<std::string> symbols; ///< all CONFIG symbols that decide about the word, the chooser last
  std::string word;     ///< "*": what it would be is not known
  std::string variable; ///< as written: "obj-$(CONFIG_BRIDGE)"
  std::string file;
  unsigned line = 0;
};

/// A word of a variable, as a shell would see it, and the line that has it in it.
struct Traced {
  std::string word, file;
  unsigned line = 0;
};

/// What is wrong with a makefile as a text: it may have been cut.
struct Flaw {
  std::string file;
  unsigned line = 0;
  std::string text;
};

/// What was asked of `values` and `preset`, by the name of the variable; nothing: it is not set. Whoever gives the
/// same answers gets the same result.
using Answers = llvm::StringMap<std::optional<std::string>>;

/// The variable as `O` presets it; null: it does not.
const std::string *preset(const Options &O, llvm::StringRef Name);
/// The same, or the value if it is a CONFIG symbol's.
const std::string *given(const Options &O, llvm::StringRef Name);

/// "ccflags-y", "CFLAGS_x.o" and their kin, by the look of the name.
bool isFlagVariable(llvm::StringRef Name);

class Makefile {
public:
  explicit Makefile(const Options &O) : Makefile(std::make_shared<const Options>(O)) {}
  explicit Makefile(std::shared_ptr<const Options> O);
  Makefile(const Makefile &) = delete;
  Makefile &operator=(const Makefile &) = delete;

  /// Evaluates a text; may be called for several files, which then share their variables.
  void evaluate(llvm::StringRef Text, const std::string &File, unsigned FirstLine = 1);
  /// A variable, expanded; empty if it is not set.
  std::string value(const std::string &Name);
  /// The words of all list variables (NAME-y, NAME-m, NAME-objs, NAME-$(CONFIG_X), and `targets`).
  std::vector<Item> items();
  /// The words of a variable, each with the assignment that it was first written in: for A += $(B) that of B. Only for Options::whole.
  const std::vector<Traced> &trace(const std::string &Name);
  /// Conditionals and definitions without an end, ends without a beginning.
  const std::vector<Flaw> &flaws() const { return Flaws; }
  /// Names of the variables set so far for which isFlagVariable().
  std::vector<std::string> flagVariables() const;
  /// Whether expanding a variable may set others.
  bool mayDefineMore() const { return Evals; }
  /// Whether something depended on what nobody knows.
  bool inDoubt() const { return Doubted; }
  /// What a make that this one runs would find in its environment.
  Presets exported();
  /// The lines of recipes in the branches that are taken, expanded; only with Options::base.
  std::vector<std::string> recipes();
  /// From now on it is written down there what is asked; null: nowhere.
  void note(Answers *To) { Asked = To; }

private:
  /// A value, or the part of it that stands on one line.
  struct Piece {
    std::string text;
    bool deferred = false;
    std::string raw; ///< the text before expansion; only for Options::whole
    std::shared_ptr<const std::string> file;
    unsigned line = 0;
    std::vector<std::string> conditions;
    std::string written; ///< the variable's name before expansion
  };
  struct Variable {
    bool deferred = true;
    bool busy = false;
    std::vector<Piece> pieces;
  };
  struct Branch {
    bool active, taken, unknown;
    std::vector<std::string> symbols;
    unsigned line = 0; ///< where it begins
  };
  using Arguments = std::vector<std::string>;
  struct Logical;

  void tooMuch(std::string What);
  void evaluateText(llvm::StringRef Text, const std::string &File, unsigned FirstLine);
  void line(const Logical &L, const std::shared_ptr<const std::string> &File);
  bool exports(llvm::StringRef Text);
  bool conditional(llvm::StringRef Text);
  Branch decide(llvm::StringRef Keyword, llvm::StringRef Condition);
  void settle(Branch &B, bool Doubtful, bool Holds);
  void includeFiles(llvm::StringRef Names);
  void assign(llvm::StringRef Name, llvm::StringRef Operator, const Logical &L, size_t ValueAt,
              const std::shared_ptr<const std::string> &File);
  std::vector<Piece> piecesIn(const Logical &L, size_t ValueAt, const Piece &Like);
  bool active() const;
  std::vector<std::string> conditions() const;

  std::string expand(llvm::StringRef Text, const Arguments *Parameters = nullptr);
  std::string reference(llvm::StringRef Inner, const Arguments *Parameters);
  std::string lookup(const std::string &Name);
  std::string piecesOf(Variable &V, const std::string &Mark);
  std::optional<std::string> function(llvm::StringRef Name, llvm::StringRef Rest,
                                      const Arguments *Parameters);
  std::string lazyFunction(llvm::StringRef Name, const Arguments &Raw, const Arguments *Parameters);
  std::string pathFunction(llvm::StringRef Name, llvm::StringRef Words) const;
  std::string makefileList() const;
  bool symbolic() const { return !O.values; }
  const std::string *ask(llvm::StringRef Name);

  const std::shared_ptr<const Options> Shared;
  const Options &O;
  Answers *Asked = nullptr;
  bool Evals = false; ///< there are values with an $(eval)
  bool Doubted = false, ExportsAll = false;
  std::map<std::string, bool> Exports; ///< by variable: export or unexport
  std::vector<std::string> Recipes, Read; ///< Read: the makefiles, in order
  std::map<std::string, Variable> Variables; ///< sorted: the output must not depend on hashing
  std::map<std::string, std::vector<Traced>> Traces;
  std::vector<Flaw> Flaws;
  bool ToldTooMuch = false;
  std::vector<Branch> Branches;
  size_t FileBranches = 0; ///< how many of them belong to including files
  std::shared_ptr<const std::string> CurrentFile; ///< where $(eval) stands
  unsigned CurrentLine = 0;
  unsigned Depth = 0, Includes = 0, DefineDepth = 0, DefineLine = 0;
  size_t Work = 0;
};

} // namespace krcu::makefile
