// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The only way of a foreign text into a page. What comes from a tree, a patch or the command line may hold anything: markup, quotes, bytes that are
// no UTF-8, characters that turn the direction of writing. Nothing of it may be more than text.
#pragma once

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <string>

namespace krcu::pages {

/// `Text` for the content of an element or for an attribute in double quotes. Control characters, those that are not seen and those that turn the
/// direction are shown by name or picture; bytes that are no UTF-8 become U+FFFD. A tab stays.
std::string escaped(llvm::StringRef Text);

/// A path as part of a URL: everything but letters, digits and "-._~/+" in percent notation.
std::string percentEncoded(llvm::StringRef Path);

/// Fails for a --source-url that is none: %f for the file must be in it, %l for the line may; it begins with http://, https:// or file://.
llvm::Error checkSourceUrl(const std::string &Pattern);
/// Not yet escaped. Empty if there is no pattern.
std::string sourceUrl(const std::string &Pattern, llvm::StringRef File, unsigned Line);

} // namespace krcu::pages
