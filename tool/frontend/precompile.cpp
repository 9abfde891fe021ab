// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Precompiled headers: which ones a run needs, from where they come, and which parse may use one.
#include "tool/frontend/frontend.h"
#include "tool/frontend/frontend_parts.h"
#include "tool/frontend/pch.h"
#include "tool/support/io.h"
#include "tool/support/parallel.h"
#include <algorithm>
#include <chrono>

using namespace llvm;

namespace krcu {

/// A header to be had.
struct Frontend::PchJob {
  Variant *variant;
  std::vector<std::string> files; ///< that it is for
  PrecompiledHeader header;
  bool done = false;
};

/// Whether the header holds one of the functions without its body. What `Main` defines itself is no more than a declaration or a hidden
/// stand-in in its headers.
bool Frontend::lacksBody(const PrecompiledHeader &P, const std::set<std::string> &Names, const std::string &Main) const {
  return any_of(Names, [&](const std::string &Name) {
    if (P.names.count(Name))
      return false;
    std::vector<FunctionPlace> Places = I.definitionsOf(Name);
    auto PathOf = [&](const FunctionPlace &Place) -> const std::string & { return I.files()[Place.file].path; };
    return none_of(Places, [&](const FunctionPlace &Place) { return PathOf(Place) == Main; }) &&
           any_of(Places, [&](const FunctionPlace &Place) { return P.files.count(PathOf(Place)) != 0; });
  });
}

bool Frontend::takeKept(PchJob &J, HeaderShelf &Shelf) const {
  std::optional<KeptHeader> Kept = Shelf.find(J.variant->synth->variant, J.header.family);
  if (!Kept)
    return false;
  PrecompiledHeader Found{J.header.path, J.header.family, std::move(Kept->source), true, std::move(Kept->names), std::move(Kept->files), {}};
  if (lacksBody(Found, J.header.names, ""))
    return false;
  if (Error E = writeFileAtomically(Found.path, Kept->bytes)) { // then it is made anew, or the parses do without
    consumeError(std::move(E));
    return false;
  }
  J.header = std::move(Found);
  J.variant->session->showSource(J.header);
  return true;
}

bool Frontend::preparePch(const std::vector<std::string> &Files, const std::set<std::string> &Names,
                          const std::function<void(const WhilePch &)> &Beside, HeaderShelf *Shelf) {
  if (!Options.use_pch)
    return false;
  constexpr size_t Worthwhile = 6; ///< files; for fewer a header costs more than it saves
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> ByVariant; // with the family
  for (const std::string &F : Files) {
    const CompileCommands::Entry *User = Options.commands ? Options.commands->find(F) : nullptr;
    std::vector<std::string> Variants = User && !variantsOf(User->src_arch).empty() ? variantsOf(User->src_arch) : candidateVariants(F);
    if (!Variants.empty())
      ByVariant[{Variants.front(), User ? sharedFlags(*User).family : Files.size() < PchFamiliesFrom ? PchFamilyOfAll : pchFamily(F)}].push_back(F);
  }
  std::vector<PchJob> Jobs;
  std::set<std::string> Alone; // files that no header will serve
  for (auto &[Key, Of] : ByVariant) {
    Variant *V = Of.size() < Worthwhile && !Shelf ? nullptr : variant(Key.first);
    if (V && V->session && V->pch.count(Key.second))
      continue;
    PchJob J{V, Of, {TempDir + "/" + Key.first + "-" + Key.second + ".pch", Key.second, {}, false, Names, {}, {}}};
    if (const CompileCommands::Entry *User = Options.commands ? Options.commands->find(Of.front()) : nullptr)
      J.header.command = User, J.header.shared = sharedFlags(*User);
    if (V && V->session && Shelf && !J.header.command && takeKept(J, *Shelf))
      V->pch[Key.second] = std::move(J.header), ++stats.pch_kept;
    else if (V && V->session && Of.size() >= Worthwhile)
      Jobs.push_back(std::move(J));
    else
      Alone.insert(Of.begin(), Of.end());
  }
  if (Jobs.empty())
    return false;
  for (PchJob &J : Jobs) {
    for (const std::string &H : choosePchHeaders(I, J.files))
      J.header.source += "#include <" + H + ">\n";
    J.variant->session->showSource(J.header);
  }
  std::set<std::string> Whole = headersDefining(Names);
  auto Begin = std::chrono::steady_clock::now();
  std::atomic<size_t> Made{0};
  parallelFor(Options.jobs, Jobs.size() + 1, [&](size_t N, unsigned Worker) {
    if (N == Jobs.size())
      return Beside({std::move(Alone), Worker, [&] { return Made < Jobs.size(); }});
    Jobs[N].done = Jobs[N].variant->session->buildPch(Whole, Jobs[N].header);
    ++Made;
  });
  for (PchJob &J : Jobs) // nothing else parses now: a session can be shown another text
    mendPch(J, Whole);
  for (PchJob &J : Jobs)
    if (J.done)
      take(std::move(J), Shelf);
  stats.pch_milliseconds += std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - Begin).count();
  return true;
}

