// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From judged sites to verified new file contents. A file whose rewritten text would not parse as cleanly as before, or in which a second
// scan would find something left to convert, is not rewritten at all; its sites become 'refuse' with the reason.
#pragma once

#include "tool/driver/scan.h"
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace krcu {

/// Which of the sites of class convert are rewritten.
struct PatchChoice {
  bool drop_barriers = false; ///< remove the barriers that have nothing left to wait for, too; needs ScanOptions::leftovers
  bool only_gains = false;    ///< leave out what nobody would see a gain in: the callback stays, because something else uses it
  std::function<std::string(const SiteReport &)> leave_out = nullptr; ///< why a site is left out; empty: it is not
};

/// A site of class convert that the patch leaves as it is.
struct LeftOutSite {
  Location where;
  std::string function, deferral, head, callback; ///< as the call spells them
  std::string why;
};

struct Patch {
  std::string root; ///< the directory that the paths count from: the tree's, or that of the external module
  std::map<std::string, std::pair<std::string, std::string>> files; ///< path -> old and new text
  std::map<std::string, std::string> parsed_for; ///< .c file -> architecture that its new text was parsed for
  std::vector<std::string> notes;   ///< left for a person
  std::vector<LeftOutSite> left_out; ///< in the order of the scan
  std::vector<std::string> refused; ///< files that were not rewritten, with the reason
};

/// Marks in the sites which callbacks go (callback_removed), writes nothing. `Sites`: the scan's own, updated in place.
llvm::Expected<Patch> makePatch(Scan &S, std::vector<SiteReport> &Sites, unsigned Jobs, const PatchChoice &Choice = {});

/// A static function that only removed functions use, and that goes with them.
struct OrphanedHelper {
  std::string name, file;
  uint32_t begin = 0, end = 0; ///< bytes of the definition
};

/// The helpers that the removal of callbacks leaves without a user, after markRemovals(). In file order.
std::vector<OrphanedHelper> orphanedHelpers(const Scan &S, const std::vector<SiteReport> &Sites);

/// What else changes with the sites of class convert, for a person: a line for each barrier and each field that
/// nobody reads any more. `Dropped`: barriers that the patch removes, as file and offset.
std::vector<std::string> leftoverNotes(const std::vector<SiteReport> &Sites, const std::set<std::pair<std::string, uint32_t>> &Dropped);

/// Sets callback_removed where nothing else in the tree uses the callback once the sites of class convert are rewritten.
void markRemovals(const Scan &S, std::vector<SiteReport> &Sites);

/// Whether `Text` declares the function without defining it there.
bool hasPrototype(const std::string &Text, const std::string &Function);

} // namespace krcu
