// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From judged sites to verified new file contents. A file whose rewritten text would not parse as cleanly as before, or in which a second
// scan would find something left to convert, is not rewritten at all; its sites become 'refuse' with the reason.
#pragma once

#include "tool/driver/scan.h"
#include "llvm/ADT/ArrayRef.h"
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace krcu {

class SpelledTexts;

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

/// Finds them, after markRemovals(). A file is read once, however many questions there are. Keeps `S` by reference.
class HelperFinder {
public:
  explicit HelperFinder(const Scan &S);
  ~HelperFinder();
  /// The helpers that the removal of the callbacks of these sites leaves without a user, in file order.
  std::vector<OrphanedHelper> of(llvm::ArrayRef<SiteReport> Sites);

private:
  std::unique_ptr<SpelledTexts> Texts;
};

/// Finds forward declarations. A file is read once, however many functions are asked about. Keeps `S` by reference.
class PrototypeFinder {
public:
  explicit PrototypeFinder(const Scan &S);
  ~PrototypeFinder();
  /// The files that declare the function without defining it there, except its home; only those that krcu may change.
  std::vector<std::string> filesOf(const std::string &Function, const std::string &Home);

private:
  std::unique_ptr<SpelledTexts> Texts;
};

/// What else changes with the sites of class convert, for a person: a line for each barrier and each field that
/// nobody reads any more. `Dropped`: barriers that the patch removes, as file and offset.
std::vector<std::string> leftoverNotes(const std::vector<SiteReport> &Sites, const std::set<std::pair<std::string, uint32_t>> &Dropped);

/// Sets callback_removed where nothing else in the tree uses the callback once the sites of class convert are rewritten.
void markRemovals(const Scan &S, std::vector<SiteReport> &Sites);

} // namespace krcu
