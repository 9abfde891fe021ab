// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The sentences of a patch's text, each from the facts of this very patch: what the callbacks did, why the cache may go, what becomes of the
// barriers.
#pragma once

#include "tool/series/message.h"

namespace krcu::series {

/// The conversions of one callback.
struct CallbackGroup {
  const CallbackReport *callback;
  std::vector<const SiteReport *> sites;
  bool removed = false;
};
std::vector<CallbackGroup> groupsOf(const PatchUnit &P);

void addUnique(std::vector<std::string> &To, std::string Word);
/// "f()" for the symbol of f.
std::string call(const std::string &Function);
/// "kfree_rcu(f, rcu)" -> "kfree_rcu".
std::string primitiveOf(const SiteReport &R);
/// "kfree()", "kfree() or vfree()".
std::string freesOf(const CallbackReport &C);
/// "a struct foo"; what the queued memory is called.
std::string objectOf(const CallbackGroup &G, const FileTexts &Files);

/// What the callbacks did, a sentence for each way to free: "a() only frees a struct foo with kfree()."
std::vector<std::string> callbackSentences(const std::vector<CallbackGroup> &Groups, const FileTexts &Files);
/// Why no cache goes before its objects, a sentence for each reason; none for memory that has no cache.
std::vector<std::string> safetySentences(const PatchUnit &P, const MessageContext &C);
/// What becomes of the barriers. `Unknown`: of those of which nothing can be said, for the notes.
std::vector<std::string> barrierSentences(const PatchUnit &P, const MessageContext &C, std::vector<std::string> &Unknown);
/// Who creates and destroys the caches, a sentence each, for the notes.
std::vector<std::string> lifeSentences(const PatchUnit &P);

} // namespace krcu::series
