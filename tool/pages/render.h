// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A page as one HTML file that needs no network: style and script stand in it, and the browser is told to load nothing and to run nothing but
// that script. Without scripts everything is there but the filters.
#pragma once

#include "tool/pages/page.h"
#include "llvm/Support/Error.h"
#include <functional>
#include <memory>

namespace krcu::pages {

struct RenderOptions {
  std::string templates;  ///< directory with page.html, page.css and page.js
  std::string source_url; ///< --source-url; empty: places lead nowhere
  /// The text of a file of the tree; null: it cannot be shown.
  std::function<std::shared_ptr<const std::string>(const std::string &File)> source;
  std::function<std::string(const std::string &Text)> shown_text; ///< paths in a sentence as the user should read them; null: as they are
  std::function<std::string(const std::string &File)> shown_file; ///< the same of a path
  bool open = false;      ///< the items stand open: there are few
  /// What the page may have in bytes; once most of it is used, steps come without source lines and the page says so.
  size_t budget = 2800000;
};

/// The same bytes for the same page. Fails if a template cannot be read or filled in.
llvm::Expected<std::string> render(const Page &P, const RenderOptions &O);

} // namespace krcu::pages