/// Sees to it that the header gives no error which the files would not meet without it. An error that the tree's header
/// has by itself stays: it costs what depends on it. Otherwise the header with the error is taken as it is, bodies and all; if that
/// does not help, the one of the list that leads to it is left out, and at last all of them: then the flags' own headers remain.
void Frontend::mendPch(PchJob &J, std::set<std::string> Whole) {
  constexpr unsigned MaxRounds = 6; // each takes as long as a few parses
  Worker &W = *Workers.front();
  W.inputs.clear();
  ParseSession &Session = *J.variant->session;
  std::vector<std::string> Lines;
  for (auto [Line, Rest] = StringRef(J.header.source).split('\n'); !Line.empty(); std::tie(Line, Rest) = Rest.split('\n'))
    Lines.push_back(Line.str());
  for (unsigned Round = 1; J.done && !J.header.errors.empty(); ++Round) {
    const ParseDiagnostic &Odd = J.header.errors.front(); // the others may follow from it
    if (isOfTree(*J.variant, Odd, "", W)) {
      for (ParseDiagnostic &D : J.header.errors)
        D.of_tree = true;
      J.header.files.insert(W.inputs.begin(), W.inputs.end());
      return;
    }
    bool Tried = !Whole.insert(Odd.file).second, Listed = Odd.main_line > 0 && Odd.main_line <= Lines.size();
    if (Tried && Listed)
      Lines.erase(Lines.begin() + (Odd.main_line - 1));
    if (Round == MaxRounds)
      Lines.clear();
    J.header.source.clear();
    for (const std::string &Line : Lines)
      J.header.source += Line + "\n";
    J.done = Round <= MaxRounds && (!Tried || Listed);
    if (!J.done)
      return;
    Session.showSource(J.header);
    J.done = Session.buildPch(Whole, J.header);
  }
}

/// A header that was made is used from now on, and kept.
void Frontend::take(PchJob J, HeaderShelf *Shelf) {
  ++stats.pch_files;
  if (Shelf && J.header.errors.empty() && !J.header.command) {
    if (auto Bytes = readFile(J.header.path))
      Shelf->keep(J.variant->synth->variant, J.header.family, {std::move(*Bytes), J.header.source, J.header.names, J.header.files});
    else
      consumeError(Bytes.takeError());
  }
  std::string Family = J.header.family;
  J.variant->pch[Family] = std::move(J.header);
}

/// The precompiled header that the parse may use: not one that holds a wanted function without its body.
/// Whether the file has flags of its own that may change what the kernel's headers say.
bool Frontend::hasOwnHeaders(const Variant &V, const std::string &Main) const {
  if (!T.isMounted(Main) || !V.kbuild)
    return false;
  if (!Options.user_flags.empty())
    return true;
  for (unsigned Way = 0; Way < V.kbuild->ways(Main); ++Way)
    if (Kbuild::FlagSet F = V.kbuild->flagsOf(Main, Way);
        !F.front.empty() || any_of(F.back, [](StringRef Flag) { return Flag == "-include" || Flag == "-imacros" || Flag.starts_with("-D") || Flag.starts_with("-U"); }))
      return true;
  return false;
}

const PrecompiledHeader *Frontend::headerFor(const Variant &V, const ParseRequest &Request, const std::string &Main) const {
  const CompileCommands::Entry *User = Options.commands ? Options.commands->find(Main) : nullptr;
  auto It = V.pch.find(User ? sharedFlags(*User).family : pchFamily(Main));
  if (It == V.pch.end() && !User)
    It = V.pch.find(PchFamilyOfAll);
  if (!Options.use_pch || Request.no_pch || It == V.pch.end() || hasOwnHeaders(V, Main))
    return nullptr;
  if (Request.overrides && any_of(*Request.overrides, [&](const auto &Each) { return It->second.files.count(Each.first) != 0; }))
    return nullptr; // it was made of other texts
  return lacksBody(It->second, Request.bodies.names, Main) ? nullptr : &It->second;
}

std::set<std::string> Frontend::headersDefining(const std::set<std::string> &Names) const {
  std::set<std::string> Result;
  for (const std::string &Name : Names)
    for (const FunctionPlace &P : I.definitionsOf(Name))
      Result.insert(I.files()[P.file].path);
  return Result;
}

} // namespace krcu
