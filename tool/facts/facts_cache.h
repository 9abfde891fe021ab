// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The facts of parses, kept. A parse is known by what was asked (the request, krcu itself, the rules, how the tree is built) and holds
// as long as all that it looked at is what it was: the content of every file that was read, the files that have the name of
// a header that was looked for, and what is synthesised for the architectures that were tried. docs/cache.md has the whole story.
#pragma once

#include "tool/facts/facts_codec.h"
#include "tool/index/survey.h"
#include "tool/store/store.h"
#include "llvm/ADT/StringMap.h"
#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace krcu {

/// Of krcu itself (the program and Clang), and of the rules it was given: a change in either changes what facts mean.
Digest programDigest();
Digest rulesDigest(const std::string &Builtin, const std::vector<std::string> &Overrides);

class FactsCache : public HeaderShelf {
public:
  /// All must outlive the result. `Environment`: digest of what every parse depends on.
  FactsCache(const Tree &T, const Index &I, Frontend &F, const Survey &S, const Digest &Environment, const Digest &Foreign);

  /// Where to look, in this order.
  void lookIn(Store &S) { Sources.push_back(&S); }
  /// What to call a parse of the request whose facts are extracted with the summaries and traces of the demand.
  Digest keyOf(const ParseRequest &Request, const Demand &D) const;
  /// Whether find() would give something. Thread-safe, as the ones below.
  bool knows(const Digest &Key);
  std::optional<KeptParse> find(const Digest &Key);
  /// Keeps the facts of a parse, in memory.
  void keep(const Digest &Key, const FileFacts &Facts, const ParseOutcome &Outcome);
  /// What is to be stored of this run: all that was kept and, unless `All`, not found in a store; without what rests on a file that has changed
  /// while krcu ran. Not while others use the cache.
  std::vector<Store::Entry> entries(bool All);
  unsigned hits() const { return Hits; }

  /// Precompiled headers hold absolute paths, so these hold for the tree in this place only.
  std::optional<KeptHeader> find(const std::string &Variant, const std::string &Family) override;
  void keep(const std::string &Variant, const std::string &Family, KeptHeader Header) override;

private:
  struct Row {
    Digest under;
    std::vector<std::string> inputs;
    std::string facts;
    bool found = false; ///< came out of a store
  };
  const Row *row(const Digest &Key);
  Digest valueOf(llvm::StringRef Input);
  Digest makeValue(const std::string &Input);
  Digest namesakes(llvm::StringRef Basename) const;
  Digest variantValue(const std::string &Variant);
  Digest digestOfInputs(const std::vector<std::string> &Inputs);

  const Tree &T;
  const Index &I;
  Frontend &F;
  const Survey &S;
  const Digest Environment, Foreign; ///< Foreign: names that files of the kernel have besides the module
  Digest HeaderNames;                                 ///< of all headers' paths
  llvm::StringMap<std::vector<uint32_t>> ByBasename;  ///< not written to after the constructor
  std::vector<Store *> Sources;
  std::mutex Lock, ValuesLock;
  std::map<Digest, std::optional<Row>> Rows;
  llvm::StringMap<Digest> Values;
  struct HeaderRow {
    Digest key, under;
    std::vector<std::string> inputs;
    std::string header;
  };
  Digest headerKey(const std::string &Variant, const std::string &Family) const;
  std::vector<HeaderRow> Headers; ///< made in this run
  std::vector<Store::Entry> Variants; ///< news about what is synthesised
  std::atomic<unsigned> Hits{0};
};

} // namespace krcu
