// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/series/state.h"

#include "tool/series/address.h"
#include "tool/series/git.h"
#include "tool/series/trailers.h"
#include "tool/support/error.h"
#include "tool/support/io.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Base64.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/SHA1.h"
#include <nlohmann/json.hpp>

using Json = nlohmann::ordered_json;

namespace krcu::series {
namespace {

constexpr uint64_t MaxStateBytes = UINT64_C(64) << 20;

/// "=?UTF-8?q?=C3=85sa?= x" -> "Åsa x". What is not understood stays.
std::string decodeWords(llvm::StringRef Text) {
  std::string Out;
  while (!Text.empty()) {
    size_t At = Text.find("=?");
    Out += Text.take_front(At).str();
    if (At == llvm::StringRef::npos)
      break;
    Text = Text.substr(At);
    auto [Charset, Rest] = Text.substr(2).split('?');
    auto [Kind, Behind] = Rest.split('?');
    auto [Word, Tail] = Behind.split("?=");
    bool Q = Kind.equals_insensitive("q"), Utf8 = Charset.equals_insensitive("utf-8") || Charset.equals_insensitive("us-ascii");
    std::vector<char> Bytes;
    if (!Utf8 || Tail.data() == nullptr || (!Q && !Kind.equals_insensitive("b"))) {
      Out += "=?";
      Text = Text.drop_front(2);
      continue;
    }
    if (Q)
      for (size_t I = 0; I < Word.size(); ++I) {
        unsigned Code = 0;
        if (Word[I] == '=' && I + 2 < Word.size() && !Word.substr(I + 1, 2).getAsInteger(16, Code)) {
          Bytes.push_back(static_cast<char>(Code));
          I += 2;
        } else {
          Bytes.push_back(Word[I] == '_' ? ' ' : Word[I]);
        }
      }
    else if (llvm::Error E = llvm::decodeBase64(Word, Bytes))
      llvm::consumeError(std::move(E));
    Out.append(Bytes.begin(), Bytes.end());
    // Blanks between two encoded words are the folding's.
    Text = Tail.ltrim().starts_with("=?") ? Tail.ltrim() : Tail;
  }
  std::erase_if(Out, [](char C) { return static_cast<unsigned char>(C) < 0x20; });
  return Out;
}

/// One of git's lines below the notes: " a/b.c | 9 +++---" or " 1 file changed, ...".
bool isStatLine(llvm::StringRef Line) {
  return Line.starts_with(" ") && (Line.contains(" | ") || Line.contains(" changed, ") || Line.trim().ends_with(" changed"));
}

/// "Name (3):", above the list of patches.
bool isShortlogHead(llvm::StringRef Line) {
  unsigned Count = 0;
  return Line.consume_back("):") && !Line.rsplit(" (").second.getAsInteger(10, Count);
}

std::vector<std::string> addressesOf(llvm::StringRef Mail, llvm::StringRef Header) {
  std::vector<std::string> Out;
  for (const Address &A : parseAddressList(headerOf(Mail, Header)))
    if (!A.mail.empty())
      Out.push_back(A.text());
  return Out;
}

Json textsJson(const MailTexts &T) {
  return {{"subject", T.subject}, {"body", T.body}, {"trailers", T.trailers}, {"notes", T.notes}, {"to", T.to}, {"cc", T.cc}};
}

std::string mailOf(const std::string &AddressText) { return lowered(parseAddress(AddressText).mail); }

bool hasAddress(const std::vector<std::string> &List, const std::string &Text) {
  return llvm::any_of(List, [&](const std::string &L) { return mailOf(L) == mailOf(Text); });
}

/// `Now` with what was added to `Then` and without what was taken from it.
template <class Has> std::vector<std::string> mergeLists(const std::vector<std::string> &Then, const std::vector<std::string> &Theirs, const std::vector<std::string> &Now, Has In) {
  std::vector<std::string> Out;
  for (const std::string &N : Now)
    if (!In(Then, N) || In(Theirs, N))
      Out.push_back(N);
  for (const std::string &T : Theirs)
    if (!In(Then, T) && !In(Out, T))
      Out.push_back(T);
  return Out;
}

std::string mergeText(const std::string &Then, const std::string &Theirs, const std::string &Now, const char *Part, std::vector<std::string> &Conflicts) {
  if (Theirs == Then || Theirs == Now)
    return Now;
  if (Now == Then)
    return Theirs;
  GitLibrary Library;
  git_merge_file_input Base{}, A{}, B{};
  for (auto [To, Text] : {std::pair(&Base, &Then), {&A, &Theirs}, {&B, &Now}}) {
    To->version = GIT_MERGE_FILE_INPUT_VERSION;
    To->ptr = Text->data();
    To->size = Text->size();
  }
  git_merge_file_result Result{};
  bool Merged = git_merge_file(&Result, &Base, &A, &B, nullptr) == 0 && Result.automergeable;
  std::string Out = Merged ? std::string(Result.ptr, Result.len) : Theirs;
  git_merge_file_result_free(&Result);
  if (!Merged)
    Conflicts.push_back(Part);
  return Out;
}

} // namespace

std::string headerOf(llvm::StringRef Mail, llvm::StringRef Name) {
  std::string Out;
  bool Inside = false;
  while (!Mail.empty()) {
    auto [Line, Rest] = Mail.split('\n');
    Mail = Rest;
    Line = Line.rtrim('\r');
    if (Line.empty())
      break;
    if (Inside && (Line[0] == ' ' || Line[0] == '\t')) {
      Out += " " + Line.trim().str();
      continue;
    }
    Inside = Line.starts_with_insensitive(Name) && Line.substr(Name.size()).starts_with(":");
    if (Inside)
      Out = Line.substr(Name.size() + 1).trim().str();
  }
  return decodeWords(Out);
}

std::string stateJson(const WrittenSeries &W) {
  Json J = {{"about", "what krcu wrote, for krcu patch --reroll; leave it as it is"}, {"version", W.version}, {"date", W.date}, {"left_out", W.left_out}, {"trailers", W.trailers}, {"cc", W.cc}, {"prefix", W.prefix}};
  J["mails"] = Json::array();
  for (const WrittenMail &M : W.mails) {
    Json One = {{"file", M.file}, {"key", M.key}, {"message_id", M.message_id}};
    One["texts"] = textsJson(M.texts);
    One["rest"] = M.mail_digest;
    J["mails"].push_back(One);
  }
  return J.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

llvm::Expected<WrittenSeries> readState(const std::string &Directory) {
  std::string File = Directory + "/series.json";
  if (!llvm::sys::fs::exists(File))
    return failAt(Directory, 0, 0, "this has no series.json, so krcu patch --series did not write it", "name the directory of the version before");
  auto Text = readRegularFile(File, MaxStateBytes);
  if (!Text)
    return Text.takeError();
  Json J = Json::parse(*Text, nullptr, false);
  auto Broken = [&] { return failAt(File, 0, 0, "this is not what krcu patch --series writes", "make the series again"); };
  if (!J.is_object() || !J.contains("mails") || !J["mails"].is_array())
    return Broken();
  auto Str = [](const Json &At, const char *Key) { return At.is_object() && At.contains(Key) && At[Key].is_string() ? At[Key].get<std::string>() : std::string(); };
  auto List = [](const Json &At, const char *Key) {
    std::vector<std::string> Out;
    if (At.is_object() && At.contains(Key) && At[Key].is_array())
      for (const Json &One : At[Key])
        if (One.is_string())
          Out.push_back(One.get<std::string>());
    return Out;
  };
  WrittenSeries W;
  if (J.contains("version") && J["version"].is_number_unsigned())
    W.version = J["version"].get<unsigned>();
  W.date = Str(J, "date");
  W.left_out = List(J, "left_out");
  W.trailers = List(J, "trailers"), W.cc = List(J, "cc"), W.prefix = Str(J, "prefix");
  for (const Json &M : J["mails"]) {
    WrittenMail One{Str(M, "file"), Str(M, "key"), Str(M, "message_id"), {}, Str(M, "rest")};
    // The file is opened later: no way out of the directory.
    if (One.file.empty() || One.key.empty() || One.file.front() == '/' || llvm::StringRef(One.file).contains("..") || !M.contains("texts"))
      return Broken();
    const Json &T = M["texts"];
    One.texts = {Str(T, "subject"), Str(T, "body"), List(T, "trailers"), Str(T, "notes"), List(T, "to"), List(T, "cc")};
    W.mails.push_back(std::move(One));
  }
  return W;
}

MailTexts textsOfMail(llvm::StringRef Mail) {
  MailTexts Out;
  llvm::StringRef Subject;
  std::string Whole = headerOf(Mail, "Subject");
  Subject = Whole;
  while (Subject.starts_with("[") && Subject.contains(']'))
    Subject = Subject.split(']').second.ltrim();
  Out.subject = Subject.str();
  Out.to = addressesOf(Mail, "To");
  Out.cc = addressesOf(Mail, "Cc");
  size_t At = Mail.find("\n\n");
  llvm::StringRef Rest = At == llvm::StringRef::npos ? "" : Mail.substr(At + 2);
  enum { Body, Notes } Where = Body;
  while (!Rest.empty()) {
    auto [Line, Tail] = Rest.split('\n');
    if (Line.starts_with("diff --git ") || (Where == Notes && isStatLine(Line)) || (Where == Body && isShortlogHead(Line)))
      break;
    Rest = Tail;
    if (Where == Body && Line == "---")
      Where = Notes;
    else
      (Where == Body ? Out.body : Out.notes) += Line.str() + "\n";
  }
  for (std::string *Text : {&Out.body, &Out.notes}) {
    *Text = llvm::StringRef(*Text).trim("\n").str();
    *Text += Text->empty() ? "" : "\n";
  }
  Out.trailers = takeTrailers(Out.body);
  return Out;
}

std::string digestOfRest(llvm::StringRef Mail) {
  std::string Rest;
  llvm::StringRef Subject;
  const std::string Whole = headerOf(Mail, "Subject");
  for (Subject = Whole; Subject.consume_front("[");) {
    auto [Words, Behind] = Subject.split(']');
    llvm::SmallVector<llvm::StringRef, 4> Each;
    Words.split(Each, ' ', -1, false);
    for (llvm::StringRef Word : Each) {
      unsigned Number = 0;
      const bool Version = Word.starts_with("v") && !Word.drop_front().getAsInteger(10, Number);
      if (!Version && !Word.contains('/'))
        Rest += Word.str() + " ";
    }
    Subject = Behind.ltrim();
  }
  const size_t At = Mail.find("\ndiff --git ");
  for (llvm::StringRef Diff = At == llvm::StringRef::npos ? "" : Mail.substr(At + 1); !Diff.empty();) {
    auto [Line, Behind] = Diff.split('\n');
    if (Line == "-- ")
      break;
    if ((Line.starts_with("+") || Line.starts_with("-")) && !Line.starts_with("+++ ") && !Line.starts_with("--- "))
      Rest += "\n" + Line.rtrim('\r').str();
    Diff = Behind;
  }
  return llvm::toHex(llvm::ArrayRef<uint8_t>(llvm::SHA1::hash(llvm::arrayRefFromStringRef(Rest))), /*LowerCase=*/true);
}

MailTexts mergeTexts(const MailTexts &Then, const MailTexts &Theirs, const MailTexts &Now, std::vector<std::string> &Conflicts) {
  auto Line = [](const std::vector<std::string> &List, const std::string &Text) { return llvm::is_contained(List, Text); };
  MailTexts Out;
  Out.subject = mergeText(Then.subject, Theirs.subject, Now.subject, "subject", Conflicts);
  Out.body = mergeText(Then.body, Theirs.body, Now.body, "text", Conflicts);
  Out.notes = mergeText(Then.notes, Theirs.notes, Now.notes, "notes", Conflicts);
  Out.trailers = mergeLists(Then.trailers, Theirs.trailers, Now.trailers, Line);
  Out.to = mergeLists(Then.to, Theirs.to, Now.to, hasAddress);
  Out.cc = mergeLists(Then.cc, Theirs.cc, Now.cc, hasAddress);
  return Out;
}

} // namespace krcu::series
