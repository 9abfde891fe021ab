// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/pages/drawing.h"
#include "tool/pages/escape.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringRef.h"

using llvm::StringRef;

namespace krcu::pages {
namespace {

// The measures of a drawing. It is as wide as a telephone, so that it need not shrink there; text is counted in characters of the widest usual font.
constexpr int Width = 380, RailX = 15, BarX = 30, TextX = 46, LineHeight = 16, Gap = 9;
constexpr size_t Columns = 47;

const char *wordOf(const Event &E) {
  switch (E.kind) {
  case Event::Exit: return "starts";
  case Event::Queue: return "queues";
  case Event::Stop: return "stops";
  case Event::Wait: return E.counts ? "waits" : "waits for something else";
  case Event::End: return "ends";
  case Event::Unknown: return "not followed";
  }
  return "";
}

const char *classOf(const Event &E) {
  switch (E.kind) {
  case Event::Exit: return "exit";
  case Event::Queue: return "queue";
  case Event::Stop: return "stop";
  case Event::Wait: return E.counts ? "wait" : "other";
  case Event::End: return "end";
  case Event::Unknown: return "other";
  }
  return "";
}

std::string number(int N) { return std::to_string(N); }

std::string line(const char *Class, int X1, int Y1, int X2, int Y2) {
  return std::string("<line class=\"") + Class + "\" x1=\"" + number(X1) + "\" y1=\"" + number(Y1) + "\" x2=\"" + number(X2) + "\" y2=\"" + number(Y2) + "\"/>";
}

/// The sign of an event on the rail; each kind has a shape of its own, for those who see no colours.
std::string signOf(const Event &E, int Y) {
  std::string Class = std::string("class=\"s-") + classOf(E) + "\"";
  std::string X = number(RailX), At = number(Y);
  switch (E.kind) {
  case Event::Exit: return "<path " + Class + " d=\"M" + number(RailX - 7) + " " + number(Y - 6) + "h14l-7 12z\"/>";
  case Event::Queue: return "<circle " + Class + " cx=\"" + X + "\" cy=\"" + At + "\" r=\"6\"/>";
  case Event::Stop: return "<rect " + Class + " x=\"" + number(RailX - 6) + "\" y=\"" + number(Y - 6) + "\" width=\"12\" height=\"12\"/>";
  case Event::Wait: return "<path " + Class + " d=\"M" + number(RailX - 6) + " " + number(Y - 7) + "h12l-12 14h12z\"/>"; // an hourglass
  case Event::End: return "<path " + Class + " d=\"M" + number(RailX - 6) + " " + number(Y - 6) + "l12 12m0 -12l-12 12\"/>";
  case Event::Unknown: return "<circle " + Class + " cx=\"" + X + "\" cy=\"" + At + "\" r=\"5\"/>";
  }
  return "";
}

class SvgMaker {
public:
  SvgMaker(const Drawing &D, const std::function<std::string(const Location &)> &Href, const std::function<std::string(const std::string &)> &Shown)
      : D(D), Href(Href), Shown(Shown) {}

  std::string make() {
    for (const Event &E : D.events)
      event(E);
    int Height = Y + 2;
    std::string Result = "<svg class=\"way\" role=\"img\" viewBox=\"0 0 " + number(Width) + " " + number(Height) + "\" width=\"" + number(Width) + "\" height=\"" +
                         number(Height) + "\"><title>" + escaped(D.title) + "</title>";
    if (Last > First)
      Result += line("rail", RailX, First, RailX, Last);
    return Result + Bars + Body + "</svg>";
  }

private:
  void text(const char *Class, const std::string &Text, int Line) {
    Body += std::string("<text class=\"") + Class + "\" x=\"" + number(TextX) + "\" y=\"" + number(Line) + "\">" + escaped(Text) + "</text>";
  }
  void event(const Event &E);

