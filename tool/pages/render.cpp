// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/pages/render.h"
#include "tool/pages/drawing.h"
#include "tool/pages/escape.h"
#include "tool/report/version.h"
#include "tool/support/error.h"
#include "tool/support/io.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Base64.h"
#include "llvm/Support/SHA256.h"
#include <kainjow/mustache.hpp>
#include <set>

using llvm::StringRef;
namespace mustache = kainjow::mustache;

namespace krcu::pages {
namespace {

/// By this a browser knows the page's own script and style, and runs no other.
std::string hashOf(const std::string &Text) {
  auto Hash = llvm::SHA256::hash(llvm::ArrayRef(reinterpret_cast<const uint8_t *>(Text.data()), Text.size()));
  return "sha256-" + llvm::encodeBase64(Hash);
}

/// A word that may be a name in HTML.
std::string nameOf(StringRef Text) {
  std::string Result;
  for (char C : Text)
    Result += llvm::isAlnum(C) || C == '_' ? C : '-';
  return Result;
}

std::string directoryOf(StringRef File) {
  size_t First = File.find('/'), Second = First == StringRef::npos ? First : File.find('/', First + 1);
  return Second == StringRef::npos ? File.take_front(First == StringRef::npos ? 0 : First).str() : File.take_front(Second).str();
}

class Renderer {
public:
  Renderer(const Page &P, const RenderOptions &O) : P(P), O(O) {}
  llvm::Expected<std::string> run();

private:
  using Lines = std::vector<StringRef>;
  std::string text(const std::string &T) const { return O.shown_text ? O.shown_text(T) : T; }
  std::string file(const std::string &F) const { return O.shown_file ? O.shown_file(F) : F; }
  const Lines &linesOf(const std::string &File);
  std::string href(const Location &L) const { return O.source_url.empty() || !L.valid() || !O.source ? "" : escaped(sourceUrl(O.source_url, file(L.file), L.line)); }
  std::string place(const Location &L) const;
  std::string excerpt(const Location &L);
  mustache::data pairs(const std::vector<std::pair<std::string, std::string>> &List) const;
  mustache::data step(const Step &S, const std::string &Anchor = "");
  mustache::data change(const Change &C);
  mustache::data item(const Item &I);
  mustache::data group(const Group &G);
  mustache::data filter(const std::string &Name, const std::string &Title) const;
  mustache::data fact(const FactRow &F);
  std::string valueOf(const Item &I, const std::string &Filter) const;

