// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Typed access to one row, and the wording of everything that can be wrong with a row by itself.

#include "tool/rules/row_reader.h"

#include "tool/support/error.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include <algorithm>

namespace krcu {
namespace {

/// Parameters of a kernel function are few; a larger number is a line number or a typo.
constexpr unsigned MaxArgument = 15;

/// Keys for the reader of the file only.
const llvm::StringRef RemarkKeys[] = {"see", "since", "until", "note"};

const llvm::StringSet<> &keywords() {
  static const llvm::StringSet<> Words = {
      "auto",   "break",    "case",     "char",     "const", "continue", "default", "do",       "double",
      "else",   "enum",     "extern",   "float",    "for",   "goto",     "if",      "inline",   "int",
      "long",   "register", "restrict", "return",   "short", "signed",   "sizeof",  "static",   "struct",
      "switch", "typedef",  "union",    "unsigned", "void",  "volatile", "while",   "_Generic", "_Bool"};
  return Words;
}

bool isVersion(llvm::StringRef Text) {
  auto [Major, Minor] = Text.split('.');
  auto Digits = [](llvm::StringRef S) { return !S.empty() && llvm::all_of(S, llvm::isDigit); };
  return Digits(Major) && Digits(Minor);
}

const char *kindName(const YamlNode &N) {
  switch (N.kind) {
  case YamlNode::Null:
    return "nothing";
  case YamlNode::Scalar:
    return "a single value";
  case YamlNode::List:
    return "a list";
  case YamlNode::Map:
    return "a mapping";
  }
  return "";
}

} // namespace

std::string mendUnknown(llvm::StringRef Word, std::vector<std::string> Known, llvm::StringRef Plural) {
  std::sort(Known.begin(), Known.end());
  const unsigned Limit = (unsigned(Word.size()) + 2) / 3;
  const std::string *Best = nullptr;
  // Two swapped letters keep the length, so among words equally near the one as long as the typo is the
  // likelier.
  std::pair<unsigned, size_t> BestDistance{Limit, SIZE_MAX};
  for (const std::string &K : Known) {
    const size_t Longer = K.size() > Word.size() ? K.size() - Word.size() : Word.size() - K.size();
    const std::pair<unsigned, size_t> Distance{Word.edit_distance(K, true, Limit), Longer};
    if (Distance < BestDistance) {
      Best = &K;
      BestDistance = Distance;
    }
  }
  if (Best)
    return "did you mean '" + *Best + "'?";
  return ("the " + Plural + " are " + llvm::join(Known, ", ")).str();
}

bool isCName(llvm::StringRef Word) {
  if (Word.empty() || llvm::isDigit(Word.front()) || keywords().contains(Word))
    return false;
  return llvm::all_of(Word, [](char C) { return llvm::isAlnum(C) || C == '_'; });
}

RowReader::RowReader(const std::string &File, const YamlNode &Row, llvm::StringRef Section,
                     llvm::ArrayRef<llvm::StringRef> Keys)
    : File(File), Row(Row), Section(Section.str()), First(llvm::Error::success()) {
  (void)bool(First); // success may be replaced without having been looked at
  if (Row.kind != YamlNode::Map) {
    problem(placeOf(Row), "a row of " + this->Section + " must be a mapping, not " + kindName(Row),
            "write '- " + Keys.front().str() + ": ...'");
    return;
  }
  checkKeys(Keys);
  checkRemarks();
}

void RowReader::problem(const Location &Where, const std::string &What, const std::string &Mend) {
  if (Failed)
    return;
  Failed = true;
  First = failAt(Where.file, Where.line, Where.column, What, Mend);
}

void RowReader::checkKeys(llvm::ArrayRef<llvm::StringRef> Keys) {
  for (const auto &[Key, Value] : Row.entries) {
    if (llvm::is_contained(Keys, Key.text) || llvm::is_contained(RemarkKeys, Key.text))
      continue;
    std::vector<std::string> Known(Keys.begin(), Keys.end());
    Known.insert(Known.end(), std::begin(RemarkKeys), std::end(RemarkKeys));
    problem(placeOf(Key), "unknown key '" + Key.text + "' in a row of " + Section,
            mendUnknown(Key.text, std::move(Known), "keys"));
  }
}

/// Remarks mean nothing to the program, but a misspelt version or an empty remark helps no reader either.
void RowReader::checkRemarks() {
  for (llvm::StringRef Key : RemarkKeys)
    if (has(Key))
      text(Key);
  for (llvm::StringRef Key : {"since", "until"}) {
    std::string Version = text(Key);
    if (!Version.empty() && !isVersion(Version))
      problem(placeOf(*find(Key)), "'" + Key.str() + "' is '" + Version + "', not a kernel version",
              "write it as \"6.12\"");
  }
}

const YamlEntry *RowReader::find(llvm::StringRef Key) const {
  for (const auto &Entry : Row.entries)
    if (Entry.key.text == Key)
      return &Entry;
  return nullptr;
}

const YamlEntry *RowReader::require(llvm::StringRef Key) {
  const auto *Entry = find(Key);
  if (!Entry)
    problem(where(), "a row of " + Section + " without '" + Key.str() + "'", "add '" + Key.str() + ": ...'");
  return Entry;
}

Location RowReader::placeOf(const YamlEntry &Entry) const {
  return placeOf(Entry.value.kind == YamlNode::Null ? Entry.key : Entry.value);
}

std::optional<std::string> RowReader::scalar(const YamlEntry &Entry, llvm::StringRef Expected) {
  const YamlNode &V = Entry.value;
  if (V.kind == YamlNode::Scalar && !V.text.empty())
    return V.text;
  problem(placeOf(Entry),
          "'" + Entry.key.text + "' must be " + Expected.str() + ", not " +
              (V.kind == YamlNode::Scalar ? "an empty one" : kindName(V)),
          "write '" + Entry.key.text + ": ...' with one value");
  return std::nullopt;
}

std::vector<PlacedWord> RowReader::listOf(const YamlEntry &Entry) {
  const auto &[Key, V] = Entry;
  const std::string Mend =
      "write '" + Key.text + ": [" + (V.kind == YamlNode::Scalar ? V.text : "a, b") + "]'";
  std::vector<PlacedWord> Out;
  if (V.kind != YamlNode::List || V.items.empty()) {
    problem(placeOf(Entry),
            "'" + Key.text + "' must be a list, not " +
                (V.kind == YamlNode::List ? "an empty one" : kindName(V)),
            Mend);
    return Out;
  }
  for (const YamlNode &Item : V.items) {
    if (Item.kind != YamlNode::Scalar || Item.text.empty()) {
      problem(Item.kind == YamlNode::Null ? placeOf(V) : placeOf(Item),
              "an item of '" + Key.text + "' must be a word, not " +
                  (Item.kind == YamlNode::Scalar ? "an empty one" : kindName(Item)),
              "write '" + Key.text + ": [a, b]'");
      return {};
    }
    Out.push_back({Item.text, placeOf(Item)});
  }
  return Out;
}

std::vector<PlacedWord> RowReader::words(llvm::StringRef One, llvm::StringRef Many) {
  const auto *Single = find(One);
  const auto *Several = find(Many);
  if (Single && Several) {
    problem(placeOf(Several->key),
            "both '" + One.str() + "' and '" + Many.str() + "' in one row of " + Section, "keep one of them");
    return {};
  }
  if (Several)
    return listOf(*Several);
  if (!Single && !(Single = require(One)))
    return {};
  std::optional<std::string> Text = scalar(*Single, "one word");
  if (!Text)
    return {};
  return {{*Text, placeOf(*Single)}};
}

std::vector<PlacedWord> RowReader::names(llvm::StringRef One, llvm::StringRef Many) {
  std::vector<PlacedWord> Out = words(One, Many);
  for (const PlacedWord &W : Out)
    if (!isCName(W.text))
      problem(W.where, "'" + W.text + "' is no C identifier and so can never match",
              "write the name alone, without parentheses or type");
  return Out;
}

unsigned RowReader::argument(llvm::StringRef Key) {
  return require(Key) ? optionalArgument(Key).value_or(0) : 0;
}

unsigned RowReader::argument(llvm::StringRef Key, unsigned Default) {
  return optionalArgument(Key).value_or(Default);
}

std::optional<unsigned> RowReader::optionalArgument(llvm::StringRef Key) {
  const auto *Entry = find(Key);
  if (!Entry)
    return std::nullopt;
  std::optional<std::string> Text = scalar(*Entry, "a number");
  if (!Text)
    return std::nullopt;
  unsigned Value = 0;
  const bool Digits = llvm::all_of(*Text, llvm::isDigit);
  if (!Digits || llvm::StringRef(*Text).getAsInteger(10, Value) || Value > MaxArgument) {
    problem(placeOf(*Entry), "'" + Key.str() + "' is '" + *Text + "', not an argument position",
            "write a number from 0 to " + std::to_string(MaxArgument) + ", the first argument is 0");
    return std::nullopt;
  }
  return Value;
}

bool RowReader::flag(llvm::StringRef Key) {
  const auto *Entry = find(Key);
  if (!Entry)
    return false;
  std::optional<std::string> Text = scalar(*Entry, "true or false");
  if (Text && *Text != "true" && *Text != "false")
    problem(placeOf(*Entry), "'" + Key.str() + "' is '" + *Text + "'", "write true or false");
  return Text && *Text == "true";
}

std::string RowReader::text(llvm::StringRef Key) {
  const auto *Entry = find(Key);
  return Entry ? scalar(*Entry, "a text").value_or("") : "";
}

std::string RowReader::name(llvm::StringRef Key) {
  const auto *Entry = require(Key);
  std::string Text = Entry ? scalar(*Entry, "one word").value_or("") : "";
  if (!Text.empty() && !isCName(Text))
    problem(placeOf(*Entry), "'" + Text + "' is no C identifier and so can never match",
            "write the name alone, without parentheses or type");
  return Text;
}

std::string RowReader::choice(llvm::StringRef Key, llvm::ArrayRef<llvm::StringRef> Choices) {
  const auto *Entry = require(Key);
  std::string Text = Entry ? scalar(*Entry, "one word").value_or("") : "";
  if (!Text.empty() && !llvm::is_contained(Choices, Text))
    problem(placeOf(*Entry), "'" + Key.str() + "' is '" + Text + "', which means nothing",
            mendUnknown(Text, std::vector<std::string>(Choices.begin(), Choices.end()), "choices"));
  return Text;
}

std::vector<std::string> RowReader::list(llvm::StringRef Key) {
  std::vector<std::string> Out;
  if (const auto *Entry = require(Key))
    for (PlacedWord &W : listOf(*Entry))
      Out.push_back(std::move(W.text));
  return Out;
}

} // namespace krcu
