// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// "Never destroyed", "nobody else uses it" are claims about absence. They rest on a closed list: everything that could spell the name.
// This is the one place that says what of that list was not searched. An empty answer means that all of it was.
#pragma once

#include "tool/lifetime/database.h"
#include "tool/lifetime/mentions.h"
#include <string>
#include <vector>

namespace krcu {

/// One thing that could use a name and was not searched for it.
struct OpenClaim {
  enum Kind {
    Unreadable, ///< a source of the tree that cannot be read
    NoSource,   ///< an object that Kbuild names; `file` is the object
    NoMakefile, ///< what is linked with `file`
    NotRead,    ///< a source of the module that is no indexed one
    NoC,        ///< assembly or Rust of the module
    Fragment,   ///< a text that a file includes
    Torn,       ///< `file` ends in the middle
    Assembly,   ///< of `file`; it can use the name
    Pasting,    ///< a macro of `file` that can make it
  } kind = Unreadable;
  std::string file;
  std::string text; ///< a clause for people
  bool operator<(const OpenClaim &O) const { return std::tie(text, kind, file) < std::tie(O.text, O.kind, O.file); }
  bool operator==(const OpenClaim &O) const = default;
};

/// What could use `Word` and was not searched for it, one clause each ("drv/end.c, which drv/Makefile names, is not there"), in order.
/// Counted are, for a name with external linkage: sources of the tree that cannot be read (a FIFO, a link out of the tree, too large, no
/// permission); of each module that has one of the plan's files: objects that Kbuild names and that have no source, a source that no
/// makefile names, assembly that spells the name, Rust. For every name: texts that these files include and that are no indexed source,
/// macros that paste the name together, files that end in the middle, and, but for a member, which has no symbol, inline assembly of these
/// files and of their headers that can use it.
/// `Home`: the .c file of a static; empty or a header: the name can be seen from other files.
std::vector<OpenClaim> notSearched(const Database &DB, const MentionPlan &Plan, const std::string &Word, MentionKind Kind, const std::string &Home);

} // namespace krcu
