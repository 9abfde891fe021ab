// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/series/address.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"

namespace krcu::series {
namespace {

constexpr const char *Blank = " \t\r\n\v\f";

llvm::StringRef unquoted(llvm::StringRef Name) {
  Name = Name.trim(Blank);
  Name.consume_front("\"");
  Name.consume_back("\"");
  return Name;
}

std::string quotedIfNeeded(llvm::StringRef Name) {
  bool Plain = true;
  for (char C : Name)
    Plain = Plain && (llvm::isAlnum(C) || C == '_' || C == ' ' || C == '-');
  if (Plain)
    return Name.str();
  std::string Out = "\"";
  for (size_t I = 0; I < Name.size(); ++I) {
    if (Name[I] == '"' && (I == 0 || Name[I - 1] != '\\'))
      Out += '\\';
    Out += Name[I];
  }
  return Out + "\"";
}

/// The parts between commas that stand outside quotes, parentheses and angle brackets.
std::vector<llvm::StringRef> splitAtCommas(llvm::StringRef Text) {
  std::vector<llvm::StringRef> Parts;
  size_t Begin = 0;
  int Depth = 0;
  bool Quoted = false;
  for (size_t I = 0; I < Text.size(); ++I) {
    char C = Text[I];
    if (C == '"')
      Quoted = !Quoted;
    else if (!Quoted && (C == '(' || C == '<'))
      ++Depth;
    else if (!Quoted && (C == ')' || C == '>'))
      --Depth;
    else if (!Quoted && Depth == 0 && C == ',') {
      Parts.push_back(Text.slice(Begin, I));
      Begin = I + 1;
    }
  }
  Parts.push_back(Text.substr(Begin));
  return Parts;
}

} // namespace

std::string lowered(llvm::StringRef Text) { return Text.lower(); }

std::string plainPersonName(const Address &A) {
  std::string Out;
  llvm::StringRef Name = unquoted(A.name);
  for (size_t I = 0; I < Name.size(); ++I)
    if (!(Name[I] == '\\' && I + 1 < Name.size() && Name[I + 1] == '"'))
      Out += Name[I];
  return Out;
}

Address parseAddress(llvm::StringRef Text) {
  llvm::StringRef Name, Mail;
  size_t Open = Text.find('<'), Close = Text.rfind('>');
  if (Open != llvm::StringRef::npos && Close != llvm::StringRef::npos && Open < Close && Text.slice(Open, Close).contains('@')) {
    Name = Text.take_front(Open);
    Mail = Text.slice(Open + 1, Close);
  } else if (Text.contains('@')) {
    size_t At = Text.rfind('@');
    Mail = Text.take_front(Text.find_first_of(Blank, At));
  }
  return {quotedIfNeeded(unquoted(Name)), Mail.trim(Blank).str()};
}

std::vector<Address> parseAddressList(llvm::StringRef Text) {
  std::vector<llvm::StringRef> Parts = splitAtCommas(Text);
  bool All = true; // "Some One, Some Firm <mail>" is one person
  for (llvm::StringRef P : Parts)
    All = All && (P.trim(Blank).empty() || P.contains('@'));
  std::vector<Address> Out;
  if (!All || Parts.size() == 1) {
    Out.push_back(parseAddress(Text));
  } else {
    for (llvm::StringRef P : Parts)
      Out.push_back(parseAddress(P));
  }
  std::erase_if(Out, [](const Address &A) { return A.mail.empty(); });
  return Out;
}

Mailmap::Mailmap(llvm::StringRef Text) {
  while (!Text.empty()) {
    auto [Line, Rest] = Text.split('\n');
    Text = Rest;
    Line = Line.take_front(Line.find('#')).trim(Blank);
    // One or two addresses, each with or without a name before it; the first is the right one.
    size_t Open = Line.find('<'), Close = Line.find('>');
    if (Open == llvm::StringRef::npos || Close == llvm::StringRef::npos || Close < Open)
      continue;
    std::string Real = Line.slice(Open + 1, Close).str();
    llvm::StringRef RealName = Line.take_front(Open).rtrim(Blank), Tail = Line.substr(Close + 1).ltrim(Blank);
    Address Person = parseAddress((RealName + " <" + Real + ">").str());
    if (Tail.empty()) {
      if (!RealName.empty())
        Names[Person.mail] = Person.name;
      continue;
    }
    size_t WrongOpen = Tail.find('<'), WrongClose = Tail.rfind('>');
    if (WrongOpen == llvm::StringRef::npos || WrongClose == llvm::StringRef::npos || WrongClose < WrongOpen)
      continue;
    Address Wrong = parseAddress(Tail);
    std::string Key = WrongOpen == 0 ? Tail.slice(1, WrongClose).str() : Wrong.text();
    if (!RealName.empty())
      Names[Key] = Person.name;
    Mails[Key] = Real;
  }
}

Address Mailmap::map(const Address &A) const {
  std::string Full = A.text();
  const std::string &Key = Names.count(Full) || Mails.count(Full) ? Full : A.mail;
  Address Out = A;
  if (auto It = Names.find(Key); It != Names.end())
    Out.name = It->second;
  if (auto It = Mails.find(Key); It != Mails.end())
    Out.mail = It->second;
  return Out;
}

} // namespace krcu::series