  const Drawing &D;
  const std::function<std::string(const Location &)> &Href;
  const std::function<std::string(const std::string &)> &Shown;
  std::string Bars, Body;
  int Y = 4, First = 0, Last = 0;
  bool InFlight = false;
};

void SvgMaker::event(const Event &E) {
  std::vector<std::string> Lines = wrapped(E.text, Columns);
  std::vector<std::string> Places = E.where.valid() ? wrapped(Shown(E.where.file) + ":" + number(static_cast<int>(E.where.line)) + (E.function.empty() ? "" : " " + E.function + "()"), Columns)
                                                    : std::vector<std::string>();
  int Top = Y, Sign = Top + 12;
  int Height = LineHeight * static_cast<int>(1 + Lines.size() + Places.size()) + 8;
  First = First ? First : Sign;
  Last = Sign;
  if (E.decides)
    Body += "<rect class=\"decides\" x=\"1\" y=\"" + number(Top - 2) + "\" width=\"" + number(Width - 2) + "\" height=\"" + number(Height + 4) + "\" rx=\"6\"/>";
  std::string Word = wordOf(E);
  if (!E.always)
    Word += ", on some path only";
  if (E.decides)
    Word += "  \xE2\x97\x80 decides";
  text(E.decides ? "word d" : "word", Word, Top + 16);
  int At = Top + 16;
  for (const std::string &L : Lines)
    text("what", L, At += LineHeight);
  std::string Link = E.where.valid() ? Href(E.where) : std::string();
  if (!Link.empty())
    Body += "<a href=\"" + Link + "\">";
  for (const std::string &L : Places)
    text("place", L, At += LineHeight);
  if (!Link.empty())
    Body += "</a>";
  Body += signOf(E, Sign);
  int Bottom = Top + Height + Gap;
  // The bar of what may be in flight: it begins at what queues and ends at a wait that runs on every path.
  bool Waits = E.kind == Event::Wait && E.counts && E.always;
  bool Broken = InFlight && E.kind == Event::End && E.decides;
  if (InFlight)
    Bars += line(Broken ? "flight bad" : "flight", BarX, Top - Gap, BarX, Sign);
  if (E.kind == Event::Queue || E.kind == Event::Stop)
    InFlight = true;
  if (Waits)
    InFlight = false;
  if (InFlight && &E != &D.events.back())
    Bars += line(Broken ? "flight bad" : "flight", BarX, Sign, BarX, Bottom);
  Y = Bottom;
}

/// "CPU 0  thread 1     kfree_rcu() collects object A", as tool/models lays it out.
struct LaneStep {
  std::string cpu, who, what;
};

LaneStep laneStep(StringRef Text) {
  constexpr size_t CpuWidth = 7, WhoWidth = 13;
  if (Text.size() < CpuWidth + WhoWidth)
    return {"", "", Text.trim().str()};
  return {Text.take_front(CpuWidth).trim().str(), Text.substr(CpuWidth, WhoWidth).trim().str(), Text.drop_front(CpuWidth + WhoWidth).trim().str()};
}

} // namespace

std::vector<std::string> wrapped(const std::string &Text, size_t Columns) {
  std::vector<std::string> Result;
  std::string Line;
  auto Flush = [&] {
    if (!Line.empty())
      Result.push_back(std::move(Line));
    Line.clear();
  };
  StringRef Rest = StringRef(Text).trim();
  while (!Rest.empty()) {
    auto [Word, Tail] = Rest.split(' ');
    Rest = Tail.ltrim(' ');
    if (!Line.empty() && Line.size() + 1 + Word.size() > Columns)
      Flush();
    while (Word.size() > Columns) {
      size_t Cut = Word.take_front(Columns).find_last_of("/_.");
      Cut = Cut == StringRef::npos || Cut < Columns / 2 ? Columns : Cut + 1;
      while (Cut > 1 && Cut < Word.size() && (static_cast<unsigned char>(Word[Cut]) & 0xC0) == 0x80) // not within a character
        --Cut;
      Flush();
      Line = Word.take_front(Cut).str();
      Flush();
      Word = Word.drop_front(Cut);
    }
    Line += (Line.empty() ? "" : " ") + Word.str();
  }
  Flush();
  return Result;
}

std::string drawingSvg(const Drawing &D, const std::function<std::string(const Location &)> &Href, const std::function<std::string(const std::string &)> &Shown) {
  return SvgMaker(D, Href, Shown).make();
}

std::string lanesHtml(const Timeline &T) {
  std::vector<LaneStep> Steps;
  std::vector<std::string> Lanes;
  for (const std::string &S : T.steps) {
    Steps.push_back(laneStep(S));
    if (!llvm::is_contained(Lanes, Steps.back().cpu))
      Lanes.push_back(Steps.back().cpu);
  }
  llvm::sort(Lanes, [](const std::string &A, const std::string &B) { return std::pair(A.empty(), A) < std::pair(B.empty(), B); });
  // A table: readers of screens and printers know what to do with it.
  std::string Out = "<table class=\"lanes\"><thead><tr><th></th>";
  for (const std::string &L : Lanes)
    Out += "<th>" + (L.empty() ? std::string("elsewhere") : escaped(L)) + "</th>";
  Out += "</tr></thead><tbody>";
  for (size_t N = 0; N < Steps.size(); ++N) {
    Out += std::string(N + 1 == Steps.size() ? "<tr class=\"last\">" : "<tr>") + "<td class=\"n\">" + std::to_string(N + 1) + "</td>";
    for (const std::string &L : Lanes)
      Out += L == Steps[N].cpu ? "<td class=\"on\"><i>" + escaped(Steps[N].who) + "</i> " + escaped(Steps[N].what) + "</td>" : "<td></td>";
    Out += "</tr>";
  }
  return Out + "</tbody></table>";
}

} // namespace krcu::pages
