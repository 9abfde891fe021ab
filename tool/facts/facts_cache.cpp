// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/facts/facts_cache.h"
#include "tool/support/io.h"
#include "clang/Basic/Version.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include <algorithm>

namespace krcu {
namespace {

namespace fs = llvm::sys::fs;

/// Goes up when the meaning of what is kept changes and the program's own digest would not show it.
constexpr uint64_t Format = 3;

/// "inputs' length, inputs, facts".
std::string joined(const std::string &Inputs, const std::string &Facts) {
  uint64_t Length = Inputs.size();
  return std::string(reinterpret_cast<const char *>(&Length), sizeof(Length)) + Inputs + Facts;
}

bool split(llvm::StringRef Value, std::vector<std::string> &Inputs, std::string &Facts) {
  uint64_t Length = 0;
  if (Value.size() < sizeof(Length))
    return false;
  std::memcpy(&Length, Value.data(), sizeof(Length));
  Value = Value.drop_front(sizeof(Length));
  if (Length > Value.size() || !decodeStrings(Value.take_front(Length), Inputs))
    return false;
  Facts = Value.drop_front(Length).str();
  return true;
}

void addFile(Digester &D, const std::string &Path) {
  auto Text = readFile(Path);
  D.add(llvm::sys::path::filename(Path));
  if (Text)
    D.add(llvm::StringRef(*Text));
  else
    llvm::consumeError(Text.takeError());
}

} // namespace

Digest programDigest() {
  Digester D;
  D.add(Format).add(clang::getClangFullVersion());
  addFile(D, "/proc/self/exe");
  return D.finish();
}

Digest rulesDigest(const std::string &Builtin, const std::vector<std::string> &Overrides) {
  Digester D;
  std::vector<std::string> Layers = Overrides;
  Layers.insert(Layers.begin(), Builtin);
  for (const std::string &Layer : Layers) {
    std::vector<std::string> Paths;
    std::error_code EC;
    if (!fs::is_directory(Layer))
      Paths.push_back(Layer);
    else
      for (fs::recursive_directory_iterator It(Layer, EC), End; It != End && !EC; It.increment(EC))
        if (!fs::is_directory(It->path()))
          Paths.push_back(It->path());
    std::sort(Paths.begin(), Paths.end());
    D.add(static_cast<uint64_t>(Paths.size()));
    for (const std::string &Path : Paths)
      addFile(D, Path);
  }
  return D.finish();
}

FactsCache::FactsCache(const Tree &T, const Index &I, Frontend &F, const Survey &S, const Digest &Environment, const Digest &Foreign)
    : T(T), I(I), F(F), S(S), Environment(Environment), Foreign(Foreign) {
  Digester Headers;
  for (uint32_t N = 0; N < I.files().size(); ++N) {
    llvm::StringRef Path = I.files()[N].path;
    ByBasename[llvm::sys::path::filename(Path)].push_back(N);
    if (Path.ends_with(".h"))
      Headers.add(Path);
  }
  HeaderNames = Headers.finish();
}

Digest FactsCache::keyOf(const ParseRequest &Request, const Demand &Asked) const {
  Digester D;
  D.add(Environment).add(digestOf(Request)).addAll(Asked.summarise).addAll(Asked.trace).addAll(F.waysTo(Request));
  // A module's own function hides the kernel's, so which headers define the wanted ones does not show in the headers alone.
  if (!T.mounted().empty())
    for (const std::string &Name : Request.bodies.names)
      for (const FunctionPlace &P : I.definitionsOf(Name))
        D.add(Name).add(I.files()[P.file].path);
  if (!T.isSubject(Request.file))
    D.add(Foreign);
  return D.finish();
}

/// The files that an #include of the name could mean.
Digest FactsCache::namesakes(llvm::StringRef Basename) const {
  Digester D;
  auto It = ByBasename.find(Basename);
  if (It != ByBasename.end())
    for (uint32_t File : It->second)
      D.add(I.files()[File].path);
  return D.finish();
}

Digest FactsCache::makeValue(const std::string &Input) {
  llvm::StringRef Name = Input;
  if (Name.consume_front("="))
    return variantValue(Name.str());
  if (Name.consume_front("?"))
    return namesakes(Name);
  Digester D;
  D.add(namesakes(llvm::sys::path::filename(Name)));
  int Id = I.find(Name);
  if (Id >= 0 && I.files()[static_cast<size_t>(Id)].content.known())
    return D.add(I.files()[static_cast<size_t>(Id)].content).finish();
  if (llvm::sys::path::is_absolute(Name)) { // a header of Clang's own
    addFile(D, Input);
    return D.finish();
  }
  auto Text = T.read(Name); // not there: synthesised
  return D.add(Text ? digestOf(llvm::StringRef(*Text)) : Digest()).finish();
}

/// What is synthesised for an architecture, without making it if it was made before from the same files.
Digest FactsCache::variantValue(const std::string &Variant) {
  Digest Key = Digester().add(Environment).add(HeaderNames).add(Variant).finish();
  for (Store *Source : Sources)
    for (const Store::Entry &E : Source->all(Store::Variant, Key)) {
      std::vector<std::string> MadeFrom;
      std::string Result;
      if (!split(E.value, MadeFrom, Result) || Result.size() != sizeof(Digest) || digestOfInputs(MadeFrom) != E.under)
        continue;
      Digest D;
      std::memcpy(&D, Result.data(), sizeof(D));
      return D;
    }
  std::vector<std::string> MadeFrom;
  Digest Result = F.variantDigest(Variant, MadeFrom);
  std::sort(MadeFrom.begin(), MadeFrom.end());
  MadeFrom.erase(std::unique(MadeFrom.begin(), MadeFrom.end()), MadeFrom.end());
  // The build files are part of the environment already.
  std::erase_if(MadeFrom, [this](const std::string &Path) { return I.find(Path) < 0; });
  Digest Under = digestOfInputs(MadeFrom);
  std::lock_guard<std::mutex> Guard(ValuesLock);
  Variants.push_back({Store::Variant, Key, Under, joined(encodeStrings(MadeFrom), Result.bytes().str())});
  return Result;
}

Digest FactsCache::valueOf(llvm::StringRef Input) {
  {
    std::lock_guard<std::mutex> Guard(ValuesLock);
    if (auto It = Values.find(Input); It != Values.end())
      return It->second;
  }
  Digest Value = makeValue(Input.str());
  std::lock_guard<std::mutex> Guard(ValuesLock);
  return Values.try_emplace(Input, Value).first->second;
}

Digest FactsCache::digestOfInputs(const std::vector<std::string> &Inputs) {
  Digester D;
  for (const std::string &Input : Inputs)
    D.add(valueOf(Input));
  return D.finish();
}

const FactsCache::Row *FactsCache::row(const Digest &Key) {
  {
    std::lock_guard<std::mutex> Guard(Lock);
    if (auto It = Rows.find(Key); It != Rows.end())
      return It->second ? &*It->second : nullptr;
  }
  std::optional<Row> Found;
  for (Store *Source : Sources) {
    for (Store::Entry &E : Source->all(Store::Parse, Key)) {
      Row R{E.under, {}, {}, true};
      if (!split(E.value, R.inputs, R.facts) || digestOfInputs(R.inputs) != R.under)
        continue;
      Found = std::move(R);
      break;
    }
    if (Found)
      break;
  }
  std::lock_guard<std::mutex> Guard(Lock);
  auto It = Rows.emplace(Key, std::move(Found)).first; // entries never move, and one that is set stays
  return It->second ? &*It->second : nullptr;
}

bool FactsCache::knows(const Digest &Key) { return row(Key) != nullptr; }

std::optional<KeptParse> FactsCache::find(const Digest &Key) {
  const Row *R = row(Key);
  std::optional<KeptParse> Result;
  if (R && !decodeParse(R->facts, Result.emplace()))
    Result.reset();
  if (Result)
    Result->outcome.inputs = R->inputs, ++Hits;
  return Result;
}

void FactsCache::keep(const Digest &Key, const FileFacts &Facts, const ParseOutcome &Outcome) {
  if (!Outcome.inputs_known || Outcome.inputs.empty())
    return;
  Row R{digestOfInputs(Outcome.inputs), Outcome.inputs, encodeParse(Facts, Outcome), false};
  std::lock_guard<std::mutex> Guard(Lock);
  auto [It, New] = Rows.try_emplace(Key);
  if (!It->second)
    It->second = std::move(R);
}

Digest FactsCache::headerKey(const std::string &Variant, const std::string &Family) const {
  return Digester().add(Environment).add(T.root()).add(T.mounted()).add(Variant).add(Family).finish();
}

std::optional<KeptHeader> FactsCache::find(const std::string &Variant, const std::string &Family) {
  for (Store *Source : Sources)
    for (const Store::Entry &E : Source->all(Store::Header, headerKey(Variant, Family))) {
      std::vector<std::string> Inputs, Names;
      std::string Header;
      KeptHeader Kept;
      if (!split(E.value, Inputs, Header) || digestOfInputs(Inputs) != E.under || !split(Header, Names, Kept.bytes) || Names.empty())
        continue;
      Kept.source = Names.front();
      Kept.names.insert(Names.begin() + 1, Names.end());
      llvm::copy_if(Inputs, std::inserter(Kept.files, Kept.files.end()), [](const std::string &Input) { return Input[0] != '='; });
      return Kept;
    }
  return std::nullopt;
}

void FactsCache::keep(const std::string &Variant, const std::string &Family, KeptHeader Header) {
  std::vector<std::string> Inputs(Header.files.begin(), Header.files.end());
  Inputs.push_back("=" + Variant);
  std::vector<std::string> Names{Header.source};
  Names.insert(Names.end(), Header.names.begin(), Header.names.end());
  Digest Under = digestOfInputs(Inputs);
  Headers.push_back({headerKey(Variant, Family), Under, std::move(Inputs), joined(encodeStrings(Names), Header.bytes)});
}

std::vector<Store::Entry> FactsCache::entries(bool All) {
  std::vector<Store::Entry> Result = Variants;
  std::map<int, bool> Same;
  auto Holds = [&](const std::string &Input) {
    int Id = I.find(Input);
    if (Id < 0)
      return true;
    auto [It, New] = Same.try_emplace(Id);
    if (New)
      It->second = S.isUnchanged(T, static_cast<uint32_t>(Id));
    return It->second;
  };
  for (const auto &[Key, R] : Rows)
    if (R && (All || !R->found) && std::all_of(R->inputs.begin(), R->inputs.end(), Holds))
      Result.push_back({Store::Parse, Key, R->under, joined(encodeStrings(R->inputs), R->facts)});
  for (HeaderRow &H : Headers)
    if (!All && std::all_of(H.inputs.begin(), H.inputs.end(), Holds)) // whoever gets a file of facts has the tree somewhere else
      Result.push_back({Store::Header, H.key, H.under, joined(encodeStrings(H.inputs), H.header)});
  return Result;
}

} // namespace krcu
