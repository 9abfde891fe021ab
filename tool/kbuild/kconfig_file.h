// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One Kconfig file as statements: what can be said of it before anything is expanded, so that it is the same for all
// architectures. Private to the room.
#pragma once

#include "llvm/ADT/StringRef.h"
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace krcu::kconfig {

enum class Keyword : unsigned char {
  None,
  Config,
  Choice,
  Menu,
  If,
  EndIf,
  EndMenu,
  EndChoice,
  Comment,
  MainMenu,
  Source,
  RSource,
  Depends,
  Visible,
  Prompt,
  Type,
  Default,
  DefBool,
  DefTristate,
  Select,
  Imply,
  Range,
  Option,
  Modules,
  Optional,
  Ignored
};

struct Statement {
  Keyword keyword = Keyword::None;
  bool expands = false; ///< `rest` has a $
  unsigned number = 0;  ///< of its first line
  llvm::StringRef line; ///< whole
  llvm::StringRef word; ///< the first one
  llvm::StringRef rest; ///< behind the word, without a comment
};

/// The statements point into the other members.
struct File {
  std::string path;
  std::unique_ptr<const std::string> text; ///< null: it cannot be read
  std::unique_ptr<std::deque<std::string>> joined; ///< lines with continuations
  std::vector<Statement> statements;
};

/// Help texts, comments and empty lines are left out.
File cutStatements(std::string Path, std::optional<std::string> Text);

} // namespace krcu::kconfig
