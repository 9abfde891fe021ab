// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Texts from templates (mustache) that a user may replace, laid out for a mail of 75 columns.
#pragma once

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <kainjow/mustache.hpp>
#include <map>
#include <string>
#include <vector>

namespace krcu::series {

using TemplateData = kainjow::mustache::data;

class Templates {
public:
  /// The built-in ones from `BuiltinDirectory`; a file of the same name in `UserDirectory` (empty: none) replaces one.
  static llvm::Expected<Templates> load(const std::string &BuiltinDirectory, const std::string &UserDirectory);
  /// As the template says, before any layout.
  llvm::Expected<std::string> render(const std::string &Name, const TemplateData &Data) const;

private:
  struct Source {
    std::string file, text;
  };
  std::map<std::string, Source> Sources;
};

constexpr size_t MailColumns = 75;

/// Paragraphs (separated by blank lines) filled to `Columns`; lines that begin with a blank stay as they are, lines that begin with "- "
/// are items with an indentation of their own. Words are never cut.
std::string fillText(llvm::StringRef Text, size_t Columns = MailColumns);

/// "a", "a and b", "a, b and c".
std::string enumerate(const std::vector<std::string> &Words);

} // namespace krcu::series