  const Page &P;
  const RenderOptions &O;
  std::map<std::string, std::pair<std::shared_ptr<const std::string>, Lines>> Files;
  std::set<std::string> Ids;
  size_t Used = 0;
  unsigned LeftOut = 0;
};

const Renderer::Lines &Renderer::linesOf(const std::string &File) {
  auto [It, New] = Files.try_emplace(File);
  if (New && O.source)
    if ((It->second.first = O.source(File))) {
      StringRef Rest = *It->second.first;
      while (!Rest.empty()) {
        auto [Line, Tail] = Rest.split('\n');
        It->second.second.push_back(Line.rtrim('\r'));
        Rest = Tail;
      }
    }
  return It->second.second;
}

std::string Renderer::place(const Location &L) const {
  if (L.file.empty())
    return "";
  std::string Name = escaped(file(L.file)) + (L.line ? ":" + std::to_string(L.line) : "");
  std::string To = href(L);
  return To.empty() ? "<span class=\"place\">" + Name + "</span>" : "<a class=\"place\" href=\"" + To + "\">" + Name + "</a>";
}

/// The line with two before and two behind it.
std::string Renderer::excerpt(const Location &L) {
  constexpr unsigned Around = 2;
  constexpr size_t Longest = 400; // generated files have lines of a megabyte
  const Lines &All = linesOf(L.file);
  if (!L.valid() || L.line > All.size())
    return "";
  if (Used > O.budget) {
    ++LeftOut;
    return "";
  }
  unsigned From = L.line > Around ? L.line - Around : 1, To = static_cast<unsigned>(std::min<size_t>(All.size(), L.line + Around));
  constexpr size_t Column = 8; // the text begins at a stop of the tabulator, so that it is indented as in the file
  std::string Out = "<pre>";
  for (unsigned N = From; N <= To; ++N) {
    std::string Number = std::to_string(N);
    StringRef Text = All[N - 1];
    std::string Line = std::string(Number.size() + 2 < Column ? Column - 2 - Number.size() : 0, ' ') + Number + "  " + escaped(Text.take_front(Longest)) + (Text.size() > Longest ? "..." : "");
    Out += N == L.line ? "<b>" + Line + "</b>" : Line + (N < To ? "\n" : "");
  }
  Out += "</pre>";
  Used += Out.size();
  return Out;
}

mustache::data Renderer::pairs(const std::vector<std::pair<std::string, std::string>> &List) const {
  mustache::list Result;
  for (const auto &[Name, Value] : List) {
    mustache::object Row;
    Row.emplace("name", Name);
    Row.emplace("value", text(Value));
    Result.emplace_back(std::move(Row));
  }
  return mustache::data(std::move(Result));
}

mustache::data Renderer::step(const Step &S, const std::string &Anchor) {
  mustache::object Row;
  Row.emplace("kind", S.kind);
  Row.emplace("anchor", Anchor.empty() ? "" : " id=\"" + Anchor + "\"");
  Row.emplace("place", place(S.where));
  Row.emplace("function", S.function.empty() ? "" : S.function + "()");
  Row.emplace("text", text(S.text));
  Row.emplace("source", excerpt(S.where));
  Used += S.text.size() + S.where.file.size() + 120;
  return mustache::data(std::move(Row));
}

mustache::data Renderer::change(const Change &C) {
  std::string Out;
  for (const ChangedLine &L : C.lines) {
    std::string Number = L.line ? std::to_string(L.line) : "";
    std::string Line = std::string(Number.size() < 5 ? 5 - Number.size() : 0, ' ') + Number + " " + (L.sign == '@' ? ' ' : L.sign) + " " + escaped(L.text);
    Out += L.sign == '+' ? "<ins>" + Line + "</ins>" : L.sign == '-' ? "<del>" + Line + "</del>" : L.sign == '@' ? "<i>" + Line + "</i>" : "<span>" + Line + "</span>";
  }
  Used += Out.size();
  mustache::object Row;
  Row.emplace("file", file(C.title));
  Row.emplace("lines", Out);
  return mustache::data(std::move(Row));
}

std::string Renderer::valueOf(const Item &I, const std::string &Filter) const {
  if (Filter == "directory")
    return I.where.file.empty() ? "" : directoryOf(file(I.where.file));
  auto It = I.filters.find(Filter);
  return It == I.filters.end() ? "" : It->second;
}

mustache::data Renderer::item(const Item &I) {
  mustache::object Row;
  std::string Id = nameOf(I.where.file.empty() ? I.title : file(I.where.file) + "-" + std::to_string(I.where.line));
  for (unsigned N = 2; !Ids.insert(Id).second; ++N)
    Id = nameOf(I.where.file.empty() ? I.title : file(I.where.file) + "-" + std::to_string(I.where.line)) + "-" + std::to_string(N);
  std::string Data;
  for (const auto &[Name, Title] : P.filters)
    Data += " data-" + nameOf(Name) + "=\"" + escaped(valueOf(I, Name)) + "\"";
  Row.emplace("id", Id);
  Row.emplace("data", Data + (O.open ? " open" : ""));
  Row.emplace("item_tone", I.tone);
  Row.emplace("badge", I.filters.count("class") ? I.filters.at("class") : I.cls);
  Row.emplace("item_place", I.where.file.empty() ? "" : escaped(file(I.where.file)) + (I.where.line ? ":" + std::to_string(I.where.line) : ""));
  Row.emplace("item_title", I.title);
  Row.emplace("reason", text(I.reason));
  // A section is shown if its name is known at all.
  if (!I.replacement.empty())
    Row.emplace("replacement", I.replacement);
  if (std::string To = href(I.where); !To.empty())
    Row.emplace("item_link", To);
  Row.emplace("item_facts", pairs(I.facts));
  if (!I.changes.empty())
    Row.emplace("change_title", I.change_title);
  mustache::list Changes, Drawings, Chains, Also, Lanes;
  for (const Change &C : I.changes)
    Changes.emplace_back(change(C));
  // A place in a drawing leads to the step that shows it.
  std::map<Location, std::string> Wanted, Given;
  for (const Drawing &D : I.drawings)
    for (const Event &E : D.events)
      if (E.where.valid())
        Wanted.try_emplace({E.where.file, E.where.line, 0}, Id + "-s" + std::to_string(Wanted.size() + 1));
  for (const Chain &C : I.chains) {
    mustache::list Steps;
    for (const Step &S : C.steps) {
      Location At{S.where.file, S.where.line, 0};
      auto It = Wanted.find(At);
      bool First = It != Wanted.end() && Given.emplace(At, It->second).second;
      Steps.emplace_back(step(S, First ? It->second : ""));
    }
    mustache::object Each;
    Each.emplace("chain_title", text(C.title));
    Each.emplace("steps", mustache::data(std::move(Steps)));
    Chains.emplace_back(std::move(Each));
  }
  for (const Drawing &D : I.drawings) {
    mustache::object Each;
    Each.emplace("drawing_title", D.title);
    Each.emplace("svg", drawingSvg(
                            D,
                            [&](const Location &L) {
                              auto It = Given.find({L.file, L.line, 0});
                              return It == Given.end() ? href(L) : "#" + It->second;
                            },
                            [&](const std::string &F) { return file(F); }));
    Drawings.emplace_back(std::move(Each));
  }
  for (const Step &S : I.also)
    Also.emplace_back(step(S));
  for (const Timeline *T : I.counterexamples) {
    mustache::object Each;
    Each.emplace("shows", T->shows);
    Each.emplace("era", T->era);
    Each.emplace("lanes", lanesHtml(*T));
    Lanes.emplace_back(std::move(Each));
  }
  Row.emplace("has_left", mustache::data(!Changes.empty() || !Drawings.empty() || !Lanes.empty()));
  Row.emplace("changes", mustache::data(std::move(Changes)));
  Row.emplace("drawings", mustache::data(std::move(Drawings)));
  Row.emplace("chains", mustache::data(std::move(Chains)));
  Row.emplace("has_also", mustache::data(!Also.empty()));
  Row.emplace("also", mustache::data(std::move(Also)));
  Row.emplace("counterexamples", mustache::data(std::move(Lanes)));
  return mustache::data(std::move(Row));
}

mustache::data Renderer::group(const Group &G) {
  mustache::list Items;
  for (const Item &I : P.items)
    if (I.cls == G.cls)
      Items.emplace_back(item(I));
  mustache::object Row;
  Row.emplace("cls", nameOf(G.cls));
  Row.emplace("tone", G.tone);
  Row.emplace("group_title", G.title);
  Row.emplace("words", G.words);
  Row.emplace("count", std::to_string(Items.size()));
  Row.emplace("any", mustache::data(!Items.empty()));
  Row.emplace("closed", mustache::data(G.closed && !Items.empty()));
  Row.emplace("items", mustache::data(std::move(Items)));
  return mustache::data(std::move(Row));
}

/// A choice among the values that there are, with how many items have each. Of directories also the one above.
mustache::data Renderer::filter(const std::string &Name, const std::string &Title) const {
  std::map<std::string, unsigned> Count;
  for (const Item &I : P.items) {
    std::string Value = valueOf(I, Name);
    if (Value.empty())
      continue;
    ++Count[Value];
    if (size_t Slash = Value.find('/'); Name == "directory" && Slash != std::string::npos)
      ++Count[Value.substr(0, Slash)];
  }
  mustache::list Values;
  for (const auto &[Value, N] : Count) {
    mustache::object Each;
    Each.emplace("value", Value);
    Each.emplace("number", std::to_string(N));
    Values.emplace_back(std::move(Each));
  }
  mustache::object Row;
  Row.emplace("filter", nameOf(Name));
  Row.emplace("filter_title", Title);
  Row.emplace("choices", mustache::data(Count.size() > 1));
  Row.emplace("values", mustache::data(std::move(Values)));
  return mustache::data(std::move(Row));
}

mustache::data Renderer::fact(const FactRow &F) {
  mustache::list Steps;
  for (const Step &S : F.steps)
    Steps.emplace_back(step(S));
  mustache::object Row;
  Row.emplace("fact", F.title);
  Row.emplace("is", F.value);
  Row.emplace("is_assumed", mustache::data(F.assumed));
  Row.emplace("steps", mustache::data(std::move(Steps)));
  return mustache::data(std::move(Row));
}

llvm::Expected<std::string> Renderer::run() {
  std::map<std::string, std::string> Parts;
  for (const char *Name : {"page.html", "page.css", "page.js"}) {
    auto Read = readFile(O.templates + "/" + Name, 1 << 20);
    if (!Read)
      return Read.takeError();
    Parts[Name] = std::move(*Read);
  }
  mustache::object Top;
  Top.emplace("style", Parts["page.css"]);
  Top.emplace("style_hash", hashOf(Parts["page.css"]));
  Top.emplace("script", Parts["page.js"]);
  Top.emplace("script_hash", hashOf(Parts["page.js"]));
  Top.emplace("version", KRCU_VERSION);
  Top.emplace("title", P.title);
  std::string Command = "krcu " + P.asked.command;
  for (const std::string &A : P.asked.arguments)
    Command += " " + A;
  Top.emplace("command", Command);
  Top.emplace("about", pairs(P.about));
  auto Words = [&](const std::vector<std::string> &From) {
    mustache::list List;
    for (const std::string &S : From) {
      mustache::object Row;
      Row.emplace("line", text(S));
      List.emplace_back(std::move(Row));
    }
    return mustache::data(std::move(List));
  };
  Top.emplace("any_assumed", mustache::data(!P.assumed.empty()));
  Top.emplace("assumed", Words(P.assumed));
  Top.emplace("notes", Words(P.notes));
  mustache::list Groups, Filters, Facts, Lists;
  for (const Group &G : P.groups)
    Groups.emplace_back(group(G));
  for (const auto &[Name, Title] : P.filters)
    Filters.emplace_back(filter(Name, Title));
  for (const FactRow &F : P.facts)
    Facts.emplace_back(fact(F));
  for (const auto &[Title, Lines] : P.lists) {
    if (Lines.empty())
      continue;
    mustache::object Row;
    Row.emplace("list_title", Title);
    Row.emplace("list_lines", Words(Lines));
    Lists.emplace_back(std::move(Row));
  }
  Top.emplace("total", std::to_string(P.items.size()));
  Top.emplace("filtered", mustache::data(P.items.size() > 1));
  Top.emplace("groups", mustache::data(std::move(Groups)));
  Top.emplace("filters", mustache::data(std::move(Filters)));
  Top.emplace("any_facts", mustache::data(!Facts.empty()));
  Top.emplace("facts", mustache::data(std::move(Facts)));
  Top.emplace("lists", mustache::data(std::move(Lists)));
  if (LeftOut)
    Top.emplace("left_out", std::to_string(LeftOut) + " places further down have no source lines, because the page would become too large; name a directory, or give --source-url");
  mustache::mustache Template(Parts["page.html"]);
  Template.set_custom_escape([](const std::string &Text) { return escaped(Text); });
  std::string Out = Template.render(mustache::data(std::move(Top)));
  if (!Template.is_valid())
    return failAt(O.templates + "/page.html", 0, 0, "cannot be filled in: " + Template.error_message(), "");
  return Out;
}

} // namespace

llvm::Expected<std::string> render(const Page &P, const RenderOptions &O) { return Renderer(P, O).run(); }

} // namespace krcu::pages
