// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/driver/scan_cache.h"
#include "tool/driver/scan.h"
#include "tool/support/error.h"
#include "tool/tree/stored.h"
#include "llvm/ADT/StringExtras.h"

namespace krcu {
namespace {

/// More files than this are read once, by the index, and not first to see whether the output of an earlier run holds.
constexpr size_t FewFiles = 500;

std::string hex(const Digest &D) { return llvm::toHex(D.bytes(), /*LowerCase=*/true); }

/// The row of a file of facts that says what it is.
Digest aboutKey() { return digestOf(llvm::StringRef("about")); }

} // namespace

bool Shard::has(const std::string &File) const { return digestOf(llvm::StringRef(File)).low % of == number - 1; }

llvm::Expected<Shard> parseShard(llvm::StringRef Text) {
  Shard S;
  auto [Number, Of] = Text.split('/');
  if (Number.getAsInteger(10, S.number) || Of.getAsInteger(10, S.of) || S.number < 1 || S.of < 1 || S.number > S.of || S.of > 100000)
    return fail("--shard: '" + Text.str() + "' is no shard; write I/N with I from 1 to N, as in --shard 2/8");
  return S;
}

llvm::Expected<std::shared_ptr<ScanCache>> ScanCache::open(const ScanOptions &O, const std::string &Dir, const std::vector<std::string> &Facts) {
  std::shared_ptr<ScanCache> C(new ScanCache);
  C->Program = programDigest();
  C->TheRules = rulesDigest(O.builtin_rules, O.rules);
  const UserFlags &U = O.user_flags;
  C->Flags = Digester().addAll(U.cflags).addAll(U.include_dirs).addAll(U.defines).addAll(U.includes).finish();
  C->InTree = O.compile_commands.empty() && U.include_dirs.empty() && U.includes.empty() && U.cflags.empty();
  for (const std::string &Path : Facts)
    if (llvm::Error E = C->openFacts(Path))
      return E;
  if (!Dir.empty())
    C->Main = Store::openCache(Dir);
  return C;
}

llvm::Error ScanCache::openFacts(const std::string &Path) {
  auto S = Store::openFile(Path);
  if (!S)
    return S.takeError();
  std::vector<std::string> About;
  auto Row = (*S)->get(Store::Meta, aboutKey());
  FactsFile F{Path, nullptr, {}, {}};
  if (!Row || !decodeStrings(*Row, About) || About.size() != 5 || llvm::StringRef(About[2]).getAsInteger(10, F.shard.number) ||
      llvm::StringRef(About[3]).getAsInteger(10, F.shard.of))
    return failAt(Path, 0, 0, "this is no file of facts, or a damaged one", "run krcu extract again");
  if (About[0] != hex(Program))
    return failAt(Path, 0, 0, "this was written by another version of krcu or Clang", "run krcu extract again, with this one");
  if (About[1] != hex(TheRules))
    return failAt(Path, 0, 0, "this was extracted with other rules", "give --rules as krcu extract was given, or run it again");
  F.tree = About[4];
  F.store = std::move(*S);
  Files.push_back(std::move(F));
  return llvm::Error::success();
}

/// Trees out of one repository share what is known of files: most of theirs are the same.
Digest ScanCache::key(llvm::StringRef What) const {
  auto Stored = storedAt(Root);
  return Digester().add(What).add(Stored ? llvm::StringRef(Stored->origin()) : llvm::StringRef(Root)).add(Mounted).finish();
}

Digest ScanCache::environment() const { return Digester().add(Program).add(TheRules).add(Flags).add(TheSurvey.buildDigest()).finish(); }

llvm::Error ScanCache::look(const Tree &T, unsigned Jobs) {
  Root = T.root(), Mounted = T.mounted();
  std::string States = Main ? Main->get(Store::TreeStates, key("states")).value_or("") : "";
  auto S = Survey::take(T, Jobs, States);
  if (!S)
    return S.takeError();
  TheSurvey = std::move(*S);
  Looked = true;
  if (TheSurvey.unknown <= FewFiles)
    TheSurvey.digestUnknown(T, Jobs);
  return llvm::Error::success();
}

std::optional<PastOutput> ScanCache::recallOutput(const Digest &Arguments) {
  Digest Now = Main && InTree && Files.empty() ? TheSurvey.digest() : Digest();
  if (!Now.known())
    return std::nullopt;
  std::vector<std::string> Parts;
  PastOutput P;
  auto Row = Main->get(Store::Output, Digester().add(key("output")).add(Program).add(TheRules).add(Flags).add(Arguments).finish(), Now);
  if (!Row || !decodeStrings(*Row, Parts) || Parts.size() != 3 || llvm::StringRef(Parts[0]).getAsInteger(10, P.status))
    return std::nullopt;
  P.out = Parts[1], P.err = Parts[2];
  if (TheSurvey.isNews()) // the same contents, but new times: next time they need not be read
    Main->put({{Store::TreeStates, key("states"), {}, TheSurvey.states()}});
  return P;
}

void ScanCache::keepOutput(const Digest &Arguments, const PastOutput &Output, const Tree &T, unsigned Jobs) {
  Digest Now = Main && InTree && !Unread ? TheSurvey.digest() : Digest();
  if (Now.known() && TheSurvey.areUnchanged(T, Jobs)) // nobody has changed a file while it was read
    Main->put({{Store::Output, Digester().add(key("output")).add(Program).add(TheRules).add(Flags).add(Arguments).finish(), Now,
                encodeStrings({std::to_string(Output.status), Output.out, Output.err})}});
}

IndexMemory *ScanCache::memory() {
  Memory.survey = &TheSurvey;
  if (Main) {
    Digest Key = Digester().add(key("index")).add(Program).add(TheRules).finish();
    Memory.body = Main->get(Store::IndexBody, Key).value_or("");
    Memory.delta = Main->get(Store::IndexDelta, Key).value_or("");
  }
  return &Memory;
}

void ScanCache::begin(const Tree &T, const Index &I, Frontend &F, const Digest &Foreign) {
  Unread = llvm::any_of(I.files(), [](const IndexedFile &File) { return !File.problem.empty(); });
  if (!InTree)
    return;
  Facts = std::make_unique<FactsCache>(T, I, F, TheSurvey, environment(), Foreign);
  for (const FactsFile &File : Files)
    Facts->lookIn(*File.store);
  if (Main)
    Facts->lookIn(*Main);
}

void ScanCache::save() {
  if (!Main)
    return;
  std::vector<Store::Entry> News;
  Digest Key = Digester().add(key("index")).add(Program).add(TheRules).finish();
  if (TheSurvey.isNews())
    News.push_back({Store::TreeStates, key("states"), {}, TheSurvey.states()});
  if (!Memory.new_body.empty())
    News.push_back({Store::IndexBody, Key, {}, std::move(Memory.new_body)});
  if (!Memory.new_delta.empty())
    News.push_back({Store::IndexDelta, Key, {}, std::move(Memory.new_delta)});
  if (Facts)
    for (Store::Entry &E : Facts->entries(false))
      News.push_back(std::move(E));
  Main->put(News);
}

llvm::Error ScanCache::writeFacts(const std::string &Path, const Shard &S, const std::string &TreeVersion) {
  if (!Facts)
    return fail("facts of a build outside the tree cannot be handed on; leave out --compile-commands");
  std::vector<Store::Entry> Entries = Facts->entries(true);
  Entries.push_back({Store::Meta, aboutKey(), {},
                     encodeStrings({hex(Program), hex(TheRules), std::to_string(S.number), std::to_string(S.of), TreeVersion + " " + hex(TheSurvey.digest())})});
  return Store::writeFile(Path, Entries);
}

std::vector<std::string> ScanCache::notes() const {
  std::vector<std::string> Result;
  if (Main && !Main->warning().empty())
    Result.push_back("warning: " + Main->warning());
  std::map<unsigned, std::set<unsigned>> Given; // by number of shards
  for (const FactsFile &F : Files) {
    Given[F.shard.of].insert(F.shard.number);
    if (!F.store->warning().empty())
      Result.push_back("warning: " + F.store->warning());
    if (Looked && F.tree.substr(F.tree.rfind(' ') + 1) != hex(TheSurvey.digest()))
      Result.push_back("note: " + F.path + ": was extracted from another state of the tree (" + F.tree.substr(0, F.tree.rfind(' ')) +
                       "); what has changed since is parsed here");
  }
  for (const auto &[Of, Numbers] : Given) {
    std::string Missing;
    for (unsigned N = 1; N <= Of; ++N)
      if (!Numbers.count(N))
        Missing += (Missing.empty() ? "" : ", ") + std::to_string(N) + "/" + std::to_string(Of);
    if (!Missing.empty())
      Result.push_back("note: no facts of shard " + Missing + " were given; its files are parsed here");
  }
  return Result;
}

} // namespace krcu
