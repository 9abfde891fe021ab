// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which files must be parsed so that every use of a name has been seen. Text decides, so both sides of every #if and every architecture
// count: a .c file that spells the name; a file that uses a macro or an inline function of a header that spells it. What text shows and
// the parse did not compile is told, so that nobody takes it for absent.
#pragma once

#include "tool/lifetime/database.h"

namespace krcu {

enum class MentionKind { Variable, Field, Function };

struct MentionPlan {
  std::set<std::string> files; ///< .c files
  std::set<std::string> fragments; ///< headers and the like that say it and do not include its home: they rest on what includes them
  Demand demand;               ///< of each of them
  std::set<std::pair<std::string, std::string>> inlines; ///< functions of headers that spell it: header, name
};

/// Reads beforehand what every plan for a slab cache's name reads, else the first of them does. Nobody may ask for a plan meanwhile.
void prepareCacheMentions(const Database &DB);

/// Everywhere that `Word` may be used. `Home`: the file that its scope starts in (the header of a record, the file of a static); empty: the
/// whole tree. Rests on the text alone, and is made once.
const MentionPlan &planMentions(const Database &DB, const std::string &Word, MentionKind Kind, const std::string &Home);

/// Uses of `Word` in the plan's files that an #if hid from the parse and that could matter to the life of a cache: "drv/x.c:12". A use
/// that only hands the cache to the allocator, or only compares it, cannot.
std::vector<std::string> hiddenMentions(const Database &DB, const MentionPlan &Plan, const std::string &Word, MentionKind Kind);

/// A source of a module: from the index, or, if that has it under another name only (a link), from the tree. Null if it cannot be read.
std::shared_ptr<const std::string> textOf(const Database &DB, const std::string &File);

/// Indexed files whose path begins with `Directory` ("drv/foo/") and that are no .c file, in increasing order.
std::vector<uint32_t> headersBelow(const Index &I, const std::string &Directory);

/// Whether a function belongs to the slab allocator: what it does with a cache is no matter of the cache's life.
bool isAllocatorFunction(const Database &DB, const std::string &Symbol);

/// Definitions of a function that no parse has shown, because an #if hides them: "drv/x.c:12".
std::vector<std::string> unseenDefinitions(const Database &DB, const std::string &Symbol);

/// Functions of headers in the plan whose bodies no parse has shown.
std::vector<std::string> unseenInlines(const Database &DB, const MentionPlan &Plan);

} // namespace krcu
