// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which comment belongs to a function that goes, and which comments still speak of it afterwards.
#pragma once

#include "tool/rewrite/source.h"
#include <string>
#include <vector>

namespace krcu {

/// What is about to be removed below a comment.
struct CommentedCode {
  unsigned first_line = 0;        ///< of the code
  std::vector<std::string> names; ///< the functions that go with it
  std::string next;               ///< the function that follows and stays; may be empty
  bool joined = false;            ///< code that stays follows without a blank line
};

enum class CommentFate {
  None,  ///< no comment, or one that does not belong
  Goes,  ///< it is about the removed code only
  Stays, ///< it stands directly above, but is about more than that: a person should read it
};

struct CommentAbove {
  CommentFate fate = CommentFate::None;
  unsigned first_line = 0; ///< inclusive
  unsigned last_line = 0;  ///< inclusive
  bool names_next = false;
};

/// The comment above the code: adjacent, or a kernel-doc of the function one blank line away. File headers,
/// licences, section banners and comments that also name the function that follows are never removed.
CommentAbove commentAbove(const SourceText &Source, const CommentedCode &Code);

/// Notes for a person: each comment in `Text` that names one of `Names`, once per comment and name, in file
/// order: "PATH:LINE: a comment still names foo()".
std::vector<std::string> staleMentions(const std::string &Path, llvm::StringRef Text,
                                       const std::vector<std::string> &Names);
std::vector<std::string> staleMentions(const std::string &Path, const SourceText &Source,
                                       const std::vector<std::string> &Names);

} // namespace krcu
