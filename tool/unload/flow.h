// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The way through one function, read off its tokens: its calls as nodes of a graph, with the branches, loops, jumps and returns between them.
// No configuration is chosen and nothing is expanded: of #if and #else the first is taken unless it is dead. So it is cheap enough to be made of
// every function that a module's end comes to.
#pragma once

#include "tool/index/outline.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include <map>
#include <set>
#include <string>
#include <vector>

namespace krcu {

/// One call, as it is written.
struct FlowCall {
  std::string name;     ///< function or macro; of a call through a pointer the variable's or the member's name
  std::string object;   ///< "ops->" of ops->exit(): what stands before the member
  bool pointer = false; ///< through a member, an element or a variable
  int order = 0;        ///< in a loop that calls each element of a table: 1 from the first on, -1 from the last
  std::string index;    ///< of the element that is called, or that holds what is called: "i"
  std::string turn;     ///< head of the loop around: "i=0;i<3;i++"
  std::string config;   ///< the condition of an #if or IS_ENABLED() around it; "" if there is none
  std::vector<std::string> arguments; ///< blanks folded
  std::string assigned; ///< what it is assigned to: "x->wq"
  unsigned line = 0;
  uint32_t offset = 0;
};

struct FlowNode {
  enum Kind { Entry, Exit, Call, Return, Join } kind = Join;
  FlowCall call;              ///< Call
  std::string value;          ///< Return: what is returned
  unsigned line = 0;
  bool behind_label = false;  ///< Return: reached only through a label
  std::string condition;      ///< Join: the if that begins here
  unsigned then_end = 0;      ///< its first branch, or the body of the loop that begins here, is the nodes from here up to this one
  bool leaves = false;        ///< the first branch does not go on behind the if
  bool loop = false;          ///< Join: a loop begins here that may have no turn
  std::vector<unsigned> next;
};

/// x->flag = true; WRITE_ONCE(flag, 1)
struct FlowStore {
  std::string to; ///< as written
  unsigned line = 0;
  bool constant = false; ///< true, NULL, a number, an enumerator
};

struct Flow {
  static constexpr unsigned Entry = 0, Exit = 1;
  std::vector<FlowNode> nodes;
  std::vector<std::string> parameters;        ///< names, in order
  std::map<std::string, std::string> records; ///< parameters and locals that are structs or point to some: name -> tag
  std::set<std::string> locals;               ///< names declared in the body
  std::map<std::string, std::string> values;  ///< locals that are set once: name -> text
  std::vector<FlowStore> stores;              ///< in order
  std::set<std::string> ambiguous;            ///< locals that are set more than once

  /// Whether every way from the entry to the exit passes the node.
  bool always(unsigned Node) const { return passed_always[Node]; }
  std::vector<char> passed_always; ///< by node
};

/// `Text`: the file of `F`.
Flow flowOf(llvm::StringRef Text, const OutlineFunction &F);

/// By node: whether it is reached from the node `Begin` though no way goes on behind a node that `Cut` names.
std::vector<char> reachedWithout(const Flow &G, llvm::function_ref<bool(unsigned Node)> Cut, unsigned Begin = Flow::Entry);

/// In which order a loop with this head counts: 1 up, -1 down.
int orderOf(llvm::StringRef Turn);

/// A name that is the last word of an expression: "work" of "&x->work"; "" if there is none.
std::string lastName(llvm::StringRef Expression);
/// All words of an expression: names, keywords, numbers.
std::set<std::string> wordsOf(llvm::StringRef Expression);
/// The variable that an expression begins with: "x" of "&x->work".
std::string firstName(llvm::StringRef Expression);

} // namespace krcu
